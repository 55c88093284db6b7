//! What is sent, how often, and what is recorded.

use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::event::{Event, Fact};
use shared::model::webhook::Webhook;
use shared::model::webhook_delivery::{DeliveryStatus, LEASE, WebhookDelivery};
use shared::store::Listing;
use testkit::{Cloud, FaultPlan};
use tokio::time::{advance, sleep};
use webhook_sender::deliver;

use crate::support::{Answer, Endpoint, delivery, message, stored};

#[tokio::test(start_paused = true)]
async fn a_message_is_signed_and_tells_of_its_event() {
    let (cloud, endpoint) = (Cloud::new(), Endpoint::default());
    let ada = cloud.founder("Ada").await;
    let (webhook, event, delivery) = delivery(&cloud, &ada).await;
    deliver(&endpoint.deps(&cloud), message(&delivery)).await.unwrap();
    let [received] = endpoint.received().try_into().unwrap();
    assert_eq!((received.uri.as_str(), received.id), (webhook.url.as_str(), event.id.to_string()));
    let now = cloud.services.clock.now();
    assert_eq!(received.timestamp, now.as_seconds().to_string());
    assert_eq!(Some(received.signature), webhook.secret.sign(&event.id.to_string(), now, &received.body));
    let body: Value = serde_json::from_str(&received.body).unwrap();
    assert_eq!((&body["type"], &body["timestamp"]), (&json!("venture.created"), &json!(event.at)));
    assert_eq!(body["data"]["organizationId"], json!(ada.organization_id));
    assert!(body["data"]["ventureId"].is_string());
    let stored = stored(&cloud, &delivery).await;
    assert_eq!((stored.status, stored.attempts, stored.response_status), (DeliveryStatus::Delivered, 1, Some(200)));
    deliver(&endpoint.deps(&cloud), message(&delivery)).await.unwrap();
    assert_eq!(endpoint.received().len(), 1, "a bell that rings again sends nothing again");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_taken_comes_again_under_the_same_id_until_it_is_given_up() {
    let cloud = Cloud::new();
    let answers = [Answer::Status(500), Answer::NotReached, Answer::Never, Answer::Status(302), Answer::Status(404)];
    let endpoint = Endpoint::default().answers(answers.into_iter().chain([Answer::Status(503); 3]));
    let ada = cloud.founder("Ada").await;
    let (.., delivery) = delivery(&cloud, &ada).await;
    let mut told = Vec::new();
    for _ in 0..8 {
        deliver(&endpoint.deps(&cloud), message(&delivery)).await.unwrap();
        let row = stored(&cloud, &delivery).await;
        told.push((row.error.clone().unwrap(), row.response_status));
        sleep(row.due_at.since(cloud.services.clock.now())).await;
    }
    let expected = [
        ("refused", Some(500)),
        ("unreachable", None),
        ("no_answer", None),
        ("redirected", Some(302)),
        ("refused", Some(404)),
        ("refused", Some(503)),
        ("refused", Some(503)),
        ("refused", Some(503)),
    ];
    assert_eq!(told, expected.map(|(code, status)| (code.to_owned(), status)));
    assert_eq!(stored(&cloud, &delivery).await.status, DeliveryStatus::Failed);
    let received = endpoint.received();
    assert!(received.iter().all(|message| message.id == received[0].id), "an endpoint knows it by its id");
}

/// What becomes of an endpoint before its message is sent.
type Change = fn(&Webhook) -> Option<Webhook>;

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_who_should_not_be() {
    let cloud = Cloud::new();
    let ada = cloud.founder("Ada").await;
    let cases: [(&str, Change); 3] = [
        ("webhook_gone", |_| None),
        ("webhook_gone", |webhook| Some(Webhook { enabled: false, ..webhook.clone() })),
        ("address_refused", |webhook| Some(Webhook { url: "https://169.254.169.254/".to_owned(), ..webhook.clone() })),
    ];
    let endpoint = Endpoint::default();
    for (code, change) in cases {
        let (webhook, _, delivery) = delivery(&cloud, &ada).await;
        let key = Webhook::key_of(webhook.organization_id, webhook.id);
        let current = cloud.services.store.get::<Webhook>(&key).await.unwrap().unwrap();
        cloud
            .write(|transaction| match change(&webhook) {
                Some(next) => transaction.replace(&current, next),
                None => transaction.delete(&current),
            })
            .await;
        deliver(&endpoint.deps(&cloud), message(&delivery)).await.unwrap();
        let row = stored(&cloud, &delivery).await;
        assert_eq!((row.status, row.error.as_deref()), (DeliveryStatus::Failed, Some(code)));
    }
    let (.., late) = delivery(&cloud, &ada).await;
    cloud.delete_organization(ada.organization_id).await;
    deliver(&endpoint.deps(&cloud), message(&late)).await.unwrap();
    assert_eq!(stored(&cloud, &late).await.error.as_deref(), Some("organization_gone"));
    assert!(endpoint.received().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_wants_no_more_is_switched_off_once() {
    let cloud = Cloud::new();
    let ada = cloud.founder("Ada").await;
    let (webhook, _, first) = delivery(&cloud, &ada).await;
    let second = WebhookDelivery { id: cloud.services.ids.next(), ..first.clone() };
    cloud.write(|transaction| transaction.create(second.clone())).await;
    let gone = Endpoint::default().answers([Answer::Status(410)]);
    deliver(&gone.deps(&cloud), message(&first)).await.unwrap();
    let row = stored(&cloud, &first).await;
    assert_eq!((row.status, row.error.as_deref()), (DeliveryStatus::Failed, Some("gone")));
    let key = Webhook::key_of(webhook.organization_id, webhook.id);
    assert!(!cloud.services.store.get::<Webhook>(&key).await.unwrap().unwrap().enabled);
    deliver(&gone.deps(&cloud), message(&second)).await.unwrap();
    assert_eq!(stored(&cloud, &second).await.error.as_deref(), Some("webhook_gone"));
    let events = Listing::of_partition(Event::partition(ada.organization_id));
    let events = cloud.services.store.list::<Event>(&events, None).await.unwrap().data;
    let switched_off = Fact::WebhookSwitchedOff { webhook_id: webhook.id };
    assert_eq!(events.iter().filter(|event| event.fact == switched_off).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_dies_is_taken_over_after_its_lease() {
    let (cloud, endpoint) = (Cloud::new(), Endpoint::default());
    let ada = cloud.founder("Ada").await;
    let (.., delivery) = delivery(&cloud, &ada).await;
    let key = shared::model::webhook_delivery::WebhookDelivery::key_of(delivery.organization_id, delivery.id);
    let services = &cloud.services;
    let found = services.store.get(&key).await.unwrap().unwrap();
    let claim = delivery.claimed(services.ids.next(), services.clock.now()).unwrap();
    services.store.replace(&found, claim).await.unwrap().unwrap();
    deliver(&endpoint.deps(&cloud), message(&delivery)).await.unwrap();
    assert!(endpoint.received().is_empty());
    advance(LEASE).await;
    deliver(&endpoint.deps(&cloud), message(&delivery)).await.unwrap();
    assert_eq!((endpoint.received().len(), stored(&cloud, &delivery).await.attempts), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn whatever_the_store_does_a_delivery_ends_delivered() {
    for seed in 0..20 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let (calm, endpoint) = (cloud.without_faults(), Endpoint::default());
        let ada = calm.founder("Ada").await;
        let (.., delivery) = delivery(&calm, &ada).await;
        for attempt in 0.. {
            assert!(attempt < 50, "seed {seed}: no end");
            let deps = endpoint.deps(&cloud);
            join_all((0..3).map(|_| deliver(&deps, message(&delivery)))).await;
            if stored(&calm, &delivery).await.status == DeliveryStatus::Delivered {
                break;
            }
            sleep(LEASE).await;
        }
        assert!(!endpoint.received().is_empty(), "seed {seed}");
    }
}
