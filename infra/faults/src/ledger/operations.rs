//! What is tried on the ledger, drawn by seed: mostly what can be, often at the very edge, and now and then what cannot.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use shared::id::{OrganizationId, TransferId};
use shared::ledger::account::BUZ_MINTED_MAXIMUM;
use shared::ledger::{AccountId, Leg, NewTransfer, Reason};

use super::model::Model;

/// One thing that is tried.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    /// Linked transfers; most are one.
    Transfers(Vec<NewTransfer>),
    /// Noting that a transfer ran out.
    Note(TransferId),
    /// Closing an account.
    Close(AccountId),
    /// Time passes.
    Wait(Duration),
}

/// Draws operations.
pub(super) struct Operations {
    random: StdRng,
    ids: u128,
    /// The transfers that were asked for last, made or not.
    asked: Vec<NewTransfer>,
}

/// How many transfers are remembered to be asked for again.
const REMEMBERED: usize = 200;
/// The most that is moved over shared accounts at once, far from the ends of 64 bits.
const SHARED_MAXIMUM: i64 = 1_000_000_000;

fn ulid(number: u128) -> ulid::Ulid {
    ulid::Ulid::from(number)
}

impl Operations {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), ids: 0, asked: Vec::new() }
    }

    /// Whether what happens so often of a thousand times happens now.
    pub(super) fn happens(&mut self, per_thousand: u32) -> bool {
        self.random.random_range(0..1000) < per_thousand
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.random.random_range(0..bound)
    }

    fn organization(&mut self) -> OrganizationId {
        ulid(if self.happens(20) { 2 } else { 1 }).into()
    }

    fn next_id(&mut self) -> TransferId {
        self.ids += 1;
        ulid(self.ids << 16).into()
    }

    /// An account of one asset; the last of people's are never opened by the others.
    fn account(&mut self, asset: u64) -> AccountId {
        let number = u128::from(self.below(9)) + 1;
        match (asset, self.below(12)) {
            (0, 0) => AccountId::BuzIssuance,
            (0, 1) => AccountId::BuzFees,
            (0, 2) => AccountId::BuzStakes,
            (0, 3) => AccountId::BuzRewards,
            (0, 4) => AccountId::BuzBurned,
            (0, _) => AccountId::BuzWallet(ulid(number).into()),
            (1, 0) => AccountId::CreditIssuance,
            (1, 1) => AccountId::CreditRevenue,
            (1, 2..=4) => AccountId::CreditDebt(ulid(number % 3 + 1).into()),
            (1, _) => AccountId::Credits(ulid(number).into()),
            (_, 0) => AccountId::UsageIssuance,
            (_, 1) => AccountId::UsageConsumed,
            _ => AccountId::Usage(ulid(number % 4 + 1).into()),
        }
    }

    fn asset(&mut self) -> u64 {
        [0, 0, 0, 1, 1, 2][usize::try_from(self.below(6)).expect("small")]
    }

    /// An amount for what leaves an account that has `posted`.
    fn amount(&mut self, posted: i128) -> i64 {
        let posted = i64::try_from(posted.clamp(0, i128::from(i64::MAX))).expect("it was clamped");
        match self.below(100) {
            0 => 0,
            1 => -1,
            2 => i64::MIN,
            3 => i64::MAX,
            4 => BUZ_MINTED_MAXIMUM,
            5 => posted.saturating_add(1),
            6..10 => posted.max(1),
            10..15 => (posted / 2).max(1),
            _ => i64::try_from(self.below(2_000)).expect("small") + 1,
        }
    }

    fn legs(&mut self, model: &Model) -> Vec<Leg> {
        let asset = self.asset();
        let from = self.account(asset);
        let mut into = vec![self.account(asset)];
        if self.happens(5) {
            // Another asset.
            into = vec![self.account((asset + 1) % 3)];
        }
        while self.happens(200) && into.len() < 5 {
            into.push(self.account(asset));
        }
        if self.happens(2) {
            into = (0..32).map(|_| self.account(asset)).collect();
        }
        let mut amount = self.amount(model.posted(from));
        if from.is_shared() || into.iter().any(|account| account.is_shared()) {
            amount = amount.clamp(-1, SHARED_MAXIMUM);
        }
        let count = i64::try_from(into.len()).expect("few");
        let opens = self.happens(700);
        let leg = |leg: Leg| if opens { leg.or_open() } else { leg };
        let rest = amount.saturating_sub((amount / count).saturating_mul(count - 1));
        let mut legs = vec![leg(Leg::out_of(from, amount))];
        for (place, account) in into.into_iter().enumerate() {
            legs.push(leg(Leg::into(account, if place == 0 { rest } else { amount / count })));
        }
        if self.happens(5) {
            legs[0].amount = legs[0].amount.saturating_sub(1);
        }
        if self.happens(5) {
            legs.clear();
        }
        legs
    }

    fn begin(&mut self, model: &Model) -> NewTransfer {
        let (id, organization, legs) = (self.next_id(), self.organization(), self.legs(model));
        let mut new = NewTransfer::new(id, organization, Reason::Transfer, legs);
        if self.happens(60) {
            new = new.at_most();
        }
        if self.happens(300) {
            let timeout = Duration::from_millis(self.below(120_000));
            new = new.pending((!self.happens(100)).then_some(timeout));
        } else if self.happens(5) {
            new.timeout = Some(Duration::from_secs(1));
        }
        if self.happens(100) {
            new = new.with_memo(Some("note".to_owned()));
        }
        new
    }

    fn settle(&mut self, model: &Model, of_chain: Option<TransferId>) -> NewTransfer {
        let open = model.open().collect::<Vec<_>>();
        let drawn = (!open.is_empty()).then(|| open[usize::try_from(self.below(open.len() as u64)).expect("small")]);
        let earlier = self.asked_before().map(|new| new.id);
        let unknown = self.happens(20);
        let pending = of_chain.or(if self.happens(900) { drawn } else { earlier }).filter(|_| !unknown);
        let pending = pending.unwrap_or_else(|| self.next_id());
        let (id, organization) = (self.next_id(), self.organization());
        let new = NewTransfer::new(id, organization, Reason::Spend, Vec::new());
        if self.happens(300) {
            return new.voiding(pending);
        }
        let mut new = new.posting(pending);
        if let Some(made) = model.made(pending).filter(|_| self.happens(500)) {
            // In part: a share of two sides, or of all of them something that may not sum to zero.
            let share = i128::from(self.below(12)) + 1;
            new.legs = made
                .sides
                .iter()
                .map(|(account, out, amount)| {
                    let part = i64::try_from((amount * share / 11).min(i128::from(i64::MAX))).expect("it was lowered");
                    if *out { Leg::out_of(*account, part) } else { Leg::into(*account, part) }
                })
                .collect();
        }
        new
    }

    fn asked_before(&mut self) -> Option<NewTransfer> {
        let count = self.asked.len() as u64;
        let place = usize::try_from(self.below(count.max(1))).expect("small");
        self.asked.get(place).cloned()
    }

    /// Something that was asked for, again: the same, or with one thing changed.
    fn again(&mut self) -> Option<NewTransfer> {
        let mut new = self.asked_before()?;
        match self.below(20) {
            0 => new.memo = Some("another".to_owned()),
            1 => new.organization_id = ulid(3).into(),
            2 => new.reason = Reason::Stake,
            3 => new.legs.iter_mut().for_each(|leg| leg.amount = leg.amount.saturating_add(1)),
            4 => new.legs.reverse(),
            5 => new = new.pending(Some(Duration::from_secs(7))),
            _ => {}
        }
        Some(new)
    }

    /// What is tried next.
    pub(super) fn next(&mut self, model: &Model) -> Operation {
        match self.below(100) {
            0..4 => return Operation::Wait(Duration::from_millis(self.below(60_000))),
            4..7 => {
                let open = model.open().collect::<Vec<_>>();
                if !open.is_empty() {
                    return Operation::Note(open[usize::try_from(self.below(open.len() as u64)).expect("small")]);
                }
            }
            7 if self.happens(300) => {
                let asset = self.asset();
                return Operation::Close(self.account(asset));
            }
            _ => {}
        }
        let count = if self.happens(150) { 2 + self.below(3) } else { 1 };
        let mut transfers = Vec::<NewTransfer>::new();
        for _ in 0..count {
            let last = transfers.last().map(|new| new.id).filter(|_| self.happens(300));
            let new = match self.below(100) {
                0..22 => Some(self.settle(model, last)),
                22..34 => self.again(),
                _ => None,
            };
            let new = match new {
                Some(new) => new,
                None => self.begin(model),
            };
            transfers.push(new);
        }
        for new in &transfers {
            if self.asked.len() < REMEMBERED {
                self.asked.push(new.clone());
            } else {
                let place = usize::try_from(self.below(REMEMBERED as u64)).expect("small");
                self.asked[place] = new.clone();
            }
        }
        Operation::Transfers(transfers)
    }
}
