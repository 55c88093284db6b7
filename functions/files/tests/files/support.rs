//! People with files.

use embedded::S3;
use files::{Deps, router};
use http::StatusCode;
use serde_json::{Value, json};
use shared::event::Event;
use shared::store::Listing;
use testkit::{Caller, Cloud, PNG, TestApp, TestResponse, send_file};
use vendors::http::Http;
use vendors::s3::Bucket;

/// The function, its table and its bucket.
pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) app: TestApp,
    pub(crate) s3: S3,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::on(Cloud::new())
    }

    pub(crate) fn on(cloud: Cloud) -> Self {
        let s3 = cloud.bucket();
        let bucket = Bucket::read(&s3.variables("files", S3::ENDPOINT).into_iter().collect()).unwrap();
        let http = Http::new(s3.connector(), cloud.services.clock.clone());
        let deps = Deps { services: cloud.services.clone(), bucket, http };
        Self { app: TestApp::new(router().with_state(deps), &cloud.services), cloud, s3 }
    }

    pub(crate) async fn send(&self, by: &Caller, method: &str, path: &str) -> TestResponse {
        self.app.request(method, path).by(by).organization(by.organization_id).send().await
    }

    pub(crate) async fn announce(&self, by: &Caller, name: &str, content_type: &str, size: usize) -> Value {
        let body = json!({"name": name, "contentType": content_type, "sizeBytes": size});
        let upload = self.app.post("/api/files/upload").by(by).organization(by.organization_id);
        upload.json(&body).send().await.expect(201)
    }

    /// Sends bytes as the answer to an announcement says.
    pub(crate) fn put(&self, announced: &Value, bytes: &[u8]) -> StatusCode {
        send_file(&self.s3, announced, bytes)
    }

    /// A file that can be read.
    pub(crate) async fn uploaded(&self, by: &Caller, name: &str) -> Value {
        let announced = self.announce(by, name, "image/png", PNG.len()).await;
        assert_eq!(self.put(&announced, PNG), StatusCode::OK);
        self.send(by, "POST", &path(&announced["file"], "/complete")).await.expect(200)
    }

    /// The types of the events of a caller's organisation.
    pub(crate) async fn trail(&self, of: &Caller) -> Vec<String> {
        let listing = Listing::of_partition(Event::partition(of.organization_id));
        let page = self.cloud.services.store.list::<Event>(&listing, None).await.unwrap();
        let name = |event: &Event| serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned();
        page.data.iter().map(|event| name(event)).collect()
    }

    pub(crate) async fn storage(&self, by: &Caller) -> (u64, u64) {
        let storage = self.send(by, "GET", "/api/files/storage").await.expect(200);
        (storage["files"].as_u64().unwrap(), storage["usedBytes"].as_u64().unwrap())
    }
}

/// The path of a file, or of something about it.
pub(crate) fn path(file: &Value, rest: &str) -> String {
    format!("/api/files/{}{rest}", file["id"].as_str().expect("a file has an id"))
}
