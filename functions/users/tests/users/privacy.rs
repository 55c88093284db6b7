//! `/api/users/{userId}/privacy`

use serde_json::json;
use shared::access::PlatformRole;

use crate::support::{World, path};

#[tokio::test(start_paused = true)]
async fn what_is_left_out_has_its_default() {
    let world = World::new();
    let ada = world.person("Ada").await;
    let defaults = world.get(&ada, &path(&ada, "/privacy")).await;
    assert_eq!(
        (&defaults["email"], &defaults["name"], &defaults["timeZone"]),
        (&json!("private"), &json!("public"), &json!("organization"))
    );
    let changed = world.privacy(&ada, json!({"email": "connections"})).await;
    assert_eq!((&changed["email"], &changed["city"]), (&json!("connections"), &json!("public")));
    assert_eq!(world.get(&ada, &path(&ada, "/privacy")).await, changed);
    world.privacy(&ada, json!({"email": "connections"})).await;
    assert_eq!(world.trail(ada.user_id).await, ["user.privacyChanged"]);
    assert_eq!(world.privacy(&ada, json!({})).await, defaults);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_longer_public_is_no_longer_found() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    world.profile(&ada, json!({"name": "Ada Lovelace", "city": "London", "role": "founder"})).await;
    world.send(&ada, "POST", &path(&ada, "/skills"), Some(json!({"name": "Rust"}))).await.expect(201);
    for query in ["name=love", "city=london", "role=founder", "skill=rust"] {
        assert_eq!(world.search(&eve, query).await, ["Ada Lovelace"], "{query}");
    }
    world.privacy(&ada, json!({"city": "connections", "role": "organization", "skills": "private"})).await;
    for query in ["city=london", "role=founder", "skill=rust"] {
        assert!(world.search(&eve, query).await.is_empty(), "{query}");
    }
    world.privacy(&ada, json!({"name": "private"})).await;
    assert!(world.search(&eve, "name=love").await.is_empty());
    assert_eq!(world.search(&eve, "skill=rust").await, ["?"], "found by her skill, and not named");
    assert!(world.search(&eve, "skill=rust&name=love").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_sets_privacy_first_is_found_by_what_stays_public() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    assert!(world.search(&eve, "name=ada").await.is_empty(), "she has written nothing yet");
    world.privacy(&ada, json!({"city": "private"})).await;
    assert_eq!(world.search(&eve, "name=ada").await, ["Ada"]);
    world.profile(&ada, json!({"name": "Grace Hopper"})).await;
    assert!(world.search(&eve, "name=ada").await.is_empty());
    assert_eq!(world.search(&eve, "name=grace").await, ["Grace Hopper"]);
}

#[tokio::test(start_paused = true)]
async fn privacy_is_the_persons_own() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    world.send(&eve, "GET", &path(&ada, "/privacy"), None).await.expect_problem(403, "forbidden");
    world.send(&eve, "PUT", &path(&ada, "/privacy"), Some(json!({}))).await.expect_problem(403, "forbidden");
    let support = world.operator(PlatformRole::Support).await;
    world.get(&support, &path(&ada, "/privacy")).await;
    world.send(&support, "PUT", &path(&ada, "/privacy"), Some(json!({}))).await.expect_problem(403, "forbidden");
    for body in [json!({"email": "secret"}), json!({"phone": "public"}), json!([])] {
        world.send(&ada, "PUT", &path(&ada, "/privacy"), Some(body)).await.expect_problem(400, "malformed");
    }
}
