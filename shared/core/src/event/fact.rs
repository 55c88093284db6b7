//! The facts that events record: everything that happens, once each.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{PlatformRole, Role};
use crate::clock::Timestamp;
use crate::id::{
    ConversationId, CreditGrantId, FileId, InvitationId, LeadId, LinkId, MessageId, PortfolioEntryId, SessionId,
    SkillId, StakeId, TaskId, TransferId, UserId, VentureId, WebhookDeliveryId, WebhookId,
};
use crate::model::billing_account::SubscriptionStatus;
use crate::model::checkout::CheckoutStatus;
use crate::model::identity::IdentityProvider;
use crate::model::inbound_event::Provider;
use crate::model::task::TaskKind;
use crate::plan::PlanName;
use crate::product::Product;

/// The facts that events record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data")]
#[expect(missing_docs, reason = "the fields are named for what they hold: ids, counts and codes")]
pub enum Fact {
    /// An account and its personal organisation came into being.
    #[serde(rename = "account.registered", rename_all = "camelCase")]
    AccountRegistered { user_id: UserId },
    /// Somebody signed in.
    #[serde(rename = "session.started", rename_all = "camelCase")]
    SessionStarted { user_id: UserId, session_id: SessionId },
    /// Somebody signed out.
    #[serde(rename = "session.ended", rename_all = "camelCase")]
    SessionEnded { user_id: UserId, session_id: SessionId },
    /// An account got a platform role, or lost it.
    #[serde(rename = "account.platformRoleChanged", rename_all = "camelCase")]
    PlatformRoleChanged { user_id: UserId, role: Option<PlatformRole> },
    /// An account's owner asked for a link that shows its address to be theirs.
    #[serde(rename = "account.emailVerificationRequested", rename_all = "camelCase")]
    EmailVerificationRequested { user_id: UserId, link_id: LinkId },
    /// An account's address was shown to be its owner's.
    #[serde(rename = "account.emailVerified", rename_all = "camelCase")]
    EmailVerified { user_id: UserId },
    /// Somebody asked for a link that sets a new password.
    #[serde(rename = "account.passwordResetRequested", rename_all = "camelCase")]
    PasswordResetRequested { user_id: UserId, link_id: LinkId },
    /// A new password was set by such a link; every session ended.
    #[serde(rename = "account.passwordReset", rename_all = "camelCase")]
    PasswordReset { user_id: UserId },
    /// An account's owner asked for a link that makes another address the account's.
    #[serde(rename = "account.emailChangeRequested", rename_all = "camelCase")]
    EmailChangeRequested { user_id: UserId, link_id: LinkId },
    /// Another address became the account's.
    #[serde(rename = "account.emailChanged", rename_all = "camelCase")]
    EmailChanged { user_id: UserId },
    /// An account's owner, signed in, set a new password.
    #[serde(rename = "account.passwordChanged", rename_all = "camelCase")]
    PasswordChanged { user_id: UserId },
    /// A used refresh token was replayed: its session ended.
    #[serde(rename = "session.familyRevoked", rename_all = "camelCase")]
    SessionFamilyRevoked { user_id: UserId, session_id: SessionId },
    /// Every session of an account ended.
    #[serde(rename = "session.allEnded", rename_all = "camelCase")]
    AllSessionsEnded { user_id: UserId },
    /// A session got another name.
    #[serde(rename = "session.renamed", rename_all = "camelCase")]
    SessionRenamed { user_id: UserId, session_id: SessionId },
    /// An account's second factor was turned on.
    #[serde(rename = "account.totpEnabled", rename_all = "camelCase")]
    TotpEnabled { user_id: UserId },
    /// An account's second factor was turned off.
    #[serde(rename = "account.totpDisabled", rename_all = "camelCase")]
    TotpDisabled { user_id: UserId },
    /// An account got new recovery codes in place of the old ones.
    #[serde(rename = "account.recoveryCodesRenewed", rename_all = "camelCase")]
    RecoveryCodesRenewed { user_id: UserId },
    /// Somebody signed in with a recovery code.
    #[serde(rename = "account.recoveryCodeUsed", rename_all = "camelCase")]
    RecoveryCodeUsed { user_id: UserId, left: u32 },
    /// An identity that somebody else vouches for signs in to an account from now on.
    #[serde(rename = "account.identityLinked", rename_all = "camelCase")]
    IdentityLinked { user_id: UserId, provider: IdentityProvider },
    /// Such an identity signs in to an account no more.
    #[serde(rename = "account.identityUnlinked", rename_all = "camelCase")]
    IdentityUnlinked { user_id: UserId, provider: IdentityProvider },
    /// A person's profile changed: what they say of themselves, or their skills.
    #[serde(rename = "user.profileChanged", rename_all = "camelCase")]
    ProfileChanged { user_id: UserId },
    /// Who sees what of a person's profile changed.
    #[serde(rename = "user.privacyChanged", rename_all = "camelCase")]
    PrivacyChanged { user_id: UserId },
    /// A person's portfolio changed.
    #[serde(rename = "user.portfolioChanged", rename_all = "camelCase")]
    PortfolioChanged { user_id: UserId, entry_id: PortfolioEntryId },
    /// A person asked another to connect. It says the same where the other has blocked them: whoever tells the other of it looks at their
    /// own row of the connection first.
    #[serde(rename = "user.connectionRequested", rename_all = "camelCase")]
    ConnectionRequested { user_id: UserId, other_id: UserId },
    /// A person took another's request: they are connected.
    #[serde(rename = "user.connectionAccepted", rename_all = "camelCase")]
    ConnectionAccepted { user_id: UserId, other_id: UserId },
    /// A person declined another's request.
    #[serde(rename = "user.connectionDeclined", rename_all = "camelCase")]
    ConnectionDeclined { user_id: UserId, other_id: UserId },
    /// A person ended a connection, or withdrew their request.
    #[serde(rename = "user.connectionRemoved", rename_all = "camelCase")]
    ConnectionRemoved { user_id: UserId, other_id: UserId },
    /// A person blocked another.
    #[serde(rename = "user.blocked", rename_all = "camelCase")]
    PersonBlocked { user_id: UserId, other_id: UserId },
    /// A person blocks another no more.
    #[serde(rename = "user.unblocked", rename_all = "camelCase")]
    PersonUnblocked { user_id: UserId, other_id: UserId },
    /// A person endorsed a skill of somebody they are connected with.
    #[serde(rename = "user.skillEndorsed", rename_all = "camelCase")]
    SkillEndorsed { user_id: UserId, other_id: UserId, skill_id: SkillId },
    /// A person took an endorsement back.
    #[serde(rename = "user.endorsementWithdrawn", rename_all = "camelCase")]
    EndorsementWithdrawn { user_id: UserId, other_id: UserId, skill_id: SkillId },
    /// A person asked for everything that the platform has of them.
    #[serde(rename = "user.exportRequested", rename_all = "camelCase")]
    ExportRequested { user_id: UserId, link_id: LinkId },
    /// An operator suspended an account.
    #[serde(rename = "user.suspended", rename_all = "camelCase")]
    AccountSuspended { user_id: UserId },
    /// An operator let a suspended account in again.
    #[serde(rename = "user.reinstated", rename_all = "camelCase")]
    AccountReinstated { user_id: UserId },
    /// An account was erased: nobody signs in to it or meets it any more; what belongs to it is removed by and by.
    #[serde(rename = "user.erasureRequested", rename_all = "camelCase")]
    ErasureRequested { user_id: UserId },
    /// What belonged to an erased account is removed.
    #[serde(rename = "user.erased", rename_all = "camelCase")]
    AccountErased { user_id: UserId },
    /// Somebody announced a file, whose bytes are to come.
    #[serde(rename = "file.announced", rename_all = "camelCase")]
    FileAnnounced { file_id: FileId },
    /// A file's bytes came and are what they were said to be.
    #[serde(rename = "file.ready", rename_all = "camelCase")]
    FileReady { file_id: FileId },
    /// A file was removed: by somebody, or since its bytes were not what they were said to be, or never came.
    #[serde(rename = "file.removed", rename_all = "camelCase")]
    FileRemoved { file_id: FileId },
    /// An organisation came into being.
    #[serde(rename = "organization.created", rename_all = "camelCase")]
    OrganizationCreated { owner_id: UserId },
    /// An organisation's plan changed.
    #[serde(rename = "organization.planChanged", rename_all = "camelCase")]
    PlanChanged { from: PlanName, to: PlanName },
    /// Somebody was invited to an organisation, or their invitation sent again.
    #[serde(rename = "organization.invitationSent", rename_all = "camelCase")]
    InvitationSent { invitation_id: InvitationId },
    /// An invitation was called back.
    #[serde(rename = "organization.invitationRevoked", rename_all = "camelCase")]
    InvitationRevoked { invitation_id: InvitationId },
    /// An invitation was declined.
    #[serde(rename = "organization.invitationDeclined", rename_all = "camelCase")]
    InvitationDeclined { invitation_id: InvitationId },
    /// An invitation was accepted.
    #[serde(rename = "organization.invitationAccepted", rename_all = "camelCase")]
    InvitationAccepted { invitation_id: InvitationId, user_id: UserId },
    /// Somebody became a member.
    #[serde(rename = "organization.memberJoined", rename_all = "camelCase")]
    MemberJoined { user_id: UserId, role: Role },
    /// A member left.
    #[serde(rename = "organization.memberLeft", rename_all = "camelCase")]
    MemberLeft { user_id: UserId },
    /// A member was removed by another.
    #[serde(rename = "organization.memberRemoved", rename_all = "camelCase")]
    MemberRemoved { user_id: UserId },
    /// A member's role changed.
    #[serde(rename = "organization.roleChanged", rename_all = "camelCase")]
    RoleChanged { user_id: UserId, from: Role, to: Role },
    /// Another member became the owner; the one before is an admin.
    #[serde(rename = "organization.ownershipTransferred", rename_all = "camelCase")]
    OwnershipTransferred { from: UserId, to: UserId },
    /// An organisation's name, or what it does, changed.
    #[serde(rename = "organization.renamed", rename_all = "camelCase")]
    OrganizationRenamed {},
    /// Whether an organisation asks its members for a second factor changed.
    #[serde(rename = "organization.securityChanged", rename_all = "camelCase")]
    OrganizationSecurityChanged { require_second_factor: bool },
    /// How the assistant is to speak and act for an organisation changed; whether it may read emotions in texts.
    #[serde(rename = "organization.aiConfigurationChanged", rename_all = "camelCase")]
    AiConfigurationChanged { emotion_detection: bool },
    /// An operator gave an organisation credits.
    #[serde(rename = "billing.creditsGranted", rename_all = "camelCase")]
    CreditsGranted { grant_id: CreditGrantId, credits: i64 },
    /// Somebody began to buy something.
    #[serde(rename = "billing.checkoutStarted", rename_all = "camelCase")]
    CheckoutStarted { checkout_id: String, product: Product },
    /// A checkout got on: it is paid for, or expired, or its payment is under way or failed.
    #[serde(rename = "billing.checkoutChanged", rename_all = "camelCase")]
    CheckoutChanged { checkout_id: String, product: Product, status: CheckoutStatus },
    /// A subscription changed: where it stands, what it is for, or when it ends.
    #[serde(rename = "billing.subscriptionChanged", rename_all = "camelCase")]
    SubscriptionChanged {
        subscription_id: String,
        status: SubscriptionStatus,
        plan: Option<PlanName>,
        cancel_at: Option<Timestamp>,
    },
    /// An owner asked for another plan; a lesser one follows when the period ends.
    #[serde(rename = "billing.planChangeRequested", rename_all = "camelCase")]
    PlanChangeRequested { subscription_id: String, from: PlanName, to: PlanName },
    /// An owner asked for the subscription to end with its period.
    #[serde(rename = "billing.cancellationRequested", rename_all = "camelCase")]
    CancellationRequested { subscription_id: String },
    /// An owner asked for the subscription to go on after all.
    #[serde(rename = "billing.cancellationWithdrawn", rename_all = "camelCase")]
    CancellationWithdrawn { subscription_id: String },
    /// Something was paid: an invoice, or a pack of credits. The amount is in the smallest unit of the currency.
    #[serde(rename = "billing.paymentSucceeded", rename_all = "camelCase")]
    PaymentSucceeded { payment_id: String, amount: i64, currency: String },
    /// A payment failed; an invoice's is tried again.
    #[serde(rename = "billing.paymentFailed", rename_all = "camelCase")]
    PaymentFailed { payment_id: String, attempts: u32 },
    /// Money was given back, or taken into question by the bank: of what was paid, so much is back in all.
    #[serde(rename = "billing.paymentReversed", rename_all = "camelCase")]
    PaymentReversed { payment_id: String, amount_refunded: i64, currency: String, disputed: bool },
    /// A pack of credits was paid for. Credits follow from this event and from the changes after it, in whatever order.
    #[serde(rename = "billing.creditsPurchased", rename_all = "camelCase")]
    CreditsPurchased { purchase_id: String, credits: u64 },
    /// Of a pack that was paid for, fewer credits are the organisation's than before, or more again: refunds and disputes.
    #[serde(rename = "billing.creditPurchaseChanged", rename_all = "camelCase")]
    CreditPurchaseChanged { purchase_id: String, from: u64, to: u64 },
    /// An operator had vendors' events worked off once more.
    #[serde(rename = "billing.webhookEventsReplayed", rename_all = "camelCase")]
    WebhookEventsReplayed { provider: Provider, events: u32 },
    /// An organisation was deleted; it can be restored for a while.
    #[serde(rename = "organization.deleted", rename_all = "camelCase")]
    OrganizationDeleted { plan: PlanName },
    /// A deleted organisation was restored.
    #[serde(rename = "organization.restored", rename_all = "camelCase")]
    OrganizationRestored { plan: PlanName },
    /// Nothing is left of a deleted organisation but this event, for another while.
    #[serde(rename = "organization.purged", rename_all = "camelCase")]
    OrganizationPurged { leads: u32, ventures: u32 },
    /// An endpoint was added that is told of events.
    #[serde(rename = "webhook.created", rename_all = "camelCase")]
    WebhookCreated { webhook_id: WebhookId },
    /// Where an endpoint is, or what it is told of, changed.
    #[serde(rename = "webhook.changed", rename_all = "camelCase")]
    WebhookChanged { webhook_id: WebhookId },
    /// An endpoint answered that it wants no more messages.
    #[serde(rename = "webhook.switchedOff", rename_all = "camelCase")]
    WebhookSwitchedOff { webhook_id: WebhookId },
    /// An endpoint was removed.
    #[serde(rename = "webhook.deleted", rename_all = "camelCase")]
    WebhookDeleted { webhook_id: WebhookId },
    /// An endpoint got another secret.
    #[serde(rename = "webhook.secretRotated", rename_all = "camelCase")]
    WebhookSecretRotated { webhook_id: WebhookId },
    /// Somebody had a message sent to an endpoint once more.
    #[serde(rename = "webhook.deliveryReplayed", rename_all = "camelCase")]
    WebhookDeliveryReplayed { webhook_id: WebhookId, delivery_id: WebhookDeliveryId },
    /// A person sent BUZ to another. Amounts are in micro-BUZ.
    #[serde(rename = "buz.transferred", rename_all = "camelCase")]
    BuzTransferred { transfer_id: TransferId, from: UserId, to: UserId, amount: i64, fee: i64 },
    /// An operator minted BUZ for a person, or into the reward pool.
    #[serde(rename = "buz.minted", rename_all = "camelCase")]
    BuzMinted { transfer_id: TransferId, user_id: Option<UserId>, amount: i64 },
    /// An operator burned BUZ of a person's, or of the reward pool.
    #[serde(rename = "buz.burned", rename_all = "camelCase")]
    BuzBurned { transfer_id: TransferId, user_id: Option<UserId>, amount: i64 },
    /// A person staked BUZ.
    #[serde(rename = "buz.staked", rename_all = "camelCase")]
    BuzStaked { user_id: UserId, stake_id: StakeId, amount: i64, days: u16 },
    /// A stake ended: it was paid back, with the rewards that were still due as far as the pool sufficed.
    #[serde(rename = "buz.unstaked", rename_all = "camelCase")]
    BuzUnstaked { user_id: UserId, stake_id: StakeId, amount: i64, reward: i64 },
    /// Rewards of a stake were paid.
    #[serde(rename = "buz.rewardPaid", rename_all = "camelCase")]
    BuzRewardPaid { user_id: UserId, stake_id: StakeId, amount: i64 },
    /// What a pending transfer held was released by time.
    #[serde(rename = "ledger.transferTimedOut", rename_all = "camelCase")]
    TransferTimedOut { transfer_id: TransferId },
    /// A venture came into being.
    #[serde(rename = "venture.created", rename_all = "camelCase")]
    VentureCreated { venture_id: VentureId },
    /// A chunk of an import landed.
    #[serde(rename = "leads.imported", rename_all = "camelCase")]
    LeadsImported { imported: u32, updated: u32 },
    /// A lead came into being.
    #[serde(rename = "lead.created", rename_all = "camelCase")]
    LeadCreated { lead_id: LeadId },
    /// A lead changed.
    #[serde(rename = "lead.updated", rename_all = "camelCase")]
    LeadUpdated { lead_id: LeadId },
    /// A lead was removed.
    #[serde(rename = "lead.deleted", rename_all = "camelCase")]
    LeadDeleted { lead_id: LeadId },
    /// A campaign's e-mail was written, and is to be sent to these leads.
    #[serde(rename = "campaign.written", rename_all = "camelCase")]
    CampaignWritten { task_id: TaskId, lead_ids: Vec<LeadId> },
    /// A campaign's mail to a lead was sent.
    #[serde(rename = "campaign.emailSent", rename_all = "camelCase")]
    CampaignEmailSent { task_id: TaskId, lead_id: LeadId },
    /// A campaign's mail to a lead may have been sent; nobody knows.
    #[serde(rename = "campaign.emailUncertain", rename_all = "camelCase")]
    CampaignEmailUncertain { task_id: TaskId, lead_id: LeadId, code: String },
    /// A campaign's mail to a lead was not sent, and is given back to the month.
    #[serde(rename = "campaign.emailNotSent", rename_all = "camelCase")]
    CampaignEmailNotSent { task_id: TaskId, lead_id: LeadId, code: String },
    /// Whoever reads a campaign's mail wants no more of them.
    #[serde(rename = "campaign.unsubscribed", rename_all = "camelCase")]
    CampaignUnsubscribed { task_id: TaskId },
    /// The assistant was asked.
    #[serde(rename = "chat.messageSent", rename_all = "camelCase")]
    ChatMessageSent { conversation_id: ConversationId, message_id: MessageId },
    /// The assistant answered.
    #[serde(rename = "chat.messageAnswered", rename_all = "camelCase")]
    ChatMessageAnswered {
        conversation_id: ConversationId,
        message_id: MessageId,
        input_tokens: u32,
        output_tokens: u32,
    },
    /// A run of the agentic engine ended.
    #[serde(rename = "agentic.runCompleted", rename_all = "camelCase")]
    AgenticRunCompleted { run_id: String, insights: u32, actions: u32 },
    /// A task was put on the list.
    #[serde(rename = "task.created", rename_all = "camelCase")]
    TaskCreated { task_id: TaskId, kind: TaskKind },
    /// A task was called off before it was begun.
    #[serde(rename = "task.cancelled", rename_all = "camelCase")]
    TaskCancelled { task_id: TaskId, kind: TaskKind },
    /// A failed task was put on the list again.
    #[serde(rename = "task.retried", rename_all = "camelCase")]
    TaskRetried { task_id: TaskId, kind: TaskKind },
    /// A task's attempt failed and another follows.
    #[serde(rename = "task.attemptFailed", rename_all = "camelCase")]
    TaskAttemptFailed { task_id: TaskId, kind: TaskKind, attempts: u32, code: String },
    /// A task is done.
    #[serde(rename = "task.completed", rename_all = "camelCase")]
    TaskCompleted { task_id: TaskId, kind: TaskKind, attempts: u32 },
    /// A task failed for good.
    #[serde(rename = "task.failed", rename_all = "camelCase")]
    TaskFailed { task_id: TaskId, kind: TaskKind, attempts: u32, code: String },
}
