//! Entries: what was posted to an account, in order, each bound to the one before it by a hash.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::account::AccountPart;
use super::transfer::Reason;
use crate::clock::Timestamp;
use crate::encoding::hexadecimal;
use crate::id::TransferId;
use crate::store::{Entity, Key};

/// What stands in the place of a hash before an account's first entry: 32 bytes of zero in hexadecimal.
pub const FIRST_PREVIOUS_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The account, and the part of it.
    #[serde(flatten)]
    pub part: AccountPart,
    /// Its place among the account's entries, from 1.
    pub sequence: u64,
    /// When: never before the entry before it.
    pub at: Timestamp,
    /// The transfer.
    pub transfer_id: TransferId,
    /// Why.
    pub reason: Reason,
    /// How much came (above 0) or went (below).
    pub amount: i64,
    /// What was posted to the account up to and with this entry.
    pub balance: i64,
    /// The hash of the entry before.
    pub previous_hash: String,
    /// The hash over the one before and this entry's fields ([`Entry::hash_of`]).
    pub hash: String,
}

impl Entry {
    /// The place of the entry `sequence` of `at` in its partition: sixteen digits sort as numbers do for longer than anybody writes.
    pub fn sort_key(at: Timestamp, sequence: u64) -> String {
        format!("{at}#{sequence:016}")
    }

    /// The hash of an entry with these fields: SHA-256 in hexadecimal over the previous hash, account, sequence, time, transfer, reason,
    /// amount and balance, each on a line as the statement has it. None of them contains a line's end, so that no two entries give one text.
    pub fn hash_of(&self) -> String {
        let Self { part, sequence, at, transfer_id, amount, balance, previous_hash, .. } = self;
        let reason = self.reason.name();
        let text = format!("{previous_hash}\n{part}\n{sequence}\n{at}\n{transfer_id}\n{reason}\n{amount}\n{balance}\n");
        hexadecimal(Sha256::digest(text))
    }

    /// The same entry with its hash.
    pub(super) fn sealed(mut self) -> Self {
        self.hash = self.hash_of();
        self
    }
}

impl Reason {
    /// The name that is stored and hashed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Mint => "mint",
            Self::Burn => "burn",
            Self::Stake => "stake",
            Self::Unstake => "unstake",
            Self::Reward => "reward",
            Self::FundRewards => "fundRewards",
            Self::Grant => "grant",
            Self::Purchase => "purchase",
            Self::Spend => "spend",
            Self::Expire => "expire",
            Self::Refund => "refund",
        }
    }
}

impl Entity for Entry {
    const TYPE: &'static str = "ledgerEntry";

    fn key(&self) -> Key {
        Key::in_ledger(self.part.entries_partition(), Self::sort_key(self.at, self.sequence))
    }
}
