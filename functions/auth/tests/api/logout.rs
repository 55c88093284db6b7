//! `POST /api/auth/logout`

use crate::support::{Auth, PASSWORD, text};
use serde_json::json;
use shared::event::{Actor, Event, Fact};
use shared::id::UserId;
use shared::store::Listing;

#[tokio::test(start_paused = true)]
async fn signing_out_ends_this_session_and_no_other() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let elsewhere = auth.app.post("/api/auth/login").json(&body).send().await.expect(200);
    let (token, other_token) = (text(&registered, "accessToken"), text(&elsewhere, "accessToken"));
    auth.app.get("/api/auth/me").bearer(token).send().await.expect(200);
    let response = auth.app.post("/api/auth/logout").bearer(token).send().await;
    assert_eq!((response.status.as_u16(), response.text.as_str()), (204, ""));

    auth.app.get("/api/auth/me").bearer(token).send().await.expect_problem(401, "token_invalid");
    auth.app.post("/api/auth/logout").bearer(token).send().await.expect_problem(401, "token_invalid");
    let refresh = json!({"refreshToken": text(&registered, "refreshToken")});
    let refused = auth.app.post("/api/auth/refresh").json(&refresh).send().await;
    refused.expect_problem(401, "refresh_token_invalid");
    auth.app.get("/api/auth/me").bearer(other_token).send().await.expect(200);

    let user_id: UserId = text(&registered["user"], "id").parse().unwrap();
    let session_id = text(&registered, "refreshToken").split('.').nth(1).unwrap().parse().unwrap();
    let listing = Listing::of_partition(Event::partition(user_id.personal_organization())).newest_first();
    let events = auth.cloud.services.store.list::<Event>(&listing, None).await.unwrap();
    let event = &events.data[0];
    assert_eq!((event.actor, &event.fact), (Actor::User { user_id }, &Fact::SessionEnded { user_id, session_id }));
    assert_eq!(events.data.len(), 4, "registered, to be verified, signed in, signed out");
}

#[tokio::test(start_paused = true)]
async fn only_somebody_signed_in_can_sign_out() {
    let auth = Auth::new();
    let problem = auth.app.post("/api/auth/logout").send().await.expect_problem(401, "token_missing");
    assert_eq!(problem["error"], "Token missing");
    auth.app.get("/api/auth/logout").send().await.expect_problem(405, "method_not_allowed");
    let registered = auth.register("ada").await;
    let path = "/api/auth/logout/";
    let answer = auth.app.post(path).bearer(text(&registered, "accessToken")).send().await;
    assert_eq!(answer.status, 204, "a trailing slash answers like the bare path");
}
