//! `/api/users/{userId}/portfolio`

use serde_json::json;

use crate::support::{World, path, wrong};

#[tokio::test(start_paused = true)]
async fn entries_are_made_read_changed_and_removed() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    let list = path(&ada, "/portfolio");
    let entry = json!({"title": " The  engine ", "description": "It computes.", "url": "https://example.com/engine", "year": 1952});
    let made = world.send(&ada, "POST", &list, Some(entry)).await.expect(201);
    assert_eq!((&made["title"], &made["year"]), (&json!("The engine"), &json!(1952)));
    assert_eq!(world.get(&eve, &list).await["data"], json!([made]));
    let one = format!("{list}/{}", made["id"].as_str().unwrap());
    let changed = world.send(&ada, "PUT", &one, Some(json!({"title": "Another"}))).await.expect(200);
    assert_eq!((&changed["description"], &changed["createdAt"]), (&json!(null), &made["createdAt"]));
    assert_eq!(world.send(&ada, "DELETE", &one, None).await.status, 204);
    world.send(&ada, "DELETE", &one, None).await.expect_problem(404, "not_found");
    world.send(&ada, "PUT", &one, Some(json!({"title": "Another"}))).await.expect_problem(404, "not_found");
    assert_eq!(world.get(&eve, &list).await["data"], json!([]));
    assert_eq!(world.trail(ada.user_id).await, ["user.portfolioChanged"; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_portfolio_is_bounded_and_private_if_its_person_says_so() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    let list = path(&ada, "/portfolio");
    for number in 0..50 {
        world.send(&ada, "POST", &list, Some(json!({"title": format!("Entry {number}")}))).await.expect(201);
    }
    world.send(&ada, "POST", &list, Some(json!({"title": "More"}))).await.expect_problem(409, "portfolio_full");
    let first = world.get(&eve, &format!("{list}?limit=30")).await;
    let next = format!("{list}?limit=30&cursor={}", first["nextCursor"].as_str().unwrap());
    assert_eq!(world.get(&eve, &next).await["data"].as_array().unwrap().len(), 20);
    world.privacy(&ada, json!({"portfolio": "private"})).await;
    assert_eq!(world.get(&eve, &list).await["data"], json!([]));
    assert_eq!(world.get(&ada, &list).await["data"].as_array().unwrap().len(), 50);
    world.send(&eve, "POST", &list, Some(json!({"title": "Not hers"}))).await.expect_problem(403, "forbidden");
    let body = json!({"title": "\u{202E}", "url": "ftp://example.com", "year": 1800});
    let problem = world.send(&ada, "POST", &list, Some(body)).await.expect_problem(422, "invalid");
    assert_eq!(wrong(&problem), ["title", "url", "year"]);
}

#[tokio::test(start_paused = true)]
async fn a_repeat_under_one_key_makes_one_entry() {
    let world = World::new();
    let ada = world.person("Ada").await;
    let once = || {
        let request = world.app.post(&path(&ada, "/portfolio")).by(&ada).header("idempotency-key", "once");
        request.json(&json!({"title": "Once"})).send()
    };
    let (first, second) = (once().await.expect(201), once().await.expect(201));
    assert_eq!(first, second);
    assert_eq!(world.get(&ada, &path(&ada, "/portfolio")).await["data"].as_array().unwrap().len(), 1);
}
