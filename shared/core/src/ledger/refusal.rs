//! Why a transfer does not happen.

use super::account::AccountId;

/// Why a transfer does not happen. What comes first in this list is found first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusalCode {
    /// Nothing was asked for.
    #[error("there is no transfer")]
    NoTransfers,
    /// More than [`super::TRANSFERS_MAXIMUM`] at once.
    #[error("there are too many transfers at once")]
    TooManyTransfers,
    /// More than [`super::LEGS_MAXIMUM`] legs at once.
    #[error("there are too many legs at once")]
    TooManyLegs,
    /// Two of the transfers have one id.
    #[error("two transfers have the same id")]
    IdTwice,
    /// A transfer without legs.
    #[error("there are no legs")]
    NoLegs,
    /// An amount of 0.
    #[error("an amount is zero")]
    AmountZero,
    /// An amount below 0.
    #[error("an amount is negative")]
    AmountNegative,
    /// An account stands on two legs, such as on both sides.
    #[error("an account is on two legs")]
    AccountTwice,
    /// The legs are of several assets.
    #[error("the legs are of different assets")]
    AssetsDiffer,
    /// What leaves is not what arrives.
    #[error("the legs do not sum to zero")]
    LegsNotBalanced,
    /// A time-out without a pending transfer.
    #[error("only a pending transfer times out")]
    TimeoutWithoutPending,
    /// A time-out of 0, or above [`super::TIMEOUT_MAXIMUM`].
    #[error("the time-out is out of range")]
    TimeoutOutOfRange,
    /// Only a transfer from one account to another may be of as much as there is.
    #[error("only a transfer between two accounts may be lowered to what is available")]
    AtMostNeedsTwoLegs,
    /// The id was used for something else, and this is the first field that differs.
    #[error("the id was used for another transfer: {0} differs")]
    ExistsWithDifferent(Field),
    /// Some of the linked transfers were made before, and others were not.
    #[error("it was made before, and what it is linked with was not")]
    Exists,
    /// There is no such account.
    #[error("there is no account {account}")]
    AccountNotFound {
        /// Which.
        account: AccountId,
    },
    /// The account is closed.
    #[error("the account {account} is closed")]
    AccountClosed {
        /// Which.
        account: AccountId,
    },
    /// There is not enough in the account.
    #[error("the account {account} has {available}")]
    InsufficientFunds {
        /// Which.
        account: AccountId,
        /// What there is.
        available: i64,
    },
    /// So many pending transfers hold something of the account that there cannot be another.
    #[error("too many pending transfers hold something of the account {account}")]
    TooManyPending {
        /// Which.
        account: AccountId,
    },
    /// A balance would leave the range of 64 bits.
    #[error("a balance would overflow")]
    Overflow,
    /// There is no transfer of the id that is to be settled.
    #[error("there is no such pending transfer")]
    PendingNotFound,
    /// The transfer that is to be settled was never pending.
    #[error("the transfer is not a pending one")]
    NotPending,
    /// The pending transfer was posted.
    #[error("the pending transfer was posted before")]
    AlreadyPosted,
    /// The pending transfer was voided.
    #[error("the pending transfer was voided before")]
    AlreadyVoided,
    /// The pending transfer timed out.
    #[error("the pending transfer timed out")]
    TimedOut,
    /// A leg is none of the pending transfer's.
    #[error("a leg is none of the pending transfer's")]
    LegNotPending,
    /// More is to be posted than is pending.
    #[error("more is to be posted than is pending")]
    ExceedsPending,
    /// A transfer that voids another has legs.
    #[error("voiding takes no legs")]
    VoidWithLegs,
    /// The account is the platform's own, which is never closed.
    #[error("the platform's own accounts are never closed")]
    PlatformsAccount,
    /// The account is not empty, or something is pending, so that it cannot be closed.
    #[error("the account {account} is not empty")]
    AccountNotEmpty {
        /// Which.
        account: AccountId,
    },
}

/// A field of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Whether it is posted at once, pending, or settles another.
    Kind,
    /// The pending transfer that it settles.
    PendingId,
    /// In whose trail it is.
    OrganizationId,
    /// Why.
    Reason,
    /// After how long it times out.
    Timeout,
    /// Whether it is of as much as there is.
    AtMost,
    /// How many legs.
    Legs,
    /// An account, or a side that it is on.
    Account,
    /// An amount.
    Amount,
    /// The memo.
    Memo,
}

impl std::fmt::Display for Field {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Kind => "kind",
            Self::PendingId => "pendingId",
            Self::OrganizationId => "organizationId",
            Self::Reason => "reason",
            Self::Timeout => "timeout",
            Self::AtMost => "atMost",
            Self::Legs => "legs",
            Self::Account => "account",
            Self::Amount => "amount",
            Self::Memo => "memo",
        })
    }
}

impl RefusalCode {
    /// The stable name of the code, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoTransfers => "no_transfers",
            Self::TooManyTransfers => "too_many_transfers",
            Self::TooManyLegs => "too_many_legs",
            Self::IdTwice => "id_twice",
            Self::NoLegs => "no_legs",
            Self::AmountZero => "amount_zero",
            Self::AmountNegative => "amount_negative",
            Self::AccountTwice => "account_twice",
            Self::AssetsDiffer => "assets_differ",
            Self::LegsNotBalanced => "legs_not_balanced",
            Self::TimeoutWithoutPending => "timeout_without_pending",
            Self::TimeoutOutOfRange => "timeout_out_of_range",
            Self::AtMostNeedsTwoLegs => "at_most_needs_two_legs",
            Self::ExistsWithDifferent(_) => "exists_with_different",
            Self::Exists => "exists",
            Self::AccountNotFound { .. } => "account_not_found",
            Self::AccountClosed { .. } => "account_closed",
            Self::InsufficientFunds { .. } => "insufficient_funds",
            Self::TooManyPending { .. } => "too_many_pending",
            Self::Overflow => "overflow",
            Self::PendingNotFound => "pending_not_found",
            Self::NotPending => "not_pending",
            Self::AlreadyPosted => "already_posted",
            Self::AlreadyVoided => "already_voided",
            Self::TimedOut => "timed_out",
            Self::LegNotPending => "leg_not_pending",
            Self::ExceedsPending => "exceeds_pending",
            Self::VoidWithLegs => "void_with_legs",
            Self::PlatformsAccount => "platforms_account",
            Self::AccountNotEmpty { .. } => "account_not_empty",
        }
    }
}

/// Which of linked transfers does not happen, and so none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("transfer {index} is refused: {code}")]
pub struct Refusal {
    /// Its place among them, from 0.
    pub index: usize,
    /// Why.
    pub code: RefusalCode,
}
