//! What always holds of the ledger, as functions that tests call after every step.

use std::collections::BTreeMap;

use super::account::{Account, AccountId, Asset};
use super::entry::{Entry, FIRST_PREVIOUS_HASH};
use super::transfer::Transfer;
use crate::clock::Timestamp;

/// Something that must never be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Violation(String);

fn violation<T>(text: String) -> Result<T, Violation> {
    Err(Violation(text))
}

/// What a transfer moves sums to zero.
pub fn transfer_sums_to_zero(transfer: &Transfer) -> Result<(), Violation> {
    let sum = transfer.legs.iter().map(|leg| i128::from(leg.direction.signed(leg.amount))).sum::<i128>();
    if sum == 0 { Ok(()) } else { violation(format!("{} sums to {sum}", transfer.id)) }
}

/// An account holds what its entries sum to, each follows the one before, and nothing goes below the floor. `entries` are all it has, in
/// their order.
pub fn account_is_its_entries(account: &Account, entries: &[Entry], now: Timestamp) -> Result<(), Violation> {
    let name = account.part;
    let (mut sum, mut hash, mut at) = (0_i128, FIRST_PREVIOUS_HASH, Timestamp::from_seconds(0));
    for (sequence, entry) in (1_u64..).zip(entries) {
        sum += i128::from(entry.amount);
        let follows = entry.part == name && entry.sequence == sequence && entry.previous_hash == hash && entry.at >= at;
        if !follows || entry.hash != entry.hash_of() || i128::from(entry.balance) != sum {
            return violation(format!("entry {sequence} of {name} does not follow"));
        }
        (hash, at) = (&entry.hash, entry.at);
    }
    let counted = u64::try_from(entries.len()) == Ok(account.entries);
    if !counted || account.last_hash != hash || i128::from(account.posted) != sum {
        return violation(format!("{name} holds {} and its entries make {sum}", account.posted));
    }
    let available = account.balance(now).available;
    if account.floor.is_some_and(|floor| available < floor) {
        return violation(format!("{name} has {available}, below its floor"));
    }
    Ok(())
}

/// What all accounts hold of an asset sums to zero: nothing was lost or invented.
pub fn assets_sum_to_zero<'a>(accounts: impl IntoIterator<Item = &'a Account>) -> Result<(), Violation> {
    let mut sums = BTreeMap::<Asset, i128>::new();
    for account in accounts {
        *sums.entry(account.asset).or_default() += i128::from(account.posted);
    }
    match sums.into_iter().find(|(_, sum)| *sum != 0) {
        None => Ok(()),
        Some((asset, sum)) => violation(format!("{asset:?} sums to {sum}")),
    }
}

/// How all BUZ is spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BuzSupply {
    /// Ever minted.
    pub minted: i128,
    /// Ever burned.
    pub burned: i128,
    /// In people's wallets.
    pub circulating: i128,
    /// Staked.
    pub staked: i128,
    /// With the platform: the reward pool and the fees.
    pub held: i128,
}

impl BuzSupply {
    /// Adds up accounts.
    pub fn of<'a>(accounts: impl IntoIterator<Item = &'a Account>) -> Self {
        let mut supply = Self::default();
        for account in accounts {
            let posted = i128::from(account.posted);
            match account.part.account {
                AccountId::BuzIssuance => supply.minted -= posted,
                AccountId::BuzBurned => supply.burned += posted,
                AccountId::BuzWallet(_) => supply.circulating += posted,
                AccountId::BuzStakes => supply.staked += posted,
                AccountId::BuzRewards | AccountId::BuzFees => supply.held += posted,
                _ => {}
            }
        }
        supply
    }

    /// Minted less burned is circulating, staked and held.
    pub fn check(&self) -> Result<(), Violation> {
        let Self { minted, burned, circulating, staked, held } = self;
        if minted - burned == circulating + staked + held { Ok(()) } else { violation(format!("{self:?}")) }
    }
}
