//! Signing in with LinkedIn, and what its person hears of it by mail.

use std::time::Duration;

use embedded::{LinkedIn, LinkedInMember};
use serde_json::{Value, json};

use crate::founder::PASSWORD;
use crate::harness::TestPlatform;

const ADA: &str = "ada@example.com";

fn ada() -> LinkedInMember {
    let (name, email) = (Some("Ada Lovelace".to_owned()), Some(ADA.to_owned()));
    LinkedInMember { subject: "782bbtaQ".to_owned(), name, email, email_verified: true }
}

/// What the frontend's page posts when a person agreed to what was begun.
pub(crate) fn agreed(linkedin: &LinkedIn, begun: &Value, member: &LinkedInMember) -> Value {
    let url = begun["authorizationUrl"].as_str().expect("an address");
    let back = linkedin.agree(url, member).expect("LinkedIn takes the request");
    let (page, query) = back.split_once('?').expect("LinkedIn sends something back");
    assert_eq!(page, "https://app.example.com/sign-in/linkedin");
    let pair = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).expect("the value is there")
    };
    json!({"code": pair("code"), "state": pair("state"), "verifier": begun["verifier"]})
}

async fn sign_in(platform: &TestPlatform, member: &LinkedInMember, status: u16) -> Value {
    let begun = platform.app().post("/api/auth/linkedin/start").send().await.expect(200);
    let body = agreed(&platform.linkedin, &begun, member);
    platform.app().post("/api/auth/linkedin/callback").json(&body).send().await.expect(status)
}

#[tokio::test(start_paused = true)]
async fn a_founder_signs_in_with_linkedin_and_hears_of_it() {
    let platform = TestPlatform::start().await;
    let signed_in = sign_in(&platform, &ada(), 201).await;
    let token = signed_in["accessToken"].as_str().unwrap();
    // Every function knows the session, and the personal organisation is there.
    let organizations = platform.app().get("/api/organizations").bearer(token).send().await.expect(200);
    assert_eq!(organizations["data"][0]["name"], "Ada Lovelace");
    let venture = json!({"name": "Engine", "stage": "idea", "category": "Hardware", "description": "Computes."});
    platform.app().post("/api/ventures/create").bearer(token).json(&venture).send().await.expect(201);
    platform.settle().await;
    let subjects = || platform.mailbox.mails_to(ADA).into_iter().map(|mail| mail.subject).collect::<Vec<_>>();
    assert_eq!(subjects(), ["LinkedIn signs in to your account"]);
    let change = platform.app().post("/api/auth/password/change").bearer(token);
    assert_eq!(change.json(&json!({"newPassword": PASSWORD})).send().await.status, 204);
    assert_eq!(platform.app().delete("/api/auth/linkedin/link").bearer(token).send().await.status, 204);
    platform.settle().await;
    assert_eq!(subjects()[0], "LinkedIn does not sign in to your account any more");
}

#[tokio::test(start_paused = true)]
async fn an_erased_account_leaves_its_identity_free() {
    let platform = TestPlatform::start().await;
    let first = sign_in(&platform, &ada(), 201).await;
    let (token, id) = (first["accessToken"].as_str().unwrap(), first["user"]["id"].as_str().unwrap());
    assert_eq!(platform.app().delete(&format!("/api/users/{id}")).bearer(token).send().await.status, 202);
    // Somebody new, with the same identity and the same address.
    let second = sign_in(&platform, &ada(), 201).await;
    assert_ne!(second["user"]["id"], first["user"]["id"]);
    platform.settle().await;
    tokio::time::sleep(Duration::from_secs(10 * 60)).await;
    assert_eq!(platform.tick("purge").await.unwrap()["erased"], 1);
    platform.settle().await;
    // What was left of the first account took nothing of the second along.
    assert_eq!(sign_in(&platform, &ada(), 200).await["user"]["id"], second["user"]["id"]);
    platform.settle().await;
}
