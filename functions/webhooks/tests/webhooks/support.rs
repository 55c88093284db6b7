//! What these tests share.

use serde_json::{Value, json};
use shared::model::inbound_event::{InboundEvent, Provider};
use shared::store::Listing;
use testkit::{Cloud, TestApp, TestResponse};
use vendors::WebhookSecrets;
use webhooks::{Deps, Secrets, router};

pub(crate) const STRIPE: &str = "/api/stripe/webhook";
pub(crate) const SECRET: &str = "whsec_test_secret";

pub(crate) fn app(cloud: &Cloud) -> TestApp {
    let secret = |secret: &str| WebhookSecrets::from_iter([secret, "an older one"]);
    let secrets = Secrets {
        stripe: secret(SECRET),
        linkedin: secret("li_client_secret"),
        unipile: secret("unipile header"),
        unipile_signing: secret("sec_1"),
    };
    of(cloud, secrets)
}

pub(crate) fn of(cloud: &Cloud, secrets: Secrets) -> TestApp {
    let deps = Deps { services: cloud.services.clone(), secrets };
    TestApp::new(router().with_state(deps), &cloud.services)
}

/// An event of Stripe's about an object.
pub(crate) fn event(id: &str, kind: &str, object: &Value) -> String {
    json!({
        "id": id, "object": "event", "api_version": "2026-10-28.endive", "created": 1_700_000_000, "livemode": false,
        "type": kind, "data": {"object": object},
    })
    .to_string()
}

/// Sends a body with the signature of Stripe's that it has now.
pub(crate) async fn send(cloud: &Cloud, app: &TestApp, path: &str, body: &str) -> TestResponse {
    let now = cloud.services.clock.now();
    let signature = vendors::stripe::webhook::sign(SECRET, body.as_bytes(), now).unwrap();
    app.post(path).header("stripe-signature", &signature).body("application/json", body.to_owned()).send().await
}

/// What is stored of a vendor's today.
pub(crate) async fn stored(cloud: &Cloud, provider: Provider) -> Vec<InboundEvent> {
    let day = cloud.services.clock.now().day();
    let listing = Listing::of_index("INBOUND", InboundEvent::listing(provider, &day));
    let page = cloud.services.store.list::<InboundEvent>(&listing, None).await.unwrap();
    page.data.into_iter().map(|event| event.value).collect()
}
