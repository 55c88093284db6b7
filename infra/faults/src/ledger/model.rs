//! The ledger as a page of plain Rust: numbers in maps, and the rules as the documentation of the engine has them.
//!
//! It shares the engine's requests and nothing else: what is held is not noted with the accounts but found among the open pending
//! transfers, and sums have 128 bits.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use shared::clock::Timestamp;
use shared::id::TransferId;
use shared::ledger::account::HOLDS_MAXIMUM;
use shared::ledger::{
    AccountId, Balance, Direction, LEGS_MAXIMUM, NewTransfer, TIMEOUT_MAXIMUM, TRANSFERS_MAXIMUM, TransferKind,
};

/// A side of a transfer: account, whether it leaves, amount.
type Side = (AccountId, bool, i128);

/// What is known of a transfer that was made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) asked: NewTransfer,
    /// The sides as they were made, lowered where that was asked for.
    pub(super) sides: Vec<Side>,
    /// Where each side's account stood afterwards; none of shared accounts.
    pub(super) balances: Vec<Option<Balance>>,
    /// For a pending one: when it runs out, and what settled it.
    expires_at: Option<Timestamp>,
    settled: Option<&'static str>,
}

#[derive(Clone, Debug, Default)]
struct Purse {
    posted: i128,
    closed: bool,
}

/// What is predicted of linked transfers.
#[derive(Clone, Debug)]
pub(super) enum Prediction {
    /// They are made, and this is what becomes of everything.
    Made(Box<After>),
    /// They were made before.
    Again(Vec<TransferId>),
    /// One of them cannot be: its place, and the code.
    Refused(usize, String),
}

/// What becomes of everything.
#[derive(Clone, Debug)]
pub(super) struct After {
    purses: BTreeMap<AccountId, Purse>,
    /// Transfers that came or changed.
    pub(super) changed: BTreeMap<TransferId, Made>,
}

/// Everything that there is.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    purses: BTreeMap<AccountId, Purse>,
    made: HashMap<TransferId, Made>,
    /// Pending transfers that nothing settled; they may have run out.
    open: BTreeSet<TransferId>,
}

/// The model in the middle of linked transfers.
struct Draft<'a> {
    before: &'a Model,
    after: After,
    now: Timestamp,
}

impl Model {
    pub(super) fn made(&self, id: TransferId) -> Option<&Made> {
        self.made.get(&id)
    }

    /// What is posted to an account.
    pub(super) fn posted(&self, account: AccountId) -> i128 {
        self.purses.get(&account).map_or(0, |purse| purse.posted)
    }

    /// The accounts that were opened.
    pub(super) fn accounts(&self) -> impl Iterator<Item = AccountId> {
        self.purses.keys().copied()
    }

    /// How many transfers were made.
    pub(super) fn transfers(&self) -> usize {
        self.made.len()
    }

    /// The pending transfers that nothing settled, whether or not they ran out.
    pub(super) fn open(&self) -> impl Iterator<Item = TransferId> {
        self.open.iter().copied()
    }

    /// When open transfers run out between these two instants, the second of which belongs to it.
    pub(super) fn run_out_within(&self, from: Timestamp, to: Timestamp) -> BTreeSet<Timestamp> {
        let ends = self.open.iter().filter_map(|id| self.made.get(id)?.expires_at);
        ends.filter(|end| *end > from && *end <= to).collect()
    }

    /// What becomes of linked transfers at `now`.
    pub(super) fn predict(&self, transfers: &[NewTransfer], now: Timestamp) -> Prediction {
        if let Err((place, code)) = in_themselves(transfers) {
            return Prediction::Refused(place, code.to_owned());
        }
        let before = transfers.iter().map(|new| self.made.get(&new.id)).collect::<Vec<_>>();
        for (place, (new, before)) in transfers.iter().zip(&before).enumerate() {
            if let Some(field) = before.and_then(|made| different(&made.asked, new)) {
                return Prediction::Refused(place, format!("exists_with_different {field}"));
            }
        }
        match before.iter().position(Option::is_some) {
            Some(_) if before.iter().all(Option::is_some) => {
                return Prediction::Again(transfers.iter().map(|new| new.id).collect());
            }
            Some(place) => return Prediction::Refused(place, "exists".to_owned()),
            None => {}
        }
        let after = After { purses: self.purses.clone(), changed: BTreeMap::new() };
        let mut draft = Draft { before: self, after, now };
        for (place, new) in transfers.iter().enumerate() {
            if let Err(code) = draft.make(new) {
                return Prediction::Refused(place, code.to_owned());
            }
        }
        Prediction::Made(Box::new(draft.after))
    }

    /// It happened as predicted; `ends` are the times at which pending ones run out, which the answer tells.
    pub(super) fn follow(&mut self, after: After, ends: &BTreeMap<TransferId, Timestamp>) {
        self.purses = after.purses;
        for (id, mut made) in after.changed {
            made.expires_at = ends.get(&id).copied().or(made.expires_at);
            let is_open = made.asked.kind == TransferKind::Pending && made.settled.is_none();
            if is_open {
                self.open.insert(id)
            } else {
                self.open.remove(&id)
            };
            self.made.insert(id, made);
        }
    }

    /// What noting that a transfer ran out comes to.
    pub(super) fn runs_out(&self, id: TransferId, now: Timestamp) -> bool {
        self.open.contains(&id) && self.made.get(&id).is_some_and(|made| made.expires_at.is_some_and(|end| end <= now))
    }

    /// It was noted that a transfer ran out.
    pub(super) fn note(&mut self, id: TransferId) {
        self.open.remove(&id);
        if let Some(made) = self.made.get_mut(&id) {
            made.settled = Some("timed_out");
        }
    }

    /// What closing an account comes to.
    pub(super) fn close(&self, account: AccountId, now: Timestamp) -> &'static str {
        let draft = Draft { before: self, after: After { purses: self.purses.clone(), changed: BTreeMap::new() }, now };
        match self.purses.get(&account) {
            _ if account.is_platforms() => "platforms_account",
            None => "account_not_found",
            Some(purse) if purse.closed => "account_closed",
            Some(purse) if purse.posted != 0 || draft.held(account).next().is_some() => "account_not_empty",
            Some(_) => "ok",
        }
    }

    /// An account was closed.
    pub(super) fn closed(&mut self, account: AccountId) {
        self.purses.entry(account).or_default().closed = true;
    }
}

/// What can be said of transfers without knowing anything.
fn in_themselves(transfers: &[NewTransfer]) -> Result<(), (usize, &'static str)> {
    if transfers.is_empty() {
        return Err((0, "no_transfers"));
    }
    if transfers.len() > TRANSFERS_MAXIMUM {
        return Err((TRANSFERS_MAXIMUM, "too_many_transfers"));
    }
    let (mut legs, mut ids) = (0, BTreeSet::new());
    for (place, new) in transfers.iter().enumerate() {
        legs += new.legs.len();
        let code = if legs > LEGS_MAXIMUM {
            Some("too_many_legs")
        } else if !ids.insert(new.id) {
            Some("id_twice")
        } else {
            in_itself(new)
        };
        if let Some(code) = code {
            return Err((place, code));
        }
    }
    Ok(())
}

fn in_itself(new: &NewTransfer) -> Option<&'static str> {
    let begins = matches!(new.kind, TransferKind::Posted | TransferKind::Pending);
    if begins && new.legs.is_empty() {
        return Some("no_legs");
    }
    if new.kind == TransferKind::VoidPending && !new.legs.is_empty() {
        return Some("void_with_legs");
    }
    let mut seen = BTreeSet::new();
    for leg in &new.legs {
        match leg.amount {
            0 => return Some("amount_zero"),
            ..0 => return Some("amount_negative"),
            _ if !seen.insert(leg.account) => return Some("account_twice"),
            _ => {}
        }
    }
    if new.legs.iter().map(|leg| leg.account.asset()).collect::<BTreeSet<_>>().len() > 1 {
        return Some("assets_differ");
    }
    let (out, into): (Vec<_>, Vec<_>) = new.legs.iter().partition(|leg| leg.direction == Direction::Out);
    let sum = |legs: Vec<&shared::ledger::Leg>| legs.iter().map(|leg| i128::from(leg.amount)).sum::<i128>();
    if sum(out) != sum(into) {
        return Some("legs_not_balanced");
    }
    match new.timeout {
        Some(_) if new.kind != TransferKind::Pending => return Some("timeout_without_pending"),
        Some(timeout) if timeout.as_millis() == 0 || timeout > TIMEOUT_MAXIMUM => return Some("timeout_out_of_range"),
        _ => {}
    }
    (new.at_most && (!begins || new.legs.len() != 2)).then_some("at_most_needs_two_legs")
}

/// The first field in which two requests differ.
fn different(one: &NewTransfer, other: &NewTransfer) -> Option<&'static str> {
    let sides =
        |new: &NewTransfer| new.legs.iter().map(|leg| (leg.account, leg.direction, leg.amount)).collect::<Vec<_>>();
    if one.kind != other.kind {
        return Some("kind");
    }
    if one.pending_id != other.pending_id {
        return Some("pendingId");
    }
    if one.organization_id != other.organization_id {
        return Some("organizationId");
    }
    if one.reason != other.reason {
        return Some("reason");
    }
    if one.timeout != other.timeout {
        return Some("timeout");
    }
    if one.at_most != other.at_most {
        return Some("atMost");
    }
    if one.legs.len() != other.legs.len() {
        return Some("legs");
    }
    for (one, other) in sides(one).into_iter().zip(sides(other)) {
        if (one.0, one.1) != (other.0, other.1) {
            return Some("account");
        }
        if one.2 != other.2 {
            return Some("amount");
        }
    }
    (one.memo != other.memo).then_some("memo")
}

impl Draft<'_> {
    fn transfer(&self, id: TransferId) -> Option<&Made> {
        self.after.changed.get(&id).or_else(|| self.before.made.get(&id))
    }

    /// What is held of an account: the amounts of open transfers, with whether they leave.
    fn held(&self, account: AccountId) -> impl Iterator<Item = (bool, i128)> {
        let ids = self.before.open.iter().chain(self.after.changed.keys()).copied().collect::<BTreeSet<_>>();
        let open = ids.into_iter().filter_map(|id| self.transfer(id)).filter(|made| {
            made.asked.kind == TransferKind::Pending
                && made.settled.is_none()
                && made.expires_at.is_none_or(|end| end > self.now)
        });
        let sides = open.flat_map(|made| made.sides.clone()).filter(move |side| side.0 == account);
        sides.map(|(_, out, amount)| (out, amount)).collect::<Vec<_>>().into_iter()
    }

    fn balance(&self, account: AccountId) -> Balance {
        let sum = |leaving: bool| self.held(account).filter(|(out, _)| *out == leaving).map(|(_, amount)| amount).sum();
        let posted = self.after.purses.get(&account).map_or(0, |purse| purse.posted);
        let (out, into): (i128, i128) = (sum(true), sum(false));
        let narrow = |number: i128| i64::try_from(number).expect("balances have 64 bits");
        Balance {
            posted: narrow(posted),
            pending_out: narrow(out),
            pending_in: narrow(into),
            available: narrow(posted - out),
        }
    }

    fn find(&self, account: AccountId, opens: bool) -> Result<(), &'static str> {
        let is_there = opens || account.is_platforms() || self.after.purses.contains_key(&account);
        if is_there { Ok(()) } else { Err("account_not_found") }
    }

    /// What could leave an account.
    fn spendable(&self, account: AccountId) -> i128 {
        let available = i128::from(self.balance(account).available);
        (available - account.floor().map_or(i128::from(i64::MIN), i128::from)).clamp(0, i128::from(i64::MAX))
    }

    fn may(&self, (account, out, amount): Side) -> Result<(), &'static str> {
        if self.after.purses.get(&account).is_some_and(|purse| purse.closed) {
            return Err("account_closed");
        }
        // What is moved over a shared account is kept far from the ends of 64 bits.
        let balance = self.balance(account);
        let full = i128::from(balance.posted) + i128::from(balance.pending_in) + amount > i128::from(i64::MAX);
        match out {
            true if amount > self.spendable(account) && account.floor().is_some() => Err("insufficient_funds"),
            true if amount > self.spendable(account) => Err("overflow"),
            false if full => Err("overflow"),
            _ => Ok(()),
        }
    }

    fn post(&mut self, sides: &[(Side, bool)]) -> Result<Vec<Option<Balance>>, &'static str> {
        let mut balances = Vec::new();
        for ((account, out, amount), opens) in sides.iter().copied() {
            self.find(account, opens)?;
            self.may((account, out, amount))?;
            self.after.purses.entry(account).or_default().posted += if out { -amount } else { amount };
            balances.push((!account.is_shared()).then(|| self.balance(account)));
        }
        Ok(balances)
    }

    fn make(&mut self, new: &NewTransfer) -> Result<(), &'static str> {
        let mut sides = new
            .legs
            .iter()
            .map(|leg| ((leg.account, leg.direction == Direction::Out, i128::from(leg.amount)), leg.opens));
        let mut sides = sides.by_ref().collect::<Vec<_>>();
        if let Some(((account, _, amount), opens)) = sides.iter().copied().find(|((_, out, _), _)| new.at_most && *out)
        {
            self.find(account, opens)?;
            let amount = amount.min(self.spendable(account));
            if amount == 0 {
                return Err("insufficient_funds");
            }
            sides.iter_mut().for_each(|((.., lowered), _)| *lowered = amount);
        }
        let expires_at = new.timeout.map(|timeout| self.now.plus(timeout));
        let mut made = Made { asked: new.clone(), sides: Vec::new(), balances: Vec::new(), expires_at, settled: None };
        match new.kind {
            TransferKind::Posted => made.balances = self.post(&sides)?,
            TransferKind::Pending => {
                for (side, opens) in sides.iter().copied() {
                    let account = side.0;
                    if account.is_shared() {
                        made.balances.push(None);
                        continue;
                    }
                    self.find(account, opens)?;
                    self.may(side)?;
                    let held = self.held(account).filter(|(out, _)| *out == side.1).map(|(_, amount)| amount);
                    if held.sum::<i128>() + side.2 > i128::from(i64::MAX) {
                        return Err("overflow");
                    }
                    if self.held(account).count() >= HOLDS_MAXIMUM {
                        return Err("too_many_pending");
                    }
                    self.after.purses.entry(account).or_default();
                    made.sides.push(side);
                    self.after.changed.insert(new.id, made.clone());
                    made.balances.push(Some(self.balance(account)));
                }
            }
            TransferKind::PostPending | TransferKind::VoidPending => return self.settle(new, &sides, made),
        }
        made.sides = sides.into_iter().map(|(side, _)| side).collect();
        self.after.changed.insert(new.id, made);
        Ok(())
    }

    fn settle(&mut self, new: &NewTransfer, sides: &[(Side, bool)], mut made: Made) -> Result<(), &'static str> {
        let id = new.pending_id.ok_or("pending_not_found")?;
        let pending = self.transfer(id).cloned().ok_or("pending_not_found")?;
        if pending.asked.kind != TransferKind::Pending {
            return Err("not_pending");
        }
        if let Some(settled) = pending.settled {
            return Err(settled);
        }
        if pending.expires_at.is_some_and(|end| end <= self.now) {
            return Err("timed_out");
        }
        let voids = new.kind == TransferKind::VoidPending;
        for (side, _) in sides {
            let held = pending.sides.iter().find(|held| (held.0, held.1) == (side.0, side.1));
            let held = held.ok_or("leg_not_pending")?;
            if side.2 > held.2 {
                return Err("exceeds_pending");
            }
        }
        let settled = Some(if voids { "already_voided" } else { "already_posted" });
        self.after.changed.insert(id, Made { settled, ..pending.clone() });
        let sides = match sides {
            [] => pending.sides.iter().map(|side| (*side, false)).collect::<Vec<_>>(),
            sides => sides.to_vec(),
        };
        made.balances = if voids {
            sides.iter().map(|((account, ..), _)| (!account.is_shared()).then(|| self.balance(*account))).collect()
        } else {
            self.post(&sides)?
        };
        made.sides = sides.into_iter().map(|(side, _)| side).collect();
        self.after.changed.insert(new.id, made);
        Ok(())
    }
}
