//! How credits are held, spent, given and taken back: the transfers and rows of each, in the command's own transaction.

use std::time::Duration;

use http::StatusCode;

use super::burn_order::{Burn, Missing, Part, Source, settle};
use super::day::OrganizationDay;
use super::position::{Holder, Position};
use crate::catalogue::Catalogue;
use crate::clock::Timestamp;
use crate::event::Actor;
use crate::id::{CreditGrantId, CreditMovementId, TransferId};
use crate::ledger::{AccountId, LedgerError, Leg, NewTransfer, PendingState, Reason, Refusal, RefusalCode, Transfer};
use crate::model::credit_movement::{CreditCause, CreditMovement};
use crate::model::credit_wallet::{CreditGrant, CreditWallet, GrantKind};
use crate::plan::CreditAction;
use crate::problem::Problem;
use crate::services::Services;
use crate::shortfall::Shortfall;
use crate::store::{Key, StoreError, Transaction};

/// Credits that an action under way holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    transfer_id: TransferId,
    holder_day: OrganizationDay,
    action: CreditAction,
    parts: Vec<Part>,
}

/// Credits that an operator gives.
#[derive(Clone, Debug)]
pub struct Given {
    /// The grant.
    pub id: CreditGrantId,
    /// How many; above 0.
    pub credits: i64,
    /// From when on nothing of it is there any more; never without.
    pub expires_at: Option<Timestamp>,
    /// What the operator says about it.
    pub reason: String,
    /// Who gives them.
    pub actor: Actor,
}

/// Credits by the account that they burn in.
#[derive(Clone, Copy, Debug, Default)]
struct Amounts {
    allowance: i64,
    grants: i64,
    purchased: i64,
}

impl Amounts {
    fn of(parts: &[Part]) -> Self {
        parts.iter().fold(Self::default(), |mut amounts, part| {
            let amount = match part.source {
                Source::Allowance => &mut amounts.allowance,
                Source::Grant { .. } => &mut amounts.grants,
                Source::Purchased => &mut amounts.purchased,
            };
            *amount = amount.saturating_add(part.credits);
            amounts
        })
    }

    fn total(self) -> i64 {
        self.allowance.saturating_add(self.grants).saturating_add(self.purchased)
    }

    /// From the organisation's accounts into revenue.
    fn legs(self, day: OrganizationDay) -> Vec<Leg> {
        let organization = day.organization_id;
        let from = [
            (AccountId::CreditAllowance(day), self.allowance),
            (AccountId::CreditGrants(organization), self.grants),
            (AccountId::Credits(organization), self.purchased),
        ];
        let from = from.into_iter().filter(|(_, amount)| *amount > 0);
        let mut legs = from.map(|(account, amount)| Leg::out_of(account, amount).or_open()).collect::<Vec<_>>();
        legs.push(Leg::into(AccountId::CreditRevenue, self.total()));
        legs
    }
}

impl Held {
    /// Reads what settling these credits needs, and the command's `own` rows with it, in one consistent BatchGetItem.
    pub async fn read(&self, services: &Services, holder: Holder, own: &[Key]) -> Result<Position, StoreError> {
        Position::read_day(services, holder, self.holder_day, &[self.transfer_id], own).await
    }

    /// How many credits are held.
    pub fn credits(&self) -> i64 {
        Amounts::of(&self.parts).total()
    }
}

impl Position {
    /// Holds what an action costs until it is settled, or `timeout` has passed; none where the action costs nothing.
    ///
    /// # Errors
    /// 402 `credits_required` where the credits do not suffice; 429 beyond the fair-use rate, and while as many actions of the organisation
    /// are under way as can be.
    pub fn hold<E: From<Problem>>(
        self,
        transaction: &mut Transaction<E>,
        action: CreditAction,
        timeout: Duration,
    ) -> Result<Option<Held>, Problem> {
        let Burn { parts, metered } = self.burn(action)?;
        if parts.is_empty() {
            return Ok(None);
        }
        self.meter(transaction, metered);
        let (amounts, transfer_id) = (Amounts::of(&parts), self.services.ids.next::<TransferId>());
        let mut transfers = self.begun(transaction, amounts);
        let hold = NewTransfer::new(transfer_id, self.holder.organization_id, Reason::Spend, amounts.legs(self.day));
        transfers.push(hold.pending(Some(timeout)));
        if amounts.grants > 0 {
            let wallet = self.wallet().with_hold(transfer_id, self.now.plus(timeout), &parts);
            self.write_wallet(transaction, &mut transfers, wallet.lapsed(self.now));
        }
        let holder_day = self.day;
        self.move_credits(transaction, transfers)?;
        Ok(Some(Held { transfer_id, holder_day, action, parts }))
    }

    /// Settles what was held: `credits` of it burn, the rest is there again. Answers how many burned. A hold that timed out meanwhile holds
    /// nothing; then what is there burns like for an action of that cost, as far as it goes.
    pub fn settle<E>(
        self,
        transaction: &mut Transaction<E>,
        held: &Held,
        credits: i64,
        actor: Actor,
    ) -> Result<i64, Problem> {
        let organization = self.holder.organization_id;
        let pending = self.reading.get::<Transfer>(&Transfer::key_of(held.transfer_id))?;
        match pending.and_then(|pending| pending.state_at(self.now)) {
            Some(PendingState::Open) => {}
            Some(PendingState::TimedOut) => {
                let available = self.available();
                let there = if available.then_unlimited { credits } else { credits.min(available.total(self.now)) };
                let burn = available.burn(there, self.now).map_err(|_| StoreError::Contended)?;
                return self.burn_parts(transaction, held.action, burn.parts, actor);
            }
            // It was settled before.
            _ => return Ok(0),
        }
        let (parts, _) = settle(&held.parts, credits);
        let amounts = Amounts::of(&parts);
        let legs = if parts.is_empty() { Vec::new() } else { amounts.legs(held.holder_day) };
        let settlement = NewTransfer::new(self.services.ids.next(), organization, Reason::Spend, legs);
        let settlement =
            if parts.is_empty() { settlement.voiding(held.transfer_id) } else { settlement.posting(held.transfer_id) };
        let mut transfers = vec![settlement];
        if Amounts::of(&held.parts).grants > 0 {
            let wallet = self.wallet().released(held.transfer_id).burned(&parts);
            self.write_wallet(transaction, &mut transfers, wallet.lapsed(self.now));
        }
        self.note_action(transaction, held.action, parts, actor);
        self.move_credits(transaction, transfers)?;
        Ok(amounts.total())
    }

    /// Burns what an action costs, at once. Answers how many credits that are.
    ///
    /// # Errors
    /// As of [`Self::hold`].
    pub fn spend<E: From<Problem>>(
        self,
        transaction: &mut Transaction<E>,
        action: CreditAction,
        actor: Actor,
    ) -> Result<i64, Problem> {
        let Burn { parts, metered } = self.burn(action)?;
        self.meter(transaction, metered);
        self.burn_parts(transaction, action, parts, actor)
    }

    fn burn_parts<E>(
        self,
        transaction: &mut Transaction<E>,
        action: CreditAction,
        parts: Vec<Part>,
        actor: Actor,
    ) -> Result<i64, Problem> {
        let amounts = Amounts::of(&parts);
        if parts.is_empty() {
            return Ok(0);
        }
        let (id, organization) = (self.services.ids.next::<TransferId>(), self.holder.organization_id);
        let mut transfers = self.begun(transaction, amounts);
        transfers.push(NewTransfer::new(id, organization, Reason::Spend, amounts.legs(self.day)));
        if amounts.grants > 0 {
            let wallet = self.wallet().burned(&parts);
            self.write_wallet(transaction, &mut transfers, wallet.lapsed(self.now));
        }
        self.note_action(transaction, action, parts, actor);
        self.move_credits(transaction, transfers)?;
        Ok(amounts.total())
    }

    /// Gives credits.
    ///
    /// # Errors
    /// 409 `too_many_grants` where the organisation has as many unspent grants as it can have.
    pub fn grant<E>(self, transaction: &mut Transaction<E>, given: Given) -> Result<(), Problem> {
        let Given { id, credits, expires_at, reason, actor } = given;
        let mut transfers = Vec::new();
        self.open(transaction, &mut transfers);
        let (wallet, lapsed) = self.wallet().lapsed(self.now);
        let (kind, given_at) = (GrantKind::Operator, self.now);
        let grant = CreditGrant { id, kind, given: credits, left: credits, expires_at, given_at };
        let wallet = wallet.with(grant).map_err(|_| {
            let detail = "This organisation has 50 grants that are not spent; wait until some are.";
            Problem::conflict("too_many_grants", detail)
        })?;
        self.write_wallet(transaction, &mut transfers, (wallet, lapsed));
        transfers.push(self.given(credits));
        let cause = CreditCause::Grant { grant_id: id, kind, reason: Some(reason), expires_at };
        self.note(transaction, credits, cause, actor);
        self.move_credits(transaction, transfers)
    }

    /// Adds credits that were bought under this payment; what is owed is paid of them first. Answers how many that took.
    pub fn purchase<E>(
        self,
        transaction: &mut Transaction<E>,
        credits: i64,
        payment_id: &str,
    ) -> Result<i64, StoreError> {
        let cause = |debt_paid| CreditCause::Purchase { payment_id: payment_id.to_owned(), debt_paid };
        self.add(transaction, credits, cause)
    }

    /// Adds credits again that were taken back, since the dispute of this payment was won.
    pub fn give_back<E>(
        self,
        transaction: &mut Transaction<E>,
        credits: i64,
        payment_id: &str,
    ) -> Result<i64, StoreError> {
        let cause = |debt_paid| CreditCause::GivenBack { payment_id: payment_id.to_owned(), debt_paid };
        self.add(transaction, credits, cause)
    }

    fn add<E>(
        self,
        transaction: &mut Transaction<E>,
        credits: i64,
        cause: impl FnOnce(i64) -> CreditCause,
    ) -> Result<i64, StoreError> {
        let organization = self.holder.organization_id;
        let debt_paid = self.figures().debt.min(credits);
        let legs = [
            Leg::out_of(AccountId::CreditIssuance, credits),
            Leg::into(AccountId::CreditDebt(organization), debt_paid).or_open(),
            Leg::into(AccountId::Credits(organization), credits.saturating_sub(debt_paid)).or_open(),
        ];
        self.note(transaction, credits, cause(debt_paid), Actor::Platform);
        self.transfer(transaction, Reason::Purchase, &legs)?;
        Ok(debt_paid)
    }

    /// Takes back credits of a payment that was refunded or is disputed. What of them was spent, or is held by an action under way, is owed;
    /// answers how many that are.
    pub fn take_back<E>(
        self,
        transaction: &mut Transaction<E>,
        credits: i64,
        payment_id: &str,
    ) -> Result<i64, StoreError> {
        let organization = self.holder.organization_id;
        let there = self.purchased.available.clamp(0, credits.max(0));
        let owed = credits.saturating_sub(there);
        let legs = [
            Leg::out_of(AccountId::Credits(organization), there).or_open(),
            Leg::out_of(AccountId::CreditDebt(organization), owed).or_open(),
            Leg::into(AccountId::CreditIssuance, credits),
        ];
        let cause = CreditCause::TakenBack { payment_id: payment_id.to_owned(), owed };
        self.note(transaction, credits.saturating_neg(), cause, Actor::Platform);
        self.transfer(transaction, Reason::Refund, &legs)?;
        Ok(owed)
    }

    fn burn(&self, action: CreditAction) -> Result<Burn, Problem> {
        let plan = self.holder.plan;
        self.available()
            .burn(i64::from(plan.cost(action)), self.now)
            .map_err(|Missing(missing)| Shortfall::Credits { action, missing, resets_at: self.now.next_day() }.on(plan))
    }

    /// Counts an action beyond the day's credits against the fair-use rate, in the same transaction.
    fn meter<E: From<Problem>>(&self, transaction: &mut Transaction<E>, metered: bool) {
        if metered {
            let (limit, subject) = (Catalogue::get().fair_use.limit(), self.holder.organization_id.to_string());
            let detail = "The day's credits are used, and more actions in so short a time are beyond fair use; wait and try again.";
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "fair_use_reached", detail);
            transaction.update_or(limit.attempt(&subject, self.now), limit.refuse(problem, self.now).into());
        }
    }

    /// Writes down the opening grant, if nothing was done with it yet.
    fn open<E>(&self, transaction: &mut Transaction<E>, transfers: &mut Vec<NewTransfer>) {
        if let Some(CreditGrant { id, kind, given, .. }) = self.unopened() {
            transfers.push(self.given(given));
            let cause = CreditCause::Grant { grant_id: id, kind, reason: None, expires_at: None };
            self.note(transaction, given, cause, Actor::Platform);
        }
    }

    /// From issuance into the grants.
    fn given(&self, credits: i64) -> NewTransfer {
        let organization = self.holder.organization_id;
        let legs = vec![
            Leg::out_of(AccountId::CreditIssuance, credits),
            Leg::into(AccountId::CreditGrants(organization), credits).or_open(),
        ];
        NewTransfer::new(self.services.ids.next(), organization, Reason::Grant, legs)
    }

    /// The transfers of a command that moves these amounts, as far as something comes before them.
    fn begun<E>(&self, transaction: &mut Transaction<E>, amounts: Amounts) -> Vec<NewTransfer> {
        let mut transfers = Vec::new();
        if amounts.grants > 0 {
            self.open(transaction, &mut transfers);
        }
        transfers
    }

    /// Writes the wallet, and what of the grants has expired down: it goes back to where it came from.
    fn write_wallet<E>(
        &self,
        transaction: &mut Transaction<E>,
        transfers: &mut Vec<NewTransfer>,
        (wallet, lapsed): (CreditWallet, i64),
    ) {
        if lapsed > 0 {
            let organization = self.holder.organization_id;
            let legs = vec![
                Leg::out_of(AccountId::CreditGrants(organization), lapsed),
                Leg::into(AccountId::CreditIssuance, lapsed),
            ];
            transfers.push(NewTransfer::new(self.services.ids.next(), organization, Reason::Expire, legs));
            self.note(transaction, lapsed.saturating_neg(), CreditCause::Expiry, Actor::Platform);
        }
        match &self.stored_wallet {
            Some(stored) => transaction.replace(stored, wallet),
            None => transaction.create(wallet),
        }
    }

    fn note_action<E>(&self, transaction: &mut Transaction<E>, action: CreditAction, burned: Vec<Part>, actor: Actor) {
        let credits = Amounts::of(&burned).total();
        if credits > 0 {
            self.note(transaction, credits.saturating_neg(), CreditCause::Action { action, burned }, actor);
        }
    }

    fn note<E>(&self, transaction: &mut Transaction<E>, credits: i64, cause: CreditCause, actor: Actor) {
        let (id, organization_id) = (self.services.ids.next::<CreditMovementId>(), self.holder.organization_id);
        transaction.create(CreditMovement { id, organization_id, credits, cause, actor, at: self.now });
    }

    fn transfer<E>(self, transaction: &mut Transaction<E>, reason: Reason, legs: &[Leg]) -> Result<(), StoreError> {
        let legs = legs.iter().copied().filter(|leg| leg.amount > 0).collect();
        let transfer = NewTransfer::new(self.services.ids.next(), self.holder.organization_id, reason, legs);
        match self.draft.with(vec![transfer]).plan(transaction, &self.reading) {
            Ok(_) => Ok(()),
            Err(LedgerError::Store(error)) => Err(error),
            Err(LedgerError::Refused(Refusal { code: RefusalCode::InsufficientFunds { .. }, .. })) => {
                Err(StoreError::Contended)
            }
            Err(LedgerError::Refused(refusal)) => Err(StoreError::Corrupt(refusal.to_string())),
        }
    }

    fn move_credits<E>(self, transaction: &mut Transaction<E>, transfers: Vec<NewTransfer>) -> Result<(), Problem> {
        match self.draft.with(transfers).plan(transaction, &self.reading) {
            Ok(_) => Ok(()),
            Err(LedgerError::Store(error)) => Err(error.into()),
            Err(LedgerError::Refused(refusal)) => Err(refused(refusal.code)),
        }
    }
}

/// What a refusal of the ledger means here. What the position had read was enough: if the ledger finds it is not, the batch saw rows of
/// different moments, since others wrote meanwhile.
fn refused(code: RefusalCode) -> Problem {
    match code {
        RefusalCode::TooManyPending { .. } => Problem::too_many_requests(5),
        RefusalCode::InsufficientFunds { .. } => StoreError::Contended.into(),
        other => Problem::internal(other),
    }
}
