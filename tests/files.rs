//! Files from the announcement to the purge, and a person's picture, which is one.

use std::time::Duration;

use bytes::Bytes;
use groundwork::Platform;
use http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};
use testkit::{PNG, send_file};

use crate::founder::Founder;
use crate::harness::TestPlatform;

/// Reads what a link leads to: the status, and the bytes.
pub(crate) fn get(platform: &Platform, url: &Value) -> (u16, Bytes) {
    let uri: Uri = url.as_str().expect("a link").parse().unwrap();
    let answer = platform.s3.answer(&Method::GET, &uri, &HeaderMap::new(), Bytes::new());
    (answer.status().as_u16(), answer.into_body())
}

async fn send(by: &Founder, platform: &TestPlatform, method: &str, path: &str, body: Value) -> (u16, Value) {
    let answer = platform.app().request(method, path).bearer(&by.token).json(&body).send().await;
    (answer.status.as_u16(), answer.json)
}

/// A complete picture.
async fn picture(platform: &TestPlatform, by: &Founder) -> Value {
    let upload = json!({"name": "ada.png", "contentType": "image/png", "sizeBytes": PNG.len()});
    let (_, announced) = send(by, platform, "POST", "/api/files/upload", upload).await;
    assert_eq!(send_file(&platform.s3, &announced, PNG), 200);
    let complete = format!("/api/files/{}/complete", announced["file"]["id"].as_str().unwrap());
    let (status, file) = send(by, platform, "POST", &complete, json!({})).await;
    assert_eq!((status, &file["status"]), (200, &json!("READY")));
    file
}

#[tokio::test(start_paused = true)]
async fn a_picture_is_uploaded_shown_and_gone() {
    let platform = TestPlatform::start().await;
    let (ada, eve) = (Founder::register(platform.app(), "Ada").await, Founder::register(platform.app(), "Eve").await);
    let user = format!("/api/users/{}", ada.organization.replacen("org_", "usr_", 1));
    let file = picture(&platform, &ada).await;
    let path = format!("/api/files/{}", file["id"].as_str().unwrap());
    let profile = json!({"name": "Ada", "avatarFileId": file["id"]});
    assert_eq!(send(&eve, &platform, "PUT", &user, profile.clone()).await.0, 403);
    assert_eq!(send(&ada, &platform, "PUT", &user, profile).await.0, 200);

    let (_, seen) = send(&eve, &platform, "GET", &user, json!({})).await;
    assert_eq!(get(&platform, &seen["avatarUrl"]), (200, Bytes::from_static(PNG)));
    assert_eq!(send(&eve, &platform, "GET", &path, json!({})).await.0, 404, "the file itself is Ada's");
    let (status, refused) = send(&ada, &platform, "DELETE", &path, json!({})).await;
    assert_eq!((status, &refused["code"]), (409, &json!("file_in_use")));

    assert_eq!(send(&ada, &platform, "PUT", &user, json!({"name": "Ada"})).await.0, 200);
    assert_eq!(send(&ada, &platform, "DELETE", &path, json!({})).await.0, 204);
    tokio::time::sleep(Duration::from_secs(24 * 60 * 60)).await;
    platform.tick("purge").await.unwrap();
    platform.settle().await;
    assert!(platform.s3.keys().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_erased_account_leaves_no_bytes() {
    let platform = TestPlatform::start().await;
    let ada = Founder::register(platform.app(), "Ada").await;
    let user = format!("/api/users/{}", ada.organization.replacen("org_", "usr_", 1));
    let file = picture(&platform, &ada).await;
    send(&ada, &platform, "PUT", &user, json!({"name": "Ada", "avatarFileId": file["id"]})).await;
    let (_, export) = send(&ada, &platform, "POST", &format!("{user}/export"), json!({})).await;
    let archive = platform.app().get(export["url"].as_str().unwrap()).send().await.expect(200);
    let records = archive["records"].as_array().unwrap().iter();
    let files = records.filter(|record| record["type"] == "file").map(|record| record["record"]["id"].clone());
    assert_eq!(files.collect::<Vec<_>>(), [file["id"].clone()]);
    assert_eq!(send(&ada, &platform, "DELETE", &user, json!({})).await.0, 202);
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_secs(60 * 60)).await;
        platform.tick("purge").await.unwrap();
    }
    platform.settle().await;
    assert!(platform.s3.keys().is_empty());
}

/// Whichever comes first, a picture that is in use is never removed.
#[tokio::test(start_paused = true)]
async fn a_picture_is_not_removed_while_it_becomes_one() {
    let platform = TestPlatform::start().await;
    let ada = Founder::register(platform.app(), "Ada").await;
    let user = format!("/api/users/{}", ada.organization.replacen("org_", "usr_", 1));
    for _ in 0..8 {
        let file = picture(&platform, &ada).await;
        let path = format!("/api/files/{}", file["id"].as_str().unwrap());
        let profile = json!({"name": "Ada", "avatarFileId": file["id"]});
        let (written, removed) = tokio::join!(
            send(&ada, &platform, "PUT", &user, profile),
            send(&ada, &platform, "DELETE", &path, json!({}))
        );
        assert!(matches!((written.0, removed.0), (200, 409) | (422, 204)), "{} {}", written.1, removed.1);
    }
    platform.settle().await;
}
