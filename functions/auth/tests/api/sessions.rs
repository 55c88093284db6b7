//! `/api/auth/sessions` and `POST /api/auth/logout-everywhere`

use std::time::Duration;

use crate::support::{Auth, PASSWORD, events, text};
use serde_json::{Value, json};
use shared::event::{Actor, Fact};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

async fn sessions(auth: &Auth, tokens: &Value) -> Vec<Value> {
    let page = auth.app.get("/api/auth/sessions").bearer(text(tokens, "accessToken")).send().await.expect(200);
    assert_eq!(page["nextCursor"], Value::Null);
    page["data"].as_array().unwrap().clone()
}

fn id(tokens: &Value) -> &str {
    text(tokens, "refreshToken").split('.').nth(1).unwrap()
}

#[tokio::test(start_paused = true)]
async fn somebody_sees_where_they_are_signed_in() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    auth.register("eve").await;
    tokio::time::advance(Duration::from_secs(60)).await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let login = auth.app.post("/api/auth/login").json(&body).header("user-agent", FIREFOX);
    let elsewhere = login.address("2001:db8::7".parse().ok()).send().await.expect(200);
    let list = sessions(&auth, &registered).await;
    let newest = json!({
        "id": id(&elsewhere), "name": null, "device": "Firefox on Linux", "userAgent": FIREFOX, "address": "2001:db8::7",
        "current": false, "createdAt": "2026-11-20T09:01:00.000Z", "lastUsedAt": "2026-11-20T09:01:00.000Z",
        "expiresAt": "2026-12-20T09:01:00.000Z",
    });
    assert_eq!(list[0], newest);
    assert_eq!((list.len(), &list[1]["id"], &list[1]["current"]), (2, &json!(id(&registered)), &json!(true)));

    tokio::time::advance(Duration::from_secs(60)).await;
    let refresh = json!({"refreshToken": elsewhere["refreshToken"]});
    auth.app.post("/api/auth/refresh").json(&refresh).send().await.expect(200);
    assert_eq!(sessions(&auth, &elsewhere).await[0]["lastUsedAt"], "2026-11-20T09:02:00.000Z");
}

#[tokio::test(start_paused = true)]
async fn what_a_client_says_it_is_is_kept_within_bounds() {
    let auth = Auth::new();
    auth.register("ada").await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let long = format!("curl/8.5.0 {}", "x".repeat(5000));
    let login = auth.app.post("/api/auth/login").json(&body).header("user-agent", &long).send().await.expect(200);
    let list = sessions(&auth, &login).await;
    assert_eq!((list[0]["userAgent"].as_str().unwrap().len(), &list[0]["device"]), (256, &json!("curl")));
}

#[tokio::test(start_paused = true)]
async fn the_list_is_read_in_pages() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    for _ in 0..4 {
        auth.app.post("/api/auth/login").json(&body).send().await.expect(200);
    }
    let get = |path: String| auth.app.get(&path).bearer(text(&registered, "accessToken")).send();
    let first = get("/api/auth/sessions?limit=3".to_owned()).await.expect(200);
    assert_eq!(first["data"].as_array().map(Vec::len), Some(3));
    let cursor = text(&first, "nextCursor");
    let second = get(format!("/api/auth/sessions?limit=3&cursor={cursor}")).await.expect(200);
    assert_eq!(second["data"].as_array().map(Vec::len), Some(2));
    get("/api/auth/sessions?limit=101".to_owned()).await.expect_problem(422, "invalid");
    get("/api/auth/sessions?cursor=no".to_owned()).await.expect_problem(400, "malformed");
}

#[tokio::test(start_paused = true)]
async fn a_session_gets_a_name() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let eve = auth.register("eve").await;
    let path = format!("/api/auth/sessions/{}", id(&registered));
    let rename = |tokens: &Value, body: Value| {
        auth.app.request("PATCH", &path).bearer(text(tokens, "accessToken")).json(&body).send()
    };
    let renamed = rename(&registered, json!({"name": " My laptop "})).await.expect(200);
    assert_eq!((&renamed["name"], &renamed["current"]), (&json!("My laptop"), &json!(true)));
    assert_eq!(sessions(&auth, &registered).await, [renamed]);
    for name in ["", "  ", "a\nb", &"x".repeat(101)] {
        let problem = rename(&registered, json!({"name": name})).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], "name");
    }
    rename(&eve, json!({"name": "Mine"})).await.expect_problem(404, "not_found");
    let user_id = text(&registered["user"], "id").parse().unwrap();
    let renamed = Fact::SessionRenamed { user_id, session_id: id(&registered).parse().unwrap() };
    assert_eq!(events(&auth, &registered).await[0].fact, renamed);
    // A name outlives a refresh.
    let refresh = json!({"refreshToken": registered["refreshToken"]});
    auth.app.post("/api/auth/refresh").json(&refresh).send().await.expect(200);
    assert_eq!(sessions(&auth, &registered).await[0]["name"], "My laptop");
}

#[tokio::test(start_paused = true)]
async fn one_session_can_be_ended_from_another() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let eve = auth.register("eve").await;
    let elsewhere = auth.login("ada").await;
    let end = |tokens: &Value, session: &str| {
        let path = format!("/api/auth/sessions/{session}");
        auth.app.delete(&path).bearer(text(tokens, "accessToken")).send()
    };
    end(&eve, id(&elsewhere)).await.expect_problem(404, "not_found");
    end(&registered, "ses_no").await.expect_problem(404, "not_found");
    end(&registered, "ses_01KAGR3V0R0000000000000000").await.expect_problem(404, "not_found");
    assert_eq!(end(&registered, id(&elsewhere)).await.status, 204);
    end(&registered, id(&elsewhere)).await.expect_problem(404, "not_found");
    auth.me(&elsewhere).await.expect_problem(401, "token_invalid");
    let refresh = json!({"refreshToken": elsewhere["refreshToken"]});
    let refused = auth.app.post("/api/auth/refresh").json(&refresh).send().await;
    refused.expect_problem(401, "refresh_token_invalid");
    auth.me(&registered).await.expect(200);
    assert_eq!(sessions(&auth, &registered).await.len(), 1);
    let user_id = text(&registered["user"], "id").parse().unwrap();
    let event = &events(&auth, &registered).await[0];
    let ended = Fact::SessionEnded { user_id, session_id: id(&elsewhere).parse().unwrap() };
    assert_eq!((event.actor, &event.fact), (Actor::User { user_id }, &ended));
}

#[tokio::test(start_paused = true)]
async fn signing_out_everywhere_ends_every_session_at_once() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let (elsewhere, eve) = (auth.login("ada").await, auth.register("eve").await);
    auth.me(&elsewhere).await.expect(200);
    let everywhere = auth.app.post("/api/auth/logout-everywhere").bearer(text(&registered, "accessToken"));
    assert_eq!(everywhere.send().await.status, 204);
    for tokens in [&registered, &elsewhere] {
        auth.me(tokens).await.expect_problem(401, "token_invalid");
        let refresh = json!({"refreshToken": tokens["refreshToken"]});
        let refused = auth.app.post("/api/auth/refresh").json(&refresh).send().await;
        refused.expect_problem(401, "refresh_token_invalid");
    }
    auth.me(&eve).await.expect(200);
    let user_id = text(&registered["user"], "id").parse().unwrap();
    assert_eq!(events(&auth, &registered).await[0].fact, Fact::AllSessionsEnded { user_id });
    // Whoever signs in again, be it in this very moment, is in.
    let again = auth.login("ada").await;
    auth.me(&again).await.expect(200);
    assert_eq!(sessions(&auth, &again).await.len(), 1);
}
