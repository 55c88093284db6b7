//! The ledger: double entry over the table `ledger`.
//!
//! ```text
//! NewTransfer ──▶ Draft ──read: one BatchGetItem──▶ Reading ──plan──▶ accounts, entries, transfers in the command's Transaction
//!
//!                 ┌──posted in whole or part──▶ Posted
//! Pending ──▶ Open├──voided──────────────────▶ Voided
//!                 └──its time passes──────────▶ TimedOut
//! ```
//!
//! A transfer has legs that sum to zero; linked transfers happen together or not at all. It is planned into the transaction of the command
//! that it belongs to, with the command's own rows and its event, so that a check and what is spent on it are one
//! ([`Ledger::read`], [`Draft::plan`]); one that stands for itself is [`Ledger::execute`]d. A repeat under the same id answers as the
//! first time, and another transfer under it is told which field differs.
//!
//! Amounts are integers of an asset's smallest unit, sums are checked. Every account has a history of entries, each bound to the one
//! before it by a hash ([`entry`]). docs/LEDGER.md says what limits there are and why, docs/adr/0008 why it is built like this.

pub mod account;
mod book;
mod check;
pub mod entry;
mod history;
pub mod invariant;
pub mod refusal;
pub mod statement;
pub mod transfer;

use std::collections::HashMap;

use crate::clock::{Clock, Timestamp};
use crate::event::Event;
use crate::id::{Ids, TransferId};
use crate::services::Services;
use crate::store::{Entity, Item, Key, Store, StoreError, Transaction, Versioned};

pub use account::{Account, AccountId, AccountPart, Asset, Balance, Hold, SHARDS, TIMEOUT_MAXIMUM};
use book::Book;
pub use entry::Entry;
pub use refusal::{Field, Refusal, RefusalCode};
pub use transfer::{Direction, Leg, MadeLeg, NewTransfer, PendingState, Reason, Transfer, TransferKind};

/// The most legs of all transfers that are linked. Each writes its account and an entry, and with [`TRANSFERS_MAXIMUM`] transfers and the
/// pending ones that they settle that makes 80 of the 100 items of a transaction; twenty are left to the command.
pub const LEGS_MAXIMUM: usize = 30;
/// The most transfers that can be linked.
pub const TRANSFERS_MAXIMUM: usize = 10;

/// Why something of the ledger failed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The transfers cannot be.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Transfers on their way, with the parts of shared accounts chosen.
#[derive(Clone, Debug)]
pub struct Draft {
    transfers: Vec<NewTransfer>,
    shard: u8,
    now: Timestamp,
}

/// What was read for a draft, and what the command read with it.
#[derive(Clone, Debug)]
pub struct Reading(HashMap<Key, Item>);

impl Reading {
    /// One item of those that the command asked for.
    pub fn get<T: Entity>(&self, key: &Key) -> Result<Option<Versioned<T>>, StoreError> {
        self.0.get(key).cloned().map(Versioned::from_item).transpose()
    }
}

/// What transfers came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The transfers as they were made, with the resulting balances of all sides.
    pub transfers: Vec<Transfer>,
    /// Whether they were made before. Then nothing was put into the transaction, and the command has nothing to write either.
    pub replayed: bool,
}

impl Planned {
    /// The first of the transfers, of which there is always one.
    pub fn first(&self) -> Result<&Transfer, StoreError> {
        self.transfers.first().ok_or_else(|| StoreError::Corrupt("no transfer was planned".to_owned()))
    }

    /// Where an account, or the part of it that was written to, stood after the last transfer that names it; nothing if none does.
    pub fn balance_of(&self, account: AccountId) -> Balance {
        let balances = self.transfers.iter().rev().filter_map(|transfer| transfer.leg(account));
        balances.filter_map(|leg| leg.balance).next().unwrap_or_default()
    }
}

impl Draft {
    /// When it was drafted.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The part of an account that its transfers write to: for commands that look at accounts before they know what to transfer.
    pub fn part(&self, account: AccountId) -> AccountPart {
        account.part(self.shard)
    }

    /// The same draft of these transfers, once what was read has decided them. Every item that they need must have been read with it, by
    /// [`Self::part`] and [`Transfer::key_of`]; what was not is taken for absent, and then the transaction fails on it.
    #[must_use]
    pub fn with(self, transfers: Vec<NewTransfer>) -> Self {
        Self { transfers, ..self }
    }

    /// The items that are known to be needed: the transfers, those that they settle, and the accounts of their legs.
    fn keys(&self) -> Vec<Key> {
        let ids = self.transfers.iter().flat_map(|transfer| [Some(transfer.id), transfer.pending_id]);
        let mut keys = ids.flatten().map(Transfer::key_of).collect::<Vec<_>>();
        for transfer in &self.transfers {
            // What is only held needs nothing of shared accounts, unless a linked transfer posts it.
            let settled = self.transfers.iter().any(|other| other.pending_id == Some(transfer.id));
            let holds = transfer.kind == TransferKind::Pending && !settled;
            let legs = transfer.legs.iter().filter(|leg| !(holds && leg.account.is_shared()));
            keys.extend(legs.map(|leg| leg.account.part(self.shard).key()));
        }
        keys
    }

    /// The accounts of pending transfers that are settled.
    fn keys_of_pending(&self, reading: &Reading) -> Result<Vec<Key>, StoreError> {
        let mut keys = Vec::new();
        for id in self.transfers.iter().filter_map(|transfer| transfer.pending_id) {
            let pending = reading.get::<Transfer>(&Transfer::key_of(id))?;
            let legs = pending.into_iter().flat_map(|pending| pending.value.legs);
            keys.extend(legs.map(|leg| leg.part.account.part(self.shard).key()));
        }
        Ok(keys)
    }

    /// Carries the transfers out in a command's transaction.
    ///
    /// # Errors
    /// The first refusal; then nothing was put into the transaction.
    pub fn plan<E>(&self, transaction: &mut Transaction<E>, reading: &Reading) -> Result<Planned, LedgerError> {
        check::check(&self.transfers)?;
        let mut book = Book::new(self.now, self.shard);
        for key in self.keys().into_iter().chain(self.keys_of_pending(reading)?) {
            match key.sk.as_str() {
                "TRANSFER" => reading.get(&key)?.into_iter().for_each(|stored| book.add_transfer(stored)),
                _ => reading.get(&key)?.into_iter().for_each(|stored| book.add_account(stored)),
            }
        }
        if let Some(transfers) = book.made_before(&self.transfers)? {
            return Ok(Planned { transfers, replayed: true });
        }
        let made = self.transfers.iter().enumerate();
        let made = made.map(|(index, new)| book.apply(new).map_err(|code| Refusal { index, code }));
        let transfers = made.collect::<Result<Vec<_>, _>>()?;
        book.write(transaction);
        Ok(Planned { transfers, replayed: false })
    }
}

/// The ledger; cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    store: Store,
    clock: Clock,
    ids: Ids,
    parts: u8,
}

impl Ledger {
    /// The ledger of these services.
    pub fn new(services: &Services) -> Self {
        let Services { store, clock, ids, .. } = services;
        Self { store: store.clone(), clock: clock.clone(), ids: ids.clone(), parts: SHARDS }
    }

    /// The same, which writes to this many parts of shared accounts alone, at least one: for measuring what their number does.
    #[must_use]
    pub fn with_parts(self, parts: u8) -> Self {
        Self { parts: parts.clamp(1, SHARDS), ..self }
    }

    /// Transfers that are to happen together, now. A command that is planned again drafts again: another part of a shared account may be
    /// the free one.
    pub fn draft(&self, transfers: Vec<NewTransfer>) -> Draft {
        let shard = u8::try_from(self.ids.below(u64::from(self.parts))).unwrap_or_default();
        Draft { transfers, shard, now: self.clock.now() }
    }

    /// Reads what a draft needs, and the command's own rows with it, in one consistent BatchGetItem. A second one follows where the draft
    /// settles a pending transfer without saying its legs, since its accounts are known only then.
    pub async fn read(&self, draft: &Draft, own: &[Key]) -> Result<Reading, StoreError> {
        let mut keys = draft.keys();
        keys.extend_from_slice(own);
        let mut reading = Reading(self.batch_get(keys).await?);
        let mut more = draft.keys_of_pending(&reading)?;
        let known = draft.keys();
        more.retain(|key| !known.contains(key));
        if !more.is_empty() {
            reading.0.extend(self.batch_get(more).await?);
        }
        Ok(reading)
    }

    async fn batch_get(&self, keys: Vec<Key>) -> Result<HashMap<Key, Item>, StoreError> {
        // DynamoDB refuses a batch that names an item twice.
        let mut unique = Vec::with_capacity(keys.len());
        for key in keys {
            if !unique.contains(&key) {
                unique.push(key);
            }
        }
        self.store.batch_get(&unique).await
    }

    /// Reads and plans transfers into a command's transaction.
    ///
    /// # Errors
    /// When one of them is refused, or the store fails.
    pub async fn plan<E>(
        &self,
        transaction: &mut Transaction<E>,
        transfers: Vec<NewTransfer>,
    ) -> Result<Planned, LedgerError> {
        let draft = self.draft(transfers);
        check::check(&draft.transfers)?;
        let reading = self.read(&draft, &[]).await?;
        draft.plan(transaction, &reading)
    }

    /// Carries out transfers that stand for themselves, with the event that `event` makes of them.
    ///
    /// # Errors
    /// When one of them is refused, or the store fails.
    pub async fn execute(
        &self,
        transfers: &[NewTransfer],
        event: impl Fn(&[Transfer]) -> Event,
    ) -> Result<Planned, LedgerError> {
        let plan = || async {
            let mut transaction = Transaction::<LedgerError>::new();
            let planned = self.plan(&mut transaction, transfers.to_vec()).await?;
            if !planned.replayed {
                transaction.create(event(&planned.transfers));
            }
            Ok((transaction, planned))
        };
        self.store.execute(plan).await
    }

    /// Puts into a command's transaction that a pending transfer timed out, and answers it as it then stands; none if it did not, or that
    /// was noted before. Whether it is noted changes no balance: what timed out holds nothing.
    pub async fn plan_time_out<E>(
        &self,
        transaction: &mut Transaction<E>,
        id: TransferId,
    ) -> Result<Option<Transfer>, StoreError> {
        let Some(pending) = self.store.get::<Transfer>(&Transfer::key_of(id)).await? else { return Ok(None) };
        let held = pending.legs.iter().filter(|leg| !leg.part.account.is_shared()).map(|leg| leg.part.key());
        let found = self.store.batch_get(&held.collect::<Vec<_>>()).await?;
        let mut book = Book::new(self.clock.now(), 0);
        for item in found.into_values() {
            let account = Versioned::<Account>::from_item(item)?;
            // One that was tidied since needs no other write.
            if account.holds.iter().any(|hold| hold.transfer_id == id) {
                book.add_account(account);
            }
        }
        book.add_transfer(pending);
        if !book.time_out(id) {
            return Ok(None);
        }
        let noted = book.transfer(id).cloned();
        book.write(transaction);
        Ok(noted)
    }

    /// Puts the closing of an empty account into a command's transaction.
    ///
    /// # Errors
    /// When there is something in it, or the store fails.
    pub async fn plan_close<E>(&self, transaction: &mut Transaction<E>, account: AccountId) -> Result<(), LedgerError> {
        let mut book = Book::new(self.clock.now(), 0);
        let stored = self.store.get::<Account>(&account.part(0).key()).await?;
        stored.into_iter().for_each(|stored| book.add_account(stored));
        book.close(account).map_err(|code| Refusal { index: 0, code })?;
        book.write(transaction);
        Ok(())
    }

    /// Notes that a pending transfer timed out, with the event that `event` makes of it; false if it did not, or that was noted before.
    pub async fn note_time_out(&self, id: TransferId, event: impl Fn(&Transfer) -> Event) -> Result<bool, StoreError> {
        let plan = || async {
            let mut transaction = Transaction::<StoreError>::new();
            let noted = self.plan_time_out(&mut transaction, id).await?;
            if let Some(transfer) = &noted {
                transaction.create(event(transfer));
            }
            Ok((transaction, noted.is_some()))
        };
        self.store.execute(plan).await
    }
}
