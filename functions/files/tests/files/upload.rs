//! `POST /api/files/upload`

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use shared::access::Role;
use shared::plan::PlanName;
use testkit::PNG;

use crate::support::{World, path};

const UPLOAD: &str = "/api/files/upload";

#[tokio::test(start_paused = true)]
async fn a_file_is_announced_and_its_bytes_are_put_once() {
    let world = World::new();
    let ada = world.cloud.caller("Ada").await;
    let announced = world.announce(&ada, " Ada  Lovelace.png ", "image/png", PNG.len()).await;
    let expected = json!({
        "id": announced["file"]["id"],
        "organizationId": ada.organization_id.to_string(),
        "name": "Ada Lovelace.png",
        "contentType": "image/png",
        "sizeBytes": PNG.len(),
        "status": "PENDING",
        "isPicture": false,
        "uploadedBy": ada.user_id.to_string(),
        "createdAt": announced["file"]["createdAt"],
    });
    assert_eq!(announced["file"], expected);
    assert_eq!(announced["upload"]["headers"], json!({"content-type": "image/png", "if-none-match": "*"}));
    assert_eq!(world.put(&announced, PNG), StatusCode::OK);
    assert_eq!(world.put(&announced, PNG), StatusCode::PRECONDITION_FAILED, "nothing is put over what is there");
    let id = announced["file"]["id"].as_str().unwrap();
    assert_eq!(world.s3.keys(), [format!("{}/{id}", ada.organization_id)]);
    assert_eq!(world.trail(&ada).await, ["file.announced"]);
}

#[tokio::test(start_paused = true)]
async fn a_link_lets_in_what_was_announced_and_nothing_else() {
    let world = World::new();
    let ada = world.cloud.caller("Ada").await;
    let announced = world.announce(&ada, "ada.png", "image/png", PNG.len()).await;
    assert_eq!(world.put(&announced, b"another length"), StatusCode::FORBIDDEN);
    let changed = |pointer: &str, value: Value| {
        let mut changed = announced.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };
    let url = announced["upload"]["url"].as_str().unwrap();
    for wrong in [
        changed("/upload/headers/content-type", json!("text/html")),
        changed("/upload/headers", json!({"content-type": "image/png"})),
        changed("/upload/url", json!(url.replace("fil_", "fil_0"))),
        changed("/upload/url", json!(url.replace("X-Amz-Expires=3600", "X-Amz-Expires=9000"))),
        changed("/upload/url", json!(url.replace("X-Amz-Signature=", "X-Amz-Signature=0"))),
        changed("/upload/method", json!("GET")),
        changed("/upload/method", json!("DELETE")),
    ] {
        assert_eq!(world.put(&wrong, PNG), StatusCode::FORBIDDEN, "{wrong}");
    }
    tokio::time::sleep(Duration::from_secs(3601)).await;
    assert_eq!(world.put(&announced, PNG), StatusCode::FORBIDDEN, "its hour is over");
    assert!(world.s3.keys().is_empty());
}

#[tokio::test(start_paused = true)]
async fn every_wrong_value_is_named_and_nothing_is_written() {
    let world = World::new();
    let ada = world.cloud.caller("Ada").await;
    let paths = |problem: Value| {
        let errors = problem["errors"].as_array().unwrap().iter();
        errors.map(|error| error["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let refuse = async |body: Value| {
        paths(world.app.post(UPLOAD).by(&ada).json(&body).send().await.expect_problem(422, "invalid"))
    };
    let wrong = json!({"name": " ", "contentType": "text/html", "sizeBytes": 0});
    assert_eq!(refuse(wrong).await, ["contentType", "name", "sizeBytes"]);
    let wrong = json!({"name": "a\nb", "contentType": "image/svg+xml", "sizeBytes": 50_000_001});
    assert_eq!(refuse(wrong).await, ["contentType", "name", "sizeBytes"]);
    let wrong = json!({"name": "a\u{202e}gnp.exe", "contentType": "IMAGE/PNG", "sizeBytes": 1});
    assert_eq!(refuse(wrong).await, ["contentType", "name"]);
    let wrong = json!({"name": format!("{}.png", "x".repeat(197)), "contentType": "image/png", "sizeBytes": 1});
    assert_eq!(refuse(wrong).await, ["name"]);
    let wrong = json!({"name": "ada.exe", "contentType": "image/png", "sizeBytes": 1});
    assert_eq!(refuse(wrong).await, ["name"]);
    for malformed in [
        json!({"name": "a.png", "contentType": "image/png"}),
        json!({"name": "a.png", "contentType": "image/png", "sizeBytes": "1"}),
        json!({"name": "a.png", "contentType": "image/png", "sizeBytes": -1}),
        json!({"name": "a.png", "contentType": "image/png", "sizeBytes": 1.5}),
        json!({"name": "a.png", "contentType": "image/png", "sizeBytes": 1, "path": "../x"}),
    ] {
        let answer = world.app.post(UPLOAD).by(&ada).json(&malformed).send().await;
        assert_eq!(answer.status, 400, "{malformed}: {}", answer.text);
    }
    assert_eq!((world.storage(&ada).await, world.trail(&ada).await.len()), ((0, 0), 0));
}

#[tokio::test(start_paused = true)]
async fn a_repeat_under_one_key_announces_one_file_and_no_link_is_kept() {
    let world = World::new();
    let ada = world.cloud.caller("Ada").await;
    let announce = async |size: usize| {
        let body = json!({"name": "ada.png", "contentType": "image/png", "sizeBytes": size});
        world.app.post(UPLOAD).by(&ada).header("idempotency-key", "once").json(&body).send().await
    };
    let first = announce(PNG.len()).await.expect(201);
    tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
    let again = announce(PNG.len()).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let again = again.expect(201);
    assert_eq!(again["file"], first["file"]);
    assert_ne!(again["upload"], first["upload"], "the first link ran out meanwhile");
    assert_eq!(world.put(&again, PNG), StatusCode::OK);
    announce(1).await.expect_problem(422, "invalid");
    assert_eq!(world.storage(&ada).await, (1, PNG.len() as u64));
}

#[tokio::test(start_paused = true)]
async fn the_plans_room_is_not_overdrawn_by_many_at_once() {
    let world = World::new();
    let ada = world.cloud.caller("Ada").await;
    // Nine of the ten largest files that the Free plan has room for.
    for number in 0..9 {
        world.announce(&ada, &format!("{number}.mp4"), "video/mp4", 50_000_000).await;
    }
    let body = json!({"name": "last.mp4", "contentType": "video/mp4", "sizeBytes": 50_000_000});
    let requests = (0..6).map(|_| world.app.post(UPLOAD).by(&ada).json(&body).send());
    let mut taken = 0;
    for answer in futures_util::future::join_all(requests).await {
        if answer.status == 201 {
            taken += 1;
            continue;
        }
        let problem = answer.expect_problem(402, "storage_limit_reached");
        assert_eq!((&problem["missing"], &problem["plan"]), (&json!("storage"), &json!("pro")));
    }
    assert_eq!(taken, 1);
    assert_eq!(world.storage(&ada).await, (10, 500_000_000));
    world.cloud.set_plan(ada.organization_id, PlanName::Pro).await;
    world.cloud.services.access.clear();
    world.announce(&ada, "more.mp4", "video/mp4", 50_000_000).await;
}

#[tokio::test(start_paused = true)]
async fn a_file_belongs_to_the_organization_in_which_its_uploader_acts() {
    let world = World::new();
    let (ada, grace, eve) =
        (world.cloud.founder("Ada").await, world.cloud.caller("Grace").await, world.cloud.caller("Eve").await);
    world.cloud.join(&grace, ada.organization_id, Role::Member).await;
    let file = world.uploaded(&ada, "pitch.png").await;
    let as_member = world.app.get(&path(&file, "")).by(&grace).organization(ada.organization_id).send().await;
    assert_eq!(as_member.expect(200)["name"], "pitch.png");
    for organization in [eve.organization_id, ada.organization_id] {
        for (method, rest) in [("GET", ""), ("DELETE", ""), ("POST", "/complete")] {
            let request = world.app.request(method, &path(&file, rest)).by(&eve).organization(organization);
            request.send().await.expect_problem(404, "not_found");
        }
    }
    let list = format!("/api/files/list/{}", ada.user_id);
    let of_eve = world.app.get(&list).by(&eve).send().await.expect(200);
    assert_eq!(of_eve["data"], json!([]), "in her own organisation nobody else has files");
    world.app.get(&list).by(&eve).organization(ada.organization_id).send().await.expect_problem(404, "not_found");
}
