//! `POST /api/auth/verify-email` and `POST /api/auth/verify-email/request`

use std::time::Duration;

use crate::support::{Auth, forgeries, text, user_of};
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::event::Fact;
use shared::model::link::LinkPurpose;
use shared::model::user::User;
use testkit::{FaultPlan, TestResponse};

const HOUR: Duration = Duration::from_secs(60 * 60);

async fn verify(auth: &Auth, token: &str) -> TestResponse {
    auth.app.post("/api/auth/verify-email").json(&json!({"token": token})).send().await
}

async fn ask(auth: &Auth, registered: &Value) -> TestResponse {
    auth.app.post("/api/auth/verify-email/request").bearer(text(registered, "accessToken")).send().await
}

async fn is_verified(auth: &Auth, registered: &Value) -> bool {
    let me = auth.app.get("/api/auth/me").bearer(text(registered, "accessToken")).send().await.expect(200);
    me["user"]["emailVerified"].as_bool().expect("a truth value")
}

#[tokio::test(start_paused = true)]
async fn a_link_verifies_the_address_once() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let user = user_of(&registered);
    assert!(!is_verified(&auth, &registered).await);
    let token = auth.mailed(user, LinkPurpose::VerifyEmail).await;
    assert_eq!(
        auth.app.get(&format!("/api/auth/verify-email?token={token}")).send().await.status,
        405,
        "scanners look"
    );
    assert_eq!(verify(&auth, &token).await.status, 204);
    assert!(is_verified(&auth, &registered).await);
    let problem = verify(&auth, &token).await.expect_problem(422, "link_invalid");
    assert_eq!(problem["errors"][0]["path"], "token");
    let facts = auth.facts(user).await;
    assert_eq!(facts.iter().filter(|fact| **fact == Fact::EmailVerified { user_id: user }).count(), 1);
    ask(&auth, &registered).await.expect_problem(409, "email_verified");
}

#[tokio::test(start_paused = true)]
async fn of_several_at_once_one_uses_the_link() {
    let auth = Auth::new();
    let user = user_of(&auth.register("ada").await);
    let token = auth.mailed(user, LinkPurpose::VerifyEmail).await;
    let answers = join_all((0..6).map(|_| verify(&auth, &token))).await;
    let mut statuses = answers.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 422, 422, 422, 422, 422]);
}

#[tokio::test(start_paused = true)]
async fn forged_expired_and_foreign_links_verify_nothing() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let user = user_of(&registered);
    let token = auth.mailed(user, LinkPurpose::VerifyEmail).await;
    let mut wrong = forgeries(&token);
    // Genuine, but for something else.
    auth.app.post("/api/auth/password/forgot").json(&json!({"email": "ada@example.com"})).send().await;
    wrong.push(auth.mailed(user, LinkPurpose::ResetPassword).await);
    for token in wrong {
        verify(&auth, &token).await.expect_problem(422, "link_invalid");
    }
    for body in [json!({}), json!({"token": 7}), json!({"token": "x", "user": "y"})] {
        auth.app.post("/api/auth/verify-email").json(&body).send().await.expect_problem(400, "malformed");
    }
    verify(&auth, "").await.expect_problem(422, "invalid");
    verify(&auth, &"x".repeat(300)).await.expect_problem(422, "invalid");
    tokio::time::advance(HOUR * 24).await;
    verify(&auth, &token).await.expect_problem(422, "link_invalid");
    let store = &auth.cloud.services.store;
    assert_eq!(store.get::<User>(&User::key_of(user)).await.unwrap().unwrap().email_verified_at, None);
}

#[tokio::test(start_paused = true)]
async fn another_link_can_be_asked_for_a_few_times_an_hour() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let user = user_of(&registered);
    let first = auth.mailed(user, LinkPurpose::VerifyEmail).await;
    for _ in 0..5 {
        let answer = ask(&auth, &registered).await;
        assert!(answer.header("ratelimit").is_some());
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (202, ""));
    }
    let refused = ask(&auth, &registered).await;
    assert!(refused.header("retry-after").is_some());
    refused.expect_problem(429, "too_many_requests");
    let last = auth.mailed(user, LinkPurpose::VerifyEmail).await;
    assert_ne!(first, last);
    assert_eq!(verify(&auth, &first).await.status, 204);
    assert_eq!(verify(&auth, &last).await.status, 204, "it is good too, and changes nothing");
    auth.app.post("/api/auth/verify-email/request").send().await.expect_problem(401, "token_missing");
}

#[tokio::test(start_paused = true)]
async fn on_bad_days_a_link_is_used_once_or_not_at_all() {
    for seed in 0..16 {
        let auth = Auth::with_faults(FaultPlan::seeded(seed));
        let calm = Auth::on(auth.cloud.without_faults());
        let user = user_of(&calm.register("ada").await);
        let token = calm.mailed(user, LinkPurpose::VerifyEmail).await;
        let status = verify(&auth, &token).await.status.as_u16();
        let verified = calm.facts(user).await.iter().filter(|fact| matches!(fact, Fact::EmailVerified { .. })).count();
        match status {
            204 => assert_eq!(verified, 1, "seed {seed}"),
            // The answer to the commit was lost, and a repeat found the link used.
            422 => assert_eq!(verified, 1, "seed {seed}"),
            503 | 409 => assert!(verified <= 1, "seed {seed}"),
            other => panic!("seed {seed}: {other}"),
        }
    }
}
