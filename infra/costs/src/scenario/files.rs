//! Files and pictures. What S3 is asked is not the table's and is not counted here.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use testkit::{PNG, send_file};

use super::accounts::sign_in;
use super::{EMAIL, Scenario};

pub(super) async fn run(scenario: &mut Scenario) {
    // A picture is a file of the person's own organisation.
    let organization = std::mem::take(&mut scenario.organization);
    let me = scenario.quietly(200, scenario.get("/api/auth/me")).await;
    let user = format!("/api/users/{}", me["user"]["id"].as_str().expect("an id"));
    for _ in 0..47 {
        uploaded(scenario).await;
    }
    let [first, second] = [uploaded(scenario).await, uploaded(scenario).await];
    let announced = announce(scenario, true).await;
    put(scenario, &announced);
    let path = path(&announced["file"]);
    let request = scenario.dressed(scenario.stage.app.post(&format!("{path}/complete")));
    scenario.measure("completeFile", "", 200, request).await;
    let request = scenario.get(&path);
    scenario.measure("getFile", "", 200, request).await;
    let request = scenario.get(&format!("/api/files/list/{}", me["user"]["id"].as_str().expect("an id")));
    scenario.measure("listFiles", "", 200, request).await;
    let request = scenario.get("/api/files/storage");
    scenario.measure("getStorage", "", 200, request).await;
    for (file, case) in [(first, None), (second, Some("another picture"))] {
        let profile = json!({"name": "Ada King Lovelace", "role": "founder", "avatarFileId": file});
        let request = scenario.dressed(scenario.stage.app.put(&user)).json(&profile);
        match case {
            Some(case) => scenario.measure("replaceUser", case, 200, request).await,
            None => scenario.quietly(200, request).await,
        };
    }
    let request = scenario.dressed(scenario.stage.app.delete(&path));
    scenario.measure("deleteFile", "", 204, request).await;
    tokio::time::sleep(Duration::from_secs(24 * 60 * 60)).await;
    let run = scenario.stage.purge("a file").await;
    let follows = scenario.stage.follow().await;
    scenario.note(run, follows);
    // A day is over, and so is an access token.
    sign_in(scenario, EMAIL).await;
    scenario.organization = organization;
}

async fn announce(scenario: &mut Scenario, is_measured: bool) -> Value {
    let body = json!({"name": "ada.png", "contentType": "image/png", "sizeBytes": PNG.len()});
    let request = scenario.post("/api/files/upload", &body);
    if is_measured {
        scenario.measure("uploadFile", "", 201, request).await
    } else {
        scenario.quietly(201, request).await
    }
}

fn put(scenario: &Scenario, announced: &Value) {
    assert_eq!(send_file(&scenario.stage.platform.s3, announced, PNG), StatusCode::OK);
}

/// A file that can be read; its id.
async fn uploaded(scenario: &mut Scenario) -> Value {
    let announced = announce(scenario, false).await;
    put(scenario, &announced);
    let request = scenario.dressed(scenario.stage.app.post(&format!("{}/complete", path(&announced["file"]))));
    scenario.quietly(200, request).await["id"].clone()
}

fn path(file: &Value) -> String {
    format!("/api/files/{}", file["id"].as_str().expect("an id"))
}
