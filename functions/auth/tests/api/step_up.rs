//! `POST /api/auth/step-up`

use std::time::Duration;

use crate::support::{Auth, PASSWORD, text};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::TestResponse;

async fn refresh(auth: &Auth, tokens: &Value) -> TestResponse {
    auth.app.post("/api/auth/refresh").json(&json!({"refreshToken": tokens["refreshToken"]})).send().await
}

fn password() -> Value {
    json!({"password": PASSWORD})
}

#[tokio::test(start_paused = true)]
async fn it_takes_one_credential_and_the_sessions_refresh_token() {
    let auth = Auth::new();
    let (ada, elsewhere) = (auth.register("ada").await, auth.login("ada").await);
    for body in
        [json!({}), json!({"password": PASSWORD, "code": "123456"}), json!({"password": ""}), json!({"code": "12345"})]
    {
        auth.step_up(&ada, body).await.expect_problem(422, "invalid");
    }
    auth.step_up(&ada, json!({"code": "123456"})).await.expect_problem(403, "code_wrong");
    let request = auth.app.post("/api/auth/step-up").bearer(text(&ada, "accessToken"));
    request.json(&password()).send().await.expect_problem(400, "malformed");
    let request = auth.app.post("/api/auth/step-up").json(&json!({"password": PASSWORD, "refreshToken": "x"}));
    request.send().await.expect_problem(401, "token_missing");
    for other in [&elsewhere["refreshToken"], &json!("x")] {
        let tokens = json!({"accessToken": ada["accessToken"], "refreshToken": other});
        let problem = auth.step_up(&tokens, password()).await.expect_problem(422, "refresh_token_stale");
        assert_eq!(problem["errors"][0]["path"], "refreshToken");
    }
    // Nothing came of that.
    for tokens in [&ada, &elsewhere] {
        refresh(&auth, tokens).await.expect(200);
    }
}

#[tokio::test(start_paused = true)]
async fn it_gives_new_tokens_and_ends_those_of_before_in_ten_seconds() {
    let auth = Auth::new();
    let (ada, elsewhere) = (auth.register("ada").await, auth.login("ada").await);
    let stepped_up = auth.step_up(&ada, password()).await.expect(200);
    for name in ["accessToken", "refreshToken"] {
        assert_ne!(stepped_up[name], ada[name]);
    }
    assert_eq!(stepped_up["expiresIn"], 86400);
    // The session goes on, and other tabs of it for a moment.
    let id = |me: TestResponse| me.expect(200)["session"]["id"].clone();
    assert_eq!(id(auth.me(&stepped_up).await), id(auth.me(&ada).await));
    tokio::time::advance(Duration::from_secs(10)).await;
    auth.me(&ada).await.expect(200);
    tokio::time::advance(Duration::from_secs(1)).await;
    auth.me(&ada).await.expect_problem(401, "token_invalid");
    for tokens in [&stepped_up, &elsewhere] {
        auth.me(tokens).await.expect(200);
    }
    // Whoever presents the old refresh token so late may have stolen it.
    refresh(&auth, &ada).await.expect_problem(401, "refresh_token_invalid");
    auth.me(&stepped_up).await.expect_problem(401, "token_invalid");
    auth.me(&elsewhere).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn every_instance_refuses_the_old_access_token() {
    let auth = Auth::new();
    let other = Auth::on(auth.cloud.without_faults());
    let ada = auth.register("ada").await;
    other.me(&ada).await.expect(200);
    auth.step_up(&ada, password()).await.expect(200);
    tokio::time::advance(Duration::from_secs(11)).await;
    other.me(&ada).await.expect_problem(401, "token_invalid");
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_remembers_the_session_takes_the_new_token_at_once() {
    let auth = Auth::new();
    let other = Auth::on(auth.cloud.without_faults());
    let ada = auth.register("ada").await;
    other.me(&ada).await.expect(200);
    let stepped_up = auth.step_up(&ada, password()).await.expect(200);
    other.me(&stepped_up).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn tabs_that_refresh_meanwhile_go_on_with_the_same_refresh_token() {
    let auth = Auth::new();
    let ada = auth.register("ada").await;
    let stepped_up = auth.step_up(&ada, password()).await.expect(200);
    tokio::time::advance(Duration::from_secs(10)).await;
    let tab = refresh(&auth, &ada).await.expect(200);
    assert_eq!(tab["refreshToken"], stepped_up["refreshToken"]);
    tokio::time::advance(Duration::from_secs(60)).await;
    auth.me(&tab).await.expect(200);
    auth.me(&ada).await.expect_problem(401, "token_invalid");
    // And the other way round: who steps up a moment after another tab has refreshed.
    let refreshed = refresh(&auth, &tab).await.expect(200);
    let again = auth.step_up(&tab, password()).await.expect(200);
    assert_eq!(again["refreshToken"], refreshed["refreshToken"]);
    tokio::time::advance(Duration::from_secs(11)).await;
    auth.me(&again).await.expect(200);
    for over in [&tab, &refreshed] {
        auth.me(over).await.expect_problem(401, "token_invalid");
    }
    refresh(&auth, &again).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn tabs_that_step_up_at_once_end_no_session() {
    let auth = Auth::new();
    let ada = auth.register("ada").await;
    let answers = join_all((0..4).map(|_| auth.step_up(&ada, password()))).await;
    let tokens = answers.into_iter().map(|answer| answer.expect(200)).collect::<Vec<_>>();
    assert!(tokens.iter().all(|tab| tab["refreshToken"] == tokens[0]["refreshToken"]));
    tokio::time::advance(Duration::from_secs(60)).await;
    for tab in &tokens {
        auth.me(tab).await.expect(200);
    }
    auth.me(&ada).await.expect_problem(401, "token_invalid");
    refresh(&auth, &tokens[0]).await.expect(200);
}
