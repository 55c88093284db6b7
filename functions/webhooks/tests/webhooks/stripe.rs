//! `POST /api/stripe/webhook` and `POST /stripe-webhook`

use futures_util::future::join_all;
use serde_json::json;
use shared::model::inbound_event::{InboundEvent, InboundStatus, Provider};
use testkit::{Cloud, FaultPlan};
use tokio::time::{Duration, advance};
use vendors::stripe::webhook::sign;
use webhooks::Secrets;

use crate::support::{SECRET, STRIPE, app, event, of, send, stored};

#[tokio::test(start_paused = true)]
async fn an_event_is_stored_once_by_its_id_whichever_path_it_comes_by() {
    let cloud = Cloud::new();
    let (app, organization) = (app(&cloud), "org_01KAGR3V0R0000000000000000");
    let invoice =
        json!({"id": "in_1", "parent": {"subscription_details": {"metadata": {"organization_id": organization}}}});
    let body = event("evt_1", "invoice.paid", &invoice);
    assert_eq!(send(&cloud, &app, STRIPE, &body).await.expect(200), json!({"new": true}));
    for path in [STRIPE, "/stripe-webhook", "/stripe-webhook/"] {
        assert_eq!(send(&cloud, &app, path, &body).await.expect(200), json!({"new": false}));
    }
    let [row] = stored(&cloud, Provider::Stripe).await.try_into().unwrap();
    assert_eq!((row.id.as_str(), row.kind.as_str(), row.object_id.as_deref()), ("evt_1", "invoice.paid", Some("in_1")));
    assert_eq!((row.organization_id, row.status, row.attempts), (organization.parse().ok(), InboundStatus::Pending, 0));
    assert_eq!((row.body, row.happened_at.unwrap().as_seconds()), (None, 1_700_000_000), "Stripe is asked anew");
}

#[tokio::test(start_paused = true)]
async fn what_happens_to_a_part_of_a_payment_is_about_the_payment() {
    let cloud = Cloud::new();
    let app = app(&cloud);
    let part = |id: &str| json!({"id": id, "payment_intent": "pi_1"});
    for (id, kind, object) in [
        ("evt_1", "charge.refunded", part("ch_1")),
        ("evt_2", "refund.created", part("re_1")),
        ("evt_3", "charge.dispute.created", json!({"id": "dp_1", "payment_intent": {"id": "pi_1"}})),
        ("evt_4", "charge.refunded", json!({"id": "ch_2", "payment_intent": null})),
        ("evt_5", "something.new", json!({"name": "without an id"})),
    ] {
        send(&cloud, &app, STRIPE, &event(id, kind, &object)).await.expect(200);
    }
    let objects = stored(&cloud, Provider::Stripe).await.into_iter().map(|row| row.object_id).collect::<Vec<_>>();
    let payment = || Some("pi_1".to_owned());
    assert_eq!(objects, [payment(), payment(), payment(), None, None], "unknown types are stored too");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_stripes_is_refused_and_leaves_nothing() {
    let cloud = Cloud::new();
    let app = app(&cloud);
    let body = event("evt_1", "invoice.paid", &json!({"id": "in_1"}));
    let now = cloud.services.clock.now();
    let signed = |secret: &str, body: &str| sign(secret, body.as_bytes(), now).unwrap();
    let post =
        |signature: String, body: String| app.post(STRIPE).header("stripe-signature", &signature).content(body).send();
    app.post(STRIPE).content(body.clone()).send().await.expect_problem(400, "signature_invalid");
    let truncated = body.strip_suffix('}').unwrap().to_owned();
    for (signature, body) in [
        (String::new(), body.clone()),
        ("t=1".to_owned(), body.clone()),
        (signed("whsec_forged", &body), body.clone()),
        (signed(SECRET, &body), body.replace("in_1", "in_2")),
        (signed(SECRET, &body), truncated.clone()),
    ] {
        post(signature, body).await.expect_problem(400, "signature_invalid");
    }
    let thin = body.replace("\"object\":\"event\"", "\"object\":\"v2.core.event\"");
    let others = [
        truncated,
        thin,
        "[]".to_owned(),
        event("evt/../1", "invoice.paid", &json!({})),
        event("", "invoice.paid", &json!({})),
    ];
    for body in others {
        post(signed(SECRET, &body), body).await.expect_problem(400, "malformed");
    }
    let huge = event("evt_1", "invoice.paid", &json!({"id": "x".repeat(300 * 1024)}));
    post(signed(SECRET, &huge), huge).await.expect_problem(413, "too_large");
    let signature = signed(SECRET, &body);
    advance(Duration::from_secs(301)).await;
    post(signature, body.clone()).await.expect_problem(400, "signature_invalid");
    assert!(stored(&cloud, Provider::Stripe).await.is_empty());
    send(&cloud, &of(&cloud, Secrets::default()), STRIPE, &body).await.expect_problem(503, "payments_not_configured");
}

#[tokio::test(start_paused = true)]
async fn each_of_several_secrets_counts_while_one_is_being_replaced() {
    let cloud = Cloud::new();
    let (app, body) = (app(&cloud), event("evt_1", "invoice.paid", &json!({"id": "in_1"})));
    let signature = sign("an older one", body.as_bytes(), cloud.services.clock.now()).unwrap();
    app.post(STRIPE).header("stripe-signature", &signature).content(body).send().await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn whatever_the_store_does_an_acknowledged_event_is_stored_once() {
    for seed in 0..20 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let (app, body) = (app(&cloud), event("evt_1", "invoice.paid", &json!({"id": "in_1"})));
        let answers = join_all((0..4).map(|_| send(&cloud, &app, STRIPE, &body))).await;
        let taken = answers.iter().filter(|answer| answer.status == 200).count();
        let key = InboundEvent::key_of(Provider::Stripe, "evt_1");
        let row = cloud.without_faults().services.store.get::<InboundEvent>(&key).await.unwrap();
        assert!(taken == 0 || row.is_some(), "seed {seed}: an answer of 200 is a promise");
        assert!(row.is_none_or(|row| row.version == 1), "seed {seed}: written once");
    }
}
