//! Sends mail.
//!
//! A message on the `mail` queue says that a mail may be due; its row says whether it is. The address, the names and the link are read
//! and derived when the mail is sent. The row is claimed right before the vendor is asked, and what came of it is recorded on top of the
//! claim: a message that comes twice, or late, or to two instances at once, sends nothing twice. A mail that may have left is sent again
//! only where the vendor knows it by its key.

mod campaign;
mod campaign_letter;
mod compose;
mod letter;
mod send;

use shared::access::LinkSecrets;
use shared::queue::MailMessage;
use shared::services::Services;
use shared_lambda::{QueueSender, SqsBatchResponse, SqsEvent, handle_batch};
use vendors::email::Mailer;

pub use send::send_mail;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    services: Services,
    links: LinkSecrets,
    mailer: Mailer,
    places: Places,
}

/// Where the links of mails lead.
#[derive(Clone, Debug)]
pub struct Places {
    frontend_url: String,
    crm_url: String,
}

impl Places {
    /// Links for people lead to pages below `frontend_url`; what mailboxes ask by themselves is answered below `crm_url`, by the function
    /// `crm`.
    pub fn new(frontend_url: &str, crm_url: &str) -> Self {
        let [frontend_url, crm_url] = [frontend_url, crm_url].map(|url| url.trim_end_matches('/').to_owned());
        Self { frontend_url, crm_url }
    }
}

impl Deps {
    /// What the function needs, on top of these services.
    pub fn new(services: Services, mailer: Mailer, places: Places) -> Self {
        Self { links: LinkSecrets::new(services.clone()), services, mailer, places }
    }
}

/// Works off a batch of messages; those that can never be dealt with go to `dead_letters`.
pub async fn handle(deps: &Deps, dead_letters: &QueueSender, event: SqsEvent) -> SqsBatchResponse {
    handle_batch(event, dead_letters, |message: MailMessage| send_mail(deps, message)).await
}
