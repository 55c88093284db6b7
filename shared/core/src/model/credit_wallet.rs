//! The credits that an organisation was given, and until when each of them is there.
//!
//! The ledger knows how many credits were given and are unspent; which of them expire when, and which of them actions under way hold, stands
//! here, in a row that is written in the same transaction: what is left of all grants together is what the account holds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::credits::burn_order::{Part, Source, Spendable};
use crate::id::{CreditGrantId, OrganizationId, TransferId};
use crate::store::{Entity, Key};

/// How many grants with something left an organisation has at most; they lie in one item and are read with every action.
pub const GRANTS_MAXIMUM: usize = 50;

/// Why credits were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum GrantKind {
    /// A personal organisation has them from the start.
    Opening,
    /// An operator of the platform gave them.
    Operator,
}

/// Credits that were given, as far as they are unspent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditGrant {
    /// The grant.
    pub id: CreditGrantId,
    /// Why.
    pub kind: GrantKind,
    /// How many were given.
    pub given: i64,
    /// How many are left.
    pub left: i64,
    /// From when on nothing of it is there any more; never without.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// When it was given.
    pub given_at: Timestamp,
}

impl CreditGrant {
    fn spendable(&self, credits: i64) -> Spendable {
        Spendable { grant_id: self.id, credits, expires_at: self.expires_at }
    }
}

/// Granted credits that an action under way holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantHold {
    /// The pending transfer.
    pub transfer_id: TransferId,
    /// From when on it holds nothing any more.
    pub expires_at: Timestamp,
    /// How many of which grant. Of one that expires meanwhile they may still burn.
    pub parts: Vec<Part>,
}

/// The grants of an organisation, those that expire first first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditWallet {
    /// The organisation.
    pub organization_id: OrganizationId,
    /// Its grants with something left.
    pub grants: Vec<CreditGrant>,
    /// What actions under way hold of them; what timed out is dropped when somebody writes.
    #[serde(default)]
    pub holds: Vec<GrantHold>,
}

/// Why a grant cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyGrants;

impl CreditWallet {
    /// A wallet without grants.
    pub const fn empty(organization_id: OrganizationId) -> Self {
        Self { organization_id, grants: Vec::new(), holds: Vec::new() }
    }

    /// Where the wallet of an organisation lies: in the ledger, which outlives the organisation.
    pub fn key_of(organization: OrganizationId) -> Key {
        Key::in_ledger(format!("CREDITS#{organization}"), "WALLET")
    }

    /// The wallet with another grant.
    pub fn with(mut self, grant: CreditGrant) -> Result<Self, TooManyGrants> {
        if self.grants.len() >= GRANTS_MAXIMUM {
            return Err(TooManyGrants);
        }
        self.grants.push(grant);
        self.grants.sort_by_key(|grant| (grant.expires_at.is_none(), grant.expires_at, grant.id));
        Ok(self)
    }

    /// What actions under way hold of a grant at `now`.
    fn held(&self, grant: CreditGrantId, now: Timestamp) -> i64 {
        let open = self.holds.iter().filter(|hold| now < hold.expires_at);
        let parts = open.flat_map(|hold| &hold.parts).filter(|part| part.source == Source::Grant { grant_id: grant });
        parts.fold(0, |sum, part| sum.saturating_add(part.credits))
    }

    /// What of the grants can be spent at `now`.
    pub fn spendable(&self, now: Timestamp) -> Vec<Spendable> {
        let free = self.grants.iter().map(|grant| grant.spendable(grant.left.saturating_sub(self.held(grant.id, now))));
        free.filter(|grant| grant.credits > 0 && grant.is_live(now)).collect()
    }

    /// The wallet with these credits, as far as they are of grants, held by a pending transfer.
    #[must_use]
    pub fn with_hold(mut self, transfer_id: TransferId, expires_at: Timestamp, parts: &[Part]) -> Self {
        let of_grants = parts.iter().copied().filter(|part| matches!(part.source, Source::Grant { .. }));
        self.holds.push(GrantHold { transfer_id, expires_at, parts: of_grants.collect() });
        self
    }

    /// The wallet with nothing held by a pending transfer any more.
    #[must_use]
    pub fn released(mut self, transfer_id: TransferId) -> Self {
        self.holds.retain(|hold| hold.transfer_id != transfer_id);
        self
    }

    /// The wallet without these credits, as far as they are of grants.
    #[must_use]
    pub fn burned(mut self, parts: &[Part]) -> Self {
        for grant in &mut self.grants {
            let of_this = parts.iter().filter(|part| part.source == Source::Grant { grant_id: grant.id });
            let burned = of_this.fold(0_i64, |sum, part| sum.saturating_add(part.credits));
            grant.left = grant.left.saturating_sub(burned);
        }
        self.grants.retain(|grant| grant.left > 0);
        self
    }

    /// The wallet without what expired until `now` and nobody holds, nor what timed out; and how many credits expired.
    #[must_use]
    pub fn lapsed(mut self, now: Timestamp) -> (Self, i64) {
        self.holds.retain(|hold| now < hold.expires_at);
        let mut lapsed = 0_i64;
        let held = self.grants.iter().map(|grant| self.held(grant.id, now)).collect::<Vec<_>>();
        for (grant, held) in self.grants.iter_mut().zip(held) {
            if !grant.spendable(grant.left).is_live(now) {
                lapsed = lapsed.saturating_add(grant.left.saturating_sub(held));
                grant.left = held;
            }
        }
        self.grants.retain(|grant| grant.left > 0);
        (self, lapsed)
    }

    /// What is left of all grants, expired ones among them.
    pub fn left(&self) -> i64 {
        self.grants.iter().fold(0, |sum, grant| sum.saturating_add(grant.left))
    }
}

impl Entity for CreditWallet {
    const TYPE: &'static str = "creditWallet";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn organization() -> OrganizationId {
        ulid::Ulid::from(9).into()
    }

    fn wallet(grants: &[(i64, Option<i64>)]) -> CreditWallet {
        let grants = (1_u128..).zip(grants).map(|(number, (left, expires_ms))| CreditGrant {
            id: ulid::Ulid::from(number).into(),
            kind: GrantKind::Operator,
            given: *left,
            left: *left,
            expires_at: expires_ms.map(|ms| Timestamp::from_milliseconds(NOW.as_milliseconds() + ms)),
            given_at: NOW,
        });
        grants.fold(CreditWallet::empty(organization()), |wallet, grant| wallet.with(grant).unwrap())
    }

    fn left(wallet: &CreditWallet) -> Vec<i64> {
        wallet.grants.iter().map(|grant| grant.left).collect()
    }

    fn part(number: u128, credits: i64) -> Part {
        Part { source: Source::Grant { grant_id: ulid::Ulid::from(number).into() }, credits }
    }

    fn later(ms: i64) -> Timestamp {
        Timestamp::from_milliseconds(NOW.as_milliseconds() + ms)
    }

    #[test]
    fn those_that_expire_first_come_first_and_those_that_stay_last() {
        let wallet = wallet(&[(1, None), (2, Some(9)), (3, Some(5)), (4, Some(9)), (5, None)]);
        assert_eq!(left(&wallet), [3, 2, 4, 1, 5]);
        assert_eq!(left(&wallet.clone().burned(&[part(3, 3), part(2, 1)])), [1, 4, 1, 5]);
        let first = wallet.grants[0];
        let full = (0..GRANTS_MAXIMUM - 5).fold(wallet, |wallet, _| wallet.with(first).unwrap());
        assert_eq!(full.with(first), Err(TooManyGrants));
    }

    #[test]
    fn what_is_held_is_not_spent_and_does_not_lapse_before_the_hold_ends() {
        let transfer = ulid::Ulid::from(7).into();
        let other = Part { source: Source::Purchased, credits: 99 };
        let wallet = wallet(&[(5, Some(2)), (5, None)]).with_hold(transfer, later(4), &[part(1, 3), part(2, 1), other]);
        let spendable = |ms| wallet.spendable(later(ms)).iter().map(|grant| grant.credits).collect::<Vec<_>>();
        assert_eq!((spendable(1), spendable(2), spendable(4)), (vec![2, 4], vec![4], vec![5]));
        let lapsed = |wallet: &CreditWallet, ms| {
            let (rest, lapsed) = wallet.clone().lapsed(later(ms));
            (left(&rest), rest.holds.len(), lapsed)
        };
        assert_eq!(lapsed(&wallet, 1), (vec![5, 5], 1, 0));
        assert_eq!(lapsed(&wallet, 2), (vec![3, 5], 1, 2));
        assert_eq!(lapsed(&wallet, 4), (vec![5], 0, 5));
        assert_eq!(lapsed(&wallet.clone().released(transfer), 2), (vec![5], 0, 5));
        let burned = wallet.clone().released(transfer).burned(&[part(1, 3), part(2, 1)]);
        assert_eq!(lapsed(&burned, 2), (vec![4], 0, 2));
    }

    proptest! {
        #[test]
        fn no_credit_is_lost_between_left_lapsed_held_and_spendable(
            grants in prop::collection::vec((1..50_i64, prop::option::of(-3..4_i64)), 0..8), held in 0..50_i64,
        ) {
            let mut wallet = wallet(&grants);
            let parts = wallet.spendable(later(-9)).into_iter().map(|grant| {
                Part { source: Source::Grant { grant_id: grant.grant_id }, credits: grant.credits.min(held) }
            });
            let parts = parts.filter(|part| part.credits > 0).collect::<Vec<_>>();
            let held = parts.iter().map(|part| part.credits).sum::<i64>();
            let before = wallet.left();
            wallet = wallet.with_hold(ulid::Ulid::from(7).into(), later(1), &parts);
            let (rest, lapsed) = wallet.clone().lapsed(NOW);
            prop_assert_eq!(rest.left() + lapsed, before);
            prop_assert_eq!(rest.spendable(NOW), wallet.spendable(NOW), "lapsing takes nothing that could be spent");
            let spendable = rest.spendable(NOW).iter().map(|grant| grant.credits).sum::<i64>();
            prop_assert_eq!(spendable + held, rest.left());
            prop_assert_eq!(wallet.burned(&parts).left(), before - held);
        }
    }
}
