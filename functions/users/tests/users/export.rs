//! `POST /api/users/{userId}/export`, `GET /api/users/exports`

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use shared::event::Actor;
use shared::id::LeadId;
use shared::model::identity::{IdentityProvider, LinkedIdentity};
use shared::model::lead::{Lead, LeadDetails};
use shared::model::lead_activity::{LeadActivity, LeadActivityKind};
use shared::model::user::User;
use testkit::Caller;

use crate::support::{World, path};

/// Everything that an export gives.
async fn everything(world: &World, of: &Caller) -> Vec<Value> {
    let answer = world.app.get(&link(world, of).await).send().await;
    let disposition = format!("attachment; filename=\"groundwork-{}.json\"", of.user_id);
    assert_eq!(answer.header("content-disposition"), Some(&*disposition));
    let mut document = answer.expect(200);
    assert_eq!(document["userId"], of.user_id.to_string());
    assert!(document["exportedAt"].is_string());
    let Value::Array(records) = document["records"].take() else { panic!("{document}") };
    records
}

/// The link of a new export.
async fn link(world: &World, of: &Caller) -> String {
    let made = world.send(of, "POST", &path(of, "/export"), None).await.expect(201);
    made["url"].as_str().unwrap().to_owned()
}

/// Leads of somebody's personal organisation, each with activities.
async fn leads(world: &World, of: &Caller, leads: usize, activities: usize) {
    let (services, organization_id) = (&world.cloud.services, of.organization_id);
    for _ in 0..leads {
        let (lead_id, at) = (services.ids.next::<LeadId>(), services.clock.now());
        world
            .cloud
            .write(|transaction| {
                transaction.create(Lead {
                    id: lead_id,
                    organization_id,
                    details: LeadDetails { name: "Grace".to_owned(), ..LeadDetails::default() },
                    open_follow_up_task_id: None,
                    last_follow_up_at: None,
                    created_at: at,
                    updated_at: at,
                });
                for _ in 0..activities {
                    transaction.create(LeadActivity {
                        id: services.ids.next(),
                        organization_id,
                        lead_id,
                        kind: LeadActivityKind::Note,
                        subject: "A note".to_owned(),
                        body: "Of what was said.".to_owned(),
                        task_id: None,
                        actor: Actor::Platform,
                        at,
                    });
                }
            })
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn everything_of_a_person_comes_in_one_document_and_no_secret() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    world.profile(&ada, json!({"name": "Ada Lovelace", "bio": "I compute."})).await;
    world.connect(&eve, &ada).await;
    world.send(&ada, "POST", &path(&ada, "/skills"), Some(json!({"name": "Rust"}))).await.expect(201);
    world.send(&ada, "POST", &path(&ada, "/portfolio"), Some(json!({"title": "Engine"}))).await.expect(201);
    let linked_at = world.cloud.services.clock.now();
    let identity = LinkedIdentity {
        user_id: ada.user_id,
        provider: IdentityProvider::LinkedIn,
        subject: "782bbtaQ".to_owned(),
        email: None,
        linked_at,
    };
    world.cloud.write(|transaction| identity.clone().link(transaction)).await;
    let mallory = world.person("Mallory").await;
    assert_eq!(world.step(&mallory, "POST", &ada, "/block").await.status, 204);
    leads(&world, &ada, 3, 60).await;
    leads(&world, &ada, 30, 0).await;
    leads(&world, &eve, 1, 1).await;

    let records = everything(&world, &ada).await;
    let mut counts = BTreeMap::<&str, usize>::new();
    for record in &records {
        *counts.entry(record["type"].as_str().unwrap()).or_default() += 1;
    }
    for (kind, count) in [
        ("user", 1),
        ("profile", 1),
        ("session", 1),
        ("linkedIdentity", 1),
        ("connection", 1),
        ("connectionCount", 1),
        ("skill", 1),
        ("portfolioEntry", 1),
        ("organization", 1),
        ("lead", 33),
        ("leadActivity", 180),
    ] {
        assert_eq!(counts.get(kind), Some(&count), "{kind} in {counts:?}");
    }
    let profile = records.iter().find(|record| record["type"] == "profile").unwrap();
    assert_eq!(profile["record"]["bio"], "I compute.");
    let text = json!(records).to_string();
    for secret in ["refreshHash", "blockedByOther", "passwordHash", "listingPk", "duePk", &mallory.user_id.to_string()]
    {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_person_gets_a_link_and_only_right_after_presenting_credentials() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    world.send(&eve, "POST", &path(&ada, "/export"), None).await.expect_problem(403, "forbidden");
    tokio::time::advance(Duration::from_secs(10 * 60)).await;
    world.send(&ada, "POST", &path(&ada, "/export"), None).await.expect_problem(403, "step_up_required");
}

#[tokio::test(start_paused = true)]
async fn a_link_works_for_an_hour_and_some_times() {
    let world = World::new();
    let ada = world.person("Ada").await;
    let link = link(&world, &ada).await;
    for _ in 0..10 {
        world.app.get(&link).send().await.expect(200);
    }
    world.app.get(&link).send().await.expect_problem(429, "too_many_requests");
    tokio::time::advance(Duration::from_secs(60 * 60)).await;
    world.app.get(&link).send().await.expect_problem(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn a_link_ends_with_all_sessions_and_with_the_account() {
    let world = World::new();
    let (ada, eve, mary) = (world.person("Ada").await, world.person("Eve").await, world.person("Mary").await);
    let links = [link(&world, &ada).await, link(&world, &eve).await, link(&world, &mary).await];
    let now = world.cloud.services.clock.now();
    change(&world, &ada, |user| user.with_sessions_ended(now)).await;
    change(&world, &eve, |user| user.erased(now)).await;
    change(&world, &mary, |user| User { suspended_at: Some(now), ..user.clone() }).await;
    for link in links {
        world.app.get(&link).send().await.expect_problem(404, "not_found");
    }
}

async fn change(world: &World, of: &Caller, next: impl Fn(&User) -> User) {
    let user = world.cloud.services.store.get::<User>(&User::key_of(of.user_id)).await.unwrap().unwrap();
    world.cloud.write(|transaction| transaction.replace(&user, next(&user))).await;
}

#[tokio::test(start_paused = true)]
async fn a_forged_link_leads_nowhere_and_costs_nothing() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    let [link, other] = [link(&world, &ada).await, link(&world, &eve).await];
    let (path, token) = link.split_once("token=").unwrap();
    let (id, code) = token.split_once('.').unwrap();
    let others_code = other.split_once('.').unwrap().1;
    for forged in
        ["x".to_owned(), id.to_owned(), format!("{id}.{others_code}"), format!("{id}.{code}A"), token.to_lowercase()]
    {
        world.app.get(&format!("{path}token={forged}")).send().await.expect_problem(404, "not_found");
    }
    world.app.get("/api/users/exports").send().await.expect_problem(400, "malformed");
    world.app.get(&format!("{path}token={}", "a".repeat(300))).send().await.expect_problem(422, "invalid");
}
