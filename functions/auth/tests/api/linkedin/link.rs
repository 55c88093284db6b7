//! `/api/auth/linkedin/link` and what a linked identity means for the rest of the account

use std::time::Duration;

use embedded::LinkedInMember;
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::event::Fact;
use shared::model::link::LinkPurpose;
use testkit::TestResponse;

use super::{PROVIDER, World, member};
use crate::support::{PASSWORD, text, user_of};

impl World {
    async fn post(&self, tokens: &Value, path: &str) -> TestResponse {
        self.auth.app.post(path).bearer(text(tokens, "accessToken")).send().await
    }

    async fn begin(&self, tokens: &Value) -> TestResponse {
        self.post(tokens, "/api/auth/linkedin/link/start").await
    }

    async fn finish(&self, tokens: &Value, body: &Value) -> TestResponse {
        let request = self.auth.app.post("/api/auth/linkedin/link").bearer(text(tokens, "accessToken"));
        request.json(body).send().await
    }

    async fn link(&self, tokens: &Value, member: &LinkedInMember) -> TestResponse {
        let begun = self.begin(tokens).await.expect(200);
        self.finish(tokens, &self.agreed(&begun, member)).await
    }

    async fn unlink(&self, tokens: &Value) -> TestResponse {
        self.auth.app.delete("/api/auth/linkedin/link").bearer(text(tokens, "accessToken")).send().await
    }

    async fn reset(&self, tokens: &Value) {
        let body = json!({"email": tokens["user"]["email"]});
        assert_eq!(self.auth.app.post("/api/auth/password/forgot").json(&body).send().await.status, 202);
        let token = self.auth.mailed(user_of(tokens), LinkPurpose::ResetPassword).await;
        let body = json!({"token": token, "password": PASSWORD});
        assert_eq!(self.auth.app.post("/api/auth/password/reset").json(&body).send().await.status, 204);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_has_linkedin_sign_in_whatever_its_address() {
    let Some(world) = World::new() else { return };
    let ada = world.verified("ada").await;
    let user_id = user_of(&ada);
    let elsewhere = LinkedInMember { email: Some("lovelace@engines.example".to_owned()), ..member("ada") };
    let linked = world.link(&ada, &elsewhere).await.expect(201);
    let expected =
        json!({"provider": "linkedin", "email": "lovelace@engines.example", "linkedAt": "2026-11-20T09:00:00.000Z"});
    assert_eq!(linked, expected);
    assert_eq!(world.identities(&ada).await["data"], json!([expected]));
    assert_eq!(world.sign_in(&elsewhere).await.expect(200)["user"], ada["user"]);
    assert_eq!(world.count(user_id, &Fact::IdentityLinked { user_id, provider: PROVIDER }).await, 1);
    world.auth.me(&ada).await.expect(200);
    // One is enough, and another is no better.
    world.begin(&ada).await.expect_problem(409, "identity_linked");
}

#[tokio::test(start_paused = true)]
async fn linking_asks_for_credentials_again() {
    let Some(world) = World::new() else { return };
    let ada = world.verified("ada").await;
    let begun = world.begin(&ada).await.expect(200);
    let body = world.agreed(&begun, &member("ada"));
    tokio::time::advance(Duration::from_secs(599)).await;
    let later = world.begin(&ada).await.expect(200);
    tokio::time::advance(Duration::from_secs(1)).await;
    world.begin(&ada).await.expect_problem(403, "step_up_required");
    world.finish(&ada, &body).await.expect_problem(422, "linkedin_attempt_invalid");
    let body = world.agreed(&later, &member("ada"));
    world.finish(&ada, &body).await.expect_problem(403, "step_up_required");
    world.unlink(&ada).await.expect_problem(403, "step_up_required");
    let stepped_up = world.auth.step_up(&ada, json!({"password": PASSWORD})).await.expect(200);
    // LinkedIn was not asked before that, so that the code is still good.
    world.finish(&stepped_up, &body).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_to_link_is_one_accounts_and_for_nothing_else() {
    let Some(world) = World::new() else { return };
    let (ada, eve) = (world.verified("ada").await, world.verified("eve").await);
    let adas = world.begin(&ada).await.expect(200);
    let anybodys = world.auth.app.post("/api/auth/linkedin/start").send().await.expect(200);
    let invalid = |answer: TestResponse| answer.expect_problem(422, "linkedin_attempt_invalid");
    invalid(world.finish(&eve, &world.agreed(&adas, &member("eve"))).await);
    invalid(world.finish(&eve, &world.agreed(&anybodys, &member("eve"))).await);
    let callback = world.auth.app.post("/api/auth/linkedin/callback");
    invalid(callback.json(&world.agreed(&adas, &member("ada"))).send().await);
    let body = world.agreed(&adas, &member("ada"));
    world.finish(&ada, &body).await.expect(201);
    // Completed twice, it says how things stand.
    world.finish(&ada, &world.agreed(&adas, &member("ada"))).await.expect_problem(409, "identity_linked");
}

#[tokio::test(start_paused = true)]
async fn an_account_without_a_verified_address_links_nothing() {
    let Some(world) = World::new() else { return };
    let ada = world.auth.register("ada").await;
    world.begin(&ada).await.expect_problem(409, "email_unverified");
}

#[tokio::test(start_paused = true)]
async fn an_identity_signs_in_to_one_account() {
    let Some(world) = World::new() else { return };
    let (ada, eve) = (world.verified("ada").await, world.verified("eve").await);
    world.link(&ada, &member("ada")).await.expect(201);
    world.link(&eve, &member("ada")).await.expect_problem(409, "identity_taken");
    assert_eq!(world.identities(&eve).await["data"], json!([]));
    // At once, too.
    let grace = member("grace");
    let mary = world.verified("mary").await;
    let (one, other) = (world.begin(&eve).await.expect(200), world.begin(&mary).await.expect(200));
    let (one, other) = (world.agreed(&one, &grace), world.agreed(&other, &grace));
    let answers = join_all([world.finish(&eve, &one), world.finish(&mary, &other)]).await;
    let mut statuses = answers.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

#[tokio::test(start_paused = true)]
async fn what_is_unlinked_signs_in_no_more_and_ends_the_other_sessions() {
    let Some(world) = World::new() else { return };
    let ada = world.verified("ada").await;
    let user_id = user_of(&ada);
    world.unlink(&ada).await.expect_problem(409, "identity_not_linked");
    let elsewhere = LinkedInMember { email: None, ..member("ada") };
    world.link(&ada, &elsewhere).await.expect(201);
    let other = world.sign_in(&elsewhere).await.expect(200);
    assert_eq!(world.unlink(&ada).await.status, 204);
    world.sign_in(&elsewhere).await.expect_problem(409, "linkedin_email_unverified");
    world.auth.me(&other).await.expect_problem(401, "token_invalid");
    world.auth.me(&ada).await.expect(200);
    assert_eq!(world.identities(&ada).await["data"], json!([]));
    assert_eq!(world.count(user_id, &Fact::IdentityUnlinked { user_id, provider: PROVIDER }).await, 1);
    // It is free: for the same account again, or for another.
    let eve = world.verified("eve").await;
    world.link(&eve, &elsewhere).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn the_only_way_in_is_not_unlinked() {
    let Some(world) = World::new() else { return };
    let ada = world.sign_in(&member("ada")).await.expect(201);
    world.unlink(&ada).await.expect_problem(409, "password_missing");
    let change = world.auth.app.post("/api/auth/password/change").bearer(text(&ada, "accessToken"));
    assert_eq!(change.json(&json!({"newPassword": PASSWORD})).send().await.status, 204);
    assert_eq!(world.unlink(&ada).await.status, 204);
    world.auth.login("ada").await;
}

#[tokio::test(start_paused = true)]
async fn a_reset_unlinks_what_stands_for_another_address() {
    let Some(world) = World::new() else { return };
    // The identity of the address itself proves what the reset's link does.
    let ada = world.sign_in(&member("ada")).await.expect(201);
    world.reset(&ada).await;
    assert_eq!(user_of(&world.sign_in(&member("ada")).await.expect(200)), user_of(&ada));
    // Any other may be of whoever the password is reset against.
    let eve = world.verified("eve").await;
    let mallory = LinkedInMember { subject: "mallory".to_owned(), ..member("mallory") };
    world.link(&eve, &mallory).await.expect(201);
    assert_eq!(user_of(&world.sign_in(&mallory).await.expect(200)), user_of(&eve));
    world.reset(&eve).await;
    assert_ne!(user_of(&world.sign_in(&mallory).await.expect(201)), user_of(&eve));
    let user_id = user_of(&eve);
    assert_eq!(world.count(user_id, &Fact::IdentityUnlinked { user_id, provider: PROVIDER }).await, 1);
}
