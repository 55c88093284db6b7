//! Mails whose time has come.

use shared::model::mail::Mail;
use shared::queue::MailMessage;
use shared::store::Key;

use crate::{Deps, Outcome, Summary, bells};

/// Rings for the mails at these keys.
pub(crate) async fn ring(deps: &Deps, keys: &[Key]) -> Outcome {
    let message = |key: &Key| {
        let (mail_id, name) = Mail::parts_of(key)?;
        Some(MailMessage { mail_id, name: name.to_owned(), trace: None })
    };
    let (rung, outcome) = bells::ring(&deps.mail, keys, message).await;
    Outcome { summary: Summary { mails_rung: rung, ..outcome.summary }, ..outcome }
}
