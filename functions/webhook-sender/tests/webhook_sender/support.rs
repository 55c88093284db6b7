//! An endpoint that answers as it is told, and deliveries to it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use shared::event::{Actor, Event, Fact};
use shared::model::webhook::{Webhook, WebhookSecret};
use shared::model::webhook_delivery::WebhookDelivery;
use shared::queue::WebhookMessage;
use shared::trace::Trace;
use testkit::{Caller, Cloud};
use vendors::http::Http;
use webhook_sender::Deps;

/// What an endpoint does with a message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Status(u16),
    NotReached,
    Never,
}

/// A message as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) uri: String,
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) body: String,
}

/// An endpoint that answers what stands in the list, and 200 afterwards.
#[derive(Clone, Debug, Default)]
pub(crate) struct Endpoint {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Endpoint {
    pub(crate) fn answers(self, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.answers.lock().unwrap().extend(answers);
        self
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) fn deps(&self, cloud: &Cloud) -> Deps {
        let connector = SharedHttpConnector::new(self.clone());
        Deps { services: cloud.services.clone(), http: Http::new(connector, cloud.services.clock.clone()) }
    }
}

impl HttpConnector for Endpoint {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let header = |name: &str| request.headers().get(name).unwrap_or_default().to_owned();
        let received = Received {
            uri: request.uri().to_owned(),
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
            body: String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap(),
        };
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Status(200));
        if !matches!(answer, Answer::NotReached) {
            self.received.lock().unwrap().push(received);
        }
        HttpConnectorFuture::new(async move {
            match answer {
                Answer::Status(status) => Ok(HttpResponse::new(status.try_into().unwrap(), "whatever".into())),
                Answer::NotReached => {
                    Err(ConnectorError::io(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into()))
                }
                Answer::Never => std::future::pending().await,
            }
        })
    }
}

/// An endpoint of somebody's organisation, an event of it, and its delivery.
pub(crate) async fn delivery(cloud: &Cloud, ada: &Caller) -> (Webhook, Event, WebhookDelivery) {
    let (services, organization_id) = (&cloud.services, ada.organization_id);
    let now = services.clock.now();
    let webhook = Webhook {
        id: services.ids.next(),
        organization_id,
        url: "https://hooks.example.com/groundwork".to_owned(),
        events: Vec::new(),
        enabled: true,
        secret: WebhookSecret::new(&services.ids),
        previous_secret: None,
        created_by: ada.user_id,
        created_at: now,
        updated_at: now,
    };
    let fact = Fact::VentureCreated { venture_id: services.ids.next() };
    let event = services.event(organization_id, Actor::Platform, Trace::begin(&services.ids), fact);
    let delivery = WebhookDelivery::new(services.ids.next(), webhook.id, &event, "venture.created", now);
    cloud
        .write(|transaction| {
            transaction.create(webhook.clone());
            transaction.create(event.clone());
            transaction.create(delivery.clone());
        })
        .await;
    (webhook, event, delivery)
}

pub(crate) fn message(delivery: &WebhookDelivery) -> WebhookMessage {
    WebhookMessage { organization_id: delivery.organization_id, delivery_id: delivery.id, trace: None }
}

pub(crate) async fn stored(cloud: &Cloud, delivery: &WebhookDelivery) -> WebhookDelivery {
    let key = WebhookDelivery::key_of(delivery.organization_id, delivery.id);
    cloud.services.store.get::<WebhookDelivery>(&key).await.unwrap().unwrap().value
}
