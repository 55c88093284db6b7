//! What the organisation has that paths name.

use shared::access::{LinkSecrets, Role};
use shared::event::{Actor, Fact};
use shared::id::{
    ConversationId, FileId, InvitationId, LeadId, OrganizationId, PortfolioEntryId, SkillId, TaskId, UserId, VentureId,
    WebhookDeliveryId, WebhookId,
};
use shared::model::checkout::{Checkout, CheckoutStatus};
use shared::model::conversation::Conversation;
use shared::model::file::{File, FileStatus};
use shared::model::invitation::{Invitation, InvitedAddress};
use shared::model::lead::{Lead, LeadDetails};
use shared::model::portfolio_entry::PortfolioEntry;
use shared::model::profile::Profile;
use shared::model::skill::Skill;
use shared::model::task::{Task, TaskInput, TaskStatus};
use shared::model::venture::{Venture, VentureStage};
use shared::model::webhook::{Webhook, WebhookSecret};
use shared::model::webhook_delivery::WebhookDelivery;
use shared::product::Product;
use shared::trace::Trace;
use testkit::{Caller, Cloud};

/// A checkout of the organisation's.
pub(super) const CHECKOUT: &str = "cs_1";
/// The address of the stranger, who is invited to the organisation.
pub(super) const STRANGER: &str = "stranger@example.com";

/// The organisation's things that paths name.
pub(super) struct Things {
    pub(super) organization: OrganizationId,
    pub(super) lead: LeadId,
    pub(super) task: TaskId,
    pub(super) venture: VentureId,
    pub(super) file: FileId,
    pub(super) conversation: ConversationId,
    pub(super) entry: PortfolioEntryId,
    pub(super) skill: SkillId,
    /// Another member.
    pub(super) colleague: UserId,
    /// An invitation to the stranger, and the token of its link.
    pub(super) invitation: InvitationId,
    pub(super) invitation_token: String,
    /// The token of a campaign's mail, by which somebody unsubscribes.
    pub(super) unsubscribe_token: String,
    pub(super) webhook: WebhookId,
    pub(super) delivery: WebhookDeliveryId,
}

impl Things {
    pub(super) async fn make(cloud: &Cloud, owner: &Caller) -> Self {
        let services = &cloud.services;
        let (now, organization_id) = (services.clock.now(), owner.organization_id);
        let colleague = cloud.caller("Colleague").await;
        cloud.join(&colleague, organization_id, Role::Member).await;
        let (invitation, role) = (services.ids.next(), Role::Member);
        let invitation = Invitation::new(invitation, organization_id, STRANGER, role, owner.user_id, now);
        let (links, task) = (LinkSecrets::new(services.clone()), services.ids.next());
        let token = links.invitation_token(organization_id, invitation.id).await;
        let unsubscribe = links.unsubscribe_token(organization_id, task, STRANGER).await;
        let webhook = Webhook {
            id: services.ids.next(),
            organization_id,
            url: "https://example.com/hook".to_owned(),
            events: vec!["venture.created".to_owned()],
            enabled: true,
            secret: WebhookSecret::new(&services.ids),
            previous_secret: None,
            created_by: owner.user_id,
            created_at: now,
            updated_at: now,
        };
        let fact = Fact::VentureCreated { venture_id: services.ids.next() };
        let event = services.event(organization_id, Actor::Platform, Trace::begin(&services.ids), fact);
        let delivery = WebhookDelivery::new(services.ids.next(), webhook.id, &event, "venture.created", now);
        let delivery = delivery.attempt_failed("refused", Some(500), false, now);
        let things = Self {
            organization: organization_id,
            webhook: webhook.id,
            delivery: delivery.id,
            colleague: colleague.user_id,
            invitation: invitation.id,
            invitation_token: token.expect("the secret is made").text(),
            unsubscribe_token: unsubscribe.expect("the secret is made").text(),
            lead: services.ids.next(),
            task,
            venture: services.ids.next(),
            file: services.ids.next(),
            conversation: services.ids.next(),
            entry: services.ids.next(),
            skill: Skill::id_of("Computing"),
        };
        let actor = Actor::User { user_id: owner.user_id };
        cloud
            .write(|transaction| {
                transaction.create(webhook.clone());
                transaction.create(Checkout {
                    id: CHECKOUT.to_owned(),
                    organization_id,
                    product: Product::Credits(4_900),
                    status: CheckoutStatus::Open,
                    amount: None,
                    currency: None,
                    created_by: owner.user_id,
                    created_at: now,
                });
                transaction.create(delivery.clone());
                transaction.create(InvitedAddress::of(&invitation));
                transaction.create(invitation.clone());
                transaction.create(Lead {
                    id: things.lead,
                    organization_id,
                    details: LeadDetails { name: "Ada".to_owned(), ..LeadDetails::default() },
                    open_follow_up_task_id: None,
                    last_follow_up_at: None,
                    created_at: now,
                    updated_at: now,
                });
                let (title, trace) = ("Post".to_owned(), Trace::begin(&services.ids));
                let input = TaskInput::SocialMediaPost;
                let task = Task::new(things.task, organization_id, title, input, actor, trace, now);
                assert_eq!(task.status, TaskStatus::Pending);
                transaction.create(task);
                transaction.create(Venture {
                    id: things.venture,
                    organization_id,
                    name: "Engine".to_owned(),
                    stage: VentureStage::Idea,
                    category: "Hardware".to_owned(),
                    description: String::new(),
                    created_by: owner.user_id,
                    created_at: now,
                });
                transaction.create(File {
                    id: things.file,
                    organization_id,
                    name: "pitch.pdf".to_owned(),
                    content_type: "application/pdf".to_owned(),
                    size_bytes: 10,
                    status: FileStatus::Ready,
                    is_picture: false,
                    uploaded_by: owner.user_id,
                    created_at: now,
                    updated_at: now,
                });
                let mut profile = Profile::empty(owner.user_id, now);
                (profile.skill_count, profile.portfolio_count) = (1, 1);
                transaction.create(profile);
                let (user_id, name) = (owner.user_id, "Computing".to_owned());
                transaction.create(Skill { id: things.skill, user_id, name, endorsements: 0, added_at: now });
                transaction.create(PortfolioEntry {
                    id: things.entry,
                    user_id,
                    title: "Engine".to_owned(),
                    description: None,
                    url: None,
                    year: None,
                    created_at: now,
                    updated_at: now,
                });
                transaction.create(Conversation {
                    id: things.conversation,
                    organization_id,
                    user_id: owner.user_id,
                    title: "Hello".to_owned(),
                    created_at: now,
                    updated_at: now,
                });
            })
            .await;
        things
    }

    pub(super) fn path(&self, template: &str, owner: &Caller) -> String {
        // Among members it is another, among people the owner.
        let user = if template.starts_with("/api/users/") || template.starts_with("/api/buz/") {
            owner.user_id
        } else {
            self.colleague
        };
        template
            .replace("{userId}/past", "{userId}/past?at=2026-11-20T09:00:00Z")
            .replace("statement/{userId}", "statement/{userId}?from=2026-11-20T09:00:00Z&to=2026-12-20T09:00:00Z")
            .replace("/unsubscribe", &format!("/unsubscribe?token={}", self.unsubscribe_token))
            .replace("{sessionId}", &owner.session_id.to_string())
            .replace("{organizationId}", &owner.organization_id.to_string())
            .replace("{userId}", &user.to_string())
            .replace("{webhookId}", &self.webhook.to_string())
            .replace("{deliveryId}", &self.delivery.to_string())
            .replace("{invitationId}", &self.invitation.to_string())
            .replace("{ventureId}", &self.venture.to_string())
            .replace("{fileId}", &self.file.to_string())
            .replace("{leadId}", &self.lead.to_string())
            .replace("{conversationId}", &self.conversation.to_string())
            .replace("{taskId}", &self.task.to_string())
            .replace("{entryId}", &self.entry.to_string())
            .replace("{skillId}", &self.skill.to_string())
            .replace("{checkoutId}", CHECKOUT)
    }
}
