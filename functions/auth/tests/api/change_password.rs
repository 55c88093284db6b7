//! `POST /api/auth/password/change`

use std::time::Duration;

use crate::support::{Auth, PASSWORD, events, text};
use serde_json::{Value, json};
use shared::event::Fact;
use shared::id::UserId;
use shared::model::credential::Credential;
use testkit::TestResponse;

const NEW_PASSWORD: &str = "kumquat marmalade seven";

async fn change(auth: &Auth, tokens: &Value, body: Value) -> TestResponse {
    let request = auth.app.post("/api/auth/password/change").bearer(text(tokens, "accessToken"));
    request.json(&body).send().await
}

async fn login(auth: &Auth, password: &str) -> TestResponse {
    let body = json!({"email": "ada@example.com", "password": password});
    auth.app.post("/api/auth/login").json(&body).send().await
}

#[tokio::test(start_paused = true)]
async fn a_new_password_ends_every_other_session() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let elsewhere = auth.login("ada").await;
    let body = json!({"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD});
    assert_eq!(change(&auth, &registered, body).await.status, 204);
    auth.me(&registered).await.expect(200);
    let refresh = json!({"refreshToken": registered["refreshToken"]});
    let refreshed = auth.app.post("/api/auth/refresh").json(&refresh).send().await.expect(200);
    auth.me(&refreshed).await.expect(200);
    auth.me(&elsewhere).await.expect_problem(401, "token_invalid");
    let refresh = json!({"refreshToken": elsewhere["refreshToken"]});
    let refused = auth.app.post("/api/auth/refresh").json(&refresh).send().await;
    refused.expect_problem(401, "refresh_token_invalid");
    login(&auth, PASSWORD).await.expect_problem(401, "invalid_credentials");
    let signed_in = login(&auth, NEW_PASSWORD).await.expect(200);
    auth.me(&signed_in).await.expect(200);
    let user_id = text(&registered["user"], "id").parse().unwrap();
    assert_eq!(events(&auth, &registered).await[1].fact, Fact::PasswordChanged { user_id });
}

#[tokio::test(start_paused = true)]
async fn a_wrong_current_password_changes_nothing_and_is_limited() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    for number in 0..10 {
        let body = json!({"currentPassword": format!("guess {number}"), "newPassword": NEW_PASSWORD});
        let refused = change(&auth, &registered, body).await;
        let left = format!("\"session-credentials\";r={};t=300", 9 - number);
        assert_eq!(refused.header("ratelimit"), Some(left.as_str()));
        refused.expect_problem(403, "password_wrong");
    }
    let body = json!({"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD});
    change(&auth, &registered, body.clone()).await.expect_problem(429, "too_many_requests");
    // Whoever holds one session cannot keep the owner from changing the password in another.
    let elsewhere = auth.login("ada").await;
    assert_eq!(change(&auth, &elsewhere, body).await.status, 204);
}

#[tokio::test(start_paused = true)]
async fn without_the_current_password_credentials_must_be_fresh() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let body = json!({"newPassword": NEW_PASSWORD});
    tokio::time::advance(Duration::from_secs(600)).await;
    change(&auth, &registered, body.clone()).await.expect_problem(403, "step_up_required");
    let wrong = json!({"password": "wrong horse"});
    auth.step_up(&registered, wrong).await.expect_problem(403, "password_wrong");
    change(&auth, &registered, body.clone()).await.expect_problem(403, "step_up_required");
    let stepped = auth.step_up(&registered, json!({"password": PASSWORD})).await.expect(200);
    assert_eq!(stepped["validUntil"], "2026-11-20T09:20:00.000Z");
    tokio::time::advance(Duration::from_secs(599)).await;
    assert_eq!(change(&auth, &stepped, body).await.status, 204);
    login(&auth, NEW_PASSWORD).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn a_password_that_is_easily_guessed_is_not_taken() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let long = "x".repeat(1025);
    for weak in ["password1", "ada@example.com", "aaaaaaaaaaaa", "short", &long] {
        let body = json!({"currentPassword": PASSWORD, "newPassword": weak});
        let problem = change(&auth, &registered, body).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], "newPassword");
        assert!(!problem.to_string().contains(weak), "the answer does not repeat the password");
    }
    for (password, name) in [("password1", "Ada"), ("Ada Lovelace", "Ada Lovelace")] {
        let body = json!({"email": "lovelace@example.com", "password": password, "name": name});
        let problem = auth.app.post("/api/auth/register").json(&body).send().await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], "password");
    }
    login(&auth, PASSWORD).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn changing_at_once_leaves_one_password() {
    let auth = Auth::new();
    let (registered, elsewhere) = (auth.register("ada").await, auth.login("ada").await);
    let body = |password: &str| json!({"currentPassword": PASSWORD, "newPassword": password});
    let (a, b) = tokio::join!(
        change(&auth, &registered, body("kumquat marmalade one")),
        change(&auth, &elsewhere, body("kumquat marmalade two"))
    );
    let statuses = [a.status.as_u16(), b.status.as_u16()];
    assert!(statuses.contains(&204), "{statuses:?}");
    let mut good = 0;
    for password in ["kumquat marmalade one", "kumquat marmalade two", PASSWORD] {
        good += usize::from(login(&auth, password).await.status == 200);
    }
    assert_eq!(good, 1);
}

#[tokio::test(start_paused = true)]
async fn a_hash_of_bcrypt_signs_in_and_becomes_one_of_argon2id() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let user_id: UserId = text(&registered["user"], "id").parse().unwrap();
    let store = &auth.cloud.services.store;
    let credential = async || store.get::<Credential>(&Credential::key_of(user_id)).await.unwrap().unwrap();
    // As an import from another system leaves it: Openwall's vector of "U*U*U".
    let imported = "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a".to_owned();
    let current = credential().await;
    let next = Credential { password_hash: imported.clone(), ..current.value.clone() };
    auth.cloud.write(|transaction| transaction.replace(&current, next.clone())).await;
    login(&auth, "U*U*").await.expect_problem(401, "invalid_credentials");
    assert_eq!(credential().await.password_hash, imported);
    login(&auth, "U*U*U").await.expect(200);
    let rehashed = credential().await;
    assert!(rehashed.password_hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_eq!(rehashed.set_at, current.set_at, "it is the same password");
    login(&auth, "U*U*U").await.expect(200);
    login(&auth, "U*U*").await.expect_problem(401, "invalid_credentials");
    assert_eq!(credential().await.version, rehashed.version, "once");
}
