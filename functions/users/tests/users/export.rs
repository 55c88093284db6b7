//! `GET /api/users/{userId}/export`

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::event::Actor;
use shared::id::LeadId;
use shared::model::identity::{IdentityProvider, LinkedIdentity};
use shared::model::lead::{Lead, LeadDetails};
use shared::model::lead_activity::{LeadActivity, LeadActivityKind};
use testkit::Caller;

use crate::support::{World, path};

/// Everything that an export gives, page after page.
async fn everything(world: &World, of: &Caller) -> Vec<Value> {
    let (mut records, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(of, &path(of, &format!("/export{cursor}"))).await;
        let data = page["data"].as_array().unwrap();
        assert!(data.len() <= 50);
        records.extend(data.iter().cloned());
        let Some(next) = page["nextCursor"].as_str() else { return records };
        cursor = format!("?cursor={next}");
    }
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
async fn everything_of_a_person_comes_page_by_page_and_no_secret() {
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
async fn an_export_is_the_persons_own_and_its_cursors_lead_nowhere_else() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    world.send(&eve, "GET", &path(&ada, "/export"), None).await.expect_problem(403, "forbidden");
    for cursor in ["x", "1", "0.abc", "1.a.b.c.d", "0..led_01KAGR3V0R0000000000000000.", "-1."] {
        let path = path(&ada, &format!("/export?cursor={cursor}"));
        world.send(&ada, "GET", &path, None).await.expect_problem(400, "malformed");
    }
    let beyond = world.get(&ada, &path(&ada, "/export?cursor=999.")).await;
    assert_eq!(beyond, json!({"data": [], "nextCursor": null}));
}
