//! What transfers do to accounts: the rules of the ledger, without the table.

use std::collections::BTreeMap;

use super::LEGS_MAXIMUM;
use super::account::{Account, AccountId, AccountPart, Hold};
use super::entry::Entry;
use super::refusal::{Refusal, RefusalCode};
use super::transfer::{Direction, Leg, MadeLeg, NewTransfer, PendingState, Transfer, TransferKind, milliseconds};
use crate::clock::Timestamp;
use crate::id::TransferId;
use crate::store::{Transaction, Versioned};

/// A row as it was read, and as it is to be.
#[derive(Clone, Debug)]
struct Row<T> {
    stored: Option<Versioned<T>>,
    next: Option<T>,
}

/// Accounts and transfers as they were read, and what is to become of them.
#[derive(Clone, Debug)]
pub(super) struct Book {
    now: Timestamp,
    /// Which part of shared accounts is written to.
    shard: u8,
    accounts: BTreeMap<AccountPart, Row<Account>>,
    transfers: BTreeMap<TransferId, Row<Transfer>>,
    entries: Vec<Entry>,
    legs: usize,
}

impl Book {
    pub(super) const fn new(now: Timestamp, shard: u8) -> Self {
        Self { now, shard, accounts: BTreeMap::new(), transfers: BTreeMap::new(), entries: Vec::new(), legs: 0 }
    }

    /// Takes an account as it was read.
    pub(super) fn add_account(&mut self, stored: Versioned<Account>) {
        self.accounts.insert(stored.part, Row { stored: Some(stored), next: None });
    }

    /// Takes a transfer as it was read.
    pub(super) fn add_transfer(&mut self, stored: Versioned<Transfer>) {
        self.transfers.insert(stored.id, Row { stored: Some(stored), next: None });
    }

    /// A transfer as it stands now.
    pub(super) fn transfer(&self, id: TransferId) -> Option<&Transfer> {
        let row = self.transfers.get(&id)?;
        row.next.as_ref().or(row.stored.as_ref().map(|stored| &stored.value))
    }

    /// An account as it stands now, without what timed out.
    fn account(&self, part: AccountPart) -> Option<Account> {
        let row = self.accounts.get(&part)?;
        let account = row.next.clone().or_else(|| row.stored.as_ref().map(|stored| stored.value.clone()))?;
        Some(account.tidied(self.now))
    }

    fn account_of(&self, leg: &Leg) -> Result<Account, RefusalCode> {
        let part = leg.account.part(self.shard);
        let opens = leg.opens || leg.account.is_platforms();
        let account = self.account(part).or_else(|| opens.then(|| Account::open(part, self.now)));
        account.ok_or(RefusalCode::AccountNotFound { account: leg.account })
    }

    fn set_account(&mut self, account: Account) {
        let row = self.accounts.entry(account.part).or_insert(Row { stored: None, next: None });
        row.next = Some(account);
    }

    fn set_transfer(&mut self, transfer: Transfer) {
        let row = self.transfers.entry(transfer.id).or_insert(Row { stored: None, next: None });
        row.next = Some(transfer);
    }

    /// The transfers as they were made before, if all of them were and are the same.
    pub(super) fn made_before(&self, new: &[NewTransfer]) -> Result<Option<Vec<Transfer>>, Refusal> {
        let mut made = Vec::with_capacity(new.len());
        for (index, new) in new.iter().enumerate() {
            if let Some(transfer) = self.transfer(new.id) {
                if let Some(field) = transfer.difference(new) {
                    return Err(Refusal { index, code: RefusalCode::ExistsWithDifferent(field) });
                }
                made.push((index, transfer.clone()));
            }
        }
        match made.first() {
            None => Ok(None),
            Some(_) if made.len() == new.len() => Ok(Some(made.into_iter().map(|(_, transfer)| transfer).collect())),
            Some((index, _)) => Err(Refusal { index: *index, code: RefusalCode::Exists }),
        }
    }

    /// Carries out one transfer. After a refusal the book is of no use any more.
    pub(super) fn apply(&mut self, new: &NewTransfer) -> Result<Transfer, RefusalCode> {
        let transfer = match new.kind {
            TransferKind::Posted => self.post(new, self.lowered(new)?)?,
            TransferKind::Pending => self.hold(new, self.lowered(new)?)?,
            TransferKind::PostPending => self.post_pending(new)?,
            TransferKind::VoidPending => self.void_pending(new)?,
        };
        self.legs = self.legs.saturating_add(transfer.legs.len());
        if self.legs > LEGS_MAXIMUM {
            return Err(RefusalCode::TooManyLegs);
        }
        self.set_transfer(transfer.clone());
        Ok(transfer)
    }

    /// The legs, of no more than is available where the transfer says so.
    fn lowered(&self, new: &NewTransfer) -> Result<Vec<Leg>, RefusalCode> {
        let mut legs = new.legs.clone();
        if let Some(out) = legs.iter().find(|leg| new.at_most && leg.direction == Direction::Out) {
            let account = self.account_of(out)?;
            let amount = out.amount.min(account.spendable(self.now));
            if amount == 0 {
                let available = account.balance(self.now).available;
                return Err(RefusalCode::InsufficientFunds { account: out.account, available });
            }
            legs.iter_mut().for_each(|leg| leg.amount = amount);
        }
        Ok(legs)
    }

    /// Not before now, nor before any entry of the accounts: the entries of one transfer have one time, so that what all accounts held at
    /// any instant sums to zero.
    fn time_of(&self, legs: &[Leg]) -> Timestamp {
        let last = |leg: &Leg| self.account(leg.account.part(self.shard)).and_then(|account| account.last_entry_at);
        legs.iter().filter_map(last).fold(self.now, Timestamp::max)
    }

    fn made(&self, new: &NewTransfer, at: Timestamp, legs: Vec<MadeLeg>) -> Transfer {
        let same = legs.iter().map(|leg| leg.amount).eq(new.legs.iter().map(|leg| leg.amount));
        let is_pending = new.kind == TransferKind::Pending;
        Transfer {
            id: new.id,
            organization_id: new.organization_id,
            kind: new.kind,
            reason: new.reason,
            asked: (!same).then(|| new.legs.clone()),
            legs,
            pending_id: new.pending_id,
            timeout_ms: new.timeout.map(milliseconds),
            expires_at: new.timeout.map(|timeout| self.now.plus(timeout)),
            at_most: new.at_most,
            memo: new.memo.clone(),
            state: is_pending.then_some(PendingState::Open),
            settled_by: None,
            at,
        }
    }

    fn post(&mut self, new: &NewTransfer, legs: Vec<Leg>) -> Result<Transfer, RefusalCode> {
        let at = self.time_of(&legs);
        let mut made = Vec::with_capacity(legs.len());
        for leg in legs {
            let mut account = self.account_of(&leg)?.moved(leg.direction, leg.amount, self.now)?;
            account.entries = account.entries.checked_add(1).ok_or(RefusalCode::Overflow)?;
            let entry = Entry {
                part: account.part,
                sequence: account.entries,
                at,
                transfer_id: new.id,
                reason: new.reason,
                amount: leg.direction.signed(leg.amount),
                balance: account.posted,
                previous_hash: std::mem::take(&mut account.last_hash),
                hash: String::new(),
            };
            let entry = entry.sealed();
            account.last_hash.clone_from(&entry.hash);
            account.last_entry_at = Some(at);
            made.push(made_leg(&leg, account.part, Some(&account), self.now));
            self.entries.push(entry);
            self.set_account(account);
        }
        Ok(self.made(new, at, made))
    }

    fn hold(&mut self, new: &NewTransfer, legs: Vec<Leg>) -> Result<Transfer, RefusalCode> {
        let expires_at = new.timeout.map(|timeout| self.now.plus(timeout));
        let at = self.time_of(&legs);
        let mut made = Vec::with_capacity(legs.len());
        for leg in legs {
            if leg.account.is_shared() {
                // Nothing depends on what is pending on an account without a floor, and which of its parts takes it is seen when it is
                // posted: all that wait at once would otherwise meet in the items that everybody writes to.
                made.push(made_leg(&leg, AccountPart { account: leg.account, shard: None }, None, self.now));
                continue;
            }
            let Leg { direction, amount, .. } = leg;
            let hold = Hold { transfer_id: new.id, direction, amount, expires_at };
            let account = self.account_of(&leg)?.held(hold, self.now)?;
            made.push(made_leg(&leg, account.part, Some(&account), self.now));
            self.set_account(account);
        }
        Ok(self.made(new, at, made))
    }

    /// The pending transfer that another settles, if it is open.
    fn open_pending(&self, new: &NewTransfer) -> Result<Transfer, RefusalCode> {
        let pending = new.pending_id.and_then(|id| self.transfer(id)).ok_or(RefusalCode::PendingNotFound)?;
        match pending.state_at(self.now) {
            None => Err(RefusalCode::NotPending),
            Some(PendingState::Posted) => Err(RefusalCode::AlreadyPosted),
            Some(PendingState::Voided) => Err(RefusalCode::AlreadyVoided),
            Some(PendingState::TimedOut) => Err(RefusalCode::TimedOut),
            Some(PendingState::Open) => Ok(pending.clone()),
        }
    }

    /// Ends a pending transfer: nothing is held by it any more.
    fn end(&mut self, pending: Transfer, state: PendingState, settled_by: Option<TransferId>) {
        for leg in pending.legs.iter().filter(|leg| !leg.part.account.is_shared()) {
            if let Some(account) = self.account(leg.part) {
                self.set_account(account.released(pending.id));
            }
        }
        self.set_transfer(Transfer { state: Some(state), settled_by, ..pending });
    }

    fn post_pending(&mut self, new: &NewTransfer) -> Result<Transfer, RefusalCode> {
        let pending = self.open_pending(new)?;
        let whole = pending.legs.iter().map(|leg| Leg {
            account: leg.part.account,
            direction: leg.direction,
            amount: leg.amount,
            opens: false,
        });
        let legs = if new.legs.is_empty() { whole.collect() } else { new.legs.clone() };
        for leg in &legs {
            let held = pending.leg(leg.account).filter(|held| held.direction == leg.direction);
            let held = held.ok_or(RefusalCode::LegNotPending)?;
            if leg.amount > held.amount {
                return Err(RefusalCode::ExceedsPending);
            }
        }
        self.end(pending, PendingState::Posted, Some(new.id));
        self.post(new, legs)
    }

    fn void_pending(&mut self, new: &NewTransfer) -> Result<Transfer, RefusalCode> {
        let pending = self.open_pending(new)?;
        self.end(pending.clone(), PendingState::Voided, Some(new.id));
        let legs = pending.legs.into_iter().map(|leg| {
            let balance = self.account(leg.part).map(|account| account.balance(self.now));
            MadeLeg { balance, ..leg }
        });
        let legs = legs.collect();
        Ok(self.made(new, self.now, legs))
    }

    /// Notes that a pending transfer timed out; false if there is nothing to note.
    pub(super) fn time_out(&mut self, id: TransferId) -> bool {
        let pending = self.transfer(id).filter(|pending| pending.state == Some(PendingState::Open)).cloned();
        let pending = pending.filter(|pending| pending.state_at(self.now) == Some(PendingState::TimedOut));
        pending.map(|pending| self.end(pending, PendingState::TimedOut, None)).is_some()
    }

    /// Closes an account.
    pub(super) fn close(&mut self, id: AccountId) -> Result<(), RefusalCode> {
        if id.is_platforms() {
            return Err(RefusalCode::PlatformsAccount);
        }
        let account = self.account(id.part(self.shard)).ok_or(RefusalCode::AccountNotFound { account: id })?;
        if account.closed {
            return Err(RefusalCode::AccountClosed { account: id });
        }
        if account.posted != 0 || !account.holds.is_empty() {
            return Err(RefusalCode::AccountNotEmpty { account: id });
        }
        self.set_account(Account { closed: true, ..account });
        Ok(())
    }

    /// Puts what became of everything into a command's transaction.
    pub(super) fn write<E>(self, transaction: &mut Transaction<E>) {
        for Row { stored, next } in self.accounts.into_values() {
            write_row(transaction, stored, next);
        }
        for entry in self.entries {
            transaction.create(entry);
        }
        for Row { stored, next } in self.transfers.into_values() {
            write_row(transaction, stored, next);
        }
    }
}

fn write_row<E, T: crate::store::Entity>(
    transaction: &mut Transaction<E>,
    stored: Option<Versioned<T>>,
    next: Option<T>,
) {
    match (stored, next) {
        (Some(stored), Some(next)) => transaction.replace(&stored, next),
        (None, Some(next)) => transaction.create(next),
        (_, None) => {}
    }
}

fn made_leg(leg: &Leg, part: AccountPart, account: Option<&Account>, now: Timestamp) -> MadeLeg {
    let Leg { direction, amount, .. } = *leg;
    MadeLeg { part, direction, amount, balance: account.map(|account| account.balance(now)) }
}
