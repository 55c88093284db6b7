//! Mail from the command that asks for it to the link that is followed.

use std::sync::Arc;
use std::time::Duration;

use embedded::ReceivedMail;
use serde_json::{Value, json};
use testkit::TestResponse;

use crate::founder::{Founder, PASSWORD};
use crate::harness::TestPlatform;

const MINUTE: Duration = Duration::from_secs(60);
const ADA: &str = "ada@example.com";
const NEW_PASSWORD: &str = "another horse battery";

async fn post(platform: &TestPlatform, path: &str, body: &Value) -> TestResponse {
    platform.app().post(path).json(body).send().await
}

/// The newest mail to somebody, and the token of its link.
#[track_caller]
fn mailed(platform: &TestPlatform, address: &str) -> (ReceivedMail, String) {
    let mail = platform.mailbox.mails_to(address).into_iter().next().expect("a mail came");
    let (_, rest) = mail.text.split_once("#token=").expect("the mail has a link");
    let token = rest.lines().next().expect("the link ends").to_owned();
    (mail, token)
}

#[tokio::test(start_paused = true)]
async fn whoever_registers_gets_a_link_that_verifies_the_address() {
    let platform = TestPlatform::start().await;
    let ada = Founder::register(platform.app(), "Ada").await;
    let is_verified = async || ada.get("/api/auth/me").await.expect(200)["user"]["emailVerified"].clone();
    assert_eq!(is_verified().await, false);
    platform.settle().await;
    let (mail, token) = mailed(&platform, ADA);
    assert_eq!((mail.subject.as_str(), mail.to), ("Confirm your e-mail address", vec![ADA.to_owned()]));
    assert!(mail.html.contains(&token) && mail.text.starts_with("Hello Ada,\n"), "{}", mail.text);
    assert_eq!(post(&platform, "/api/auth/verify-email", &json!({"token": token})).await.status, 204);
    assert_eq!(is_verified().await, true);
    post(&platform, "/api/auth/verify-email", &json!({"token": token})).await.expect_problem(422, "link_invalid");
    platform.settle().await;
    assert_eq!(platform.mailbox.mails().len(), 1, "nothing else was sent");
    // Neither a row nor an event nor the journal knows the token or its secret part.
    let (_, code) = token.split_once('.').unwrap();
    let kept = platform.journal.entries(None);
    let kept = serde_json::to_string(&kept.iter().map(Arc::as_ref).collect::<Vec<_>>()).unwrap();
    assert!(!kept.contains(code));
    let client = platform.dynamodb.client();
    let items = client.scan().table_name(platform.services.store.table()).send().await.unwrap();
    assert!(!format!("{:?}", items.items()).contains(code));
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_password_is_reset_by_mail_and_ends_what_was_before() {
    let platform = TestPlatform::start().await;
    let body = json!({"email": ADA, "password": PASSWORD, "name": "Ada"});
    let registered = post(&platform, "/api/auth/register", &body).await.expect(201);
    let token_of = |answer: &Value, name: &str| answer[name].as_str().expect("a token").to_owned();
    let (access, refresh) = (token_of(&registered, "accessToken"), token_of(&registered, "refreshToken"));
    platform.app().get("/api/ventures").bearer(&access).send().await.expect(200);

    platform.settle().await;

    // What an unknown address is answered, and that it gets nothing.
    for address in [ADA, "nobody@example.com"] {
        let answer = post(&platform, "/api/auth/password/forgot", &json!({"email": address})).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (202, ""), "{address}");
    }
    platform.settle().await;
    assert!(platform.mailbox.mails_to("nobody@example.com").is_empty());
    let (mail, token) = mailed(&platform, ADA);
    assert_eq!(mail.subject, "Reset your password");

    let reset = json!({"token": token, "password": NEW_PASSWORD});
    let forged = json!({"token": token.replace('.', ".A"), "password": NEW_PASSWORD});
    post(&platform, "/api/auth/password/reset", &forged).await.expect_problem(422, "link_invalid");
    assert_eq!(post(&platform, "/api/auth/password/reset", &reset).await.status, 204);
    post(&platform, "/api/auth/password/reset", &reset).await.expect_problem(422, "link_invalid");
    tokio::time::sleep(Duration::from_secs(5)).await;
    // Every function refuses the old session, and so does refresh.
    for path in ["/api/auth/me", "/api/ventures", "/api/organizations"] {
        platform.app().get(path).bearer(&access).send().await.expect_problem(401, "token_invalid");
    }
    let old = post(&platform, "/api/auth/refresh", &json!({"refreshToken": refresh})).await;
    old.expect_problem(401, "refresh_token_invalid");
    let login = json!({"email": ADA, "password": NEW_PASSWORD});
    let again = post(&platform, "/api/auth/login", &login).await.expect(200);
    platform.app().get("/api/ventures").bearer(&token_of(&again, "accessToken")).send().await.expect(200);
    platform.settle().await;
    assert_eq!(platform.mailbox.mails_to(ADA)[0].subject, "Your password was changed");

    // A link that is an hour old is none.
    assert_eq!(post(&platform, "/api/auth/password/forgot", &json!({"email": ADA})).await.status, 202);
    platform.settle().await;
    let (_, token) = mailed(&platform, ADA);
    tokio::time::sleep(MINUTE * 60).await;
    let late = json!({"token": token, "password": PASSWORD});
    post(&platform, "/api/auth/password/reset", &late).await.expect_problem(422, "link_invalid");
}

#[tokio::test(start_paused = true)]
async fn an_address_is_changed_by_mail_and_the_old_one_is_told() {
    let platform = TestPlatform::start().await;
    let ada = Founder::register(platform.app(), "Ada").await;
    platform.settle().await;
    let other = "ada@lovelace.example";
    let change = json!({"newEmail": other, "password": PASSWORD});
    let asked = platform.app().post("/api/auth/email/change").bearer(&ada.token).json(&change).send().await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    platform.settle().await;
    assert_eq!(platform.mailbox.mails_to(ADA)[0].subject, "Your e-mail address is about to change");
    let (mail, token) = mailed(&platform, other);
    assert_eq!(mail.subject, "Confirm your new e-mail address");
    assert_eq!(post(&platform, "/api/auth/email/confirm", &json!({"token": token})).await.status, 204);
    post(&platform, "/api/auth/login", &json!({"email": ADA, "password": PASSWORD}))
        .await
        .expect_problem(401, "invalid_credentials");
    post(&platform, "/api/auth/login", &json!({"email": other, "password": PASSWORD})).await.expect(200);
    platform.settle().await;
    // Whoever reads the old address hears of it a second time, and the new one no more than before.
    let last = &platform.mailbox.mails_to(ADA)[0];
    assert_eq!((last.subject.as_str(), last.to.as_slice()), ("Your e-mail address was changed", &[ADA.to_owned()][..]));
    assert!(last.text.contains("write to our support at once") && !last.text.contains(other), "{}", last.text);
    assert_eq!(platform.mailbox.mails_to(other)[0].subject, "Confirm your new e-mail address");
}

#[tokio::test(start_paused = true)]
async fn a_mail_whose_doorbell_nobody_hears_is_rung_for_by_the_sweep() {
    let platform = TestPlatform::start().await;
    Founder::register(platform.app(), "Ada").await;
    platform.lose_messages(&platform.sqs.queue_url("groundwork-local-mail")).await;
    platform.settle().await;
    assert!(platform.mailbox.mails().is_empty());
    platform.tick("sweep").await.unwrap();
    platform.settle().await;
    assert!(platform.mailbox.mails().is_empty(), "the doorbell is given two minutes");
    tokio::time::sleep(MINUTE * 3).await;
    platform.tick("sweep").await.unwrap();
    platform.settle().await;
    assert_eq!(platform.mailbox.mails_to(ADA).len(), 1);
    platform.tick("sweep").await.unwrap();
    platform.settle().await;
    assert_eq!(platform.mailbox.mails().len(), 1);
}
