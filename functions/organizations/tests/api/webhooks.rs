//! `/api/organizations/{organizationId}/webhooks`

use std::time::Duration;

use serde_json::{Value, json};
use shared::access::Role;
use shared::event::{Actor, Fact};
use shared::model::webhook::Webhook;
use shared::model::webhook_delivery::WebhookDelivery;
use shared::trace::Trace;
use testkit::{Caller, Cloud, TestApp};
use tokio::time::advance;

use crate::support::{app, trail};

struct Bench {
    cloud: Cloud,
    app: TestApp,
    ada: Caller,
}

impl Bench {
    async fn new() -> Self {
        let cloud = Cloud::new();
        let ada = cloud.founder("Ada").await;
        Self { app: app(&cloud), cloud, ada }
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/organizations/{}/webhooks{rest}", self.ada.organization_id)
    }

    async fn create(&self, body: &Value) -> testkit::TestResponse {
        self.app.post(&self.path("")).by(&self.ada).json(body).send().await
    }

    async fn stored(&self, id: &Value) -> Webhook {
        let key = Webhook::key_of(self.ada.organization_id, id.as_str().unwrap().parse().unwrap());
        self.cloud.services.store.get::<Webhook>(&key).await.unwrap().unwrap().value
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_is_added_changed_and_removed_and_its_secret_shown_once() {
    let bench = Bench::new().await;
    let body = json!({"url": "https://example.com/hook", "events": ["task.*", "lead.created"]});
    let created = bench.create(&body).await.expect(201);
    let (webhook, secret) = (&created["webhook"], created["secret"].as_str().unwrap());
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44);
    assert_eq!((&webhook["enabled"], &webhook["events"]), (&json!(true), &body["events"]));
    let path = bench.path(&format!("/{}", webhook["id"].as_str().unwrap()));
    assert_eq!(bench.app.get(&path).by(&bench.ada).send().await.expect(200), *webhook);
    let list = bench.app.get(&bench.path("")).by(&bench.ada).send().await;
    assert!(!list.text.contains(secret) && !list.text.contains(secret.split_at(6).1));
    assert_eq!(list.expect(200)["data"], json!([webhook]));
    let put = |body: Value| bench.app.put(&path).by(&bench.ada).json(&body).send();
    let off = put(json!({"url": "https://example.com/other", "enabled": false})).await.expect(200);
    assert_eq!(
        (&off["url"], &off["enabled"], &off["events"]),
        (&json!("https://example.com/other"), &json!(false), &json!([]))
    );
    assert_eq!(put(json!({"url": "https://example.com/other", "enabled": false})).await.expect(200), off);
    assert_eq!(bench.stored(&webhook["id"]).await.secret.text(), secret, "the secret stays");
    assert_eq!(bench.app.delete(&path).by(&bench.ada).send().await.status, 204);
    bench.app.get(&path).by(&bench.ada).send().await.expect_problem(404, "not_found");
    assert_eq!(
        trail(&bench.cloud, bench.ada.organization_id).await,
        ["webhook.created", "webhook.changed", "webhook.deleted"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_rotated_secret_is_good_beside_the_one_before_for_a_day() {
    let bench = Bench::new().await;
    let created = bench.create(&json!({"url": "https://example.com/hook"})).await.expect(201);
    let path = bench.path(&format!("/{}/rotate-secret", created["webhook"]["id"].as_str().unwrap()));
    let rotated = bench.app.post(&path).by(&bench.ada).send().await.expect(200);
    assert_ne!(rotated["secret"], created["secret"]);
    assert!(rotated["previousSecretEndsAt"].is_string() && created["previousSecretEndsAt"].is_null());
    let stored = bench.stored(&created["webhook"]["id"]).await;
    let count = || stored.signatures("msg_1", bench.cloud.services.clock.now(), "{}").split(' ').count();
    assert_eq!(count(), 2);
    advance(Duration::from_secs(24 * 60 * 60)).await;
    assert_eq!(count(), 1);
}

#[tokio::test(start_paused = true)]
async fn addresses_that_lead_inside_and_what_is_no_event_are_refused() {
    let bench = Bench::new().await;
    for url in [
        "http://example.com",
        "https://127.0.0.1/x",
        "https://[::1]/",
        "https://169.254.169.254/",
        "https://a:b@example.com",
        "x",
    ] {
        let problem = bench.create(&json!({"url": url})).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], "url", "{url}");
    }
    let problem = bench.create(&json!({"url": "https://example.com", "events": ["task", "*", "task.*"]})).await;
    let problem = problem.expect_problem(422, "invalid");
    let paths = problem["errors"].as_array().unwrap().iter().map(|error| error["path"].clone()).collect::<Vec<_>>();
    assert_eq!(paths, ["events[0]", "events[1]"]);
    for _ in 0..10 {
        bench.create(&json!({"url": "https://example.com"})).await.expect(201);
    }
    bench.create(&json!({"url": "https://example.com"})).await.expect_problem(409, "too_many_webhooks");
}

#[tokio::test(start_paused = true)]
async fn only_admins_look_at_endpoints_and_of_their_own_organization() {
    let bench = Bench::new().await;
    let mary = bench.cloud.founder("Mary").await;
    let created = bench.create(&json!({"url": "https://example.com/hook"})).await.expect(201);
    let id = created["webhook"]["id"].as_str().unwrap();
    let elsewhere = format!("/api/organizations/{}/webhooks/{id}", mary.organization_id);
    bench.app.get(&elsewhere).by(&mary).send().await.expect_problem(404, "not_found");
    bench.app.get(&format!("{elsewhere}/deliveries")).by(&mary).send().await.expect_problem(404, "not_found");
    bench.cloud.join(&mary, bench.ada.organization_id, Role::Member).await;
    bench.app.get(&bench.path(&format!("/{id}"))).by(&mary).send().await.expect_problem(403, "forbidden");
}

#[tokio::test(start_paused = true)]
async fn deliveries_are_listed_and_replayed() {
    let bench = Bench::new().await;
    let created = bench.create(&json!({"url": "https://example.com/hook"})).await.expect(201);
    let webhook = created["webhook"]["id"].as_str().unwrap();
    let (services, now) = (&bench.cloud.services, bench.cloud.services.clock.now());
    let fact = Fact::VentureCreated { venture_id: services.ids.next() };
    let event = services.event(bench.ada.organization_id, Actor::Platform, Trace::begin(&services.ids), fact);
    let (id, webhook_id) = (services.ids.next(), webhook.parse().unwrap());
    let delivery = WebhookDelivery::new(id, webhook_id, &event, "venture.created", now);
    let delivery = delivery.attempt_failed("refused", Some(500), false, now);
    bench.cloud.write(|transaction| transaction.create(delivery.clone())).await;
    let path = bench.path(&format!("/{webhook}/deliveries"));
    let list = bench.app.get(&path).by(&bench.ada).send().await.expect(200);
    assert_eq!((&list["data"][0]["status"], &list["data"][0]["responseStatus"]), (&json!("failed"), &json!(500)));
    let replay = format!("{path}/{}/replay", delivery.id);
    let pending = bench.app.post(&replay).by(&bench.ada).send().await.expect(200);
    assert_eq!((&pending["status"], &pending["attempts"]), (&json!("pending"), &json!(0)));
    bench.app.post(&replay).by(&bench.ada).send().await.expect(200);
    let told = ["webhook.created", "webhook.deliveryReplayed"];
    assert_eq!(trail(&bench.cloud, bench.ada.organization_id).await, told, "while it is being sent nothing changes");
    let other = bench.create(&json!({"url": "https://example.com/other"})).await.expect(201);
    let mistaken =
        bench.path(&format!("/{}/deliveries/{}/replay", other["webhook"]["id"].as_str().unwrap(), delivery.id));
    bench.app.post(&mistaken).by(&bench.ada).send().await.expect_problem(404, "not_found");
}
