//! One message: look, claim, send, record.

use shared::clock::Timestamp;
use shared::model::mail::{ATTEMPTS_MAXIMUM, Mail, MailAbout, MailStatus};
use shared::queue::MailMessage;
use shared::store::{StoreError, Versioned};
use shared::telemetry::{Measures, Metric};
use shared_lambda::JobError;
use vendors::email::EmailError;

use crate::Deps;
use crate::campaign::{self, CampaignMail};
use crate::compose::{Composed, compose};

/// Sends a mail if it is due and nobody else is at it.
///
/// # Errors
/// [`JobError::Reject`] when the message names no mail, or a row cannot be read; [`JobError::Retry`] when the store fails. That the mail
/// was not taken is an outcome, recorded with the mail, and no error.
pub async fn send_mail(deps: &Deps, message: MailMessage) -> Result<(), JobError> {
    let (store, clock) = (&deps.services.store, &deps.services.clock);
    let found = store.get::<Mail>(&Mail::key_of(message.mail_id, &message.name)).await.map_err(fault)?;
    let found = found.ok_or_else(|| JobError::Reject(format!("there is no mail {}", message.mail_id)))?;
    found.trace.record();
    let now = clock.now();
    if !found.is_due(now) {
        return Ok(());
    }
    if found.is_broken_off(now) && (found.attempts >= ATTEMPTS_MAXIMUM || !may_repeat(deps, &found, now)) {
        // Whoever was at it may have sent it before it broke off.
        return record(deps, &found, found.given_up(MailStatus::Uncertain, "abandoned", now)).await;
    }
    let email = match compose(deps, &found.about).await? {
        Composed::Ready(email) => email,
        Composed::Moot(code) => return record(deps, &found, found.given_up(MailStatus::Moot, code, now)).await,
        Composed::Impossible(code) => {
            return record(deps, &found, found.given_up(MailStatus::Failed, code, now)).await;
        }
    };
    let claim = found.claimed(deps.services.ids.next(), clock.now());
    let Some(held) = store.replace(&found, claim).await.map_err(fault)? else { return Ok(()) };
    let outcome = deps.mailer.send(&email, &held.idempotency_key()).await;
    let now = clock.now();
    let next = match outcome {
        Ok(receipt) => held.sent(receipt.id, now),
        Err(EmailError::Permanent { code }) => held.given_up(MailStatus::Failed, &code, now),
        Err(EmailError::Transient { code, retry_after }) => held.attempt_failed(&code, retry_after, now),
        Err(EmailError::Uncertain { code }) => {
            if held.attempts < ATTEMPTS_MAXIMUM && may_repeat(deps, &held, now) {
                held.attempt_failed(&code, None, now)
            } else {
                held.given_up(MailStatus::Uncertain, &code, now)
            }
        }
    };
    record(deps, &held, next).await
}

/// Whether a mail that may have been sent can be sent again without arriving twice: while the vendor knows it by its key.
fn may_repeat(deps: &Deps, mail: &Mail, now: Timestamp) -> bool {
    let since = mail.first_attempt_at.map(|first| now.since(first)).unwrap_or_default();
    deps.mailer.repeats_safely_for().is_some_and(|kept| since < kept)
}

/// Records where a mail stands now, unless somebody else took it over since it was `held`.
async fn record(deps: &Deps, held: &Versioned<Mail>, next: Mail) -> Result<(), JobError> {
    let (status, attempts, code) = (next.status, next.attempts, next.error_code.clone());
    let is_ours = match held.about {
        MailAbout::Campaign { organization_id, task_id, lead_id } if status.is_over() => {
            campaign::record(deps, CampaignMail { organization_id, task_id, lead_id }, held, &next).await?
        }
        _ => deps.services.store.replace(held, next).await.map_err(fault)?.is_some(),
    };
    // That nobody takes mail for a lead's address is the organisation's to mend, and no operator's.
    let is_of_address = matches!(held.about, MailAbout::Campaign { .. }) && attempts < ATTEMPTS_MAXIMUM;
    let failures = u64::from(match status {
        MailStatus::Failed => !is_of_address,
        status => status == MailStatus::Uncertain,
    });
    let measures = Measures::new().with(Metric::MailFailures, failures);
    let (name, code) = (held.about.name(), code.unwrap_or_default());
    tracing::info!(mail_id = %held.id, name, attempts, ?status, code, is_ours, metrics = %measures, "mail handled");
    Ok(())
}

/// Whatever is wrong with the store, the mail is still there to be sent. A row that cannot be read stays so until somebody mends it, who
/// must learn of it; the sweep rings for the mail again.
fn fault(error: StoreError) -> JobError {
    match error {
        StoreError::Corrupt(_) => JobError::Reject(error.to_string()),
        StoreError::Unavailable(_) | StoreError::Refused(_) | StoreError::Contended => {
            JobError::Retry(error.to_string())
        }
    }
}
