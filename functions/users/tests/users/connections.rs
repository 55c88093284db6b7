//! Connections and blocks.

use std::time::Duration;

use serde_json::{Value, json};
use shared::model::connection::{CONNECTIONS_MAXIMUM, Connection, ConnectionCount, ConnectionState};
use testkit::{Caller, Cloud};

use crate::support::World;

/// The states of somebody's list, by the names of the people in it.
async fn list(world: &World, of: &Caller, state: &str) -> Vec<String> {
    let page = world.get(of, &format!("/api/users/connections?state={state}")).await;
    let people = page["data"].as_array().unwrap().iter();
    people.map(|it| it["person"]["name"].as_str().unwrap_or("?").to_owned()).collect()
}

async fn count(world: &World, of: &Caller) -> i64 {
    let count = world.cloud.services.store.get::<ConnectionCount>(&ConnectionCount::key_of(of.user_id)).await;
    count.unwrap().map_or(0, |count| count.connected)
}

#[tokio::test(start_paused = true)]
async fn a_request_is_accepted_and_both_are_connected() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    let asked = world.step(&ada, "POST", &eve, "/connection").await;
    assert_eq!(asked.header("ratelimit-policy"), Some("\"connection-requests\";q=50;w=86400"));
    assert_eq!(asked.expect(200)["state"], "requested");
    assert_eq!(
        (list(&world, &ada, "requested").await, list(&world, &eve, "received").await),
        (vec!["Eve".to_owned()], vec!["Ada".to_owned()])
    );
    let again = world.step(&ada, "POST", &eve, "/connection").await.expect(200);
    assert_eq!(again["state"], "requested");
    world.step(&ada, "POST", &eve, "/connection/accept").await.expect_problem(409, "no_request");
    assert_eq!(world.step(&eve, "POST", &ada, "/connection/accept").await.expect(200)["state"], "connected");
    assert_eq!(world.step(&eve, "POST", &ada, "/connection/accept").await.expect(200)["state"], "connected");
    assert_eq!(list(&world, &ada, "connected").await, ["Eve"]);
    assert_eq!((count(&world, &ada).await, count(&world, &eve).await), (1, 1));
    assert_eq!(world.trail(ada.user_id).await, ["user.connectionRequested"]);
    assert_eq!(world.trail(eve.user_id).await, ["user.connectionAccepted"]);

    assert_eq!(world.step(&ada, "DELETE", &eve, "/connection").await.status, 204);
    assert_eq!(world.step(&ada, "DELETE", &eve, "/connection").await.status, 204, "again changes nothing");
    assert!(list(&world, &eve, "connected").await.is_empty());
    assert_eq!((count(&world, &ada).await, count(&world, &eve).await), (0, 0));
    assert_eq!(world.trail(ada.user_id).await, ["user.connectionRequested", "user.connectionRemoved"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_is_declined_or_withdrawn_and_may_come_again() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    world.step(&ada, "POST", &eve, "/connection").await.expect(200);
    assert_eq!(world.step(&eve, "POST", &ada, "/connection/decline").await.status, 204);
    assert!(list(&world, &ada, "requested").await.is_empty());
    world.step(&eve, "POST", &ada, "/connection/decline").await.expect_problem(409, "no_request");
    world.step(&ada, "POST", &eve, "/connection").await.expect(200);
    assert_eq!(world.step(&ada, "DELETE", &eve, "/connection").await.status, 204);
    assert!(list(&world, &eve, "received").await.is_empty());
    world.step(&eve, "POST", &ada, "/connection/accept").await.expect_problem(409, "no_request");
}

#[tokio::test(start_paused = true)]
async fn requests_that_cross_connect_also_at_the_same_moment() {
    for seed in 0..8 {
        let world = World::on(Cloud::with_timing(seed));
        let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
        let (one, other) =
            tokio::join!(world.step(&ada, "POST", &eve, "/connection"), world.step(&eve, "POST", &ada, "/connection"));
        let states = [one.expect(200)["state"].clone(), other.expect(200)["state"].clone()];
        assert!(states.contains(&json!("connected")), "{states:?}");
        assert_eq!((list(&world, &ada, "connected").await, count(&world, &eve).await), (vec!["Eve".to_owned()], 1));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_is_blocked_learns_nothing_of_it() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    world.connect(&ada, &eve).await;
    world.profile(&ada, json!({"name": "Ada", "bio": "For connections."})).await;
    world.privacy(&ada, json!({"bio": "connections"})).await;
    assert_eq!(world.step(&ada, "POST", &eve, "/block").await.status, 204);
    assert_eq!((count(&world, &ada).await, count(&world, &eve).await), (0, 0));
    assert_eq!(list(&world, &ada, "blocked").await, ["Eve"]);
    assert!(list(&world, &eve, "connected").await.is_empty() && list(&world, &eve, "blocked").await.is_empty());

    // To Eve it is as if Ada had ended the connection.
    let seen = world.look(&eve, &ada).await;
    assert_eq!((&seen["name"], &seen["bio"], &seen["connection"]), (&json!("Ada"), &json!(null), &json!(null)));
    let asked = world.step(&eve, "POST", &ada, "/connection").await.expect(200);
    assert_eq!(asked["state"], "requested");
    assert_eq!(list(&world, &eve, "requested").await, ["Ada"]);
    assert!(list(&world, &ada, "received").await.is_empty());
    assert_eq!(world.trail(eve.user_id).await.last().unwrap(), "user.connectionRequested");
    world.step(&ada, "POST", &eve, "/connection").await.expect_problem(409, "blocked");
    world.step(&ada, "POST", &eve, "/connection/accept").await.expect_problem(409, "blocked");

    assert_eq!(world.step(&ada, "DELETE", &eve, "/block").await.status, 204);
    assert!(list(&world, &eve, "requested").await.is_empty(), "what was asked meanwhile is forgotten");
    assert_eq!(world.look(&ada, &eve).await["connection"], json!(null));
    world.connect(&eve, &ada).await;
}

#[tokio::test(start_paused = true)]
async fn both_may_block_each_other() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    assert_eq!(world.step(&ada, "POST", &eve, "/block").await.status, 204);
    assert_eq!(world.step(&eve, "POST", &ada, "/block").await.status, 204);
    assert_eq!(world.step(&ada, "DELETE", &eve, "/block").await.status, 204);
    assert_eq!(list(&world, &eve, "blocked").await, ["Ada"]);
    assert_eq!(world.step(&ada, "POST", &eve, "/connection").await.expect(200)["state"], "requested");
    assert_eq!(world.step(&eve, "DELETE", &ada, "/block").await.status, 204);
    let row =
        world.cloud.services.store.get::<Connection>(&Connection::key_of(ada.user_id, eve.user_id)).await.unwrap();
    assert!(row.is_none(), "nothing is left between them");
}

#[tokio::test(start_paused = true)]
async fn mutual_connections_are_counted() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    for number in 0..3 {
        let common = world.person(&format!("Common {number}")).await;
        world.connect(&common, &ada).await;
        world.connect(&common, &eve).await;
    }
    let other = world.person("Other").await;
    world.connect(&other, &ada).await;
    let mutual = world.get(&ada, &format!("/api/users/{}/connections/mutual", eve.user_id)).await;
    assert_eq!((&mutual["count"], mutual["userIds"].as_array().unwrap().len()), (&json!(3), 3));
}

#[tokio::test(start_paused = true)]
async fn lists_are_paged_the_latest_first() {
    let world = World::new();
    let ada = world.person("Ada").await;
    for number in 0..3 {
        tokio::time::advance(Duration::from_secs(1)).await;
        let other = world.person(&format!("Other {number}")).await;
        world.connect(&other, &ada).await;
    }
    let first = world.get(&ada, "/api/users/connections?limit=2").await;
    let people = |page: &Value| {
        let data = page["data"].as_array().unwrap().iter();
        data.map(|it| it["person"]["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(people(&first), ["Other 2", "Other 1"]);
    let next = format!("/api/users/connections?limit=2&cursor={}", first["nextCursor"].as_str().unwrap());
    assert_eq!(people(&world.get(&ada, &next).await), ["Other 0"]);
    let wrong = format!("{next}&state=blocked");
    world.send(&ada, "GET", &wrong, None).await.expect_problem(400, "malformed");
}

#[tokio::test(start_paused = true)]
async fn there_are_limits_to_requests_and_to_connections() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    let limit = i64::from(CONNECTIONS_MAXIMUM);
    world.cloud.write(|transaction| transaction.update(ConnectionCount::add(ada.user_id, 1))).await;
    let more = shared::store::Update::new(ConnectionCount::key_of(ada.user_id), "connectionCount");
    world.cloud.write(|transaction| transaction.update(more.clone().add("connected", limit - 1))).await;
    world.step(&ada, "POST", &eve, "/connection").await.expect(200);
    world.step(&eve, "POST", &ada, "/connection/accept").await.expect_problem(409, "other_has_too_many_connections");
    assert_eq!(world.step(&eve, "DELETE", &ada, "/connection").await.status, 204);
    world.step(&eve, "POST", &ada, "/connection").await.expect(200);
    world.step(&ada, "POST", &eve, "/connection/accept").await.expect_problem(409, "too_many_connections");

    let nobody = "/api/users/usr_01KAGR3V0R0000000000000000/connection";
    for _ in 0..49 {
        world.send(&eve, "POST", nobody, None).await.expect_problem(404, "not_found");
    }
    world.send(&eve, "POST", nobody, None).await.expect_problem(429, "too_many_requests");
}

#[tokio::test(start_paused = true)]
async fn nobody_is_connected_with_themselves_or_with_nobody() {
    let world = World::new();
    let ada = world.person("Ada").await;
    for (method, rest) in [
        ("POST", "/connection"),
        ("DELETE", "/connection"),
        ("POST", "/connection/accept"),
        ("POST", "/connection/decline"),
        ("POST", "/block"),
        ("DELETE", "/block"),
    ] {
        world.step(&ada, method, &ada, rest).await.expect_problem(409, "yourself");
        let nobody = format!("/api/users/usr_01KAGR3V0R0000000000000000{rest}");
        world.send(&ada, method, &nobody, None).await.expect_problem(404, "not_found");
    }
    let state = ConnectionState::Connected.name();
    assert!(list(&world, &ada, state).await.is_empty());
}
