//! `GET /api/users`

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{World, names, wrong};

#[tokio::test(start_paused = true)]
async fn people_are_found_whatever_the_case_and_marks() {
    let world = World::new();
    let eve = world.person("Eve").await;
    for (account, name, city, role) in [
        ("Ada", "Ada Lovelace", "London", "founder"),
        ("Zoe", "Zoë Lov", "Zürich", "investor"),
        ("Li", "李明", "北京", "founder"),
    ] {
        let person = world.person(account).await;
        world.profile(&person, json!({"name": name, "city": city, "role": role})).await;
    }
    for (query, found) in [
        ("name=LOVE", vec!["Ada Lovelace"]),
        ("name=lov", vec!["Ada Lovelace", "Zoë Lov"]),
        ("name=zoe", vec!["Zoë Lov"]),
        ("name=Zo%C3%8B%20lo", vec!["Zoë Lov"]),
        ("name=a%20lov", vec!["Ada Lovelace"]),
        ("name=%E6%9D%8E", vec!["李明"]),
        ("city=zurich", vec!["Zoë Lov"]),
        ("role=founder", vec!["Ada Lovelace", "李明"]),
        ("role=founder&city=LONDON", vec!["Ada Lovelace"]),
        ("name=lov&role=investor", vec!["Zoë Lov"]),
        ("name=ada&city=zurich", vec![]),
        ("name=nobody", vec![]),
    ] {
        assert_eq!(world.search(&eve, query).await, found, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_with_several_fitting_words_is_there_once() {
    let world = World::new();
    let (eve, anna) = (world.person("Eve").await, world.person("Anna").await);
    world.profile(&anna, json!({"name": "Anna Anders-Ankel"})).await;
    let first = world.get(&eve, "/api/users?name=an&limit=1").await;
    let mut seen = names(&first);
    let mut cursor = first["nextCursor"].as_str().map(str::to_owned);
    while let Some(next) = cursor {
        let page = world.get(&eve, &format!("/api/users?name=an&limit=1&cursor={next}")).await;
        seen.extend(names(&page));
        cursor = page["nextCursor"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, ["Anna Anders-Ankel"]);
}

#[tokio::test(start_paused = true)]
async fn pages_follow_each_other_and_cursors_stay_in_their_search() {
    let world = World::new();
    let eve = world.person("Eve").await;
    for number in 0..7 {
        let person = world.person(&format!("Person {number}")).await;
        world.profile(&person, json!({"name": format!("Person N{number}"), "role": "mentor"})).await;
    }
    let (mut seen, mut cursor) = (BTreeSet::new(), String::new());
    for _ in 0..4 {
        let page = world.get(&eve, &format!("/api/users?role=mentor&limit=3{cursor}")).await;
        let found = names(&page);
        assert!(found.len() <= 3);
        seen.extend(found);
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen.len(), 7);
    let page = world.get(&eve, "/api/users?role=mentor&limit=3").await;
    let stolen = format!("/api/users?role=founder&cursor={}", page["nextCursor"].as_str().unwrap());
    world.send(&eve, "GET", &stolen, None).await.expect_problem(400, "malformed");
}

#[tokio::test(start_paused = true)]
async fn whoever_blocks_and_whoever_is_blocked_do_not_find_each_other() {
    let world = World::new();
    let (ada, eve, grace) = (world.person("Ada").await, world.person("Eve").await, world.person("Grace").await);
    for (person, name) in [(&ada, "Same Ada"), (&eve, "Same Eve"), (&grace, "Same Grace")] {
        world.profile(person, json!({"name": name})).await;
    }
    assert_eq!(world.step(&ada, "POST", &eve, "/block").await.status, 204);
    assert_eq!(world.search(&ada, "name=same").await, ["Same Ada", "Same Grace"]);
    assert_eq!(world.search(&eve, "name=same").await, ["Same Eve", "Same Grace"]);
    assert_eq!(world.search(&grace, "name=same").await, ["Same Ada", "Same Eve", "Same Grace"]);
    assert_eq!(world.step(&ada, "DELETE", &eve, "/block").await.status, 204);
    assert_eq!(world.search(&eve, "name=same").await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_search_says_what_it_looks_for() {
    let world = World::new();
    let eve = world.person("Eve").await;
    for (query, path) in [
        ("", "name"),
        ("name=a", "name"),
        ("name=%20", "name"),
        ("name=..", "name"),
        ("city=-", "city"),
        ("limit=51&name=ada", "limit"),
        ("skill=%20", "skill"),
    ] {
        let problem =
            world.send(&eve, "GET", &format!("/api/users?{query}"), None).await.expect_problem(422, "invalid");
        assert_eq!(wrong(&problem), [path], "{query}");
    }
    for query in ["role=king", "nick=ada", "name=ada&name=eve"] {
        world.send(&eve, "GET", &format!("/api/users?{query}"), None).await.expect_problem(400, "malformed");
    }
    world.app.get("/api/users?name=ada").send().await.expect_problem(401, "token_missing");
}
