//! A lead in an organisation's CRM.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::{LeadId, OrganizationId, TaskId};
use crate::store::{Entity, Indexes, Key, ListingIndex};

/// Where a lead stands (CONTRACT "crm").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeadStatus {
    /// Nobody spoke to them yet.
    #[default]
    New,
    /// Somebody wrote or called.
    Contacted,
    /// They have the need and the means.
    Qualified,
    /// They bought.
    Converted,
    /// They will not.
    Lost,
}

impl LeadStatus {
    /// All of them, in the order of the pipeline.
    pub const ALL: [Self; 5] = [Self::New, Self::Contacted, Self::Qualified, Self::Converted, Self::Lost];

    /// The name in the API and in keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Contacted => "contacted",
            Self::Qualified => "qualified",
            Self::Converted => "converted",
            Self::Lost => "lost",
        }
    }
}

/// How much a lead matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeadPriority {
    /// Later.
    Low,
    /// In turn.
    #[default]
    Medium,
    /// First.
    High,
}

/// What is known about a lead: the part that a person or an import may write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeadDetails {
    /// The person's name, or the company's where no person is known.
    pub name: String,
    /// Their e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Where they work.
    #[serde(default)]
    pub company: Option<String>,
    /// As what.
    #[serde(default)]
    pub title: Option<String>,
    /// Their telephone number.
    #[serde(default)]
    pub phone: Option<String>,
    /// Their LinkedIn profile.
    #[serde(default)]
    pub linkedin_url: Option<String>,
    /// Where the lead came from.
    #[serde(default)]
    pub source: Option<String>,
    /// Where the lead stands.
    #[serde(default)]
    pub status: LeadStatus,
    /// How much it matters.
    #[serde(default)]
    pub priority: LeadPriority,
    /// When somebody last spoke to them.
    #[serde(default)]
    pub last_contacted_at: Option<Timestamp>,
    /// What else is known.
    #[serde(default)]
    pub notes: Option<String>,
}

/// A lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lead {
    /// The lead's id.
    pub id: LeadId,
    /// The organisation whose lead it is.
    pub organization_id: OrganizationId,
    /// What is known about it.
    #[serde(flatten)]
    pub details: LeadDetails,
    /// The follow-up task that is open for it, if any.
    #[serde(default)]
    pub open_follow_up_task_id: Option<TaskId>,
    /// When its last follow-up task ended.
    #[serde(default)]
    pub last_follow_up_at: Option<Timestamp>,
    /// When the lead came to us.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Lead {
    /// The partition of an organisation's leads.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#LEAD")
    }

    /// The list of an organisation's leads of one status, those longest without contact first.
    pub fn listing(organization: OrganizationId, status: LeadStatus) -> String {
        format!("ORG#{organization}#LEAD#{}", status.name())
    }

    /// Where a lead lies.
    pub fn key_of(organization: OrganizationId, lead: LeadId) -> Key {
        Key::new(Self::partition(organization), lead.to_string())
    }

    /// When the lead was last contacted; if never, since when we know it.
    pub fn silent_since(&self) -> Timestamp {
        self.details.last_contacted_at.unwrap_or(self.created_at)
    }
}

impl Entity for Lead {
    const TYPE: &'static str = "lead";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, self.id)
    }

    fn indexes(&self) -> Indexes {
        let listing = ListingIndex {
            partition: Self::listing(self.organization_id, self.details.status),
            sort: format!("{}#{}", self.silent_since(), self.id),
        };
        Indexes { listing: Some(listing), ..Indexes::default() }
    }
}

/// The marker that keeps one person to one lead of an organisation, and leads an import from a row to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadIdentity {
    /// The organisation.
    pub organization_id: OrganizationId,
    /// What identifies the lead: a digest of its e-mail address, else its LinkedIn URL, else name, company and telephone number.
    pub identity: String,
    /// The lead.
    pub lead_id: LeadId,
}

impl LeadIdentity {
    /// What identifies a lead with these details. A digest: its length is bounded and a key shows no address.
    pub fn of(details: &LeadDetails) -> String {
        let normal = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_lowercase();
        let (email, linkedin) = (normal(&details.email), details.linkedin_url.as_deref().map(linkedin_identity));
        let text = match (email.as_str(), linkedin) {
            ("", None) => {
                let digits = normal(&details.phone).chars().filter(char::is_ascii_digit).collect::<String>();
                format!("digest:{}\n{}\n{digits}", details.name.trim().to_lowercase(), normal(&details.company))
            }
            ("", Some(url)) => format!("linkedin:{url}"),
            (email, _) => format!("email:{email}"),
        };
        Sha256::digest(text.as_bytes()).iter().take(16).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }

    /// Where the marker of this identity lies.
    pub fn key_of(organization: OrganizationId, identity: &str) -> Key {
        Key::new(format!("ORG#{organization}#LEAD_IDENTITY"), identity)
    }
}

/// A LinkedIn URL reduced to what names the profile: no scheme, no country's subdomain, no query, no trailing slash, lower case.
fn linkedin_identity(url: &str) -> String {
    let url = url.trim().to_lowercase();
    let url = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let url = url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    url.find("linkedin.com").and_then(|at| url.get(at..)).unwrap_or(url).to_owned()
}

impl Entity for LeadIdentity {
    const TYPE: &'static str = "leadIdentity";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, &self.identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(email: &str, linkedin: &str, phone: &str) -> LeadDetails {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        LeadDetails {
            name: "Ada Lovelace".to_owned(),
            email: some(email),
            linkedin_url: some(linkedin),
            phone: some(phone),
            ..LeadDetails::default()
        }
    }

    #[test]
    fn spellings_of_one_person_are_one_identity() {
        let same = [
            (details("Ada@Example.com", "", ""), details(" ada@example.com", "https://x.example", "1")),
            (
                details("", "https://www.linkedin.com/in/Ada/", ""),
                details("", "http://uk.linkedin.com/in/ada?trk=x", "5"),
            ),
            (details("", "", "+44 20 7946"), details("", "", "0044207946").clone()),
        ];
        for (one, other) in same.iter().take(2) {
            assert_eq!(LeadIdentity::of(one), LeadIdentity::of(other));
        }
        assert_eq!(LeadIdentity::of(&details("", "", "(020) 7946")), LeadIdentity::of(&details("", "", "020-7946")));
        assert_ne!(LeadIdentity::of(&details("", "", "1")), LeadIdentity::of(&details("", "", "2")));
    }
}
