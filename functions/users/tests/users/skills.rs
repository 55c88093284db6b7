//! `/api/users/{userId}/skills`

use serde_json::{Value, json};
use testkit::{Caller, Cloud};

use crate::support::{World, path};

async fn add(world: &World, of: &Caller, name: &str) -> Value {
    world.send(of, "POST", &path(of, "/skills"), Some(json!({"name": name}))).await.expect(201)
}

fn endorsement(of: &Caller, skill: &Value) -> String {
    path(of, &format!("/skills/{}/endorsement", skill["id"].as_str().unwrap()))
}

async fn counts(world: &World, by: &Caller, of: &Caller) -> Vec<(String, u64, bool)> {
    let page = world.get(by, &path(of, "/skills")).await;
    let skills = page["data"].as_array().unwrap().iter();
    let skill = |it: &Value| {
        (
            it["name"].as_str().unwrap().to_owned(),
            it["endorsements"].as_u64().unwrap(),
            it["endorsedByMe"].as_bool().unwrap(),
        )
    };
    skills.map(skill).collect()
}

#[tokio::test(start_paused = true)]
async fn skills_are_named_once_found_and_removed() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    let rust = add(&world, &ada, " Rust ").await;
    assert_eq!((&rust["name"], &rust["endorsements"]), (&json!("Rust"), &json!(0)));
    let again = world.send(&ada, "POST", &path(&ada, "/skills"), Some(json!({"name": "RUST"}))).await;
    again.expect_problem(409, "skill_exists");
    add(&world, &ada, "C++").await;
    assert_eq!(world.search(&eve, "skill=rust").await, ["Ada"]);
    assert_eq!(world.search(&eve, "skill=c%2B%2B").await, ["Ada"]);
    assert!(world.search(&eve, "skill=c").await.is_empty());
    let one = path(&ada, &format!("/skills/{}", rust["id"].as_str().unwrap()));
    assert_eq!(world.send(&ada, "DELETE", &one, None).await.status, 204);
    world.send(&ada, "DELETE", &one, None).await.expect_problem(404, "not_found");
    assert!(world.search(&eve, "skill=rust").await.is_empty());
    assert_eq!(counts(&world, &eve, &ada).await, [("C++".to_owned(), 0, false)]);
}

#[tokio::test(start_paused = true)]
async fn connections_endorse_once_and_strangers_do_not() {
    let world = World::new();
    let (ada, eve, mary) = (world.person("Ada").await, world.person("Eve").await, world.person("Mary").await);
    let rust = add(&world, &ada, "Rust").await;
    let endorse = endorsement(&ada, &rust);
    world.send(&eve, "POST", &endorse, None).await.expect_problem(403, "forbidden");
    world.send(&ada, "POST", &endorse, None).await.expect_problem(409, "yourself");
    world.connect(&eve, &ada).await;
    for _ in 0..2 {
        let endorsed = world.send(&eve, "POST", &endorse, None).await.expect(200);
        assert_eq!((&endorsed["endorsements"], &endorsed["endorsedByMe"]), (&json!(1), &json!(true)));
    }
    assert_eq!(counts(&world, &eve, &ada).await, [("Rust".to_owned(), 1, true)]);
    assert_eq!(counts(&world, &mary, &ada).await, [("Rust".to_owned(), 1, false)]);
    assert_eq!(world.trail(eve.user_id).await.iter().filter(|kind| *kind == "user.skillEndorsed").count(), 1);

    assert_eq!(world.step(&ada, "DELETE", &eve, "/connection").await.status, 204);
    for _ in 0..2 {
        assert_eq!(world.send(&eve, "DELETE", &endorse, None).await.status, 204);
    }
    assert_eq!(counts(&world, &mary, &ada).await, [("Rust".to_owned(), 0, false)]);
}

#[tokio::test(start_paused = true)]
async fn endorsements_at_once_are_all_counted_each_once() {
    let world = World::on(Cloud::with_timing(3));
    let ada = world.person("Ada").await;
    let rust = add(&world, &ada, "Rust").await;
    let mut friends = Vec::new();
    for number in 0..4 {
        let friend = world.person(&format!("Friend {number}")).await;
        world.connect(&friend, &ada).await;
        friends.push(friend);
    }
    let (world, endorse) = (&world, &endorsement(&ada, &rust));
    let all = friends.iter().chain(&friends).map(|friend| world.send(friend, "POST", endorse, None));
    let answers = futures_util::future::join_all(all).await;
    assert!(answers.iter().all(|answer| answer.status == 200 || answer.status == 409), "{answers:?}");
    for friend in &friends {
        world.send(friend, "POST", endorse, None).await.expect(200);
    }
    assert_eq!(counts(world, &ada, &ada).await, [("Rust".to_owned(), 4, false)]);
}

#[tokio::test(start_paused = true)]
async fn a_removed_skill_takes_its_endorsements_along() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    world.connect(&eve, &ada).await;
    let rust = add(&world, &ada, "Rust").await;
    world.send(&eve, "POST", &endorsement(&ada, &rust), None).await.expect(200);
    let one = path(&ada, &format!("/skills/{}", rust["id"].as_str().unwrap()));
    assert_eq!(world.send(&ada, "DELETE", &one, None).await.status, 204);
    let again = add(&world, &ada, "Rust").await;
    assert_eq!(counts(&world, &eve, &ada).await, [("Rust".to_owned(), 0, false)]);
    let endorsed = world.send(&eve, "POST", &endorsement(&ada, &again), None).await.expect(200);
    assert_eq!(endorsed["endorsements"], 1);
}

#[tokio::test(start_paused = true)]
async fn hidden_skills_are_not_shown_and_there_are_thirty_at_most() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    for number in 0..30 {
        add(&world, &ada, &format!("Skill {number}")).await;
    }
    let more = world.send(&ada, "POST", &path(&ada, "/skills"), Some(json!({"name": "More"}))).await;
    more.expect_problem(409, "too_many_skills");
    assert_eq!(counts(&world, &eve, &ada).await.len(), 30);
    world.privacy(&ada, json!({"skills": "connections", "name": "private"})).await;
    assert!(counts(&world, &eve, &ada).await.is_empty());
    assert!(world.search(&eve, "skill=skill%207").await.is_empty());
    assert_eq!(counts(&world, &ada, &ada).await.len(), 30);
    world.privacy(&ada, json!({})).await;
    assert_eq!(world.search(&eve, "skill=skill%207").await, ["Ada"]);
    let others = path(&ada, "/skills");
    world.send(&eve, "POST", &others, Some(json!({"name": "Rust"}))).await.expect_problem(403, "forbidden");
    for name in ["", " ", "two\nlines", &"x".repeat(61)] {
        world.send(&ada, "POST", &others, Some(json!({"name": name}))).await.expect_problem(422, "invalid");
    }
}
