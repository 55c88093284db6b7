//! `POST /api/auth/email/change` and `POST /api/auth/email/confirm`

use std::time::Duration;

use crate::support::{Auth, PASSWORD, forgeries, text, user_of};
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::event::Fact;
use shared::model::account_email::AccountEmail;
use shared::model::link::LinkPurpose;
use shared::model::user::User;
use testkit::TestResponse;

const NEW: &str = "Ada@Lovelace.example";

async fn change(auth: &Auth, signed_in: &Value, new_email: &str, password: &str) -> TestResponse {
    let body = json!({"newEmail": new_email, "password": password});
    auth.app.post("/api/auth/email/change").bearer(text(signed_in, "accessToken")).json(&body).send().await
}

async fn confirm(auth: &Auth, token: &str) -> TestResponse {
    auth.app.post("/api/auth/email/confirm").json(&json!({"token": token})).send().await
}

async fn login(auth: &Auth, email: &str) -> TestResponse {
    auth.app.post("/api/auth/login").json(&json!({"email": email, "password": PASSWORD})).send().await
}

async fn owner_of(auth: &Auth, email: &str) -> Option<String> {
    let marker = auth.cloud.services.store.get::<AccountEmail>(&AccountEmail::key_of(email)).await.unwrap();
    marker.map(|marker| marker.user_id.to_string())
}

#[tokio::test(start_paused = true)]
async fn an_address_changes_when_its_link_is_followed() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let user = user_of(&registered);
    let reset_link = {
        let body = json!({"email": "ada@example.com"});
        assert_eq!(auth.app.post("/api/auth/password/forgot").json(&body).send().await.status, 202);
        auth.mailed(user, LinkPurpose::ResetPassword).await
    };
    let verify_link = auth.mailed(user, LinkPurpose::VerifyEmail).await;
    let asked = change(&auth, &registered, &format!(" {NEW} "), PASSWORD).await;
    assert_eq!((asked.status.as_u16(), asked.text.as_str()), (202, ""));
    login(&auth, "ada@example.com").await.expect(200);
    login(&auth, NEW).await.expect_problem(401, "invalid_credentials");

    let token = auth.mailed(user, LinkPurpose::ChangeEmail).await;
    for forged in forgeries(&token) {
        confirm(&auth, &forged).await.expect_problem(422, "link_invalid");
    }
    assert_eq!(confirm(&auth, &token).await.status, 204);
    let me = auth.app.get("/api/auth/me").bearer(text(&registered, "accessToken")).send().await.expect(200);
    assert_eq!((&me["user"]["email"], &me["user"]["emailVerified"]), (&json!(NEW), &json!(true)));
    login(&auth, "ada@example.com").await.expect_problem(401, "invalid_credentials");
    login(&auth, NEW).await.expect(200);
    assert_eq!(owner_of(&auth, NEW).await, Some(user.to_string()));
    assert_eq!(owner_of(&auth, "ada@example.com").await, None, "whoever wants it may have it");
    assert!(auth.facts(user).await.contains(&Fact::EmailChanged { user_id: user }));
    confirm(&auth, &token).await.expect_problem(422, "link_invalid");
    // What was sent to the old address is no longer good.
    let body = json!({"token": reset_link, "password": "another password"});
    auth.app.post("/api/auth/password/reset").json(&body).send().await.expect_problem(422, "link_invalid");
    let body = json!({"token": verify_link});
    auth.app.post("/api/auth/verify-email").json(&body).send().await.expect_problem(422, "link_invalid");
    auth.register("ada").await;
}

#[tokio::test(start_paused = true)]
async fn nothing_brings_an_erased_account_back() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let user = user_of(&registered);
    assert_eq!(change(&auth, &registered, NEW, PASSWORD).await.status, 202);
    let token = auth.mailed(user, LinkPurpose::ChangeEmail).await;
    let (services, key) = (&auth.cloud.services, User::key_of(user));
    let account = services.store.get::<User>(&key).await.unwrap().unwrap();
    let erased = account.erased(services.clock.now());
    auth.cloud.write(|transaction| transaction.replace(&account, erased.clone())).await;
    confirm(&auth, &token).await.expect_problem(422, "link_invalid");
    assert_eq!(owner_of(&auth, NEW).await, None);
    login(&auth, "ada@example.com").await.expect_problem(401, "invalid_credentials");
    let body = json!({"refreshToken": text(&registered, "refreshToken")});
    auth.app.post("/api/auth/refresh").json(&body).send().await.expect_problem(401, "refresh_token_invalid");
    assert_eq!(services.store.get::<User>(&key).await.unwrap().unwrap().value, erased);
}

#[tokio::test(start_paused = true)]
async fn a_suspended_account_is_told_so_with_its_password_and_tokens_alone() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let (services, key) = (&auth.cloud.services, User::key_of(user_of(&registered)));
    let account = services.store.get::<User>(&key).await.unwrap().unwrap();
    let suspended = User { suspended_at: Some(services.clock.now()), ..account.value.clone() };
    auth.cloud.write(|transaction| transaction.replace(&account, suspended.clone())).await;
    login(&auth, "ada@example.com").await.expect_problem(403, "account_suspended");
    let body = json!({"email": "ada@example.com", "password": "wrong horse"});
    auth.app.post("/api/auth/login").json(&body).send().await.expect_problem(401, "invalid_credentials");
    let body = json!({"refreshToken": text(&registered, "refreshToken")});
    auth.app.post("/api/auth/refresh").json(&body).send().await.expect_problem(403, "account_suspended");
    let me = auth.app.get("/api/auth/me").bearer(text(&registered, "accessToken")).send().await;
    me.expect_problem(403, "account_suspended");
}

#[tokio::test(start_paused = true)]
async fn the_password_is_asked_for_again_and_guesses_are_limited() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    for _ in 0..5 {
        let refused = change(&auth, &registered, NEW, "wrong horse").await;
        assert!(refused.header("ratelimit").is_some());
        refused.expect_problem(403, "password_wrong");
    }
    change(&auth, &registered, NEW, PASSWORD).await.expect_problem(429, "too_many_requests");
    tokio::time::advance(Duration::from_secs(60 * 60)).await;
    assert_eq!(change(&auth, &registered, NEW, PASSWORD).await.status, 202);
    let body = json!({"newEmail": NEW, "password": PASSWORD});
    auth.app.post("/api/auth/email/change").json(&body).send().await.expect_problem(401, "token_missing");
    change(&auth, &registered, "no address", PASSWORD).await.expect_problem(422, "invalid");
}

#[tokio::test(start_paused = true)]
async fn an_address_stays_with_one_account() {
    let auth = Auth::new();
    let (ada, eve) = (auth.register("ada").await, auth.register("eve").await);
    for taken in ["eve@example.com", "EVE@example.com", "ada@example.com"] {
        change(&auth, &ada, taken, PASSWORD).await.expect_problem(409, "email_taken");
    }
    // Both want the same one, and both get a link.
    let mut tokens = Vec::new();
    for who in [&ada, &eve] {
        assert_eq!(change(&auth, who, NEW, PASSWORD).await.status, 202);
        tokens.push(auth.mailed(user_of(who), LinkPurpose::ChangeEmail).await);
    }
    let answers = join_all(tokens.iter().map(|token| confirm(&auth, token))).await;
    let mut statuses = answers.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
    let owner = owner_of(&auth, NEW).await.unwrap();
    let loser = if owner == user_of(&ada).to_string() { "eve@example.com" } else { "ada@example.com" };
    login(&auth, loser).await.expect(200);
    login(&auth, NEW).await.expect(200);
}
