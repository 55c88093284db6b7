//! Accounts: whose money lies where, and how far below zero it may go.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use super::refusal::RefusalCode;
use super::transfer::Direction;
use crate::clock::Timestamp;
use crate::credits::OrganizationDay;
use crate::id::{InvalidId, OrganizationId, TransferId, UserId};
use crate::store::{Entity, Key};

/// What is counted. One asset is never exchanged for another (CONTRACT "Settled questions").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Asset {
    /// The platform's token, in millionths.
    Buz,
    /// What actions of the assistant cost.
    Credits,
    /// What a plan allows in a month.
    UsageUnits,
}

impl Asset {
    /// How many of the smallest units make a whole one, as a power of ten.
    pub const fn decimals(self) -> u32 {
        match self {
            Self::Buz => 6,
            Self::Credits | Self::UsageUnits => 0,
        }
    }
}

/// The most BUZ that is ever minted, in micro-BUZ: 999,999,999 BUZ (CONTRACT "ledger").
pub const BUZ_MINTED_MAXIMUM: i64 = 999_999_999_000_000;
/// Over how many parts a shared account is spread. DynamoDB takes 1,000 write units a second of one partition, a transfer writes two to
/// each; docs/LEDGER.md shows what that makes of the number.
pub const SHARDS: u8 = 8;
/// How many pending transfers may hold something of one account at a time. They lie in the account's item, so that what is available is
/// known from one read; fifty keep it below 8 KB.
pub const HOLDS_MAXIMUM: usize = 50;

macro_rules! accounts {
    ($($(#[$doc:meta])* $name:ident $(($owner:ident))? = $text:literal, $asset:ident, $floor:expr, $shared:literal;)+) => {
        /// An account: what it is for, and whose it is.
        ///
        /// Its text form is `buzWallet:usr_01KAGR3V0R0000000000000000`, or `buzFees` where it is the platform's own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AccountId {
            $($(#[$doc])* $name $(($owner))?,)+
        }

        impl AccountId {
            /// What it counts.
            pub const fn asset(self) -> Asset {
                match self { $(Self::$name { .. } => Asset::$asset,)+ }
            }

            /// How low its balance may go when it is opened; none where it may go as low as it likes.
            pub const fn floor(self) -> Option<i64> {
                match self { $(Self::$name { .. } => $floor,)+ }
            }

            /// Whether so many write to it that it is spread over [`SHARDS`] parts. Only an account without a floor is: no part knows what
            /// the others hold.
            pub const fn is_shared(self) -> bool {
                match self { $(Self::$name { .. } => $shared,)+ }
            }

            /// Whether it is the platform's own, which is there without anybody opening it.
            pub const fn is_platforms(self) -> bool {
                match self { $(Self::$name { .. } => accounts!(@platforms $($owner)?),)+ }
            }
        }

        impl fmt::Display for AccountId {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(accounts!(@pattern $name owner $($owner)?) => accounts!(@display formatter $text owner $($owner)?),)+ }
            }
        }

        impl FromStr for AccountId {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let (kind, owner) = text.split_once(':').map_or((text, None), |(kind, owner)| (kind, Some(owner)));
                match (kind, owner) {
                    $(accounts!(@parsed $text owner $($owner)?) => accounts!(@parse $name owner $($owner)?),)+
                    _ => Err(InvalidId),
                }
            }
        }
    };
    (@platforms) => { true };
    (@platforms $owner:ident) => { false };
    (@pattern $name:ident $bound:ident) => { Self::$name };
    (@pattern $name:ident $bound:ident $owner:ident) => { Self::$name($bound) };
    (@display $formatter:ident $text:literal $bound:ident) => { $formatter.write_str($text) };
    (@display $formatter:ident $text:literal $bound:ident $owner:ident) => { write!($formatter, concat!($text, ":{}"), $bound) };
    (@parsed $text:literal $bound:ident) => { ($text, None) };
    (@parsed $text:literal $bound:ident $owner:ident) => { ($text, Some($bound)) };
    (@parse $name:ident $bound:ident) => { Ok(Self::$name) };
    (@parse $name:ident $bound:ident $owner:ident) => { $bound.parse().map(Self::$name) };
}

accounts! {
    /// A person's BUZ.
    BuzWallet(UserId) = "buzWallet", Buz, Some(0), false;
    /// Where all BUZ comes from. What it is below zero was minted, and its floor is the most that may ever be.
    BuzIssuance = "buzIssuance", Buz, Some(-BUZ_MINTED_MAXIMUM), false;
    /// Where burned BUZ ends. Nothing leaves it, so that what was burned is never minted again.
    BuzBurned = "buzBurned", Buz, Some(0), false;
    /// The pool that rewards are paid from.
    BuzRewards = "buzRewards", Buz, Some(0), false;
    /// The fees of transfers.
    BuzFees = "buzFees", Buz, None, true;
    /// What is staked by everybody; whose it is says the stake.
    BuzStakes = "buzStakes", Buz, None, true;
    /// The day's credits of an organisation's plan, which come into being as they are used: it is below zero by what was.
    CreditAllowance(OrganizationDay) = "creditAllowance", Credits, None, false;
    /// The credits that an organisation was given.
    CreditGrants(OrganizationId) = "creditGrants", Credits, Some(0), false;
    /// The credits that an organisation bought.
    Credits(OrganizationId) = "credits", Credits, Some(0), false;
    /// What an organisation owes in credits, below zero: a refund or a dispute took back what was spent already.
    CreditDebt(OrganizationId) = "creditDebt", Credits, None, false;
    /// Where credits come from.
    CreditIssuance = "creditIssuance", Credits, None, true;
    /// The credits that were spent.
    CreditRevenue = "creditRevenue", Credits, None, true;
    /// What an organisation may still use.
    Usage(OrganizationId) = "usage", UsageUnits, Some(0), false;
    /// Where allowances come from.
    UsageIssuance = "usageIssuance", UsageUnits, None, true;
    /// What was used.
    UsageConsumed = "usageConsumed", UsageUnits, None, true;
}

impl AccountId {
    /// The parts that it is spread over: one where it is not shared.
    pub fn parts(self) -> impl Iterator<Item = AccountPart> {
        let shards = if self.is_shared() { 0..SHARDS } else { 0..1 };
        shards.map(move |shard| self.part(shard))
    }

    /// The part of this number if it is shared, and the account itself if it is not.
    pub fn part(self, shard: u8) -> AccountPart {
        AccountPart { account: self, shard: self.is_shared().then_some(shard) }
    }
}

impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One part of an account, with a balance and a history of its own. An account that is not shared has one, without a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountPart {
    /// The account.
    pub account: AccountId,
    /// Which part of a shared account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<u8>,
}

impl AccountPart {
    /// Where the account's item lies.
    pub fn key(self) -> Key {
        Key::in_ledger(format!("ACCOUNT#{self}"), "ACCOUNT")
    }

    /// The partition of its entries.
    pub fn entries_partition(self) -> String {
        format!("ACCOUNT#{self}#ENTRY")
    }
}

impl fmt::Display for AccountPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.account.fmt(formatter)?;
        self.shard.map_or(Ok(()), |shard| write!(formatter, "#{shard}"))
    }
}

/// What a pending transfer holds of an account until it is posted, voided or timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// The pending transfer.
    pub transfer_id: TransferId,
    /// Whether it is to leave the account or to arrive.
    pub direction: Direction,
    /// How much.
    pub amount: i64,
    /// From when on it holds nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl Hold {
    fn is_open(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| expires_at > now)
    }
}

/// Where an account stands, in the smallest unit of its asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// What was posted to it.
    pub posted: i64,
    /// What pending transfers will take from it if they are posted.
    pub pending_out: i64,
    /// What pending transfers will bring to it if they are posted.
    pub pending_in: i64,
    /// What can be spent: what was posted, less what pending transfers hold.
    pub available: i64,
}

/// An account's item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Which account, and which part of it.
    #[serde(flatten)]
    pub part: AccountPart,
    /// What it counts.
    pub asset: Asset,
    /// How low what is available may go; none where it may go as low as it likes.
    #[serde(default)]
    pub floor: Option<i64>,
    /// Whether nothing may be moved any more.
    pub closed: bool,
    /// What was posted: the sum of all its entries.
    pub posted: i64,
    /// What pending transfers hold; those that timed out are dropped when somebody moves something.
    pub holds: Vec<Hold>,
    /// How many entries it has.
    pub entries: u64,
    /// The hash of the last entry; [`super::entry::FIRST_PREVIOUS_HASH`] before the first.
    pub last_hash: String,
    /// When the last entry was made.
    #[serde(default)]
    pub last_entry_at: Option<Timestamp>,
    /// When it was opened.
    pub opened_at: Timestamp,
}

impl Account {
    /// A new account without anything in it.
    pub fn open(part: AccountPart, now: Timestamp) -> Self {
        Self {
            part,
            asset: part.account.asset(),
            floor: part.account.floor(),
            closed: false,
            posted: 0,
            holds: Vec::new(),
            entries: 0,
            last_hash: super::entry::FIRST_PREVIOUS_HASH.to_owned(),
            last_entry_at: None,
            opened_at: now,
        }
    }

    /// Where it stands at `now`: what timed out until then holds nothing, whether or not anybody settled it.
    pub fn balance(&self, now: Timestamp) -> Balance {
        let pending = |direction| {
            let open = self.holds.iter().filter(|hold| hold.direction == direction && hold.is_open(now));
            // A hold by which the sum would leave the range is refused ([`Account::held`]).
            open.fold(0_i64, |sum, hold| sum.saturating_add(hold.amount))
        };
        let (pending_out, pending_in) = (pending(Direction::Out), pending(Direction::In));
        Balance { posted: self.posted, pending_out, pending_in, available: self.posted.saturating_sub(pending_out) }
    }

    /// The account without what no longer holds anything.
    pub(super) fn tidied(mut self, now: Timestamp) -> Self {
        self.holds.retain(|hold| hold.is_open(now));
        self
    }

    /// The account with something held; it must be tidied.
    pub(super) fn held(mut self, hold: Hold, now: Timestamp) -> Result<Self, RefusalCode> {
        self.check(hold.direction, hold.amount, now)?;
        // What is held may add up to more than what is there may: of an account below zero, or without a floor.
        let Balance { pending_out, pending_in, .. } = self.balance(now);
        let pending = if hold.direction == Direction::Out { pending_out } else { pending_in };
        pending.checked_add(hold.amount).ok_or(RefusalCode::Overflow)?;
        if self.holds.len() >= HOLDS_MAXIMUM {
            return Err(RefusalCode::TooManyPending { account: self.part.account });
        }
        self.holds.push(hold);
        Ok(self)
    }

    /// The account without what a pending transfer held.
    pub(super) fn released(mut self, transfer: TransferId) -> Self {
        self.holds.retain(|hold| hold.transfer_id != transfer);
        self
    }

    /// The account with `amount` posted.
    pub(super) fn moved(mut self, direction: Direction, amount: i64, now: Timestamp) -> Result<Self, RefusalCode> {
        self.check(direction, amount, now)?;
        self.posted = direction.signed(amount).checked_add(self.posted).ok_or(RefusalCode::Overflow)?;
        Ok(self)
    }

    /// How much can be taken from it at `now`.
    pub(super) fn spendable(&self, now: Timestamp) -> i64 {
        let available = i128::from(self.balance(now).available);
        let floor = self.floor.map_or(i128::from(i64::MIN), i128::from);
        i64::try_from((available - floor).max(0)).unwrap_or(i64::MAX)
    }

    fn check(&self, direction: Direction, amount: i64, now: Timestamp) -> Result<(), RefusalCode> {
        if self.closed {
            return Err(RefusalCode::AccountClosed { account: self.part.account });
        }
        let Balance { posted, pending_in, available, .. } = self.balance(now);
        match direction {
            Direction::Out if amount > self.spendable(now) => match self.floor {
                Some(_) => Err(RefusalCode::InsufficientFunds { account: self.part.account, available }),
                None => Err(RefusalCode::Overflow),
            },
            Direction::In
                if i128::from(posted) + i128::from(pending_in) + i128::from(amount) > i128::from(i64::MAX) =>
            {
                Err(RefusalCode::Overflow)
            }
            Direction::Out | Direction::In => Ok(()),
        }
    }
}

impl Entity for Account {
    const TYPE: &'static str = "ledgerAccount";

    fn key(&self) -> Key {
        self.part.key()
    }
}

/// The longest that a pending transfer may hold something: 400 days, above the longest stake.
pub const TIMEOUT_MAXIMUM: Duration = Duration::from_secs(400 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "usr_01KAGR3V0R0000000000000000";

    #[test]
    fn an_account_has_one_text() {
        let user: UserId = USER.parse().unwrap();
        let organization = user.personal_organization();
        for account in [
            AccountId::BuzWallet(user),
            AccountId::BuzIssuance,
            AccountId::Credits(organization),
            AccountId::CreditDebt(organization),
            AccountId::UsageConsumed,
        ] {
            assert_eq!(account.to_string().parse::<AccountId>().unwrap(), account);
        }
        for text in ["buzWallet", "buzWallet:", "buzFees:usr_01KAGR3V0R0000000000000000", "credits:usr_1", "gold"] {
            assert!(text.parse::<AccountId>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_an_account_without_a_floor_is_shared() {
        let user: UserId = USER.parse().unwrap();
        let platforms = [
            AccountId::BuzIssuance,
            AccountId::BuzBurned,
            AccountId::BuzRewards,
            AccountId::BuzFees,
            AccountId::BuzStakes,
            AccountId::CreditIssuance,
            AccountId::CreditRevenue,
            AccountId::UsageIssuance,
            AccountId::UsageConsumed,
        ];
        for account in platforms {
            assert!(account.is_platforms(), "{account}");
            assert!(!account.is_shared() || account.floor().is_none(), "{account}");
            assert_eq!(account.parts().count(), if account.is_shared() { usize::from(SHARDS) } else { 1 });
        }
        assert!(!AccountId::BuzWallet(user).is_platforms());
    }
}
