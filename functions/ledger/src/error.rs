//! What can go wrong here.

use shared::clock::Timestamp;
use shared::ledger::{AccountId, Field, LedgerError, RefusalCode};
use shared::problem::{FieldProblem, Problem};

/// An error of the ledger function.
#[derive(Debug)]
pub enum Error {
    /// It is for the person, or for operators of the platform.
    NotYours,
    /// Nobody can be sent anything at this id.
    UnknownRecipient,
    /// Somebody sends to themselves.
    Yourself,
    /// A wallet has less than that.
    InsufficientFunds {
        /// What it has, in micro-BUZ.
        available: i64,
    },
    /// The reward pool has less than that.
    RewardPoolEmpty {
        /// What it has, in micro-BUZ.
        available: i64,
    },
    /// More would be minted than there may ever be.
    SupplyExhausted,
    /// The id of the transfer was used for another; what differs.
    TransferIdUsed(Field),
    /// A stake's time is not over.
    StakeRunning {
        /// When it is.
        ends_at: Timestamp,
    },
    /// A stake was paid back before.
    StakeEnded,
    /// A stake has earned nothing that was not paid.
    NoRewards,
    /// What any function can meet.
    Problem(Problem),
}

impl From<LedgerError> for Error {
    fn from(error: LedgerError) -> Self {
        let refusal = match error {
            LedgerError::Store(error) => return error.into(),
            LedgerError::Refused(refusal) => refusal,
        };
        match refusal.code {
            RefusalCode::InsufficientFunds { account: AccountId::BuzRewards, available } => {
                Self::RewardPoolEmpty { available }
            }
            RefusalCode::InsufficientFunds { account: AccountId::BuzIssuance, .. } => Self::SupplyExhausted,
            RefusalCode::InsufficientFunds { available, .. } => Self::InsufficientFunds { available },
            RefusalCode::ExistsWithDifferent(field) => Self::TransferIdUsed(field),
            // Nothing here closes wallets, holds anything or lets amounts out of their range.
            _ => Self::Problem(Problem::internal(refusal)),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let field = |path: &str, message: &str| Self::invalid(vec![FieldProblem::new(path, message)]);
        match error {
            Error::NotYours => Self::forbidden("This is for the person, and for operators of the platform."),
            Error::UnknownRecipient => field("to", "is nobody who can be sent anything"),
            Error::Yourself => field("to", "is yourself; send to somebody else"),
            Error::InsufficientFunds { available } => {
                Self::conflict("insufficient_funds", "There is not enough BUZ for this; see `available`.")
                    .with_extension("available", available)
            }
            Error::RewardPoolEmpty { available } => Self::conflict(
                "reward_pool_empty",
                "The pool that rewards are paid from has less than that; what was earned stays due. See `available`.",
            )
            .with_extension("available", available),
            Error::SupplyExhausted => {
                Self::conflict("supply_exhausted", "More BUZ would be minted than there may ever be.")
            }
            Error::TransferIdUsed(field) => Self::conflict(
                "transfer_id_used",
                "This transferId was used for another transfer; see `field` for what differs. Use a new one for a new transfer.",
            )
            .with_extension("field", field),
            Error::StakeRunning { ends_at } => {
                Self::conflict("stake_running", "The stake can be ended when its time is over; see `endsAt`.")
                    .with_extension("endsAt", ends_at)
            }
            Error::StakeEnded => Self::conflict("stake_ended", "The stake was paid back before."),
            Error::NoRewards => Self::conflict("no_rewards", "The stake has earned nothing that was not paid."),
            Error::Problem(problem) => problem,
        }
    }
}

shared::function_error!(Error);
