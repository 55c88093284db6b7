//! A mail that follows from an event, and how it moves from status to status.
//!
//! ```text
//! PENDING ──claim──▶ SENDING ──▶ SENT
//!    ▲                  │  ├───▶ FAILED     (refused, or tried enough)
//!    └──attempt failed──┘  ├───▶ UNCERTAIN  (it may have been sent, and sending it again might send it twice)
//!                          └───▶ MOOT       (what it is about is gone: the link was used, the invitation revoked)
//! ```
//!
//! The row is the truth: the mailer claims it with a lease right before it sends. It holds ids only; the address, the names and the link
//! are read and derived when the mail is sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::due;
use super::identity::IdentityProvider;
use crate::clock::Timestamp;
use crate::event::{Event, Fact};
use crate::id::{EventId, InvitationId, LeadId, LeaseId, LinkId, MailId, OrganizationId, SessionId, TaskId, UserId};
use crate::store::{Entity, Indexes, Key};
use crate::trace::Trace;

/// How long the mailer may hold a mail; above its time-out.
pub const LEASE: Duration = Duration::from_secs(120);
/// How long the sweep leaves a mail to its doorbell.
const DOORBELL_GRACE: Duration = Duration::from_secs(120);
/// How often a mail is tried before it fails for good: over two hours, in which a link that lives an hour has run out.
pub const ATTEMPTS_MAXIMUM: u32 = 9;
/// The wait after the first failed attempt; it doubles with each.
const RETRY_PAUSE: Duration = Duration::from_secs(30);
/// How long a row is kept, for whoever asks what became of a mail.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What became of an account's second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecondFactorNews {
    /// It was turned on.
    Enabled,
    /// It was turned off.
    Disabled,
    /// New recovery codes took the place of the old ones.
    CodesRenewed,
    /// Somebody signed in with a recovery code.
    CodeUsed,
}

/// What became of an identity that signs in to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IdentityNews {
    /// It signs in from now on.
    Linked,
    /// It signs in no more.
    Unlinked,
}

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are ids, named for what they are of")]
pub enum MailAbout {
    /// A link that shows the address to be the account's owner's.
    #[serde(rename_all = "camelCase")]
    VerifyEmail { user_id: UserId, link_id: LinkId },
    /// A link that sets a new password.
    #[serde(rename_all = "camelCase")]
    ResetPassword { user_id: UserId, link_id: LinkId },
    /// To the new address: a link that makes it the account's.
    #[serde(rename_all = "camelCase")]
    ChangeEmail { user_id: UserId, link_id: LinkId },
    /// To the address as it is: somebody asked for another.
    #[serde(rename_all = "camelCase")]
    EmailChangeNotice { user_id: UserId, link_id: LinkId },
    /// To the address as it was: another is the account's by now.
    #[serde(rename_all = "camelCase")]
    EmailChanged { user_id: UserId, event_id: EventId },
    /// The password was changed.
    #[serde(rename_all = "camelCase")]
    PasswordChanged { user_id: UserId },
    /// A session was ended since its refresh token was used twice.
    #[serde(rename_all = "camelCase")]
    SessionRevoked { user_id: UserId, session_id: SessionId },
    /// Something happened to the second factor.
    #[serde(rename_all = "camelCase")]
    SecondFactor { user_id: UserId, news: SecondFactorNews },
    /// Something happened to an identity that signs in.
    #[serde(rename_all = "camelCase")]
    Identity { user_id: UserId, provider: IdentityProvider, news: IdentityNews },
    /// An invitation to an organisation.
    #[serde(rename_all = "camelCase")]
    Invitation { organization_id: OrganizationId, invitation_id: InvitationId },
    /// A campaign's e-mail to a lead.
    #[serde(rename_all = "camelCase")]
    Campaign { organization_id: OrganizationId, task_id: TaskId, lead_id: LeadId },
}

impl MailAbout {
    /// The mails that an event asks for.
    pub fn of(event: &Event) -> Vec<Self> {
        match event.fact {
            Fact::EmailVerificationRequested { user_id, link_id } => vec![Self::VerifyEmail { user_id, link_id }],
            Fact::PasswordResetRequested { user_id, link_id } => vec![Self::ResetPassword { user_id, link_id }],
            Fact::EmailChangeRequested { user_id, link_id } => {
                vec![Self::EmailChangeNotice { user_id, link_id }, Self::ChangeEmail { user_id, link_id }]
            }
            Fact::EmailChanged { user_id } => vec![Self::EmailChanged { user_id, event_id: event.id }],
            Fact::PasswordChanged { user_id } | Fact::PasswordReset { user_id } => {
                vec![Self::PasswordChanged { user_id }]
            }
            Fact::SessionFamilyRevoked { user_id, session_id } => vec![Self::SessionRevoked { user_id, session_id }],
            Fact::TotpEnabled { user_id } => vec![Self::SecondFactor { user_id, news: SecondFactorNews::Enabled }],
            Fact::TotpDisabled { user_id } => vec![Self::SecondFactor { user_id, news: SecondFactorNews::Disabled }],
            Fact::RecoveryCodesRenewed { user_id } => {
                vec![Self::SecondFactor { user_id, news: SecondFactorNews::CodesRenewed }]
            }
            Fact::RecoveryCodeUsed { user_id, .. } => {
                vec![Self::SecondFactor { user_id, news: SecondFactorNews::CodeUsed }]
            }
            Fact::IdentityLinked { user_id, provider } => {
                vec![Self::Identity { user_id, provider, news: IdentityNews::Linked }]
            }
            Fact::IdentityUnlinked { user_id, provider } => {
                vec![Self::Identity { user_id, provider, news: IdentityNews::Unlinked }]
            }
            Fact::InvitationSent { invitation_id } => {
                vec![Self::Invitation { organization_id: event.organization_id, invitation_id }]
            }
            Fact::CampaignWritten { task_id, ref lead_ids } => {
                let organization_id = event.organization_id;
                lead_ids.iter().map(|lead_id| Self::Campaign { organization_id, task_id, lead_id: *lead_id }).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The name in keys, by which the mails of one event are told apart.
    pub fn name(self) -> String {
        match self {
            Self::Campaign { lead_id, .. } => format!("{}#{lead_id}", self.kind()),
            _ => self.kind().to_owned(),
        }
    }

    /// The name of its kind.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "VERIFY_EMAIL",
            Self::ResetPassword { .. } => "RESET_PASSWORD",
            Self::ChangeEmail { .. } => "CHANGE_EMAIL",
            Self::EmailChangeNotice { .. } => "EMAIL_CHANGE_NOTICE",
            Self::EmailChanged { .. } => "EMAIL_CHANGED",
            Self::PasswordChanged { .. } => "PASSWORD_CHANGED",
            Self::SessionRevoked { .. } => "SESSION_REVOKED",
            Self::SecondFactor { .. } => "SECOND_FACTOR",
            Self::Identity { .. } => "IDENTITY",
            Self::Invitation { .. } => "INVITATION",
            Self::Campaign { .. } => "CAMPAIGN",
        }
    }
}

/// Where a mail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MailStatus {
    /// To be sent.
    Pending,
    /// The mailer is at it, or broke off.
    Sending,
    /// The vendor took it.
    Sent,
    /// Given up.
    Failed,
    /// It may have been sent.
    Uncertain,
    /// Nobody needs it any more.
    Moot,
}

impl MailStatus {
    /// Whether nothing more becomes of the mail.
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Pending | Self::Sending)
    }
}

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// The mail's id: its event's with another prefix.
    pub id: MailId,
    /// What it is about.
    pub about: MailAbout,
    /// Where it stands.
    pub status: MailStatus,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was first tried: vendors remember what they were asked for a while only.
    #[serde(default)]
    pub first_attempt_at: Option<Timestamp>,
    /// When it must be looked at.
    pub due_at: Timestamp,
    /// The claim of whoever is at it.
    #[serde(default)]
    pub lease_id: Option<LeaseId>,
    /// Why the last attempt failed, as a stable name.
    #[serde(default)]
    pub error_code: Option<String>,
    /// The vendor's name for the mail once it was taken.
    #[serde(default)]
    pub receipt: Option<String>,
    /// Where it comes from.
    pub trace: Trace,
    /// When its event happened.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}

impl Mail {
    /// The kind of the `due` index under which mails stand.
    pub const DUE: &'static str = "MAIL";

    /// The mails that follow from an event.
    pub fn of(event: &Event, now: Timestamp) -> Vec<Self> {
        let mail = |about| Self {
            id: MailId::from(event.id.ulid()),
            about,
            status: MailStatus::Pending,
            attempts: 0,
            first_attempt_at: None,
            due_at: now,
            lease_id: None,
            error_code: None,
            receipt: None,
            trace: event.trace(),
            created_at: event.at,
            updated_at: now,
        };
        MailAbout::of(event).into_iter().map(mail).collect()
    }

    /// Where a mail lies.
    pub fn key_of(mail: MailId, name: &str) -> Key {
        Key::new(format!("MAIL#{mail}"), name)
    }

    /// Which mail lies at `key`, and its name there; none if no mail can.
    pub fn parts_of(key: &Key) -> Option<(MailId, &str)> {
        Some((key.pk.strip_prefix("MAIL#")?.parse().ok()?, &key.sk))
    }

    /// The name under which the vendor knows this mail, however often it is asked to send it.
    pub fn idempotency_key(&self) -> String {
        format!("{}-{}", self.id, self.about.name().to_lowercase().replace(['_', '#'], "-"))
    }

    /// Whether somebody began to send it and did not say how it went.
    pub fn is_broken_off(&self, now: Timestamp) -> bool {
        self.status == MailStatus::Sending && self.due_at <= now
    }

    /// Whether it is to be sent now: it waits, or whoever was at it broke off.
    pub fn is_due(&self, now: Timestamp) -> bool {
        matches!(self.status, MailStatus::Pending | MailStatus::Sending) && self.due_at <= now
    }

    /// The mail as the mailer holds it while it sends.
    #[must_use]
    pub fn claimed(&self, lease: LeaseId, now: Timestamp) -> Self {
        Self {
            status: MailStatus::Sending,
            attempts: self.attempts.saturating_add(1),
            first_attempt_at: self.first_attempt_at.or(Some(now)),
            due_at: now.plus(LEASE),
            lease_id: Some(lease),
            updated_at: now,
            ..self.clone()
        }
    }

    /// The mail sent.
    #[must_use]
    pub fn sent(&self, receipt: Option<String>, now: Timestamp) -> Self {
        Self { receipt, error_code: None, ..self.over(MailStatus::Sent, now) }
    }

    /// The mail over without having been sent, or without anybody knowing.
    #[must_use]
    pub fn given_up(&self, status: MailStatus, code: &str, now: Timestamp) -> Self {
        Self { error_code: Some(code.to_owned()), ..self.over(status, now) }
    }

    fn over(&self, status: MailStatus, now: Timestamp) -> Self {
        Self { status, updated_at: now, ..self.clone() }
    }

    /// The mail after an attempt that certainly sent nothing: pending again after a pause, or failed if it was tried enough. The vendor may
    /// ask for a longer pause.
    #[must_use]
    pub fn attempt_failed(&self, code: &str, retry_after: Option<Duration>, now: Timestamp) -> Self {
        if self.attempts >= ATTEMPTS_MAXIMUM {
            return self.given_up(MailStatus::Failed, code, now);
        }
        let pause = RETRY_PAUSE * 2_u32.saturating_pow(self.attempts.saturating_sub(1));
        let pause = retry_after.map_or(pause, |asked| asked.max(pause));
        let error_code = Some(code.to_owned());
        Self { status: MailStatus::Pending, error_code, due_at: now.plus(pause), updated_at: now, ..self.clone() }
    }
}

impl Entity for Mail {
    const TYPE: &'static str = "mail";

    fn key(&self) -> Key {
        Self::key_of(self.id, &self.about.name())
    }

    fn indexes(&self) -> Indexes {
        let ring_at = match self.status {
            MailStatus::Pending if self.attempts == 0 => Some(self.due_at.plus(DOORBELL_GRACE)),
            MailStatus::Pending | MailStatus::Sending => Some(self.due_at),
            _ => None,
        };
        let due = ring_at.map(|at| due(Self::DUE, self.id.ulid(), at.to_string()));
        Indexes { listing: None, due, expires_at: Some(self.created_at.plus(KEPT)) }
    }
}

#[cfg(test)]
mod tests;
