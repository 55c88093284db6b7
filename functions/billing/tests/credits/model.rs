//! Random histories of credits beside a model in plain Rust, which predicts every result and every figure.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use shared::clock::Timestamp;
use shared::credits::Held;
use shared::plan::CreditAction;
use testkit::Cloud;
use tokio::time::advance;

use crate::support::Purse;

/// The Free plan's.
const PER_DAY: i64 = 50;
const MINUTE: Duration = Duration::from_secs(60);
const STEPS: u32 = 250;

/// How many credits are taken from each place, in the order in which they burn: the day's, grants by their number, bought ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Taken(Vec<(Place, i64)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Day,
    Grant(usize),
    Purchased,
}

impl Taken {
    fn of(&self, place: Place) -> i64 {
        self.0.iter().filter(|(other, _)| *other == place).map(|(_, credits)| credits).sum()
    }

    fn total(&self) -> i64 {
        self.0.iter().map(|(_, credits)| credits).sum()
    }

    /// The first so many of them.
    fn first(&self, credits: i64) -> Self {
        let mut missing = credits;
        let parts = self.0.iter().map(|(place, there)| {
            let taken = missing.min(*there);
            missing -= taken;
            (*place, taken)
        });
        Self(parts.collect())
    }
}

/// What is held, as the model has it.
#[derive(Clone, Debug)]
struct ModelHold {
    day: String,
    taken: Taken,
    expires_at: Timestamp,
    held: Held,
}

/// An organisation's credits in plain numbers.
#[derive(Clone, Debug, Default)]
struct Model {
    used: BTreeMap<String, i64>,
    /// All grants there ever were: expiry, if any, and what is left.
    grants: Vec<(Option<Timestamp>, i64)>,
    purchased: i64,
    debt: i64,
    holds: Vec<ModelHold>,
}

impl Model {
    fn open(&self, now: Timestamp) -> impl Iterator<Item = &ModelHold> {
        self.holds.iter().filter(move |hold| now < hold.expires_at)
    }

    fn held(&self, place: Place, now: Timestamp) -> i64 {
        self.open(now).map(|hold| hold.taken.of(place)).sum()
    }

    fn day_used(&self, day: &str, now: Timestamp) -> i64 {
        let held = self.open(now).filter(|hold| hold.day == day).map(|hold| hold.taken.of(Place::Day)).sum::<i64>();
        self.used.get(day).copied().unwrap_or_default() + held
    }

    /// What can be taken, in the burn order.
    fn there(&self, day: &str, now: Timestamp) -> Taken {
        let mut order = (0..self.grants.len()).collect::<Vec<_>>();
        order.sort_by_key(|number| (self.grants[*number].0.is_none(), self.grants[*number].0, *number));
        let live = order.into_iter().filter(|number| self.grants[*number].0.is_none_or(|at| now < at));
        let mut parts = vec![(Place::Day, (PER_DAY - self.day_used(day, now)).max(0))];
        parts.extend(live.map(|number| {
            let place = Place::Grant(number);
            (place, self.grants[number].1 - self.held(place, now))
        }));
        parts.push((Place::Purchased, self.purchased - self.held(Place::Purchased, now)));
        Taken(parts)
    }

    fn burn(&mut self, day: &str, taken: &Taken) {
        for (place, credits) in &taken.0 {
            match place {
                Place::Day => *self.used.entry(day.to_owned()).or_default() += credits,
                Place::Grant(number) => self.grants[*number].1 -= credits,
                Place::Purchased => self.purchased -= credits,
            }
        }
    }

    /// As [`Purse::figures`] has them.
    fn figures(&self, day: &str, now: Timestamp) -> [i64; 6] {
        let held = self.open(now).map(|hold| {
            let of_other_day = if hold.day == day { 0 } else { hold.taken.of(Place::Day) };
            hold.taken.total() - of_other_day
        });
        let there = self.there(day, now);
        let (total, today, purchased) = (there.total(), there.of(Place::Day), there.of(Place::Purchased));
        [self.day_used(day, now), held.sum(), total - today - purchased, purchased, self.debt, total]
    }
}

struct History {
    cloud: Cloud,
    purse: Purse,
    model: Model,
    random: StdRng,
}

impl History {
    async fn step(&mut self) {
        let now = self.cloud.services.clock.now();
        let day = now.day();
        let (action, cost) =
            [(CreditAction::ChatMessage, 10), (CreditAction::CompanySearch, 25), (CreditAction::InvestorSearch, 50)]
                [self.random.random_range(0..3)];
        match self.random.random_range(0..100) {
            0..=19 => {
                let taken = self.model.there(&day, now).first(cost);
                assert_eq!(self.purse.spend(action).await.is_ok(), taken.total() == cost);
                if taken.total() == cost {
                    self.model.burn(&day, &taken);
                }
            }
            20..=39 => {
                let taken = self.model.there(&day, now).first(cost);
                let timeout = MINUTE * self.random.random_range(1..60);
                let held = self.purse.hold(action, timeout).await;
                assert_eq!(held.is_ok(), taken.total() == cost);
                if let Ok(Some(held)) = held {
                    self.model.holds.push(ModelHold { day, taken, expires_at: now.plus(timeout), held });
                }
            }
            40..=59 if !self.model.holds.is_empty() => self.settle(cost, now).await,
            60..=69 => {
                let expires_in = self.random.random_bool(0.7).then(|| MINUTE * self.random.random_range(1..600));
                let credits = self.random.random_range(1..40);
                if self.purse.grant(credits, expires_in).await.is_ok() {
                    self.model.grants.push((expires_in.map(|time| now.plus(time)), credits));
                }
            }
            70..=76 => {
                let credits = self.random.random_range(1..60);
                let paid = self.model.debt.min(credits);
                assert_eq!(self.purse.purchase(credits).await, paid);
                self.model.debt -= paid;
                self.model.purchased += credits - paid;
            }
            77..=82 => {
                let credits = self.random.random_range(1..60);
                let there = self.model.there(&day, now).of(Place::Purchased).min(credits);
                assert_eq!(self.purse.take_back(credits).await, credits - there);
                self.model.purchased -= there;
                self.model.debt += credits - there;
            }
            _ => advance(MINUTE * self.random.random_range(1..400)).await,
        }
    }

    async fn settle(&mut self, cost: i64, now: Timestamp) {
        let place = self.random.random_range(0..self.model.holds.len());
        let hold = self.model.holds[place].clone();
        let credits = self.random.random_range(0..=cost);
        let is_open = now < hold.expires_at;
        let there = if is_open { hold.taken.clone() } else { self.model.there(&hold.day, now) };
        let taken = there.first(credits);
        let burned = self.purse.settle(&hold.held, credits).await.unwrap();
        assert_eq!(burned, taken.total(), "{hold:?}, {credits} of it");
        if is_open {
            self.model.holds.remove(place);
            assert_eq!(self.purse.settle(&hold.held, credits).await.unwrap(), 0, "nothing settles twice");
        }
        self.model.burn(&hold.day, &taken);
    }
}

#[tokio::test(start_paused = true)]
async fn every_figure_is_as_a_plain_model_predicts() {
    for seed in 0..8 {
        let cloud = Cloud::new();
        let ada = cloud.founder("Ada").await;
        let purse = Purse::of(&cloud, &ada);
        let mut history = History { cloud, purse, model: Model::default(), random: StdRng::seed_from_u64(seed) };
        for step in 0..STEPS {
            history.step().await;
            let now = history.cloud.services.clock.now();
            let expected = history.model.figures(&now.day(), now);
            assert_eq!(history.purse.figures().await, expected, "seed {seed}, step {step}");
            if step % 50 == 0 {
                history.purse.check().await;
            }
        }
        history.purse.check().await;
    }
}
