//! The platform on metered services, with what follows a call carried out step by step.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use embedded::stream::lambda_event;
use embedded::template::{EventSource, Template, matches};
use embedded::wire::WireConnector;
use embedded::{EmbeddedSqs, S3};
use groundwork::{CRM_URL, DeliverOnce, FRONTEND_URL, Platform, PlatformOptions};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config::Variables;
use shared::id::Ids;
use shared::model::inbound_event::{InboundEvent, Provider};
use shared::model::task::Task;
use shared::services::Services;
use shared_lambda::{QueueSender, SqsBatchResponse, SqsEvent, StreamEvent};
use testkit::{Cloud, Request, ScriptedAi, SeededEntropy, TEMPLATE, TestApp, TestClock};

use vendors::http::Http;
use vendors::s3::Bucket;

use crate::meter::{MeteredDynamoDb, MeteredSqs};
use crate::usage::Usage;

/// A run of a job.
#[derive(Clone, Debug)]
pub struct Run {
    /// The job's function.
    pub function: String,
    /// Which case of it: an event's type, a task's kind.
    pub case: String,
    /// What it used.
    pub usage: Usage,
}

/// A call and what followed it.
#[derive(Clone, Debug)]
pub struct Measured {
    /// What the call itself used.
    pub usage: Usage,
    /// The runs that followed: the projector's for each of its events, the task runner's for each task, and theirs.
    pub follows: Vec<Run>,
    /// The answer.
    pub answer: Value,
}

/// What runs, metered.
pub struct Stage {
    /// The API.
    pub app: TestApp,
    /// The platform; its own queues stay empty.
    pub platform: Platform,
    /// The assistant.
    pub ai: ScriptedAi,
    /// The same table with nothing measured, for arranging and looking.
    pub backstage: Services,
    dynamodb: MeteredDynamoDb,
    sqs: EmbeddedSqs,
    metered_sqs: MeteredSqs,
    queues: BTreeMap<&'static str, String>,
    filters: Vec<Value>,
    projector: projector::Deps,
    sweep: sweep::Deps,
    key_rotation: key_rotation::Deps,
    agentic_run: agentic_run::Deps,
    agentic_worker: agentic_worker::Deps,
    task_runner: task_runner::Deps,
    purge: purge::Deps,
    mailer: mailer::Deps,
    webhook_sender: webhook_sender::Deps,
    webhook_worker: webhook_worker::Deps,
    reconciliation: reconciliation::Deps,
    dead_letters: QueueSender,
}

impl Stage {
    /// Everything new and empty; on a current-thread runtime with tokio's clock paused.
    pub async fn new() -> Self {
        let template = Template::read(TEMPLATE).expect("the template is readable");
        let table = Cloud::table();
        let clock = Clock::new(TestClock::start());
        let dynamodb = MeteredDynamoDb::new(table.clone(), &template, clock.clone());
        let client = Cloud::client(&table, dynamodb.clone());
        let ai = ScriptedAi::new();
        let ids = Ids::new(clock.clone(), SeededEntropy::new(1));
        let variables = [("ENVIRONMENT", "test"), ("FRONTEND_URL", "https://app.example.com")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let (platform_ai, platform_clock) = (Arc::new(ai.clone()), clock.clone());
        let now = clock.clone();
        let sqs = EmbeddedSqs::new(move || now.now().as_milliseconds());
        let metered_sqs = MeteredSqs::new(sqs.clone());
        let http = aws_sdk_sqs::config::SharedHttpClient::new(WireConnector(metered_sqs.clone()));
        let queue_client = aws_sdk_sqs::Client::from_conf(sqs.config().http_client(http).build());
        let options = PlatformOptions {
            dynamodb: table,
            client,
            sqs: sqs.clone(),
            queues: queue_client.clone(),
            delivery: Arc::new(DeliverOnce),
            clock: platform_clock,
            ids,
            ai: platform_ai,
            variables,
        };
        let platform = Platform::start(options).await.expect("the platform starts");
        let services = platform.services.clone();
        let behind = Ids::new(clock.clone(), SeededEntropy::new(2));
        let config = shared::config::PlatformConfig::clone(&services.config);
        let backstage = Services::new(platform.dynamodb.client(), clock.clone(), behind, config);
        let queues = BTreeMap::from([
            ("tasks", template.queues["TasksQueue"].name.clone()),
            ("agentic", template.queues["AgenticQueue"].name.clone()),
            ("mail", template.queues["MailQueue"].name.clone()),
            ("webhooks", template.queues["WebhooksOutQueue"].name.clone()),
            ("inbound", template.queues["WebhooksQueue"].name.clone()),
        ]);
        let sender = |name: &str| QueueSender::new(queue_client.clone(), sqs.queue_url(name));
        let filters = template.functions["projector"].sources.iter().find_map(|source| match source {
            EventSource::Stream { filters, .. } => Some(filters.clone()),
            _ => None,
        });
        Self {
            app: TestApp::surrounded(platform.router()),
            projector: projector::Deps {
                services: services.clone(),
                tasks: sender(&queues["tasks"]),
                mail: sender(&queues["mail"]),
                webhooks: sender(&queues["webhooks"]),
                inbound: sender(&queues["inbound"]),
                known_webhooks: projector::KnownWebhooks::default(),
            },
            sweep: sweep::Deps {
                services: services.clone(),
                tasks: sender(&queues["tasks"]),
                mail: sender(&queues["mail"]),
                webhooks: sender(&queues["webhooks"]),
                inbound: sender(&queues["inbound"]),
            },
            webhook_sender: webhook_sender::Deps {
                services: services.clone(),
                http: Http::new(platform.hooks.connector(), clock.clone()),
            },
            webhook_worker: webhook_worker::Deps {
                services: services.clone(),
                payments: Some(platform.payments.clone()),
            },
            reconciliation: reconciliation::Deps {
                services: services.clone(),
                payments: Some(platform.payments.clone()),
            },
            mailer: mailer::Deps::new(
                services.clone(),
                platform.mailer.clone(),
                mailer::Places::new(FRONTEND_URL, CRM_URL),
            ),
            key_rotation: key_rotation::Deps::new(services.clone(), &Variables::default()).expect("it needs none"),
            agentic_run: agentic_run::Deps { services: services.clone(), agentic: sender(&queues["agentic"]) },
            agentic_worker: agentic_worker::Deps { services: services.clone() },
            purge: purge::Deps {
                services: services.clone(),
                bucket: Bucket::read(&platform.s3.variables("purge", S3::ENDPOINT).into_iter().collect())
                    .expect("the variables are complete"),
                http: Http::new(platform.s3.connector(), clock.clone()),
            },
            task_runner: task_runner::Deps { services, ai: Arc::new(ai.clone()) },
            dead_letters: sender(&template.queues["TasksDeadLetterQueue"].name),
            filters: filters.expect("the projector follows a stream"),
            platform,
            ai,
            backstage,
            dynamodb,
            sqs,
            metered_sqs,
            queues,
        }
    }

    /// Sends a request with the access cache cold and the verifying and signing keys warm, then carries out what follows.
    pub async fn call(&self, status: u16, request: Request) -> Measured {
        self.app.get("/.well-known/jwks.json").send().await.expect(200);
        self.warm_keys().await;
        let mut measured = self.call_as_it_is(status, request).await;
        measured.follows = self.follow().await;
        measured.usage.events = measured.usage.events.into_iter().chain(self.events_of(&measured.follows)).collect();
        measured
    }

    /// A request whose caller is nobody reads the verifying keys where they are no longer fresh.
    async fn warm_keys(&self) {
        let kid = self.backstage.ids.next::<shared::id::SigningKeyId>();
        let _ = self.platform.services.keys.find(kid).await;
    }

    /// Sends a request whatever the caches hold of keys, and carries out nothing.
    pub async fn call_as_it_is(&self, status: u16, request: Request) -> Measured {
        self.platform.services.access.clear();
        self.take();
        let asked = self.ai.asked().len();
        let answer = request.send().await;
        let mut usage = self.take();
        usage.ai_calls = u32::try_from(self.ai.asked().len() - asked).expect("few");
        usage.response_bytes = answer.text.len();
        Measured { usage, follows: Vec::new(), answer: answer.expect(status) }
    }

    fn take(&self) -> Usage {
        let mut usage = Usage::of(&self.dynamodb.take());
        usage.sqs_sends = u32::try_from(self.metered_sqs.take().len()).expect("few");
        usage
    }

    /// The types of the events that a call wrote: those that the projector ran for before any other job.
    fn events_of(&self, follows: &[Run]) -> Vec<String> {
        follows.iter().take_while(|run| run.function == "projector").map(|run| run.case.clone()).collect()
    }

    async fn job<T>(&self, function: &str, case: String, work: impl Future<Output = T>) -> (Run, T) {
        self.take();
        let asked = self.ai.asked().len();
        let outcome = work.await;
        let mut usage = self.take();
        usage.ai_calls = u32::try_from(self.ai.asked().len() - asked).expect("few");
        (Run { function: function.to_owned(), case, usage }, outcome)
    }

    /// Runs whatever is on its way, until nothing is.
    pub async fn follow(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        loop {
            let mut new = self.project().await;
            for queue in ["tasks", "agentic", "mail", "webhooks", "inbound"] {
                new.extend(self.work_off(queue).await);
            }
            if new.is_empty() {
                return runs;
            }
            runs.extend(new);
        }
    }

    /// Runs the projector for each record of the stream that it wants, one at a time.
    pub async fn project(&self) -> Vec<Run> {
        let reader = self.platform.dynamodb.stream(self.platform.services.store.table());
        let mut runs = Vec::new();
        loop {
            let batch = reader.next_batch(1000).await.expect("the stream is readable");
            let Some(last) = batch.last().map(embedded::StreamRecord::sequence) else { return runs };
            for record in batch {
                if !self.filters.iter().any(|filter| matches(filter, record.lambda_json())) {
                    continue;
                }
                let image = record.image("NewImage").expect("a new image");
                let other = match image["entity"]["S"].as_str() {
                    Some("inboundEvent") => "an event of a vendor's",
                    _ => "a failed projection",
                };
                let case = image["type"]["S"].as_str().unwrap_or(other).to_owned();
                let event: StreamEvent = serde_json::from_value(lambda_event([record])).expect("an event of a stream");
                let (run, answer) = self.job("projector", case, projector::handle(&self.projector, event)).await;
                assert!(answer.batch_item_failures.is_empty(), "an event was not projected");
                runs.push(run);
            }
            reader.acknowledge(last).await.expect("the stream is readable");
        }
    }

    /// Gives the messages of a queue to its job, one at a time.
    async fn work_off(&self, queue: &str) -> Vec<Run> {
        let mut runs = Vec::new();
        for body in self.receive(queue).await {
            let record = json!({"messageId": "1", "receiptHandle": "1", "body": body, "attributes": {}, "messageAttributes": {},
                "eventSource": "aws:sqs", "eventSourceARN": embedded::sqs::queue_arn(&self.queues[queue]), "awsRegion": embedded::REGION});
            let event: SqsEvent = serde_json::from_value(json!({"Records": [record]})).expect("an event of a queue");
            let message = serde_json::from_str::<Value>(&body).expect("JSON");
            let (mut run, answer) = match queue {
                "tasks" => {
                    let work = task_runner::handle(&self.task_runner, &self.dead_letters, event);
                    self.job("task-runner", String::new(), work).await
                }
                "webhooks" => {
                    let work = webhook_sender::handle(&self.webhook_sender, &self.dead_letters, event);
                    self.job("webhook-sender", String::new(), work).await
                }
                "mail" => {
                    let work = mailer::handle(&self.mailer, &self.dead_letters, event);
                    self.job("mailer", String::new(), work).await
                }
                "inbound" => {
                    let work = webhook_worker::handle(&self.webhook_worker, &self.dead_letters, event);
                    self.job("webhook-worker", String::new(), work).await
                }
                _ => {
                    let work = agentic_worker::handle(&self.agentic_worker, event, &self.dead_letters);
                    self.job("agentic-worker", String::new(), work).await
                }
            };
            let SqsBatchResponse { batch_item_failures, .. } = answer;
            assert!(batch_item_failures.is_empty(), "a message was not dealt with");
            run.case = match queue {
                "tasks" => self.task_case(&message).await,
                "mail" => message["name"].as_str().and_then(|name| name.split('#').next()).expect("a name").to_owned(),
                "webhooks" => "a delivery".to_owned(),
                "inbound" => self.inbound_case(&message).await,
                _ => "an organisation".to_owned(),
            };
            runs.push(run);
        }
        runs
    }

    /// The kind of a task, and how it stands if it is not done.
    async fn task_case(&self, message: &Value) -> String {
        let id = |name: &str| message[name].as_str().expect("an id").to_owned();
        let key = Task::key_of(id("organizationId").parse().expect("an id"), id("taskId").parse().expect("an id"));
        let task = self.backstage.store.get::<Task>(&key).await.expect("the table answers").expect("the task is there");
        let kind = json!(task.input.kind()).as_str().expect("a name").to_owned();
        match task.status.name() {
            "COMPLETED" => kind,
            other => format!("{kind}, then {other}"),
        }
    }

    /// The type of a vendor's event, or that an account is reviewed.
    async fn inbound_case(&self, message: &Value) -> String {
        let (Some(provider), Some(id)) = (message["provider"].as_str(), message["eventId"].as_str()) else {
            return "a review".to_owned();
        };
        let key = InboundEvent::key_of(Provider::of_name(provider).expect("a vendor"), id);
        let event = self.backstage.store.get::<InboundEvent>(&key).await.expect("the table answers");
        event.expect("the event is there").value.kind
    }

    /// Takes all messages of a queue.
    pub async fn receive(&self, queue: &str) -> Vec<String> {
        let bodies = self.sqs.messages(&self.queues[queue]).into_iter().map(|message| message.body).collect();
        let url = self.sqs.queue_url(&self.queues[queue]);
        self.sqs.client().purge_queue().queue_url(url).send().await.expect("the queue can be emptied");
        bodies
    }

    /// Runs the sweep.
    pub async fn sweep(&self, case: &str) -> Run {
        let now = self.platform.services.clock.now();
        let work = sweep::handle(&self.sweep, now, Duration::from_secs(49));
        let (run, outcome) = self.job("sweep", case.to_owned(), work).await;
        outcome.expect("everything that is due is rung");
        run
    }

    /// Runs the rotation of the signing keys.
    pub async fn key_rotation(&self, case: &str) -> Run {
        let (run, outcome) = self.job("key-rotation", case.to_owned(), key_rotation::handle(&self.key_rotation)).await;
        outcome.expect("what is due is done");
        run
    }

    /// Runs the comparison of Stripe's events.
    pub async fn reconciliation(&self, case: &str) -> Run {
        let work = reconciliation::handle(&self.reconciliation, Duration::from_secs(299));
        let (run, outcome) = self.job("reconciliation", case.to_owned(), work).await;
        assert!(outcome.expect("Stripe answers").finished, "the time sufficed");
        run
    }

    /// Runs the purge.
    pub async fn purge(&self, case: &str) -> Run {
        let now = self.platform.services.clock.now();
        let work = purge::handle(&self.purge, now, Duration::from_secs(299));
        let (run, outcome) = self.job("purge", case.to_owned(), work).await;
        assert!(!outcome.expect("everything that is due is purged").unfinished, "the time sufficed");
        run
    }

    /// Runs the hourly run.
    pub async fn agentic_run(&self, case: &str) -> Run {
        let work = agentic_run::handle(&self.agentic_run, self.platform.services.clock.now());
        let (run, outcome) = self.job("agentic-run", case.to_owned(), work).await;
        outcome.expect("every organisation is sent its message");
        run
    }
}
