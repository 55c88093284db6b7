//! Where an organisation stands with its credits at an instant, by one consistent batch.

use super::burn_order::{Available, Spendable};
use super::day::OrganizationDay;
use crate::clock::Timestamp;
use crate::id::{CreditGrantId, OrganizationId, TransferId};
use crate::ledger::{Account, AccountId, Balance, Draft, Ledger, Reading, Transfer};
use crate::model::credit_wallet::{CreditGrant, CreditWallet, GrantKind};
use crate::model::organization::Organization;
use crate::plan::{Plan, PlanName};
use crate::services::Services;
use crate::store::{Key, StoreError, Versioned};

/// Whose credits, and on which plan.
#[derive(Clone, Copy, Debug)]
pub struct Holder {
    /// The organisation.
    pub organization_id: OrganizationId,
    /// Whether it came with an account: then it has the opening grant.
    pub personal: bool,
    /// When it came into being.
    pub created_at: Timestamp,
    /// Its plan.
    pub plan: &'static Plan,
}

impl From<&Organization> for Holder {
    fn from(organization: &Organization) -> Self {
        let Organization { id, personal, created_at, plan, .. } = organization;
        Self { organization_id: *id, personal: *personal, created_at: *created_at, plan: plan.plan() }
    }
}

/// Where an organisation stands with its credits.
#[derive(Clone, Debug)]
pub struct Position {
    pub(super) services: Services,
    pub(super) holder: Holder,
    pub(super) now: Timestamp,
    pub(super) day: OrganizationDay,
    pub(super) draft: Draft,
    pub(super) reading: Reading,
    pub(super) stored_wallet: Option<Versioned<CreditWallet>>,
    /// Below zero by what was used of the day's credits.
    pub(super) allowance: Balance,
    pub(super) grants: Balance,
    pub(super) purchased: Balance,
    /// Below zero by what is owed.
    pub(super) debt: Balance,
}

/// What an organisation has, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// What was used of the day's credits, or is held of them.
    pub day_used: i64,
    /// What actions under way hold, of all sources.
    pub held: i64,
    /// The grants that something can be spent of, those that expire first first.
    pub grants: Vec<Spendable>,
    /// What is left of the credits that were bought.
    pub purchased: i64,
    /// What is owed.
    pub debt: i64,
    /// What could be burned now, of all sources.
    pub available: i64,
}

impl Position {
    /// Reads where an organisation stands, and the command's `own` rows and `transfers` with it, in one consistent BatchGetItem.
    pub async fn read(
        services: &Services,
        holder: Holder,
        transfers: &[TransferId],
        own: &[Key],
    ) -> Result<Self, StoreError> {
        let day = OrganizationDay::at(holder.organization_id, services.clock.now());
        Self::read_day(services, holder, day, transfers, own).await
    }

    /// The same with the credits of another day, for what was begun then.
    pub(super) async fn read_day(
        services: &Services,
        holder: Holder,
        day: OrganizationDay,
        transfers: &[TransferId],
        own: &[Key],
    ) -> Result<Self, StoreError> {
        let (organization, ledger) = (holder.organization_id, Ledger::new(services));
        let draft = ledger.draft(Vec::new());
        let sides = [
            AccountId::CreditAllowance(day),
            AccountId::CreditGrants(organization),
            AccountId::Credits(organization),
            AccountId::CreditDebt(organization),
        ];
        let others = [AccountId::CreditIssuance, AccountId::CreditRevenue];
        let mut keys = vec![CreditWallet::key_of(organization)];
        keys.extend(sides.into_iter().chain(others).map(|account| draft.part(account).key()));
        keys.extend(transfers.iter().copied().map(Transfer::key_of));
        keys.extend_from_slice(own);
        let reading = ledger.read(&draft, &keys).await?;
        let now = draft.now();
        let balance = |account: AccountId| -> Result<Balance, StoreError> {
            let account = reading.get::<Account>(&draft.part(account).key())?;
            Ok(account.map(|account| account.balance(now)).unwrap_or_default())
        };
        let [allowance, grants, purchased, debt] = sides.map(balance);
        let stored_wallet = reading.get(&CreditWallet::key_of(organization))?;
        Ok(Self {
            services: services.clone(),
            holder,
            now,
            day,
            stored_wallet,
            allowance: allowance?,
            grants: grants?,
            purchased: purchased?,
            debt: debt?,
            draft,
            reading,
        })
    }

    /// The same where the plan turns out to be another.
    #[must_use]
    pub fn on(self, holder: Holder) -> Self {
        Self { holder, ..self }
    }

    /// The plan.
    pub const fn plan(&self) -> &'static Plan {
        self.holder.plan
    }

    /// What was read with it.
    pub const fn reading(&self) -> &Reading {
        &self.reading
    }

    /// When it was read.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The opening grant, as long as nothing was ever done with it: a personal organisation has it from the start without a row that says
    /// so (CONTRACT "free grants": only a personal one, and what the Free plan gives).
    pub(super) fn unopened(&self) -> Option<CreditGrant> {
        let Holder { organization_id, personal, created_at, .. } = self.holder;
        let credits = i64::from(PlanName::Free.plan().credits.opening_grant);
        (personal && credits > 0 && self.stored_wallet.is_none()).then(|| CreditGrant {
            id: CreditGrantId::from(organization_id.ulid()),
            kind: GrantKind::Opening,
            given: credits,
            left: credits,
            expires_at: None,
            given_at: created_at,
        })
    }

    /// The grants there are, the opening one among them.
    pub(super) fn wallet(&self) -> CreditWallet {
        let stored = self.stored_wallet.as_ref().map(|wallet| wallet.value.clone());
        stored.unwrap_or_else(|| CreditWallet {
            grants: self.unopened().into_iter().collect(),
            ..CreditWallet::empty(self.holder.organization_id)
        })
    }

    /// What could be burned.
    pub fn available(&self) -> Available {
        let Plan { credits, .. } = self.holder.plan;
        Available {
            // Below zero by what was used and is held of it.
            allowance: i64::from(credits.per_day).saturating_add(self.allowance.available).max(0),
            then_unlimited: credits.then_unlimited,
            grants: self.wallet().spendable(self.now),
            purchased: self.purchased.available.max(0),
        }
    }

    /// What there is, in numbers.
    pub fn figures(&self) -> Figures {
        let available = self.available();
        let held = [self.allowance, self.grants, self.purchased].map(|balance| balance.pending_out);
        Figures {
            day_used: self.allowance.available.saturating_neg(),
            held: held.into_iter().fold(0, i64::saturating_add),
            available: available.total(self.now),
            grants: available.grants,
            purchased: available.purchased,
            debt: self.debt.posted.saturating_neg().max(0),
        }
    }
}
