//! `GET` and `PUT /api/users/{userId}`

use serde_json::json;
use shared::access::{PlatformRole, Role};

use crate::support::{World, path, wrong};

#[tokio::test(start_paused = true)]
async fn a_profile_is_written_as_a_whole_and_read() {
    let world = World::new();
    let ada = world.person("Ada").await;
    let first = world.look(&ada, &ada).await;
    assert_eq!(
        (&first["name"], &first["email"], &first["headline"]),
        (&json!("Ada"), &json!("ada@example.com"), &json!(null))
    );
    let profile = json!({
        "name": " Ada  Lovelace ", "headline": "Founder", "bio": "I compute.\r\nBy machine.", "city": "London", "country": "GB",
        "links": ["https://example.com/ada"], "timeZone": "Europe/London", "role": "founder",
    });
    let written = world.profile(&ada, profile).await;
    assert_eq!((&written["name"], &written["bio"]), (&json!("Ada Lovelace"), &json!("I compute.\nBy machine.")));
    assert_eq!(world.look(&ada, &ada).await, written);
    let less = world.profile(&ada, json!({"name": "Ada Lovelace"})).await;
    assert_eq!((&less["headline"], &less["links"], &less["role"]), (&json!(null), &json!([]), &json!(null)));
    assert_eq!(world.trail(ada.user_id).await, ["user.profileChanged", "user.profileChanged"]);
    world.profile(&ada, json!({"name": "Ada Lovelace"})).await;
    assert_eq!(world.trail(ada.user_id).await.len(), 2, "the same again changes nothing");
}

#[tokio::test(start_paused = true)]
async fn names_that_look_the_same_are_the_same() {
    let world = World::new();
    let ada = world.person("Ada").await;
    let written = world.profile(&ada, json!({"name": "Zoe\u{308}"})).await;
    assert_eq!(written["name"], "Zoë");
}

#[tokio::test(start_paused = true)]
async fn everybody_sees_what_is_for_them() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    let profile =
        json!({"name": "Ada Lovelace", "headline": "Founder", "bio": "I compute.", "timeZone": "Europe/London"});
    world.profile(&ada, profile).await;
    world.privacy(&ada, json!({"bio": "connections", "email": "private"})).await;

    let seen = world.look(&eve, &ada).await;
    assert_eq!((&seen["name"], &seen["headline"]), (&json!("Ada Lovelace"), &json!("Founder")));
    assert_eq!((&seen["bio"], &seen["email"], &seen["timeZone"]), (&json!(null), &json!(null), &json!(null)));
    assert_eq!(seen["connection"], json!(null));

    world.connect(&eve, &ada).await;
    let seen = world.look(&eve, &ada).await;
    assert_eq!((&seen["bio"], &seen["timeZone"]), (&json!("I compute."), &json!(null)));
    assert_eq!(seen["connection"], "connected");

    let grace = world.person("Grace").await;
    world.cloud.join(&grace, ada.organization_id, Role::Member).await;
    let seen = world.look(&grace, &ada).await;
    assert_eq!((&seen["timeZone"], &seen["bio"]), (&json!("Europe/London"), &json!(null)));

    let support = world.operator(PlatformRole::Support).await;
    assert_eq!(world.look(&support, &ada).await["email"], "ada@example.com");
    let nobody = world.app.get(&path(&ada, "")).send().await;
    nobody.expect_problem(401, "token_missing");
    world.send(&eve, "GET", "/api/users/usr_01KAGR3V0R0000000000000000", None).await.expect_problem(404, "not_found");
    world.send(&eve, "GET", "/api/users/nobody", None).await.expect_problem(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn a_profile_is_its_persons_and_the_platforms_admins_to_write() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    let body = Some(json!({"name": "Mallory"}));
    world.send(&eve, "PUT", &path(&ada, ""), body.clone()).await.expect_problem(403, "forbidden");
    let support = world.operator(PlatformRole::Support).await;
    world.send(&support, "PUT", &path(&ada, ""), body).await.expect_problem(403, "forbidden");
    let admin = world.operator(PlatformRole::Admin).await;
    let body = Some(json!({"name": "Ada King"}));
    world.send(&admin, "PUT", &path(&ada, ""), body).await.expect(200);
    assert_eq!(world.look(&eve, &ada).await["name"], "Ada King");
}

#[tokio::test(start_paused = true)]
async fn every_wrong_value_is_named_and_nothing_is_written() {
    let world = World::new();
    let ada = world.person("Ada").await;
    let problem = world
        .send(
            &ada,
            "PUT",
            &path(&ada, ""),
            Some(json!({
                "name": "Adа", "headline": "two\nlines", "bio": "a\u{202E}b", "city": " ", "country": "Britain",
                "links": ["javascript:alert(1)"], "timeZone": "+05:00",
            })),
        )
        .await
        .expect_problem(422, "invalid");
    let mut paths = wrong(&problem);
    paths.sort();
    assert_eq!(paths, ["bio", "city", "country", "headline", "links[0]", "name", "timeZone"]);
    let long = json!({"name": "x".repeat(101), "bio": "x".repeat(2001), "links": vec!["https://example.com"; 11]});
    let problem = world.send(&ada, "PUT", &path(&ada, ""), Some(long)).await.expect_problem(422, "invalid");
    let mut paths = wrong(&problem);
    paths.sort();
    assert_eq!(paths, ["bio", "links", "name"]);
    for body in [json!({}), json!({"name": "Ada", "role": "king"}), json!({"name": "Ada", "email": "x@example.com"})] {
        world.send(&ada, "PUT", &path(&ada, ""), Some(body)).await.expect_problem(400, "malformed");
    }
    assert!(world.trail(ada.user_id).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn writes_at_once_are_all_kept_in_some_order() {
    let world = World::new();
    let ada = world.person("Ada").await;
    let (world, ada) = (&world, &ada);
    let writes = (0..6).map(|number| async move {
        let body = json!({"name": format!("Ada N{number}"), "city": format!("City {number}")});
        world.send(ada, "PUT", &path(ada, ""), Some(body)).await
    });
    for answer in futures_util::future::join_all(writes).await {
        assert!(answer.status == 200 || answer.status == 409, "{}", answer.text);
    }
    let now = world.look(ada, ada).await;
    let eve = world.person("Eve").await;
    for number in 0..6 {
        let found = world.search(&eve, &format!("city=City%20{number}")).await;
        let is_there = now["city"] == json!(format!("City {number}"));
        assert_eq!(found.len(), usize::from(is_there), "rows of a search follow the profile");
    }
}
