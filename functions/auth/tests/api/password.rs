//! `POST /api/auth/password/forgot` and `POST /api/auth/password/reset`

use std::time::Duration;

use crate::support::{Auth, PASSWORD, forgeries, text, user_of};
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::event::{Actor, Event, Fact};
use shared::id::UserId;
use shared::model::link::LinkPurpose;
use shared::store::Listing;
use testkit::{FaultPlan, TestResponse};

const HOUR: Duration = Duration::from_secs(60 * 60);
const NEW_PASSWORD: &str = "another horse battery";

async fn forgot(auth: &Auth, email: &str) -> TestResponse {
    auth.app.post("/api/auth/password/forgot").json(&json!({"email": email})).send().await
}

async fn reset(auth: &Auth, token: &str, password: &str) -> TestResponse {
    auth.app.post("/api/auth/password/reset").json(&json!({"token": token, "password": password})).send().await
}

async fn login(auth: &Auth, password: &str) -> TestResponse {
    let body = json!({"email": "ada@example.com", "password": password});
    auth.app.post("/api/auth/login").json(&body).send().await
}

async fn mailed(auth: &Auth, user: UserId) -> String {
    assert_eq!(forgot(auth, "ada@example.com").await.status, 202);
    auth.mailed(user, LinkPurpose::ResetPassword).await
}

async fn me(auth: &Auth, signed_in: &Value) -> TestResponse {
    auth.app.get("/api/auth/me").bearer(text(signed_in, "accessToken")).send().await
}

#[tokio::test(start_paused = true)]
async fn a_new_password_ends_every_session_and_refresh_token() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let (user, elsewhere) = (user_of(&registered), login(&auth, PASSWORD).await.expect(200));
    me(&auth, &registered).await.expect(200);
    let token = mailed(&auth, user).await;
    assert_eq!(reset(&auth, &token, NEW_PASSWORD).await.status, 204);

    for session in [&registered, &elsewhere] {
        me(&auth, session).await.expect_problem(401, "token_invalid");
        let body = json!({"refreshToken": text(session, "refreshToken")});
        let refused = auth.app.post("/api/auth/refresh").json(&body).send().await;
        refused.expect_problem(401, "refresh_token_invalid");
    }
    login(&auth, PASSWORD).await.expect_problem(401, "invalid_credentials");
    // In the very millisecond of the reset.
    let signed_in = login(&auth, NEW_PASSWORD).await.expect(200);
    let account = me(&auth, &signed_in).await.expect(200);
    assert_eq!(account["user"]["emailVerified"], true, "the mail arrived");
    let body = json!({"refreshToken": text(&signed_in, "refreshToken")});
    auth.app.post("/api/auth/refresh").json(&body).send().await.expect(200);
    reset(&auth, &token, "yet another password").await.expect_problem(422, "link_invalid");
    login(&auth, NEW_PASSWORD).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn every_instance_refuses_the_old_sessions_within_five_seconds() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let other = Auth::on(auth.cloud.clone());
    me(&other, &registered).await.expect(200);
    let token = mailed(&auth, user_of(&registered)).await;
    assert_eq!(reset(&auth, &token, NEW_PASSWORD).await.status, 204);
    tokio::time::advance(Duration::from_secs(5)).await;
    me(&other, &registered).await.expect_problem(401, "token_invalid");
}

#[tokio::test(start_paused = true)]
async fn known_and_unknown_addresses_are_answered_alike() {
    let auth = Auth::new();
    let user = user_of(&auth.register("ada").await);
    let [known, unknown] = join_all([forgot(&auth, "ada@example.com"), forgot(&auth, "eve@example.com")])
        .await
        .try_into()
        .unwrap_or_else(|_| panic!("two were asked for"));
    for answer in [&known, &unknown] {
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (202, ""));
    }
    let names = |answer: &TestResponse| {
        let mut names = answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        names.sort();
        names
    };
    assert_eq!(names(&known), names(&unknown));
    let listing = Listing::of_partition(Event::partition(user.personal_organization())).newest_first();
    let events = auth.cloud.services.store.list::<Event>(&listing, None).await.unwrap();
    assert!(matches!(events.data[0].fact, Fact::PasswordResetRequested { .. }));
    assert_eq!(events.data[0].actor, Actor::Platform, "who asks has not shown to be anybody");

    for email in ["ada@example.com", "eve@example.com"] {
        for _ in 0..4 {
            assert_eq!(forgot(&auth, email).await.status, 202);
        }
        let refused = forgot(&auth, &email.to_uppercase()).await;
        assert!(refused.header("retry-after").is_some() && refused.header("ratelimit").is_some());
        refused.expect_problem(429, "too_many_requests");
    }
    assert_eq!(forgot(&auth, "mary@example.com").await.status, 202);
    forgot(&auth, "no address").await.expect_problem(422, "invalid");
}

#[tokio::test(start_paused = true)]
async fn a_link_is_good_for_one_hour_one_time_and_one_purpose() {
    let auth = Auth::new();
    let user = user_of(&auth.register("ada").await);
    let token = mailed(&auth, user).await;
    let mut wrong = forgeries(&token);
    wrong.push(auth.mailed(user, LinkPurpose::VerifyEmail).await);
    for token in wrong {
        reset(&auth, &token, NEW_PASSWORD).await.expect_problem(422, "link_invalid");
    }
    for password in ["short", &"x".repeat(129)] {
        let problem = reset(&auth, &token, password).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], "password");
    }
    let old = token;
    tokio::time::advance(HOUR - Duration::from_secs(1)).await;
    let token = mailed(&auth, user).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    reset(&auth, &old, NEW_PASSWORD).await.expect_problem(422, "link_invalid");
    let answers = join_all(["first password", "second password"].map(|password| reset(&auth, &token, password))).await;
    let mut statuses = answers.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 422]);
    let works = join_all(["first password", "second password"].map(|password| login(&auth, password))).await;
    assert_eq!(works.iter().filter(|answer| answer.status == 200).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn on_bad_days_a_password_is_reset_wholly_or_not_at_all() {
    for seed in 0..8 {
        let auth = Auth::with_faults(FaultPlan::seeded(seed));
        let calm = Auth::on(auth.cloud.without_faults());
        let registered = calm.register("ada").await;
        let token = mailed(&calm, user_of(&registered)).await;
        let status = reset(&auth, &token, NEW_PASSWORD).await.status.as_u16();
        let is_reset = login(&calm, NEW_PASSWORD).await.status == 200;
        let lives = me(&calm, &registered).await.status == 200;
        assert_eq!(is_reset, !lives, "seed {seed}: the new password and the old session");
        match status {
            204 | 422 => assert!(is_reset, "seed {seed}"),
            409 | 503 => {}
            other => panic!("seed {seed}: {other}"),
        }
    }
}
