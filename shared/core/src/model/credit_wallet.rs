//! The credits that an organisation was given, and until when each of them is there.
//!
//! The ledger knows how many credits were given and are unspent; which of them expire when stands here, in a row that is written in the
//! same transaction: what is left of all grants together is what the account holds. What pending transfers hold of it is taken to be of
//! those that expire first, so that nothing has to be noted of a hold, nor undone when it times out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::credits::burn_order::Spendable;
use crate::id::{CreditGrantId, OrganizationId};
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

/// The grants of an organisation, those that expire first first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditWallet {
    /// The organisation.
    pub organization_id: OrganizationId,
    /// Its grants with something left.
    pub grants: Vec<CreditGrant>,
}

/// Why a grant cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyGrants;

impl CreditWallet {
    /// A wallet without grants.
    pub const fn empty(organization_id: OrganizationId) -> Self {
        Self { organization_id, grants: Vec::new() }
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

    /// What of the grants can be spent at `now`, while pending transfers hold `held` credits of them.
    pub fn spendable(&self, held: i64, now: Timestamp) -> Vec<Spendable> {
        let mut held = held.max(0);
        let unheld = self.grants.iter().map(|grant| {
            let of_this = held.min(grant.left);
            held = held.saturating_sub(of_this);
            grant.spendable(grant.left.saturating_sub(of_this))
        });
        let unheld = unheld.collect::<Vec<_>>();
        unheld.into_iter().filter(|grant| grant.credits > 0 && grant.is_live(now)).collect()
    }

    /// The wallet without `credits` of those that expire first, expired ones among them: who held them when they were there may still burn
    /// them. Fewer if there are not so many.
    #[must_use]
    pub fn burned(mut self, credits: i64) -> Self {
        let mut missing = credits.max(0);
        for grant in &mut self.grants {
            let of_this = missing.min(grant.left);
            grant.left = grant.left.saturating_sub(of_this);
            missing = missing.saturating_sub(of_this);
        }
        self.grants.retain(|grant| grant.left > 0);
        self
    }

    /// The wallet without what expired until `now` and no pending transfer holds, and how many credits that was.
    #[must_use]
    pub fn lapsed(mut self, held: i64, now: Timestamp) -> (Self, i64) {
        let (mut held, mut lapsed) = (held.max(0), 0_i64);
        for grant in &mut self.grants {
            let of_this = held.min(grant.left);
            held = held.saturating_sub(of_this);
            if !grant.spendable(grant.left).is_live(now) {
                lapsed = lapsed.saturating_add(grant.left.saturating_sub(of_this));
                grant.left = of_this;
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

    #[test]
    fn those_that_expire_first_come_first_and_those_that_stay_last() {
        let wallet = wallet(&[(1, None), (2, Some(9)), (3, Some(5)), (4, Some(9)), (5, None)]);
        assert_eq!(left(&wallet), [3, 2, 4, 1, 5]);
        assert_eq!(left(&wallet.clone().burned(6)), [3, 1, 5]);
        assert_eq!(wallet.clone().burned(99).grants, []);
        let first = wallet.grants[0];
        let full = (0..GRANTS_MAXIMUM - 5).fold(wallet, |wallet, _| wallet.with(first).unwrap());
        assert_eq!(full.with(first), Err(TooManyGrants));
    }

    #[test]
    fn what_is_held_is_of_those_that_expire_first_also_when_they_expire_meanwhile() {
        let wallet = wallet(&[(5, Some(0)), (5, Some(1)), (5, None)]);
        let spendable = |held| wallet.spendable(held, NOW).iter().map(|grant| grant.credits).collect::<Vec<_>>();
        assert_eq!((spendable(0), spendable(5), spendable(7)), (vec![5, 5], vec![5, 5], vec![3, 5]));
        let lapsed = |held| {
            let (rest, lapsed) = wallet.clone().lapsed(held, NOW);
            (left(&rest), lapsed)
        };
        assert_eq!((lapsed(0), lapsed(2), lapsed(6)), ((vec![5, 5], 5), (vec![2, 5, 5], 3), (vec![5, 5, 5], 0)));
    }

    proptest! {
        #[test]
        fn no_credit_is_lost_between_left_lapsed_held_and_spendable(
            grants in prop::collection::vec((1..50_i64, prop::option::of(-3..4_i64)), 0..8), held in 0..120_i64,
        ) {
            let wallet = wallet(&grants);
            let held = held.min(wallet.left());
            let (rest, lapsed) = wallet.clone().lapsed(held, NOW);
            prop_assert_eq!(rest.left() + lapsed, wallet.left());
            prop_assert!(rest.left() >= held);
            let spendable = |wallet: &CreditWallet| wallet.spendable(held, NOW).iter().map(|it| it.credits).sum::<i64>();
            prop_assert_eq!(spendable(&rest), spendable(&wallet), "lapsing takes nothing that could be spent");
            prop_assert_eq!(spendable(&rest) + held, rest.left());
            prop_assert_eq!(wallet.clone().burned(held).left(), wallet.left() - held);
        }
    }
}
