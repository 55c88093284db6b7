//! What the platform asks for, and the facts that an answer must be made of.
//!
//! Every fact may be absent: an answer then does without it and never invents one.

use crate::model::lead::{LeadPriority, LeadStatus};
use serde::{Deserialize, Serialize};

/// What a completion is for. Closed on purpose: each purpose has its facts, its prompt and its offline answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The next answer of a conversation; what it is about is in the messages.
    Chat,
    /// An e-mail to a lead, answered as [`crate::ai::FollowUp`].
    LeadFollowUp(LeadFollowUpBrief),
    /// A LinkedIn post, answered as [`crate::ai::PostDraft`].
    SocialMediaPost(SocialMediaPostBrief),
    /// One e-mail to many leads, answered as [`crate::ai::CampaignMessage`].
    EmailCampaign(EmailCampaignBrief),
}

impl Purpose {
    /// The name in logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::LeadFollowUp(_) => "lead_follow_up",
            Self::SocialMediaPost(_) => "social_media_post",
            Self::EmailCampaign(_) => "email_campaign",
        }
    }
}

/// The facts of a follow-up e-mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeadFollowUpBrief {
    /// The lead's full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_name: Option<String>,
    /// Where the lead works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The lead's position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where the lead stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<LeadStatus>,
    /// How urgent the lead is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<LeadPriority>,
    /// Whole days since the last contact; absent when there was none or it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_since_contact: Option<u32>,
    /// How many follow-ups this lead has had already. Consecutive numbers get different wordings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_ups_sent: Option<u32>,
    /// What was noted about the lead, for a network model; the offline assistant does not quote notes to the lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The organisation that writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_name: Option<String>,
    /// What the organisation does, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub venture_description: Option<String>,
    /// Who signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_name: Option<String>,
    /// What the writer is to be like, as it was configured; for a network model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personality: Option<String>,
    /// The voice that was configured, for a network model; the offline templates have one voice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tone: Option<String>,
    /// The goals that were configured, the most important first; for a network model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<String>,
}

/// The facts of a LinkedIn post.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SocialMediaPostBrief {
    /// The organisation that posts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_name: Option<String>,
    /// The field it works in, as it was entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// What the organisation does, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub venture_description: Option<String>,
    /// What the post is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Whom it addresses, such as "owners of dental clinics".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// What the writer is to be like, as it was configured; for a network model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personality: Option<String>,
    /// The voice that was configured, for a network model; the offline templates have one voice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tone: Option<String>,
    /// The goals that were configured, the most important first; for a network model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<String>,
    /// How many posts the organisation has made already. Consecutive numbers get different wordings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posts_made: Option<u32>,
}

/// The facts of an e-mail to many leads. Nothing is known of the leads: each is greeted by name when it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EmailCampaignBrief {
    /// What the e-mail is to say, in the words of whoever asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The organisation that writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_name: Option<String>,
    /// What the organisation does, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub venture_description: Option<String>,
    /// What the writer is to be like, as it was configured; for a network model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personality: Option<String>,
    /// The voice that was configured, for a network model; the offline templates have one voice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tone: Option<String>,
    /// The goals that were configured, the most important first; for a network model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<String>,
}

/// What a chat may know about the person who asks. Everything but `instructions` is data that users entered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatContext {
    /// The asking agent's own rules. `'static`, so that no user's text can get here.
    #[serde(skip)]
    pub instructions: Option<&'static str>,
    /// The name of the person who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The acting organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_name: Option<String>,
    /// The field it works in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// What the assistant is to be like, as it was configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personality: Option<String>,
    /// The voice that was configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tone: Option<String>,
    /// The goals that were configured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<String>,
    /// What the organisation does, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub venture_description: Option<String>,
}
