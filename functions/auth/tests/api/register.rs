//! `POST /api/auth/register`

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::support::{Auth, PASSWORD, text};
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::access::Role;
use shared::event::{Actor, Event, Fact};
use shared::id::UserId;
use shared::model::credential::Credential;
use shared::model::link::{Link, LinkPurpose};
use shared::model::membership::Membership;
use shared::model::organization::Organization;
use shared::model::session::Session;
use shared::model::user::User;
use shared::plan::PlanName;
use shared::store::Listing;
use testkit::{Cloud, FaultPlan, TestResponse};

async fn register(auth: &Auth, email: &str, password: &str, name: &str) -> TestResponse {
    let body = json!({"email": email, "password": password, "name": name});
    auth.app.post("/api/auth/register").json(&body).send().await
}

/// How many items of each type the table holds, without counters and keys.
async fn rows(cloud: &Cloud) -> BTreeMap<String, usize> {
    let store = &cloud.services.store;
    let items =
        store.client().scan().table_name(store.table()).into_paginator().items().send().collect::<Vec<_>>().await;
    let mut rows = BTreeMap::new();
    for item in items {
        let item = item.expect("the table answers");
        let entity = item["entity"].as_s().expect("an entity is a text").clone();
        if !["knownNetwork", "rateCounter", "serverKey", "signingKey", "verifyingKey"].contains(&entity.as_str()) {
            *rows.entry(entity).or_insert(0) += 1;
        }
    }
    rows
}

fn one_account() -> BTreeMap<String, usize> {
    let entities = ["accountEmail", "credential", "link", "membership", "organization", "session", "user"];
    // It is registered, and its address is to be verified.
    entities.into_iter().map(|entity| (entity.to_owned(), 1)).chain([("event".to_owned(), 2)]).collect()
}

#[tokio::test(start_paused = true)]
async fn registering_makes_an_account_its_organization_and_a_session() {
    let auth = Auth::new();
    let response = register(&auth, " Ada@Example.com ", PASSWORD, " Ada Lovelace ").await;
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let answer = response.expect(201);
    let names = answer.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(names, ["accessToken", "expiresIn", "refreshToken", "user"]);
    assert_eq!(answer["expiresIn"], 24 * 60 * 60);
    let user_id: UserId = text(&answer["user"], "id").parse().unwrap();
    let wanted = json!({"id": user_id.to_string(), "email": "Ada@Example.com", "name": "Ada Lovelace"});
    assert_eq!(answer["user"], wanted);

    let (store, organization_id) = (&auth.cloud.services.store, user_id.personal_organization());
    let now = auth.cloud.services.clock.now();
    let user = store.get::<User>(&User::key_of(user_id)).await.unwrap().unwrap();
    assert_eq!((user.platform_role, user.created_at), (None, now));
    let organization = store.get::<Organization>(&Organization::key_of(organization_id)).await.unwrap().unwrap();
    assert_eq!(
        (organization.name.as_str(), organization.personal, organization.plan),
        ("Ada Lovelace", true, PlanName::Free)
    );
    let membership = store.get::<Membership>(&Membership::key_of(user_id, organization_id)).await.unwrap().unwrap();
    assert_eq!(membership.role, Role::Owner);
    let credential = store.get::<Credential>(&Credential::key_of(user_id)).await.unwrap().unwrap();
    assert!(credential.password_hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    let session_id = text(&answer, "refreshToken").split('.').nth(1).unwrap().parse().unwrap();
    let session = store.get::<Session>(&Session::key_of(user_id, session_id)).await.unwrap().unwrap();
    assert_eq!(session.expires_at, now.plus(Duration::from_secs(30 * 24 * 60 * 60)));
    assert!(!text(&answer, "refreshToken").contains(&session.refresh_hash));
    let events = store.list::<Event>(&Listing::of_partition(Event::partition(organization_id)), None).await.unwrap();
    let event = &events.data[0];
    assert_eq!((event.actor, &event.fact), (Actor::User { user_id }, &Fact::AccountRegistered { user_id }));
    assert!(event.request_id.is_some());
    let Fact::EmailVerificationRequested { user_id: asked_for, link_id } = events.data[1].fact else {
        panic!("{:?}", events.data[1].fact)
    };
    assert_eq!((asked_for, events.data[1].request_id), (user_id, event.request_id));
    let link = store.get::<Link>(&Link::key_of(link_id)).await.unwrap().unwrap();
    assert_eq!(
        (link.purpose, link.user_id, link.email.as_str()),
        (LinkPurpose::VerifyEmail, user_id, "Ada@Example.com")
    );
    assert_eq!(link.expires_at, now.plus(Duration::from_secs(24 * 60 * 60)));
    assert_eq!(rows(&auth.cloud).await, one_account());
    auth.app.get("/api/auth/me").bearer(text(&answer, "accessToken")).send().await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn an_address_has_one_account_however_it_is_spelt() {
    let auth = Auth::new();
    auth.register("ada").await;
    for spelling in ["ada@example.com", "ADA@Example.COM", "  ada@example.com\t"] {
        register(&auth, spelling, "another password", "Eve").await.expect_problem(409, "email_taken");
    }
    assert_eq!(rows(&auth.cloud).await, one_account());
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    auth.app.post("/api/auth/login").json(&body).send().await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn of_several_at_once_one_gets_the_address_and_nothing_is_half_written() {
    let auth = Auth::new();
    let racers = (0..8).map(|number| {
        let auth = &auth;
        async move { register(auth, "ada@example.com", PASSWORD, &format!("Ada {number}")).await }
    });
    let mut statuses = join_all(racers).await.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(rows(&auth.cloud).await, one_account());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_half_written_on_bad_days_either() {
    for seed in 0..24 {
        let auth = Auth::with_faults(FaultPlan::seeded(seed));
        let response = register(&auth, "ada@example.com", PASSWORD, "Ada").await;
        let rows = rows(&auth.cloud.without_faults()).await;
        assert!(rows.is_empty() || rows == one_account(), "seed {seed}: {rows:?}");
        match response.status.as_u16() {
            201 => assert!(!rows.is_empty(), "seed {seed}"),
            503 => assert!(response.header("retry-after").is_some(), "seed {seed}"),
            _ => panic!("seed {seed}: {}", response.text),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_400_and_writes_nothing() {
    let auth = Auth::new();
    let cases = [
        ("{", ""),
        ("[]", ""),
        (r#"{"email": "ada@example.com", "password": "correct horse"}"#, ""),
        (r#"{"email": 7, "password": "correct horse", "name": "Ada"}"#, "email"),
        (r#"{"email": "ada@example.com", "password": null, "name": "Ada"}"#, "password"),
        (
            r#"{"email": "ada@example.com", "password": "correct horse", "name": "Ada", "platformRole": "admin"}"#,
            "platformRole",
        ),
    ];
    for (body, path) in cases {
        let request = auth.app.post("/api/auth/register").body("application/json", body);
        let problem = request.send().await.expect_problem(400, "malformed");
        assert_eq!(problem["errors"][0]["path"], path, "{body}");
    }
    let text = auth.app.post("/api/auth/register").body("text/plain", "{}").send().await;
    text.expect_problem(415, "unsupported_media_type");
    assert_eq!(rows(&auth.cloud).await, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn every_wrong_value_is_named_at_once_and_writes_nothing() {
    let auth = Auth::new();
    let paths = |problem: &Value| {
        let errors = problem["errors"].as_array().unwrap();
        errors.iter().map(|error| text(error, "path").to_owned()).collect::<BTreeSet<_>>()
    };
    let problem = register(&auth, "ada", "short", "  ").await.expect_problem(422, "invalid");
    assert_eq!(paths(&problem).into_iter().collect::<Vec<_>>(), ["email", "name", "password"]);
    let (long_name, long_email) = ("x".repeat(101), format!("ada@{}.com", "x.".repeat(130)));
    let (long_password, large_password) = ("x".repeat(1025), "x".repeat(100_000));
    let cases = [
        ("ada example@example.com", PASSWORD, "Ada", "email"),
        ("ada@example", PASSWORD, "Ada", "email"),
        ("ada@eve@example.com", PASSWORD, "Ada", "email"),
        (&long_email, PASSWORD, "Ada", "email"),
        ("ada@example.com", "1234567", "Ada", "password"),
        ("ada@example.com", "ééééééé", "Ada", "password"),
        ("ada@example.com", &long_password, "Ada", "password"),
        ("ada@example.com", &large_password, "Ada", "password"),
        ("ada@example.com", PASSWORD, "", "name"),
        ("ada@example.com", PASSWORD, "Ada\nBcc: eve@example.com", "name"),
        ("ada@example.com", PASSWORD, "Ada\u{0}", "name"),
        ("ada@example.com", PASSWORD, &long_name, "name"),
    ];
    for (email, password, name, path) in cases {
        let problem = register(&auth, email, password, name).await.expect_problem(422, "invalid");
        assert_eq!(paths(&problem).into_iter().collect::<Vec<_>>(), [path], "{email} {name}");
        assert!(!problem.to_string().contains(password), "the answer does not repeat the password");
    }
    assert_eq!(rows(&auth.cloud).await, BTreeMap::new());
    // Of a few words, and then of bytes alone: 1,024 of them.
    let longest_password = format!("{PASSWORD} {}", "é".repeat(505));
    assert_eq!(longest_password.len(), 1024);
    let longest_name = "é".repeat(100);
    register(&auth, "ada@example.com", &longest_password, &longest_name).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn attempts_on_one_address_are_limited_for_a_while() {
    let auth = Auth::new();
    auth.register("ada").await;
    for _ in 0..9 {
        register(&auth, "ada@example.com", PASSWORD, "Ada").await.expect_problem(409, "email_taken");
    }
    let refused = register(&auth, "Ada@example.com", PASSWORD, "Ada").await;
    assert_eq!(refused.header("retry-after"), Some("300"));
    refused.expect_problem(429, "too_many_requests");
    register(&auth, "eve@example.com", PASSWORD, "Eve").await.expect(201);
    tokio::time::advance(Duration::from_secs(300)).await;
    register(&auth, "ada@example.com", PASSWORD, "Ada").await.expect_problem(409, "email_taken");
}
