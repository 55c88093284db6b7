//! A campaign's mail: what it says, and what follows once it is over.

use shared::ai;
use shared::clock::Timestamp;
use shared::event::{Actor, Fact};
use shared::id::{LeadActivityId, LeadId, OrganizationId, TaskId};
use shared::model::lead::{Lead, LeadDetails};
use shared::model::lead_activity::{LeadActivity, LeadActivityKind};
use shared::model::mail::{Mail, MailStatus};
use shared::model::organization::Organization;
use shared::model::suppressed_address::SuppressedAddress;
use shared::model::task::{Task, TaskOutput};
use shared::model::usage::{Limited, Usage};
use shared::model::user::User;
use shared::problem::Problem;
use shared::store::{Entity, Transaction, Versioned};
use vendors::email::Email;

use crate::Deps;
use crate::campaign_letter::CampaignLetter;
use crate::compose::Composed;

/// A campaign's mail to a lead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CampaignMail {
    pub(crate) organization_id: OrganizationId,
    pub(crate) task_id: TaskId,
    pub(crate) lead_id: LeadId,
}

/// Writes the mail from what is there now.
pub(crate) async fn compose(deps: &Deps, about: CampaignMail) -> Result<Composed, Problem> {
    let CampaignMail { organization_id, task_id, lead_id } = about;
    let store = &deps.services.store;
    let keys @ [task_key, lead_key, organization_key] = &[
        Task::key_of(organization_id, task_id),
        Lead::key_of(organization_id, lead_id),
        Organization::key_of(organization_id),
    ];
    let mut items = store.batch_get(keys).await?;
    let task = items.remove(task_key).map(Versioned::<Task>::from_item).transpose()?;
    let lead = items.remove(lead_key).map(Versioned::<Lead>::from_item).transpose()?;
    let organization = items.remove(organization_key).map(Versioned::<Organization>::from_item).transpose()?;
    let Some(organization) = organization.filter(|it| it.is_there()) else {
        return Ok(Composed::Moot("organization_gone"));
    };
    let Some(Task { output: Some(TaskOutput::EmailCampaign { subject, body, .. }), created_by, .. }) =
        task.map(|task| task.value)
    else {
        return Ok(Composed::Moot("campaign_gone"));
    };
    let Some(lead) = lead else { return Ok(Composed::Moot("lead_gone")) };
    let Some(address) = &lead.details.email else { return Ok(Composed::Moot("no_address")) };
    let (sender, is_suppressed) = sender_and_suppression(deps, organization_id, created_by, address).await?;
    if is_suppressed {
        return Ok(Composed::Moot("unsubscribed"));
    }
    let token = deps.links.unsubscribe_token(organization_id, task_id, address).await?.text();
    // Answers go only to whoever has shown that the address is theirs.
    let reply_to = sender.as_ref().filter(|sender| sender.email_verified_at.is_some());
    let letter = CampaignLetter {
        subject: &subject,
        body: &body,
        lead: &lead.details.name,
        sender: sender.as_ref().map(|sender| sender.name.as_str()),
        organization: &organization.name,
        is_answerable: reply_to.is_some(),
        unsubscribe_page: &format!("{}/unsubscribe#token={token}", deps.places.frontend_url),
    };
    let one_click = format!("{}/api/crm/unsubscribe?token={token}", deps.places.crm_url);
    let (subject, text, html) = letter.render();
    let email = Email::new(address, &subject, text, html).and_then(|email| email.with_unsubscribe_url(&one_click));
    let email = email.and_then(|email| match letter.sender_name() {
        Some(name) => email.with_sender_name(&name),
        None => Ok(email),
    });
    let email = email.and_then(|email| match reply_to {
        Some(sender) => email.with_reply_to(&sender.email),
        None => Ok(email),
    });
    Ok(email.map_or(Composed::Impossible("address_malformed"), Composed::Ready))
}

/// Who asked for the campaign, while others may meet them, and whether the address gets no campaigns any more.
async fn sender_and_suppression(
    deps: &Deps,
    organization: OrganizationId,
    created_by: Actor,
    address: &str,
) -> Result<(Option<User>, bool), Problem> {
    let suppressed_key = SuppressedAddress::key_of_address(organization, address);
    let user_key = if let Actor::User { user_id } = created_by { Some(User::key_of(user_id)) } else { None };
    let keys = user_key.iter().chain([&suppressed_key]).cloned().collect::<Vec<_>>();
    let mut items = deps.services.store.batch_get(&keys).await?;
    let user = user_key.and_then(|key| items.remove(&key)).map(Versioned::<User>::from_item).transpose()?;
    let sender = user.map(|user| user.value).filter(User::is_active);
    Ok((sender, items.contains_key(&suppressed_key)))
}

/// Records that the mail is over with what follows from it, in one transaction with its event, unless somebody else took the mail over since
/// it was `held`; whether it was recorded.
pub(crate) async fn record(
    deps: &Deps,
    about: CampaignMail,
    held: &Versioned<Mail>,
    next: &Mail,
) -> Result<bool, Problem> {
    let services = &deps.services;
    // One id for every attempt at the transaction.
    let activity_id = services.ids.next::<LeadActivityId>();
    let plan = || async {
        let mut transaction = Transaction::new();
        let current = services.store.get::<Mail>(&held.key()).await?;
        let Some(mail) = current.filter(|current| current.version == held.version) else {
            return Ok((transaction, false));
        };
        transaction.replace(&mail, next.clone());
        follow(deps, &mut transaction, about, next, activity_id).await?;
        Ok::<_, Problem>((transaction, true))
    };
    services.store.execute(plan).await
}

async fn follow(
    deps: &Deps,
    transaction: &mut Transaction<Problem>,
    about: CampaignMail,
    mail: &Mail,
    activity_id: LeadActivityId,
) -> Result<(), Problem> {
    let CampaignMail { organization_id, task_id, lead_id } = about;
    let (services, now) = (&deps.services, mail.updated_at);
    let keys @ [task_key, lead_key] = &[Task::key_of(organization_id, task_id), Lead::key_of(organization_id, lead_id)];
    let mut items = services.store.batch_get(keys).await?;
    let task = items.remove(task_key).map(Versioned::<Task>::from_item).transpose()?;
    let lead = items.remove(lead_key).map(Versioned::<Lead>::from_item).transpose()?;
    // Nothing follows for an organisation that is purged: nothing of it is left.
    let Some(task) = task else { return Ok(()) };
    let Some(counted) = task.with_figures(|figures| figures.after(mail.status), now) else { return Ok(()) };
    let code = mail.error_code.clone().unwrap_or_default();
    let fact = match mail.status {
        MailStatus::Pending | MailStatus::Sending => return Ok(()),
        MailStatus::Sent => {
            if let Some(lead) = lead {
                contacted(transaction, &task, &lead, activity_id, now);
            }
            Fact::CampaignEmailSent { task_id, lead_id }
        }
        MailStatus::Uncertain => Fact::CampaignEmailUncertain { task_id, lead_id, code },
        MailStatus::Failed | MailStatus::Moot => {
            let one = [(Limited::Emails, 1)];
            transaction.update(Usage::release(organization_id, &task.usage_month, &one, ai::Usage::default()));
            Fact::CampaignEmailNotSent { task_id, lead_id, code }
        }
    };
    transaction.replace(&task, counted);
    transaction.create(services.event(organization_id, Actor::Platform, mail.trace, fact));
    Ok(())
}

/// The lead heard of us: an activity says what.
fn contacted(
    transaction: &mut Transaction<Problem>,
    task: &Task,
    lead: &Versioned<Lead>,
    activity_id: LeadActivityId,
    now: Timestamp,
) {
    let Some(TaskOutput::EmailCampaign { subject, body, .. }) = task.output.clone() else { return };
    transaction.create(LeadActivity {
        id: activity_id,
        organization_id: task.organization_id,
        lead_id: lead.id,
        kind: LeadActivityKind::Email,
        subject,
        body,
        task_id: Some(task.id),
        actor: Actor::Platform,
        at: now,
    });
    let last_contacted_at = lead.details.last_contacted_at.max(Some(now));
    let details = LeadDetails { last_contacted_at, ..lead.details.clone() };
    transaction.replace(lead, Lead { details, updated_at: now, ..lead.value.clone() });
}
