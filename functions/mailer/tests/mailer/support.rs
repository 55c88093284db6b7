//! What the tests of this function share.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use embedded::{Mailbox, ReceivedMail};
use mailer::{Deps, Places};
use shared::config::Variables;
use shared::event::{Actor, Fact};
use shared::id::OrganizationId;
use shared::model::link::{Link, LinkPurpose};
use shared::model::mail::Mail;
use shared::model::user::User;
use shared::queue::MailMessage;
use shared::store::Entity;
use shared::trace::Trace;
use testkit::{Caller, Cloud};
use vendors::email::{EmailConfig, Mailer};
use vendors::http::Http;

pub(crate) const FRONTEND: &str = "https://app.example.com";
pub(crate) const CRM: &str = "https://crm.example.com";

/// What may happen to a request on its way to the vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nobody is there.
    NotReached,
    /// The vendor takes the mail, and its answer is lost.
    AnswerLost,
    /// The vendor takes the mail, and never answers.
    NoAnswer,
    /// The vendor is busy and takes nothing; it asks for five minutes.
    Busy,
    /// The vendor fails before it takes anything.
    Failing,
    /// The vendor refuses the mail.
    Refused,
}

/// A way to the mailbox on which what stands in the list happens, one by one, and then nothing any more.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) mailbox: Mailbox,
    troubles: Arc<Mutex<VecDeque<Option<Trouble>>>>,
}

impl Way {
    pub(crate) fn to(cloud: &Cloud) -> Self {
        let clock = cloud.services.clock.clone();
        Self { mailbox: Mailbox::new(move || clock.now().as_milliseconds()), troubles: Arc::default() }
    }

    pub(crate) fn meets(self, troubles: impl IntoIterator<Item = Option<Trouble>>) -> Self {
        self.troubles.lock().unwrap().extend(troubles);
        self
    }
}

fn answer(status: u16, error: &str, headers: &[(&str, &str)]) -> HttpResponse {
    let body = format!("{{\"statusCode\":{status},\"name\":\"{error}\",\"message\":\"no\"}}");
    let mut response = HttpResponse::new(status.try_into().unwrap(), body.into());
    response.headers_mut().insert("x-amzn-errortype", format!("{error}:http://internal.example/"));
    for (name, value) in headers {
        response.headers_mut().insert((*name).to_owned(), (*value).to_owned());
    }
    response
}

impl HttpConnector for Way {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let trouble = self.troubles.lock().unwrap().pop_front().flatten();
        let mailbox = self.mailbox.clone();
        HttpConnectorFuture::new(async move {
            let broken = |kind: std::io::ErrorKind| Err(ConnectorError::io(std::io::Error::from(kind).into()));
            match trouble {
                None => mailbox.call(request).await,
                Some(Trouble::NotReached) => broken(std::io::ErrorKind::ConnectionRefused),
                Some(Trouble::AnswerLost) => {
                    mailbox.call(request).await?;
                    broken(std::io::ErrorKind::ConnectionReset)
                }
                Some(Trouble::NoAnswer) => {
                    mailbox.call(request).await?;
                    std::future::pending().await
                }
                Some(Trouble::Busy) => Ok(answer(429, "rate_limit_exceeded", &[("retry-after", "300")])),
                Some(Trouble::Failing) => Ok(answer(500, "internal_server_error", &[])),
                Some(Trouble::Refused) => Ok(answer(422, "MessageRejected", &[])),
            }
        })
    }
}

/// The function with Resend or SES at the end of this way.
pub(crate) fn deps(cloud: &Cloud, way: &Way, provider: &str) -> Deps {
    let variables = [
        ("EMAIL_FROM", "Groundwork <mail@groundwork.example>"),
        ("EMAIL_PROVIDER", provider),
        ("RESEND_API_KEY", "a key of a test"),
        ("RESEND_BASE_URL", "http://resend.example"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "a secret of a test"),
    ];
    let variables: Variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    let config = EmailConfig::read(&variables).unwrap();
    let http = Http::new(SharedHttpConnector::new(way.clone()), cloud.services.clock.clone());
    // CloudFormation gives a function's URL with a slash at its end.
    let places = Places::new(FRONTEND, &format!("{CRM}/"));
    Deps::new(cloud.services.clone(), Mailer::new(config, http), places)
}

/// The mails that a fact brings about, as the projector leaves them.
pub(crate) async fn mails(cloud: &Cloud, organization: OrganizationId, fact: Fact) -> Vec<Mail> {
    let services = &cloud.services;
    let event = services.event(organization, Actor::Platform, Trace::begin(&services.ids), fact);
    let mails = Mail::of(&event, services.clock.now());
    cloud.write(|transaction| mails.iter().for_each(|mail| transaction.create(mail.clone()))).await;
    mails
}

/// A link of somebody's with its mail.
pub(crate) async fn with_link(cloud: &Cloud, caller: &Caller, purpose: LinkPurpose, email: &str) -> (Link, Vec<Mail>) {
    let (services, user_id) = (&cloud.services, caller.user_id);
    let link = Link::new(services.ids.next(), purpose, user_id, email, services.clock.now());
    cloud.write(|transaction| transaction.create(link.clone())).await;
    let link_id = link.id;
    let fact = match purpose {
        LinkPurpose::VerifyEmail => Fact::EmailVerificationRequested { user_id, link_id },
        LinkPurpose::ResetPassword => Fact::PasswordResetRequested { user_id, link_id },
        LinkPurpose::ChangeEmail | LinkPurpose::Invitation | LinkPurpose::Export | LinkPurpose::Unsubscribe => {
            Fact::EmailChangeRequested { user_id, link_id }
        }
    };
    (link, mails(cloud, caller.organization_id, fact).await)
}

pub(crate) fn message(mail: &Mail) -> MailMessage {
    MailMessage { mail_id: mail.id, name: mail.about.name(), trace: None }
}

pub(crate) async fn stored(cloud: &Cloud, mail: &Mail) -> Mail {
    cloud.services.store.get::<Mail>(&mail.key()).await.unwrap().unwrap().value
}

pub(crate) async fn user(cloud: &Cloud, caller: &Caller) -> shared::store::Versioned<User> {
    cloud.services.store.get::<User>(&User::key_of(caller.user_id)).await.unwrap().unwrap()
}

/// The only mail that arrived.
#[track_caller]
pub(crate) fn only(way: &Way) -> ReceivedMail {
    let mails = way.mailbox.mails();
    assert_eq!(mails.len(), 1, "{mails:?}");
    mails.into_iter().next().unwrap()
}
