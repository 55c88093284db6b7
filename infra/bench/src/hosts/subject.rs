//! The functions of the template with what is sent to each, and the table that they talk to.

use std::path::{Path, PathBuf};

use embedded::template::{EventSource, Function, Template};
use embedded::{EmbeddedSqs, aws_router};
use serde_json::{Value, json};
use shared::access::PlatformRole;
use shared::clock::TimeSource;
use shared::event::{Actor, Fact};
use shared::id::{EventId, LeadId, MailId, TaskId, WebhookDeliveryId};
use shared::model::inbound_event::Provider;
use shared::queue::{AgenticMessage, InboundMessage, MailMessage, TaskMessage, WebhookMessage};
use shared::trace::Trace;
use shared_lambda::Error;
use testkit::runtime_api::{function_url_event, queue_event, schedule_event, stream_event};
use testkit::{Caller, Cloud, SystemClock, TEMPLATE};
use tokio::net::TcpListener;
use vendors::stripe::webhook::sign;

use super::exchange::{Exchange, Expected};

/// A binary and what is sent to it.
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) is_http: bool,
    pub(super) is_empty: bool,
    /// Whether it answers in pieces.
    pub(super) streams: bool,
    pub(super) binary: PathBuf,
    pub(super) environment: Vec<(String, String)>,
    /// An event that the function is through with at once.
    pub(super) nothing: Exchange,
    /// A request of a signed-in caller that is refused before the store is asked.
    pub(super) refused: Option<Exchange>,
    source: Option<EventSource>,
}

/// The table, the queues and who calls.
pub(super) struct World {
    template: Template,
    cloud: Cloud,
    sqs: EmbeddedSqs,
    endpoint: String,
    /// Somebody who has an organisation and no more.
    founder: Caller,
    /// Somebody who may look at the platform as a whole.
    supporter: Caller,
}

impl World {
    pub(super) async fn new() -> Result<Self, Error> {
        let template = Template::read(TEMPLATE)?;
        let cloud = Cloud::live();
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let sqs = EmbeddedSqs::new(|| SystemClock.now().as_milliseconds()).with_base_url(&endpoint);
        template.create_queues(&sqs).await?;
        serve_aws(listener, aws_router(cloud.dynamodb.clone(), sqs.clone()))?;
        let (founder, supporter) = (cloud.caller("Founder").await, cloud.caller("Supporter").await);
        cloud.set_platform_role(&supporter, PlatformRole::Support).await;
        Ok(Self { template, cloud, sqs, endpoint, founder, supporter })
    }

    /// Every function of the template, and before them the programs that do nothing.
    pub(super) fn subjects(&self, binaries: &Path) -> Result<Vec<Subject>, Error> {
        let functions = self.template.functions.iter();
        let functions =
            functions.map(|(name, function)| self.subject(binaries, name, function)).collect::<Result<Vec<_>, _>>()?;
        let empty = |name: &str, is_http: bool| {
            let like = functions.iter().find(|subject| subject.is_http == is_http).ok_or("no such function")?;
            Ok::<_, Error>(Subject {
                name: name.to_owned(),
                is_http,
                is_empty: true,
                streams: false,
                binary: binaries.join(name),
                environment: Vec::new(),
                nothing: like.nothing.for_empty(),
                refused: like.refused.as_ref().map(Exchange::for_empty),
                source: None,
            })
        };
        let empty = [empty("empty-http", true)?, empty("empty-job", false)?];
        Ok(empty.into_iter().chain(functions).collect())
    }

    fn subject(&self, binaries: &Path, name: &str, function: &Function) -> Result<Subject, Error> {
        let source = function.sources.first().cloned();
        let nothing = match &source {
            None => Exchange::request("GET", "/api/nothing", None, None, 404),
            // No schedule sends an empty event; it is refused when it has been read.
            Some(EventSource::Schedule { .. }) => {
                Exchange { event: json!({}), expected: Expected::Error("MalformedEvent") }
            }
            Some(_) => Exchange { event: json!({ "Records": [] }), expected: Expected::WholeBatch },
        };
        Ok(Subject {
            name: name.to_owned(),
            is_http: function.has_url,
            is_empty: false,
            streams: function.streams,
            binary: binaries.join(name),
            environment: self.environment(function),
            nothing,
            refused: if function.has_url { Some(self.refused(name)?) } else { None },
            source,
        })
    }

    /// What the template sets, with queues by their URL as CloudFormation gives it, and the endpoints.
    fn environment(&self, function: &Function) -> Vec<(String, String)> {
        let is_queue = |value: &str| self.template.queues.values().any(|queue| queue.name == value);
        let resolved = |value: &String| if is_queue(value) { self.sqs.queue_url(value) } else { value.clone() };
        // Secrets come from the environment here: what fetching one takes is the network's.
        let own = function.environment.iter().filter(|(name, _)| *name != "SECRET_ID");
        let own = own.map(|(name, value)| (name.clone(), resolved(value)));
        let secret = [("STRIPE_WEBHOOK_SECRET".to_owned(), WEBHOOK_SECRET.to_owned())];
        let own = own.chain(secret);
        let endpoints = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SQS"];
        let places = [("FRONTEND_URL", "https://app.example.com"), ("CRM_URL", "https://crm.example.com/")];
        let places = places.map(|(name, value)| (name.to_owned(), value.to_owned()));
        own.chain(endpoints.map(|name| (name.to_owned(), self.endpoint.clone()))).chain(places).collect()
    }

    /// A request that verifies the caller and reads the input, and then is refused.
    fn refused(&self, name: &str) -> Result<Exchange, Error> {
        let token = Some(self.founder.token.as_str());
        let post = |path: &str, body: &Value| Exchange::request("POST", path, token, Some(body), 422);
        match name {
            "organizations" => Ok(post("/api/organizations", &json!({ "name": " " }))),
            "users" => Ok(Exchange::request("GET", "/api/users", token, None, 422)),
            "ledger" => Ok(post("/api/buz/stake", &json!({ "amount": 0, "days": 0 }))),
            "ventures" => Ok(post(
                "/api/ventures/create",
                &json!({ "name": " ", "stage": "mvp", "category": "Computing", "description": " " }),
            )),
            "files" => Ok(post("/api/files/upload", &json!({ "name": " ", "contentType": "no", "sizeBytes": 0 }))),
            "crm" => Ok(post("/api/crm/leads", &json!({ "name": " ", "email": "nobody" }))),
            "agents" => Ok(post("/api/chat/message", &json!({ "message": " " }))),
            "billing" => Ok(Exchange::request("GET", "/api/billing/credits/history?limit=0", token, None, 422)),
            "analytics" => Ok(Exchange::request("GET", "/api/analytics/platform", token, None, 403)),
            "webhooks" => Ok(told("whsec_another", "evt_refused", 400)),
            _ => Err(format!("infra/bench/src/hosts/subject.rs has no requests for {name} yet: add them").into()),
        }
    }

    /// An event for which the function asks the table; a new one each time, where a repeat would do less.
    pub(super) async fn stored(&self, subject: &Subject) -> Result<Option<Exchange>, Error> {
        if subject.is_empty {
            return Ok(None);
        }
        let get = |path: &str, caller: &Caller| Exchange::request("GET", path, Some(&caller.token), None, 200);
        Ok(Some(match (&subject.source, subject.name.as_str()) {
            (None, "organizations") => get("/api/organizations", &self.founder),
            (None, "users") => get("/api/users/connections", &self.founder),
            (None, "ledger") => get("/api/buz/supply", &self.founder),
            (None, "ventures") => get("/api/ventures", &self.founder),
            (None, "files") => get("/api/files/storage", &self.founder),
            (None, "crm") => get("/api/crm/leads", &self.founder),
            (None, "agents") => get("/api/tasks", &self.founder),
            (None, "billing") => get("/api/billing/usage", &self.founder),
            (None, "analytics") => get("/api/analytics/platform", &self.supporter),
            (None, "webhooks") => told(WEBHOOK_SECRET, &self.cloud.services.ids.next::<EventId>().to_string(), 200),
            (Some(EventSource::Queue { queue, .. }), name) => {
                Exchange { event: queue_event(queue, &[self.message(name)?]), expected: Expected::WholeBatch }
            }
            (Some(EventSource::Schedule { .. }), _) => {
                Exchange { event: schedule_event(&subject.name, SystemClock.now()), expected: Expected::Success }
            }
            (Some(EventSource::Stream { .. }), _) => {
                Exchange { event: self.change().await?, expected: Expected::WholeBatch }
            }
            (None, name) => {
                return Err(format!("infra/bench/src/hosts/subject.rs has no requests for {name} yet: add them").into());
            }
        }))
    }

    /// A message about something that is looked for and is not there.
    fn message(&self, name: &str) -> Result<String, Error> {
        let ids = &self.cloud.services.ids;
        let organization_id = self.founder.organization_id;
        match name {
            "task-runner" => {
                Ok(serde_json::to_string(&TaskMessage { organization_id, task_id: ids.next::<TaskId>(), trace: None })?)
            }
            "webhook-sender" => {
                let delivery_id = ids.next::<WebhookDeliveryId>();
                Ok(serde_json::to_string(&WebhookMessage { organization_id, delivery_id, trace: None })?)
            }
            "mailer" => {
                let name = "VERIFY_EMAIL".to_owned();
                Ok(serde_json::to_string(&MailMessage { mail_id: ids.next::<MailId>(), name, trace: None })?)
            }
            "webhook-worker" => {
                let (provider, event_id) = (Provider::Unipile, ids.next::<EventId>().to_string());
                Ok(serde_json::to_string(&InboundMessage::Event { provider, event_id, trace: None })?)
            }
            "agentic-worker" => {
                let slot = SystemClock.now().hour();
                Ok(serde_json::to_string(&AgenticMessage { organization_id, slot, trace: Trace::begin(ids) })?)
            }
            _ => Err(format!("infra/bench/src/hosts/subject.rs has no message for {name} yet: add it").into()),
        }
    }

    /// An event of the platform as the table's stream delivers it.
    async fn change(&self) -> Result<Value, Error> {
        let services = &self.cloud.services;
        let fact = Fact::LeadCreated { lead_id: services.ids.next::<LeadId>() };
        let event = services.event(self.founder.organization_id, Actor::Platform, Trace::begin(&services.ids), fact);
        let stream = self.cloud.dynamodb.stream(services.store.table());
        while let Some(last) = stream.next_batch(100).await?.last() {
            stream.acknowledge(last.sequence()).await?;
        }
        self.cloud.write(|transaction| transaction.create(event.clone())).await;
        Ok(stream_event(&stream.next_batch(1).await?))
    }
}

/// The secret that the webhooks of the measurements are signed with.
const WEBHOOK_SECRET: &str = "whsec_of_the_bench";

/// A webhook of Stripe's, signed with this secret, and the status that it is answered with.
fn told(secret: &str, event_id: &str, status: u16) -> Exchange {
    let body = json!({
        "id": event_id, "object": "event", "api_version": "2026-10-28.endive", "created": 1_800_000_000, "livemode": false,
        "type": "invoice.paid", "data": {"object": {"id": "in_1", "object": "invoice"}},
    });
    let body = body.to_string();
    let signature = sign(secret, body.as_bytes(), SystemClock.now()).unwrap_or_default();
    let headers = [("stripe-signature", signature.as_str()), ("content-type", "application/json")];
    let event = function_url_event("POST", "/api/stripe/webhook", &headers, body.as_bytes());
    Exchange { event, expected: Expected::Status(status) }
}

/// Answers DynamoDB and SQS requests on a thread of its own.
fn serve_aws(listener: std::net::TcpListener, router: axum::Router) -> Result<(), Error> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || runtime.block_on(async { axum::serve(TcpListener::from_std(listener)?, router).await }));
    Ok(())
}
