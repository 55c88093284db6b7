//! The platform in one process.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use axum::Router;
use embedded::template::{Template, TemplateError};
use embedded::{EmbeddedDynamoDb, EmbeddedError, EmbeddedSqs, Hooks, LinkedIn, Mailbox, S3};
use payments::Payments;
use shared::ai::{Ai, Metered};
use shared::clock::Clock;
use shared::config::{ConfigError, PlatformConfig, Reader, Variables};
use shared::http::{HealthCheck, ServiceHealth, health_routes, surround};
use shared::id::Ids;
use shared::sdk_error::describe;
use shared::services::Services;
use stripe_sandbox::Sandbox;
use vendors::email::Mailer;

use crate::functions;
use crate::invoke::{Delivery, InvokeError};
use crate::journal::Journal;
use crate::pump::Sources;

/// The template that is deployed is the one that is run.
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// What a platform is made of.
#[derive(Debug)]
pub struct PlatformOptions {
    /// The embedded DynamoDB, which holds the data.
    pub dynamodb: EmbeddedDynamoDb,
    /// The client that functions use; tests put a connector with faults into it.
    pub client: aws_sdk_dynamodb::Client,
    /// The embedded SQS, without queues yet.
    pub sqs: EmbeddedSqs,
    /// The client by which functions send to the queues.
    pub queues: aws_sdk_sqs::Client,
    /// What brings events to jobs.
    pub delivery: Arc<dyn Delivery>,
    /// The time.
    pub clock: Clock,
    /// Identifiers and secrets.
    pub ids: Ids,
    /// The AI port.
    pub ai: Arc<dyn Ai>,
    /// Variables beside those of the template; they win.
    pub variables: Vec<(String, String)>,
}

/// Why the platform does not start, or stops.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// The template cannot be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The template and the code do not agree.
    #[error("template.yaml and the functions do not agree: {0}")]
    Disagreement(String),
    /// The configuration is not usable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An embedded service failed.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// A queue failed.
    #[error("a queue failed: {0}")]
    Queue(String),
    /// A job failed.
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    /// No function of this name has a schedule.
    #[error("{name} has no schedule; those that have one are {known}")]
    UnknownSchedule {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
}

impl PlatformError {
    pub(crate) fn queue<E: ProvideErrorMetadata + std::error::Error + 'static>(error: SdkError<E>) -> Self {
        Self::Queue(describe(&error))
    }
}

/// Every function over the embedded services; cheap to clone.
#[derive(Clone, Debug)]
pub struct Platform {
    /// What functions are given.
    pub services: Services,
    /// The embedded DynamoDB.
    pub dynamodb: EmbeddedDynamoDb,
    /// The embedded SQS.
    pub sqs: EmbeddedSqs,
    /// What functions did lately, and with which rights.
    pub journal: Journal,
    /// Where mail ends up, unless the variables name somebody who sends it.
    pub mailbox: Mailbox,
    /// LinkedIn, unless the variables name an application that it knows.
    pub linkedin: LinkedIn,
    /// Who sends the mail.
    pub mailer: Mailer,
    /// Where the bytes of files are.
    pub s3: S3,
    /// Where webhooks end up, unless this is a developer's machine.
    pub hooks: Hooks,
    /// The sandbox of Stripe, which takes the payments unless the variables name a key of Stripe's own.
    pub stripe: Sandbox,
    /// Who takes the payments.
    pub payments: Payments,
    /// How the platform itself reads its queues.
    pub(crate) queues: aws_sdk_sqs::Client,
    pub(crate) sources: Sources,
    router: Router,
}

impl Platform {
    /// Makes what the template describes and wires every function to it.
    pub async fn start(options: PlatformOptions) -> Result<Self, PlatformError> {
        let PlatformOptions { dynamodb, client, sqs, queues, delivery, clock, ids, ai, variables } = options;
        let template = Template::read(TEMPLATE)?;
        template.create_tables(&dynamodb)?;
        template.create_queues(&sqs).await?;
        let table = |id: &str| template.tables.get(id).map(|table| table.name.clone()).unwrap_or_default();
        let defaults = [
            ("TABLE_NAME".to_owned(), table("PlatformTable")),
            ("LEDGER_TABLE_NAME".to_owned(), table("LedgerTable")),
            ("ENVIRONMENT".to_owned(), "local".to_owned()),
        ];
        let variables = functions::with_sandboxes(variables);
        let variables: Variables = defaults.into_iter().chain(variables).collect();
        let ai: Arc<dyn Ai> = Arc::new(Metered::new(ai, clock.clone()));
        let services = Services::new(client, clock, ids, PlatformConfig::read(&variables)?);
        let policies = template.policies(TEMPLATE)?;
        let journal = Journal::new(services.clock.clone(), &policies);
        let time = services.clock.clone();
        let bucket = template.buckets.get("FilesBucket").map(String::as_str).unwrap_or_default();
        let s3 = S3::new(bucket, policies, move || time.now().as_milliseconds());
        let s3_endpoint = Reader::new(&variables).optional("AWS_ENDPOINT_URL_S3");
        let s3_endpoint = s3_endpoint.as_deref().unwrap_or(S3::ENDPOINT);
        let breached_passwords = functions::breached_passwords(&variables, &services)?;
        let time = services.clock.clone();
        let linkedin = LinkedIn::new(move || time.now().as_seconds());
        let sign_in = functions::linkedin(&variables, &linkedin, &services)?;
        let time = services.clock.clone();
        let mailbox = Mailbox::new(move || time.now().as_milliseconds());
        let hooks = Hooks::default();
        let mailer = functions::vendor_of_mail(&variables, &mailbox, &services)?;
        let stripe = Sandbox::new(services.clock.clone());
        let payments = functions::payments(&variables, &stripe, &services)?;
        let secrets = webhooks::Secrets::read(&variables);
        let crm_url = Reader::new(&variables).optional("CRM_URL").unwrap_or_else(|| functions::CRM_URL.to_owned());
        let parts = functions::Parts {
            breached_passwords,
            linkedin: sign_in,
            services: &services,
            ai: &ai,
            template: &template,
            sqs: &sqs,
            queues: &queues,
            delivery: &delivery,
            journal: &journal,
            mailer: &mailer,
            crm_url: &crm_url,
            payments: &payments,
            secrets: &secrets,
            hooks: &hooks,
            s3: (&s3, s3_endpoint),
        };
        let routes = functions::routes(&parts)?;
        let health = HealthCheck::of_table(&services)
            .with("queues", queue_check(&template, &sqs))
            .with("ai", || std::future::ready(ServiceHealth::Embedded));
        let routes = routes.merge(health_routes().with_state(health));
        let mut sources = Sources::default();
        for (name, job) in functions::jobs(&parts)? {
            for source in template.functions.get(&name).into_iter().flat_map(|function| &function.sources) {
                sources.add(&name, source, &job);
            }
        }
        let (router, queues) = (surround(routes, &services), sqs.client());
        Ok(Self {
            router,
            services,
            dynamodb,
            sqs,
            journal,
            mailbox,
            linkedin,
            mailer,
            s3,
            hooks,
            stripe,
            payments,
            queues,
            sources,
        })
    }

    /// The API as one router, with everything around it.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The names of the functions that have a schedule.
    pub fn schedules(&self) -> impl Iterator<Item = &str> {
        self.sources.schedules.iter().map(|schedule| schedule.function.as_str())
    }
}

/// Asks every queue for its attributes.
fn queue_check(
    template: &Template,
    sqs: &EmbeddedSqs,
) -> impl Fn() -> Pin<Box<dyn Future<Output = ServiceHealth> + Send>> + use<> {
    let urls = template.queues.values().map(|queue| sqs.queue_url(&queue.name)).collect::<Vec<_>>();
    let client = sqs.client();
    move || {
        let asked = urls.iter().map(|url| client.get_queue_attributes().queue_url(url).send()).collect::<Vec<_>>();
        Box::pin(async move {
            let answers = futures_util::future::join_all(asked).await;
            if answers.iter().all(Result::is_ok) { ServiceHealth::Ok } else { ServiceHealth::Failing }
        })
    }
}
