//! `POST /api/unipile/webhook` and `POST /api/unipile/v2/webhook`

use serde_json::{Value, json};
use shared::model::inbound_event::Provider;
use testkit::Cloud;
use vendors::unipile::sign;
use webhooks::Secrets;

use crate::support::{app, of, stored};

const FIRST: &str = "/api/unipile/webhook";
const SECOND: &str = "/api/unipile/v2/webhook";

#[tokio::test(start_paused = true)]
async fn events_of_version_1_are_known_by_what_they_are_about() {
    let cloud = Cloud::new();
    let app = app(&cloud);
    let post = |secret: &str, body: &Value| {
        app.post(FIRST).header("x-webhook-secret", secret).content(body.to_string()).send()
    };
    let message =
        |text: &str| json!({"event": "message_received", "account_id": "a", "message_id": "m", "message": text});
    let relation = |person: &str| json!({"event": "new_relation", "account_id": "a", "user_provider_id": person});
    let status = |message: &str| json!({"AccountStatus": {"account_id": "a", "message": message}});
    for (body, new) in [
        (message("Hello"), true),
        (message("Hello, edited"), false),
        (relation("p"), true),
        (relation("p"), false),
        (relation("q"), true),
        (status("OK"), true),
        (status("ERROR"), true),
        (status("OK"), false),
    ] {
        assert_eq!(post("unipile header", &body).await.expect(200), json!({ "new": new }), "{body}");
    }
    let kinds = stored(&cloud, Provider::Unipile).await.into_iter().map(|row| row.kind).collect::<Vec<_>>();
    assert_eq!(kinds.iter().filter(|kind| *kind == "account_status").count(), 2, "{kinds:?}");
    post("another", &message("Hello")).await.expect_problem(400, "signature_invalid");
    app.post(FIRST).content("{}").send().await.expect_problem(400, "signature_invalid");
    let unreadable = app.post(FIRST).header("x-webhook-secret", "unipile header").content("no").send();
    unreadable.await.expect_problem(400, "malformed");
    let nobody = of(&cloud, Secrets::default()).post(FIRST).header("x-webhook-secret", "").content("{}").send();
    nobody.await.expect_problem(503, "webhooks_not_configured");
}

#[tokio::test(start_paused = true)]
async fn events_of_version_2_are_signed_and_have_ids() {
    let cloud = Cloud::new();
    let app = app(&cloud);
    let now = cloud.services.clock.now();
    let post = |secret: &str, body: &str| {
        let signature = sign(secret, body.as_bytes(), now).unwrap();
        app.post(SECOND).header("unipile-signature", &signature).content(body.to_owned()).send()
    };
    let body = r#"{"id":"evt_1","type":"message.new"}"#;
    assert_eq!(post("sec_1", body).await.expect(200), json!({"new": true}));
    assert_eq!(post("sec_1", body).await.expect(200), json!({"new": false}));
    let [row] = stored(&cloud, Provider::Unipile).await.try_into().unwrap();
    assert_eq!((row.id.as_str(), row.kind.as_str(), row.body.as_deref()), ("evt_1", "message.new", Some(body)));
    post("sec_2", body).await.expect_problem(400, "signature_invalid");
    post("sec_1", r#"{"type":"message.new"}"#).await.expect_problem(400, "malformed");
}
