//! Which functions there are, and what each is given. A test holds these lists to the folders of `functions/` and to the template.

use std::convert::Infallible;
use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use embedded::template::{Function, Template};
use embedded::{Breaches, EmbeddedSqs, Hooks, Mailbox, S3};
use payments::Payments;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::ai::Ai;
use shared::clock::Timestamp;
use shared::config::{ConfigError, Reader, Variables};
use shared::http::{document, function_document, health_routes};
use shared::reach::Reach;
use shared::services::Services;
use shared_lambda::{DEAD_LETTER_QUEUE_URL, QueueSender, SqsEvent, StreamEvent};
use stripe_sandbox::{PRICES, SECRET_KEY, Sandbox, WEBHOOK_SECRET};
use utoipa::openapi::OpenApi;
use vendors::breached_passwords::BreachedPasswords;
use vendors::email::{EmailConfig, Mailer};
use vendors::http::Http;
use vendors::linkedin::LinkedIn;
use vendors::s3::Bucket;

use crate::invoke::{Delivery, Job};
use crate::journal::{Journal, recorded};
use crate::platform::PlatformError;

/// Where the links of mails lead when no frontend is named.
pub const FRONTEND_URL: &str = "http://localhost:3000";
/// Where mailboxes ask the function `crm` when nobody says where the platform answers.
pub const CRM_URL: &str = "http://127.0.0.1:8787";

/// What functions are made of.
pub(crate) struct Parts<'a> {
    pub(crate) services: &'a Services,
    pub(crate) ai: &'a Arc<dyn Ai>,
    pub(crate) template: &'a Template,
    pub(crate) sqs: &'a EmbeddedSqs,
    pub(crate) queues: &'a aws_sdk_sqs::Client,
    pub(crate) delivery: &'a Arc<dyn Delivery>,
    pub(crate) journal: &'a Journal,
    /// What looks new passwords up, where the variables say where.
    pub(crate) breached_passwords: Option<BreachedPasswords>,
    /// What signs people in with LinkedIn.
    pub(crate) linkedin: Option<LinkedIn>,
    pub(crate) mailer: &'a Mailer,
    /// Where the function `crm` answers.
    pub(crate) crm_url: &'a str,
    pub(crate) payments: &'a Payments,
    pub(crate) secrets: &'a webhooks::Secrets,
    pub(crate) hooks: &'a Hooks,
    /// Where the bytes of files are, below this address.
    pub(crate) s3: (&'a S3, &'a str),
}

/// The OpenAPI document of all functions.
pub fn openapi() -> OpenApi {
    let parts = [
        ("auth", auth::router().document()),
        ("organizations", organizations::router().document()),
        ("users", users::router().document()),
        ("ledger", ledger::router().document()),
        ("ventures", ventures::router().document()),
        ("files", files::router().document()),
        ("crm", crm::router().document()),
        ("agents", agents::router().document()),
        ("analytics", analytics::router().document()),
        ("billing", billing::router().document()),
        ("webhooks", webhooks::router().document()),
    ];
    let health = health_routes().document();
    document(parts.map(|(function, part)| function_document(function, part)).into_iter().chain([health]))
}

/// The routes of every HTTP function, each entered in the journal and run with its function's rights.
pub(crate) fn routes(parts: &Parts<'_>) -> Result<Router, ConfigError> {
    let (services, ai) = (|| parts.services.clone(), || parts.ai.clone());
    let auth_deps = auth::Deps::new(services())
        .with_breached_passwords(parts.breached_passwords.clone())
        .with_linkedin(parts.linkedin.clone());
    let payments = Some(parts.payments.clone());
    let files_deps = files::Deps { services: services(), bucket: parts.bucket("files")?, http: parts.http_to_s3() };
    let routers = [
        ("auth", auth::router().with_state(auth_deps)),
        ("organizations", organizations::router().with_state(organizations::Deps::new(services()))),
        ("users", users::router().with_state(users::Deps::new(services(), parts.bucket("users")?))),
        ("ledger", ledger::router().with_state(ledger::Deps { services: services() })),
        ("ventures", ventures::router().with_state(ventures::Deps { services: services() })),
        ("files", files::router().with_state(files_deps)),
        ("crm", crm::router().with_state(crm::Deps::new(services()))),
        ("agents", agents::router().with_state(agents::Deps { services: services(), ai: ai() })),
        ("analytics", analytics::router().with_state(analytics::Deps { services: services() })),
        ("billing", billing::router().with_state(billing::Deps { services: services(), payments })),
        (
            "webhooks",
            webhooks::router().with_state(webhooks::Deps { services: services(), secrets: parts.secrets.clone() }),
        ),
    ];
    let routers = routers.map(|(function, router)| recorded(parts.journal, function, router));
    Ok(routers.into_iter().fold(Router::new(), Router::merge))
}

impl Parts<'_> {
    fn function(&self, name: &str) -> Result<&Function, PlatformError> {
        let missing = || PlatformError::Disagreement(format!("the template has no function {name}"));
        self.template.functions.get(name).ok_or_else(missing)
    }

    /// The bucket of files, which a function asks in its own name.
    fn bucket(&self, function: &str) -> Result<Bucket, ConfigError> {
        let (s3, endpoint) = self.s3;
        Bucket::read(&s3.variables(function, endpoint).into_iter().collect())
    }

    fn http_to_s3(&self) -> Http {
        Http::new(self.s3.0.connector(), self.services.clock.clone())
    }

    /// The queue that a variable of a function's environment names.
    fn queue(&self, function: &str, variable: &str) -> Result<QueueSender, PlatformError> {
        let missing = || PlatformError::Disagreement(format!("{function} has no variable {variable}"));
        let queue = self.function(function)?.environment.get(variable).ok_or_else(missing)?;
        Ok(QueueSender::new(self.queues.clone(), self.sqs.queue_url(queue)))
    }

    /// A job with the time-out that the template gives it.
    fn job<I, O, E, F>(
        &self,
        name: &str,
        work: impl Fn(I) -> F + Clone + Send + Sync + 'static,
    ) -> Result<(String, Job), PlatformError>
    where
        I: DeserializeOwned,
        O: Serialize,
        E: Display,
        F: Future<Output = Result<O, E>>,
    {
        let timeout_seconds = self.function(name)?.timeout_seconds;
        Ok((name.to_owned(), Job::new(name, timeout_seconds, self.delivery.clone(), self.journal.clone(), work)))
    }
}

/// Every job with its name.
pub(crate) fn jobs(parts: &Parts<'_>) -> Result<Vec<(String, Job)>, PlatformError> {
    Ok(vec![
        projector(parts)?,
        sweep(parts)?,
        key_rotation(parts)?,
        agentic_run(parts)?,
        agentic_worker(parts)?,
        task_runner(parts)?,
        purge(parts)?,
        mailer(parts)?,
        webhook_sender(parts)?,
        webhook_worker(parts)?,
        reconciliation(parts)?,
    ])
}

fn projector(parts: &Parts<'_>) -> Result<(String, Job), PlatformError> {
    let name = "projector";
    let (tasks, mail) = (parts.queue(name, "TASKS_QUEUE_URL")?, parts.queue(name, "MAIL_QUEUE_URL")?);
    let (webhooks, inbound) = (parts.queue(name, "WEBHOOKS_QUEUE_URL")?, parts.queue(name, "INBOUND_QUEUE_URL")?);
    let known_webhooks = projector::KnownWebhooks::default();
    let deps = projector::Deps { services: parts.services.clone(), tasks, mail, webhooks, inbound, known_webhooks };
    let work = move |event: StreamEvent| {
        let deps = deps.clone();
        async move { Ok::<_, Infallible>(projector::handle(&deps, event).await) }
    };
    parts.job(name, work)
}

fn sweep(parts: &Parts<'_>) -> Result<(String, Job), PlatformError> {
    let name = "sweep";
    let (tasks, mail) = (parts.queue(name, "TASKS_QUEUE_URL")?, parts.queue(name, "MAIL_QUEUE_URL")?);
    let (webhooks, inbound) = (parts.queue(name, "WEBHOOKS_QUEUE_URL")?, parts.queue(name, "INBOUND_QUEUE_URL")?);
    let deps = sweep::Deps { services: parts.services.clone(), tasks, mail, webhooks, inbound };
    let time = Duration::from_secs(parts.function(name)?.timeout_seconds.saturating_sub(1));
    let work = move |event: ScheduleEvent| {
        let deps = deps.clone();
        async move { sweep::handle(&deps, event.time, time).await }
    };
    parts.job(name, work)
}

fn key_rotation(parts: &Parts<'_>) -> Result<(String, Job), PlatformError> {
    let name = "key-rotation";
    let variables = parts.function(name)?.environment.clone().into_iter().collect();
    let deps = key_rotation::Deps::new(parts.services.clone(), &variables)?;
    let work = move |_: ScheduleEvent| {
        let deps = deps.clone();
        async move { key_rotation::handle(&deps).await }
    };
    parts.job(name, work)
}

fn purge(parts: &Parts<'_>) -> Result<(String, Job), PlatformError> {
    let name = "purge";
    let bucket = parts.bucket(name)?;
    let deps = purge::Deps { services: parts.services.clone(), bucket, http: parts.http_to_s3() };
    let time = Duration::from_secs(parts.function(name)?.timeout_seconds.saturating_sub(1));
    let work = move |event: ScheduleEvent| {
        let deps = deps.clone();
        async move { purge::handle(&deps, event.time, time).await }
    };
    parts.job(name, work)
}

fn agentic_run(parts: &Parts<'_>) -> Result<(String, Job), PlatformError> {
    let name = "agentic-run";
    let deps = agentic_run::Deps { services: parts.services.clone(), agentic: parts.queue(name, "AGENTIC_QUEUE_URL")? };
    let work = move |event: ScheduleEvent| {
        let deps = deps.clone();
        async move { agentic_run::handle(&deps, event.time).await }
    };
    parts.job(name, work)
}

fn agentic_worker(parts: &Parts<'_>) -> Result<(String, Job), PlatformError> {
    let name = "agentic-worker";
    let deps = agentic_worker::Deps { services: parts.services.clone() };
    let dead_letters = parts.queue(name, DEAD_LETTER_QUEUE_URL)?;
    let work = move |event: SqsEvent| {
        let (deps, dead_letters) = (deps.clone(), dead_letters.clone());
        async move { Ok::<_, Infallible>(agentic_worker::handle(&deps, event, &dead_letters).await) }
    };
    parts.job(name, work)
}

fn task_runner(parts: &Parts<'_>) -> Result<(String, Job), PlatformError> {
    let name = "task-runner";
    let deps = task_runner::Deps { services: parts.services.clone(), ai: parts.ai.clone() };
    let dead_letters = parts.queue(name, DEAD_LETTER_QUEUE_URL)?;
    let work = move |event: SqsEvent| {
        let (deps, dead_letters) = (deps.clone(), dead_letters.clone());
        async move { Ok::<_, Infallible>(task_runner::handle(&deps, &dead_letters, event).await) }
    };
    parts.job(name, work)
}

fn mailer(parts: &Parts<'_>) -> Result<(String, Job), PlatformError> {
    let name = "mailer";
    let frontend_url = parts.services.config.frontend_url.as_deref().unwrap_or(FRONTEND_URL);
    let places = mailer::Places::new(frontend_url, parts.crm_url);
    let deps = mailer::Deps::new(parts.services.clone(), parts.mailer.clone(), places);
    let dead_letters = parts.queue(name, DEAD_LETTER_QUEUE_URL)?;
    let work = move |event: SqsEvent| {
        let (deps, dead_letters) = (deps.clone(), dead_letters.clone());
        async move { Ok::<_, Infallible>(mailer::handle(&deps, &dead_letters, event).await) }
    };
    parts.job(name, work)
}

fn webhook_sender(parts: &Parts<'_>) -> Result<(String, Job), PlatformError> {
    let name = "webhook-sender";
    // A developer's own endpoints are asked for real; in tests nothing leaves the process.
    let connector = match Reach::of(&parts.services.config.environment) {
        Reach::Anywhere => shared_lambda::outbound_within(Reach::Anywhere),
        Reach::Public => parts.hooks.connector(),
    };
    let http = Http::new(connector, parts.services.clock.clone());
    let deps = webhook_sender::Deps { services: parts.services.clone(), http };
    let dead_letters = parts.queue(name, DEAD_LETTER_QUEUE_URL)?;
    let work = move |event: SqsEvent| {
        let (deps, dead_letters) = (deps.clone(), dead_letters.clone());
        async move { Ok::<_, Infallible>(webhook_sender::handle(&deps, &dead_letters, event).await) }
    };
    parts.job(name, work)
}

fn webhook_worker(parts: &Parts<'_>) -> Result<(String, Job), PlatformError> {
    let name = "webhook-worker";
    let deps = webhook_worker::Deps { services: parts.services.clone(), payments: Some(parts.payments.clone()) };
    let dead_letters = parts.queue(name, DEAD_LETTER_QUEUE_URL)?;
    let work = move |event: SqsEvent| {
        let (deps, dead_letters) = (deps.clone(), dead_letters.clone());
        async move { Ok::<_, Infallible>(webhook_worker::handle(&deps, &dead_letters, event).await) }
    };
    parts.job(name, work)
}

fn reconciliation(parts: &Parts<'_>) -> Result<(String, Job), PlatformError> {
    let name = "reconciliation";
    let deps = reconciliation::Deps { services: parts.services.clone(), payments: Some(parts.payments.clone()) };
    let time = Duration::from_secs(parts.function(name)?.timeout_seconds.saturating_sub(1));
    let work = move |_: ScheduleEvent| {
        let deps = deps.clone();
        async move { reconciliation::handle(&deps, time).await }
    };
    parts.job(name, work)
}

/// The variables by which the sandbox of Stripe is asked where nobody names a key of Stripe's own, and by which the other vendors' webhooks
/// are known where nobody names a secret.
pub(crate) fn with_sandboxes(variables: Vec<(String, String)>) -> Vec<(String, String)> {
    let is_set = |name: &str| variables.iter().any(|(set, value)| set == name && !value.is_empty());
    let mut defaults =
        vec![("UNIPILE_WEBHOOK_SECRET", "unipile-sandbox"), ("UNIPILE_SIGNING_SECRET", "unipile-signing-sandbox")];
    if !is_set("STRIPE_SECRET_KEY") {
        defaults.extend([
            ("STRIPE_SECRET_KEY", SECRET_KEY),
            ("STRIPE_BASE_URL", "http://stripe.local"),
            ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET),
            ("STRIPE_PRICES", PRICES),
        ]);
    }
    // One application has both, or there is none.
    if !is_set("LINKEDIN_CLIENT_ID") && !is_set("LINKEDIN_CLIENT_SECRET") {
        defaults.extend([
            ("LINKEDIN_CLIENT_ID", embedded::LinkedIn::CLIENT_ID),
            ("LINKEDIN_CLIENT_SECRET", embedded::LinkedIn::CLIENT_SECRET),
            ("LINKEDIN_BASE_URL", "http://linkedin.local"),
        ]);
    }
    let missing = defaults.into_iter().filter(|(name, _)| !is_set(name));
    let missing = missing.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>();
    variables.into_iter().chain(missing).collect()
}

/// Who takes payments: the sandbox of this platform, unless the variables name a key of Stripe's own.
pub(crate) fn payments(
    variables: &Variables,
    sandbox: &Sandbox,
    services: &Services,
) -> Result<Payments, PlatformError> {
    let is_sandbox = Reader::new(variables).optional("STRIPE_SECRET_KEY").as_deref() == Some(SECRET_KEY);
    let connector = if is_sandbox { sandbox.connector() } else { shared_lambda::outbound() };
    let http = Http::new(connector, services.clock.clone());
    let payments = Payments::read(variables, http, services.ids.clone())?;
    payments.ok_or_else(|| PlatformError::Disagreement("there is no key of Stripe's".to_owned()))
}

/// Who sends the mail: the mailbox of this platform, spoken to as to Resend, unless the variables name somebody.
pub(crate) fn vendor_of_mail(
    variables: &Variables,
    mailbox: &Mailbox,
    services: &Services,
) -> Result<Mailer, ConfigError> {
    let (config, connector) = if variables.names("EMAIL_PROVIDER") {
        (EmailConfig::read(variables)?, shared_lambda::outbound())
    } else {
        let sandbox = [
            ("EMAIL_FROM", "Groundwork <mail@groundwork.example>"),
            ("EMAIL_PROVIDER", "resend"),
            ("RESEND_API_KEY", "local"),
            ("RESEND_BASE_URL", "http://mailbox.local"),
        ];
        let sandbox = sandbox.map(|(name, value)| (name.to_owned(), value.to_owned()));
        (EmailConfig::read(&sandbox.into_iter().collect())?, mailbox.connector())
    };
    Ok(Mailer::new(config, Http::new(connector, services.clock.clone())))
}

/// Passwords that the sandbox knows from breaches. They are hard to guess otherwise, so that nothing else refuses them.
const BREACHED: [&str; 2] = ["correct horse battery staple", "breached kumquat marmalade"];

/// What looks new passwords up: where the variables say, and in a sandbox inside of this process where they do not.
pub(crate) fn breached_passwords(
    variables: &Variables,
    services: &Services,
) -> Result<Option<BreachedPasswords>, ConfigError> {
    let name = "HIBP_BASE_URL";
    let http = |connector| Http::new(connector, services.clock.clone());
    if variables.names(name) {
        return BreachedPasswords::read(variables, http(shared_lambda::outbound()));
    }
    let sandbox = [(name.to_owned(), "http://breaches.local".to_owned())];
    BreachedPasswords::read(&sandbox.into_iter().collect(), http(Breaches::of(&BREACHED).connector()))
}

/// What signs people in with LinkedIn: as the application that the variables name, and where they name none, at the sandbox inside of this
/// process, whose page `LINKEDIN_BASE_URL` then says where to find.
pub(crate) fn linkedin(
    variables: &Variables,
    sandbox: &embedded::LinkedIn,
    services: &Services,
) -> Result<Option<LinkedIn>, ConfigError> {
    let frontend_url = services.config.frontend_url.as_deref().unwrap_or(FRONTEND_URL);
    let mut reader = Reader::new(variables);
    let is_sandbox = reader.optional("LINKEDIN_CLIENT_ID").as_deref() == Some(embedded::LinkedIn::CLIENT_ID);
    let connector = if is_sandbox { sandbox.connector() } else { shared_lambda::outbound() };
    // The sandbox's API is where its pages are.
    let page = reader.optional("LINKEDIN_BASE_URL").filter(|_| is_sandbox);
    let api = page.map(|page| ("LINKEDIN_API_BASE_URL".to_owned(), page));
    let variables = variables.clone().with(api);
    LinkedIn::read(&variables, Http::new(connector, services.clock.clone()), Some(frontend_url))
}

/// The part of EventBridge Scheduler's event that jobs use.
#[derive(Deserialize)]
struct ScheduleEvent {
    time: Timestamp,
}
