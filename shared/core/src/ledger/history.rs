//! Reading the ledger: balances now and then, entries by page.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::account::{Account, AccountId, AccountPart, Balance};
use super::entry::Entry;
use super::transfer::Transfer;
use super::{Ledger, Versioned};
use crate::clock::Timestamp;
use crate::id::TransferId;
use crate::problem::Problem;
use crate::store::{Listing, Page, Range, StoreError};

impl Ledger {
    /// One part of an account; none if nothing ever happened in it.
    pub async fn account(&self, part: AccountPart) -> Result<Option<Versioned<Account>>, StoreError> {
        self.store.get(&part.key()).await
    }

    /// Where accounts stand now, all their parts together, in one BatchGetItem (of up to 100 parts). One in which nothing ever happened
    /// has nothing.
    pub async fn balances(&self, accounts: &[AccountId]) -> Result<BTreeMap<AccountId, Balance>, StoreError> {
        let keys = accounts.iter().flat_map(|account| account.parts()).map(AccountPart::key).collect::<Vec<_>>();
        let now = self.clock.now();
        let mut balances = accounts.iter().map(|account| (*account, Balance::default())).collect::<BTreeMap<_, _>>();
        for item in self.store.batch_get(&keys).await?.into_values() {
            let account = Versioned::<Account>::from_item(item)?;
            let sum = balances.entry(account.part.account).or_default();
            *sum = sum.checked_add(account.balance(now)).ok_or_else(|| {
                StoreError::Corrupt(format!("the parts of {} sum to more than 64 bits", account.part.account))
            })?;
        }
        Ok(balances)
    }

    /// What was posted to one part of an account up to and with the instant `at`: one backward query of a single entry.
    pub async fn balance_at(&self, part: AccountPart, at: Timestamp) -> Result<i64, Problem> {
        let after = at.plus(Duration::from_millis(1)).to_string();
        let listing = Listing::of_ledger(part.entries_partition()).range(Range::Before(after)).newest_first().limit(1);
        let page = self.store.list::<Entry>(&listing, None).await?;
        Ok(page.data.first().map_or(0, |entry| entry.balance))
    }

    /// A page of the entries of one part of an account, the newest first.
    pub async fn entries(&self, part: AccountPart, cursor: Option<&str>, limit: u16) -> Result<Page<Entry>, Problem> {
        let listing = Listing::of_ledger(part.entries_partition()).newest_first().limit(limit);
        Ok(self.store.list(&listing, cursor).await?.map(|entry: Versioned<Entry>| entry.value))
    }

    /// A page of the entries from one instant on to before another, the oldest first: what a statement is made of.
    pub async fn entries_between(
        &self,
        part: AccountPart,
        (from, to): (Timestamp, Timestamp),
        cursor: Option<&str>,
        limit: u16,
    ) -> Result<Page<Entry>, Problem> {
        // An entry's key goes on behind its time, so that the bare time of `to` stands before all entries of it.
        let range = Range::Between(from.to_string(), to.to_string());
        let listing = Listing::of_ledger(part.entries_partition()).range(range).limit(limit);
        Ok(self.store.list(&listing, cursor).await?.map(|entry: Versioned<Entry>| entry.value))
    }

    /// Many transfers, in batches of 100.
    pub async fn transfers(
        &self,
        ids: impl IntoIterator<Item = TransferId>,
    ) -> Result<BTreeMap<TransferId, Transfer>, StoreError> {
        let ids = ids.into_iter().collect::<BTreeSet<_>>();
        let keys = ids.into_iter().map(Transfer::key_of).collect::<Vec<_>>();
        let found = self.store.batch_get(&keys).await?.into_values();
        found.map(|item| Versioned::<Transfer>::from_item(item).map(|found| (found.id, found.value))).collect()
    }

    /// One transfer.
    pub async fn transfer(&self, id: TransferId) -> Result<Option<Versioned<Transfer>>, StoreError> {
        self.store.get(&Transfer::key_of(id)).await
    }
}

impl Balance {
    /// Two balances together; none if a sum leaves the range of 64 bits.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        let (Some(posted), Some(pending_out), Some(pending_in), Some(available)) = (
            self.posted.checked_add(other.posted),
            self.pending_out.checked_add(other.pending_out),
            self.pending_in.checked_add(other.pending_in),
            self.available.checked_add(other.available),
        ) else {
            return None;
        };
        Some(Self { posted, pending_out, pending_in, available })
    }
}
