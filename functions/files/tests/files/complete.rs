//! `POST /api/files/{fileId}/complete`

use http::StatusCode;
use serde_json::json;
use testkit::{Cloud, FaultPlan, PNG};

use crate::support::{World, path};

#[tokio::test(start_paused = true)]
async fn a_file_can_be_read_once_its_bytes_were_looked_at() {
    let world = World::new();
    let ada = world.cloud.caller("Ada").await;
    let announced = world.announce(&ada, "ada.png", "image/png", PNG.len()).await;
    let (file, complete) = (&announced["file"], path(&announced["file"], "/complete"));
    world.send(&ada, "POST", &complete).await.expect_problem(409, "nothing_uploaded");
    assert_eq!(world.send(&ada, "GET", &path(file, "")).await.expect(200)["download"], json!(null));
    assert_eq!(world.put(&announced, PNG), StatusCode::OK);
    assert_eq!(world.send(&ada, "GET", &path(file, "")).await.expect(200)["download"], json!(null));
    let ready = world.send(&ada, "POST", &complete).await.expect(200);
    assert_eq!(ready["status"], "READY");
    assert_eq!(world.send(&ada, "POST", &complete).await.expect(200)["status"], "READY");
    assert_eq!(world.trail(&ada).await, ["file.announced", "file.ready"], "repeats change nothing");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_what_it_was_said_to_be_is_removed_and_read_by_nobody() {
    let world = World::new();
    let ada = world.cloud.caller("Ada").await;
    let program = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0";
    for (content_type, bytes) in [("image/png", &b"<html><script>alert(1)"[..]), ("text/plain", program)] {
        let name = if content_type == "text/plain" { "ada.txt" } else { "ada.png" };
        let announced = world.announce(&ada, name, content_type, bytes.len()).await;
        assert_eq!(world.put(&announced, bytes), StatusCode::OK);
        let complete = path(&announced["file"], "/complete");
        let problem = world.send(&ada, "POST", &complete).await.expect_problem(422, "other_content");
        assert!(problem["detail"].as_str().unwrap().contains(content_type), "{problem}");
        world.send(&ada, "POST", &complete).await.expect_problem(404, "not_found");
        world.send(&ada, "GET", &path(&announced["file"], "")).await.expect_problem(404, "not_found");
    }
    assert_eq!(world.storage(&ada).await, (0, 0));
    let trail = world.trail(&ada).await;
    assert_eq!(trail, ["file.announced", "file.removed", "file.announced", "file.removed"]);
}

#[tokio::test(start_paused = true)]
async fn while_s3_is_away_nothing_changes() {
    let world = World::new();
    let ada = world.cloud.caller("Ada").await;
    let announced = world.announce(&ada, "ada.png", "image/png", PNG.len()).await;
    assert_eq!(world.put(&announced, PNG), StatusCode::OK);
    let complete = path(&announced["file"], "/complete");
    world.s3.be_away(true);
    let answer = world.send(&ada, "POST", &complete).await;
    assert!(answer.header("retry-after").is_some());
    answer.expect_problem(503, "unavailable");
    world.s3.be_away(false);
    assert_eq!(world.send(&ada, "POST", &complete).await.expect(200)["status"], "READY");
}

#[tokio::test(start_paused = true)]
async fn files_are_counted_once_whatever_the_table_does() {
    for seed in 0..24 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let calm = cloud.without_faults();
        let ada = calm.caller("Ada").await;
        let world = World::on(cloud);
        let (mut announced, mut ready, mut removed) = (Vec::new(), 0, 0);
        for number in 0..4 {
            let body = json!({"name": format!("{number}.png"), "contentType": "image/png", "sizeBytes": PNG.len()});
            let key = format!("{number}");
            // Whoever got no answer asks again.
            for _ in 0..20 {
                let upload = world.app.post("/api/files/upload").by(&ada).header("idempotency-key", &key).json(&body);
                let answer = upload.send().await;
                if answer.status == 201 {
                    announced.push(answer.expect(201));
                    break;
                }
            }
        }
        for (number, announced) in announced.iter().enumerate() {
            assert_eq!(world.put(announced, PNG), StatusCode::OK);
            for _ in 0..20 {
                if world.send(&ada, "POST", &path(&announced["file"], "/complete")).await.status == 200 {
                    ready += 1;
                    break;
                }
            }
            for _ in 0..20_u32.saturating_mul(u32::from(number % 2 == 0)) {
                let status = world.send(&ada, "DELETE", &path(&announced["file"], "")).await.status;
                // Gone is gone, whichever attempt it was.
                if status == 204 || status == 404 {
                    removed += 1;
                    break;
                }
            }
        }
        assert_eq!((announced.len(), ready, removed), (4, 4, 2), "seed {seed}");
        let calm = World::on(calm);
        assert_eq!(calm.storage(&ada).await, (2, 2 * PNG.len() as u64), "seed {seed}");
        let mut trail = calm.trail(&ada).await;
        trail.sort();
        let expected = [vec!["file.announced"; 4], vec!["file.ready"; 4], vec!["file.removed"; 2]].concat();
        assert_eq!(trail, expected, "seed {seed}");
    }
}
