//! Campaigns: what leads get, what they do not, and what follows from each mail.

use std::time::Duration;

use crate::support::{CRM, FRONTEND, Trouble, Way, deps, mails, message, only, stored, user};
use futures_util::future::join_all;
use mailer::{Deps, send_mail};
use shared::access::LinkSecrets;
use shared::event::{Actor, Event, Fact};
use shared::id::{Ids, LeadId, OrganizationId};
use shared::model::campaign::CampaignFigures;
use shared::model::lead::{Lead, LeadDetails, LeadStatus};
use shared::model::lead_activity::{LeadActivity, LeadActivityKind};
use shared::model::mail::{LEASE, Mail, MailStatus};
use shared::model::organization::Organization;
use shared::model::suppressed_address::SuppressedAddress;
use shared::model::task::{Task, TaskInput, TaskOutput, TaskStatus};
use shared::model::usage::{Limited, Usage};
use shared::model::user::User;
use shared::plan::PlanName;
use shared::store::{Entity, Key, Listing};
use shared::trace::Trace;
use testkit::{Caller, Cloud, FaultPlan, SeededEntropy};

const GRACE: &str = "grace@cobol.example";
const BODY: &str = "Our beta opens in December.\n\nWould you like a place?";

/// A campaign as the task runner leaves it, and its mails as the projector does.
struct Campaign {
    ada: Caller,
    task: Task,
    mails: Vec<Mail>,
}

impl Campaign {
    async fn of(cloud: &Cloud, ada: &Caller, lead_ids: Vec<LeadId>) -> Self {
        let (services, organization) = (&cloud.services, ada.organization_id);
        let (now, trace) = (services.clock.now(), Trace::begin(&services.ids));
        let amounts = [(Limited::Tasks, 1), (Limited::Emails, u32::try_from(lead_ids.len()).unwrap())];
        let reserve = Usage::reserve(organization, &now.month(), &amounts, PlanName::Enterprise.plan());
        assert!(services.store.try_update(reserve).await.unwrap());
        let created_by = Actor::User { user_id: ada.user_id };
        let input = TaskInput::EmailCampaign { lead_ids: lead_ids.clone(), about: "The beta".to_owned() };
        let task = Task::new(services.ids.next(), organization, "E-mail".to_owned(), input, created_by, trace, now);
        let figures = CampaignFigures::of(lead_ids.len());
        let (subject, body) = ("News of the beta".to_owned(), BODY.to_owned());
        let task = task.completed(TaskOutput::EmailCampaign { subject, body, figures }, now);
        cloud.write(|transaction| transaction.create(task.clone())).await;
        let mails = mails(cloud, organization, Fact::CampaignWritten { task_id: task.id, lead_ids }).await;
        Self { ada: ada.clone(), task, mails }
    }

    async fn to_grace(cloud: &Cloud) -> (Self, LeadId) {
        let ada = cloud.caller("Ada").await;
        let grace = cloud.lead_at(ada.organization_id, "Grace Hopper", GRACE).await;
        (Self::of(cloud, &ada, vec![grace]).await, grace)
    }

    async fn figures(&self, cloud: &Cloud) -> CampaignFigures {
        let task = read::<Task>(cloud, self.task.key()).await.unwrap();
        assert_eq!(task.status, TaskStatus::Completed);
        let Some(TaskOutput::EmailCampaign { figures, .. }) = task.output else { panic!("{task:?}") };
        let counted = figures.pending + figures.sent + figures.uncertain + figures.failed + figures.skipped;
        assert_eq!(counted, figures.recipients, "{figures:?}");
        figures
    }

    async fn emails_used(&self, cloud: &Cloud) -> i64 {
        let key = Usage::key_of(self.ada.organization_id, &self.task.usage_month);
        read::<Usage>(cloud, key).await.unwrap().emails
    }

    /// The types of the organisation's events.
    async fn trail(&self, cloud: &Cloud) -> Vec<String> {
        let listing = Listing::of_partition(Event::partition(self.ada.organization_id)).limit(100);
        let page = cloud.services.store.list::<Event>(&listing, None).await.unwrap();
        let kind = |event: &Event| serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned();
        page.data.iter().map(|event| kind(event)).collect()
    }
}

async fn read<T: Entity>(cloud: &Cloud, key: Key) -> Option<T> {
    cloud.services.store.get::<T>(&key).await.unwrap().map(|found| found.value)
}

async fn activities(cloud: &Cloud, organization: OrganizationId, lead: LeadId) -> Vec<LeadActivity> {
    let listing = Listing::of_partition(LeadActivity::partition(organization, lead));
    let page = cloud.services.store.list::<LeadActivity>(&listing, None).await.unwrap();
    page.data.into_iter().map(|activity| activity.value).collect()
}

async fn send(deps: &Deps, mail: &Mail) {
    send_mail(deps, message(mail)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lead_gets_the_mail_once_with_its_way_out_and_everything_follows_from_it() {
    for provider in ["resend", "ses"] {
        let cloud = Cloud::new();
        let (campaign, grace) = Campaign::to_grace(&cloud).await;
        let (way, organization) = (Way::to(&cloud), campaign.ada.organization_id);
        let deps = deps(&cloud, &way, provider);
        send(&deps, &campaign.mails[0]).await;
        let mail = only(&way);
        assert_eq!((mail.to.as_slice(), mail.subject.as_str()), (&[GRACE.to_owned()][..], "News of the beta"));
        let expected = "Hello Grace Hopper,\n\nOur beta opens in December.\n\nWould you like a place?\n\nBest regards\nAda\n\n-- \n";
        assert!(mail.text.starts_with(expected), "{}", mail.text);
        let links = LinkSecrets::new(cloud.services.clone());
        let token = links.unsubscribe_token(organization, campaign.task.id, GRACE).await.unwrap().text();
        let page = format!("{FRONTEND}/unsubscribe#token={token}");
        assert!(mail.text.lines().any(|line| line == page), "{}", mail.text);
        assert!(mail.html.contains(&format!("href=\"{page}\"")), "{}", mail.html);
        assert_eq!(mail.headers["List-Unsubscribe"], format!("<{CRM}/api/crm/unsubscribe?token={token}>"));
        assert_eq!(mail.headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
        assert_eq!(mail.from, "\"Ada via Groundwork\" <mail@groundwork.example>");
        assert_eq!(mail.reply_to, None, "nobody has shown that the address is Ada's");

        let row = stored(&cloud, &campaign.mails[0]).await;
        assert_eq!((row.status, row.attempts), (MailStatus::Sent, 1));
        assert!(!format!("{row:?}").contains('@'), "the row holds no address");
        let figures = CampaignFigures { recipients: 1, sent: 1, ..CampaignFigures::default() };
        assert_eq!(campaign.figures(&cloud).await, figures);
        assert_eq!(campaign.emails_used(&cloud).await, 1);
        let activity = activities(&cloud, organization, grace).await.remove(0);
        assert_eq!((activity.kind, activity.task_id), (LeadActivityKind::Email, Some(campaign.task.id)));
        assert_eq!((activity.subject.as_str(), activity.body.as_str()), ("News of the beta", BODY));
        let lead = read::<Lead>(&cloud, Lead::key_of(organization, grace)).await.unwrap();
        assert_eq!(lead.details.last_contacted_at, Some(row.updated_at));
        assert_eq!(campaign.trail(&cloud).await, ["campaign.emailSent"]);

        tokio::time::advance(Duration::from_secs(7200)).await;
        join_all((0..4).map(|_| send(&deps, &campaign.mails[0]))).await;
        only(&way);
        assert_eq!(activities(&cloud, organization, grace).await.len(), 1);
        assert_eq!(campaign.figures(&cloud).await, figures);
    }
}

#[tokio::test(start_paused = true)]
async fn answers_go_to_who_asked_only_if_the_address_is_theirs() {
    let cloud = Cloud::new();
    let (campaign, _) = Campaign::to_grace(&cloud).await;
    let account = user(&cloud, &campaign.ada).await;
    let verified = User { email_verified_at: Some(cloud.services.clock.now()), ..account.value.clone() };
    cloud.write(|transaction| transaction.replace(&account, verified.clone())).await;
    for provider in ["resend", "ses"] {
        let (campaign, way) = (Campaign::of(&cloud, &campaign.ada, lead_ids(&campaign)).await, Way::to(&cloud));
        send(&deps(&cloud, &way, provider), &campaign.mails[0]).await;
        assert_eq!(only(&way).reply_to.as_deref(), Some("ada@example.com"));
    }
    // Whoever is suspended by now neither signs nor gets answers.
    let (again, way) = (Campaign::of(&cloud, &campaign.ada, lead_ids(&campaign)).await, Way::to(&cloud));
    cloud.suspend(&campaign.ada).await;
    send(&deps(&cloud, &way, "ses"), &again.mails[0]).await;
    let mail = only(&way);
    assert!(mail.reply_to.is_none() && mail.text.contains("Best regards\nAda\n\n-- "), "{}", mail.text);
}

fn lead_ids(campaign: &Campaign) -> Vec<LeadId> {
    let TaskInput::EmailCampaign { lead_ids, .. } = &campaign.task.input else { panic!("{:?}", campaign.task) };
    lead_ids.clone()
}

#[tokio::test(start_paused = true)]
async fn what_is_not_to_be_sent_any_more_is_given_back() {
    let cloud = Cloud::new();
    let way = Way::to(&cloud);
    let deps = deps(&cloud, &way, "ses");
    let moot = async |campaign: &Campaign, code: &str| {
        send(&deps, &campaign.mails[0]).await;
        send(&deps, &campaign.mails[0]).await;
        let row = stored(&cloud, &campaign.mails[0]).await;
        assert_eq!((row.status, row.error_code.as_deref(), row.attempts), (MailStatus::Moot, Some(code), 0));
        let figures = CampaignFigures { recipients: 1, skipped: 1, ..CampaignFigures::default() };
        assert_eq!(campaign.figures(&cloud).await, figures, "{code}");
        assert_eq!(campaign.emails_used(&cloud).await, 0, "{code}");
        assert_eq!(campaign.trail(&cloud).await, ["campaign.emailNotSent"], "{code}");
    };
    let lead_key = |campaign: &Campaign, lead| Lead::key_of(campaign.ada.organization_id, lead);

    let (campaign, grace) = Campaign::to_grace(&cloud).await;
    cloud.write(|transaction| transaction.delete_key(lead_key(&campaign, grace))).await;
    moot(&campaign, "lead_gone").await;

    let (campaign, grace) = Campaign::to_grace(&cloud).await;
    let lead = cloud.services.store.get::<Lead>(&lead_key(&campaign, grace)).await.unwrap().unwrap();
    let details = LeadDetails { email: None, ..lead.details.clone() };
    let without = Lead { details, ..lead.value.clone() };
    cloud.write(|transaction| transaction.replace(&lead, without.clone())).await;
    moot(&campaign, "no_address").await;

    let (campaign, _) = Campaign::to_grace(&cloud).await;
    let (digest, at) = (SuppressedAddress::digest("Grace@COBOL.example"), cloud.services.clock.now());
    let organization_id = campaign.ada.organization_id;
    let row = SuppressedAddress { organization_id, digest, task_id: campaign.task.id, at };
    cloud.write(|transaction| transaction.create(row.clone())).await;
    moot(&campaign, "unsubscribed").await;

    let (campaign, _) = Campaign::to_grace(&cloud).await;
    cloud.delete_organization(campaign.ada.organization_id).await;
    moot(&campaign, "organization_gone").await;

    let (campaign, grace) = Campaign::to_grace(&cloud).await;
    assert!(activities(&cloud, campaign.ada.organization_id, grace).await.is_empty());
    // Nothing is left of the organisation.
    cloud.write(|transaction| transaction.delete_key(campaign.task.key())).await;
    cloud.write(|transaction| transaction.delete_key(Organization::key_of(campaign.ada.organization_id))).await;
    send(&deps, &campaign.mails[0]).await;
    assert_eq!(stored(&cloud, &campaign.mails[0]).await.status, MailStatus::Moot);
    assert!(campaign.trail(&cloud).await.is_empty());
    assert!(way.mailbox.mails().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_given_back_and_what_nobody_knows_counts_as_used() {
    let cloud = Cloud::new();
    for (trouble, after, status, used, fact) in [
        (Trouble::Refused, Duration::ZERO, MailStatus::Failed, 0, "campaign.emailNotSent"),
        (Trouble::AnswerLost, Duration::ZERO, MailStatus::Uncertain, 1, "campaign.emailUncertain"),
    ] {
        let (campaign, grace) = Campaign::to_grace(&cloud).await;
        let way = Way::to(&cloud).meets([Some(trouble)]);
        let deps = deps(&cloud, &way, "ses");
        send(&deps, &campaign.mails[0]).await;
        tokio::time::advance(after).await;
        send(&deps, &campaign.mails[0]).await;
        assert_eq!(stored(&cloud, &campaign.mails[0]).await.status, status);
        let figures = campaign.figures(&cloud).await;
        assert_eq!((figures.pending, figures.sent), (0, 0), "{trouble:?}");
        let ended = if status == MailStatus::Failed { figures.failed } else { figures.uncertain };
        assert_eq!((ended, campaign.emails_used(&cloud).await), (1, used), "{trouble:?}");
        assert_eq!(campaign.trail(&cloud).await, [fact], "{trouble:?}");
        assert!(activities(&cloud, campaign.ada.organization_id, grace).await.is_empty(), "{trouble:?}");
    }
    // Whoever was at it broke off.
    let (campaign, _) = Campaign::to_grace(&cloud).await;
    let found = cloud.services.store.get::<Mail>(&campaign.mails[0].key()).await.unwrap().unwrap();
    let claim = found.claimed(cloud.services.ids.next(), cloud.services.clock.now());
    cloud.services.store.replace(&found, claim).await.unwrap().unwrap();
    tokio::time::advance(LEASE).await;
    send(&deps(&cloud, &Way::to(&cloud), "ses"), &campaign.mails[0]).await;
    assert_eq!((campaign.figures(&cloud).await.uncertain, campaign.emails_used(&cloud).await), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_largest_campaign_at_once_is_counted_exactly_and_a_leads_change_is_kept() {
    let cloud = Cloud::with_timing(1);
    let ada = cloud.caller("Ada").await;
    let mut leads = Vec::new();
    for number in 0..25 {
        leads.push(
            cloud.lead_at(ada.organization_id, &format!("Lead {number}"), &format!("lead{number}@leads.example")).await,
        );
    }
    let campaign = Campaign::of(&cloud, &ada, leads.clone()).await;
    let way = Way::to(&cloud);
    let deps = deps(&cloud, &way, "ses");
    let change = async {
        let key = Lead::key_of(ada.organization_id, leads[0]);
        let lead = cloud.services.store.get::<Lead>(&key).await.unwrap().unwrap();
        let details = LeadDetails { status: LeadStatus::Qualified, ..lead.details.clone() };
        let changed = Lead { details, ..lead.value.clone() };
        // Whoever was faster wins; the other looks again.
        cloud.services.store.replace(&lead, changed).await.unwrap()
    };
    let messages = campaign.mails.iter().chain(&campaign.mails);
    let (outcomes, changed) =
        futures_util::future::join(join_all(messages.map(|mail| send_mail(&deps, message(mail)))), change).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(way.mailbox.mails().len(), 25);
    let figures = campaign.figures(&cloud).await;
    assert_eq!((figures.sent, campaign.emails_used(&cloud).await), (25, 25));
    assert_eq!(campaign.trail(&cloud).await.len(), 25);
    for lead in &leads {
        assert_eq!(activities(&cloud, ada.organization_id, *lead).await.len(), 1);
    }
    let lead = read::<Lead>(&cloud, Lead::key_of(ada.organization_id, leads[0])).await.unwrap();
    assert!(lead.details.last_contacted_at.is_some());
    assert_eq!(lead.details.status == LeadStatus::Qualified, changed.is_some());
}

/// What happens on the way to the vendor, as it follows from a seed.
fn troubles(ids: &Ids) -> Vec<Option<Trouble>> {
    let all = [
        Trouble::NotReached,
        Trouble::AnswerLost,
        Trouble::NoAnswer,
        Trouble::Busy,
        Trouble::Failing,
        Trouble::Refused,
    ];
    std::iter::repeat_n((), 40).map(|()| all.get(usize::try_from(ids.below(12)).unwrap()).copied()).collect()
}

#[tokio::test(start_paused = true)]
async fn under_every_seed_of_faults_figures_usage_and_mailbox_agree() {
    for seed in 0..20 {
        let provider = if seed % 2 == 0 { "resend" } else { "ses" };
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let calm = cloud.without_faults();
        let ada = calm.caller("Ada").await;
        let mut leads = Vec::new();
        for number in 0..5 {
            leads.push(calm.lead_at(ada.organization_id, "Lead", &format!("lead{number}@leads.example")).await);
        }
        let campaign = Campaign::of(&calm, &ada, leads.clone()).await;
        let chance = Ids::new(calm.services.clock.clone(), SeededEntropy::new(seed));
        let way = Way::to(&calm).meets(troubles(&chance));
        let deps = deps(&cloud, &way, provider);
        for _ in 0..60 {
            for mail in &campaign.mails {
                join_all([send_mail(&deps, message(mail)), send_mail(&deps, message(mail))]).await;
            }
            tokio::time::advance(Duration::from_secs(150)).await;
        }
        let figures = campaign.figures(&calm).await;
        assert_eq!(figures.pending, 0, "seed {seed}: {figures:?}");
        let used = u32::try_from(campaign.emails_used(&calm).await).unwrap();
        assert_eq!(used, figures.sent + figures.uncertain, "seed {seed}: {figures:?}");
        let mut told = 0;
        for (number, lead) in leads.iter().enumerate() {
            let arrived = way.mailbox.mails_to(&format!("lead{number}@leads.example")).len();
            let known = activities(&calm, ada.organization_id, *lead).await.len();
            assert!(arrived <= 1 && known <= arrived, "seed {seed}: {arrived} arrived, {known} are known");
            told += known;
        }
        assert_eq!(u32::try_from(told).unwrap(), figures.sent, "seed {seed}");
        assert_eq!(campaign.trail(&calm).await.len(), 5, "seed {seed}: each mail has one event");
    }
}
