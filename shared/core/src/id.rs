//! Identifiers: typed, prefixed and sortable by time.
//!
//! An identifier is a type prefix and a ULID (48 bits of milliseconds, 80 of randomness): `usr_01KAH3…`. The prefix keeps a lead's id
//! from being taken for a task's; the order lets a partition be read in the order things happened.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::clock::Clock;

/// A host's source of random bytes; a seeded one in tests.
pub trait Entropy: Send + Sync + fmt::Debug {
    /// Fills `bytes` with random bytes fit for secrets.
    fn fill(&self, bytes: &mut [u8]);
}

/// Makes identifiers and secrets; cheap to clone.
#[derive(Clone, Debug)]
pub struct Ids {
    clock: Clock,
    entropy: Arc<dyn Entropy>,
    last: Arc<Mutex<u128>>,
}

impl Ids {
    /// Identifiers from this clock and this randomness.
    pub fn new(clock: Clock, entropy: impl Entropy + 'static) -> Self {
        Self { clock, entropy: Arc::new(entropy), last: Arc::new(Mutex::new(0)) }
    }

    /// A new identifier, greater than every one this process made before, so that two things of one command keep their order.
    pub fn next<I: From<Ulid>>(&self) -> I {
        let mut random = [0_u8; 16];
        self.fill(&mut random);
        let milliseconds = u64::try_from(self.clock.now().as_milliseconds()).unwrap_or(0);
        let fresh = u128::from(Ulid::from_parts(milliseconds, u128::from_be_bytes(random)));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = fresh.max(last.saturating_add(1));
        I::from(Ulid::from(*last))
    }

    /// Random bytes for a secret.
    pub fn secret<const LENGTH: usize>(&self) -> [u8; LENGTH] {
        let mut bytes = [0_u8; LENGTH];
        self.fill(&mut bytes);
        bytes
    }

    /// A random number below `bound` (0 if `bound` is 0), for shards and jitter; the bias is below 2⁻³² for small bounds.
    pub fn below(&self, bound: u64) -> u64 {
        u64::from_be_bytes(self.secret()).checked_rem(bound).unwrap_or(0)
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.entropy.fill(bytes);
    }
}

/// A text that is not an identifier of the wanted type.
#[derive(Debug, thiserror::Error)]
#[error("not an identifier of this type")]
pub struct InvalidId;

fn parse(prefix: &str, text: &str) -> Result<Ulid, InvalidId> {
    let encoded = text.strip_prefix(prefix).ok_or(InvalidId)?;
    let id = Ulid::from_string(encoded).map_err(|_| InvalidId)?;
    // One identifier has one text: lower case and Crockford's look-alikes are refused, or keys could be written in two ways.
    if id.to_string() == encoded { Ok(id) } else { Err(InvalidId) }
}

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl $name {
            /// The ULID without the prefix, for deriving one identifier from another.
            pub const fn ulid(self) -> Ulid {
                self.0
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some(concat!("^", $prefix, "[0-7][0-9A-HJKMNP-TV-Z]{25}$")))
                    .examples([concat!($prefix, "01KAGR3V0R0000000000000000")])
                    .into()
            }
        }

        impl ToSchema for $name {}

        impl From<Ulid> for $name {
            fn from(id: Ulid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!($prefix, "{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

identifiers! {
    /// A person's account.
    UserId = "usr_",
    /// A signed-in session of a user.
    SessionId = "ses_",
    /// An organisation.
    OrganizationId = "org_",
    /// A venture of an organisation.
    VentureId = "ven_",
    /// A lead in an organisation's CRM.
    LeadId = "led_",
    /// Something that happened with a lead.
    LeadActivityId = "act_",
    /// A conversation with the assistant.
    ConversationId = "cnv_",
    /// One message of a conversation.
    MessageId = "msg_",
    /// A task that the platform carries out.
    TaskId = "tsk_",
    /// A social media post.
    PostId = "pst_",
    /// An event: the record of one command.
    EventId = "evt_",
    /// One request, as it appears in logs and the `X-Request-Id` header.
    RequestId = "req_",
    /// One command that calls outside.
    CommandId = "cmd_",
    /// One claim of a row by a worker.
    LeaseId = "lse_",
    /// A signing key; the `kid` of tokens.
    SigningKeyId = "key_",
    /// One run of the agentic engine that a person asked for.
    RunId = "run_",
    /// A file that somebody uploaded.
    FileId = "fil_",
    /// A skill of a person; it follows from the skill's name.
    SkillId = "skl_",
    /// An entry of a person's portfolio.
    PortfolioEntryId = "prt_",
    /// A link that a mail carries.
    LinkId = "lnk_",
    /// An invitation to join an organisation.
    InvitationId = "inv_",
    /// An endpoint of an organisation's own that is told of events.
    WebhookId = "whk_",
    /// One event on its way to such an endpoint.
    WebhookDeliveryId = "whd_",
    /// Credits that an organisation was given.
    CreditGrantId = "crg_",
    /// A movement of an organisation's credits.
    CreditMovementId = "crm_",
    /// A mail to a person.
    MailId = "mal_",
    /// A transfer of the ledger.
    TransferId = "trf_",
    /// A stake of BUZ.
    StakeId = "stk_",
    /// An attempt to sign in with another's help, from the moment it is begun.
    SignInAttemptId = "sia_",
}

impl UserId {
    /// The organisation that comes with the account. Its id is the account's with another prefix, so that the acting organisation of a
    /// request without the header is known without a read.
    pub const fn personal_organization(self) -> OrganizationId {
        OrganizationId(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_identifier_has_one_text() {
        let text = "usr_01KAGR3V0R0000000000000000";
        assert_eq!(text.parse::<UserId>().unwrap().to_string(), text);
        for other in [
            "usr_01kagr3v0r0000000000000000",
            "usr_O1KAGR3V0R0000000000000000",
            "org_01KAGR3V0R0000000000000000",
            "usr_",
            "",
        ] {
            assert!(other.parse::<UserId>().is_err(), "{other}");
        }
    }

    #[test]
    fn the_personal_organization_is_known_from_the_account() {
        let user: UserId = "usr_01KAGR3V0R0000000000000000".parse().unwrap();
        assert_eq!(user.personal_organization().to_string(), "org_01KAGR3V0R0000000000000000");
    }
}
