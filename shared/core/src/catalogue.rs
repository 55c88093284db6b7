//! The catalogue: plans, what they cost and include, what actions cost, credit packs, fair use; all of it data (`catalogue.json`, CONTRACT
//! "Plans").
//!
//! The file is part of the program. It is checked when a host reads its configuration, and every fault of it is told at once, so that no
//! function starts on a catalogue that contradicts itself.

use std::sync::LazyLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::plan::{Plan, PlanName};
use crate::store::RateLimit;

/// Everything that is sold, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Catalogue {
    /// The plans, the least first.
    pub plans: Vec<Plan>,
    /// Credits that can be bought, the least first.
    pub credit_packs: Vec<CreditPack>,
    /// How often an action may run that burns no credits, since the plan goes on without once its day's credits are used.
    pub fair_use: FairUse,
}

/// Credits that can be bought at once. They do not expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreditPack {
    /// How many credits; no two packs have as many.
    pub credits: u32,
    /// United States cents.
    pub price_cents: u32,
}

/// A rate per organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FairUse {
    /// So many actions
    pub actions: u32,
    /// in so many seconds.
    pub window_seconds: u32,
}

impl FairUse {
    /// The rate as a limit that holds across instances.
    pub fn limit(self) -> RateLimit {
        let window = Duration::from_secs(u64::from(self.window_seconds));
        RateLimit { name: "fair-use", attempts: self.actions, window }
    }
}

impl Catalogue {
    /// The catalogue that is part of the program.
    pub fn get() -> &'static Self {
        static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
            let nothing = Catalogue {
                plans: Vec::new(),
                credit_packs: Vec::new(),
                fair_use: FairUse { actions: 0, window_seconds: 1 },
            };
            // No host starts on a broken one; should one ever be asked nevertheless, nothing is included.
            Catalogue::read(include_str!("catalogue.json")).unwrap_or(nothing)
        });
        &CATALOGUE
    }

    /// What is wrong with the catalogue that is part of the program, all of it.
    pub fn faults() -> Vec<String> {
        Self::read(include_str!("catalogue.json")).err().unwrap_or_default()
    }

    /// Reads a catalogue, or tells everything that is wrong with it: what cannot be read alone, since nothing else is known then.
    fn read(text: &str) -> Result<Self, Vec<String>> {
        let catalogue: Self = serde_json::from_str(text).map_err(|error| vec![format!("the catalogue: {error}")])?;
        let faults = catalogue.contradictions();
        if faults.is_empty() { Ok(catalogue) } else { Err(faults) }
    }

    fn contradictions(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let names = self.plans.iter().map(|plan| plan.name).collect::<Vec<_>>();
        if names != PlanName::ALL {
            faults.push("the catalogue's plans are not each plan once, the least first".to_owned());
        }
        for plan in &self.plans {
            plan.contradictions(&mut faults);
        }
        for (smaller, larger) in self.plans.iter().zip(self.plans.iter().skip(1)) {
            larger.less_than(smaller, &mut faults);
        }
        self.pack_contradictions(&mut faults);
        if self.fair_use.actions == 0 || self.fair_use.window_seconds == 0 {
            faults.push("the catalogue's fair use admits nothing".to_owned());
        }
        faults
    }

    fn pack_contradictions(&self, faults: &mut Vec<String>) {
        for CreditPack { credits, price_cents } in &self.credit_packs {
            if *credits == 0 || *price_cents == 0 {
                faults.push(format!("the pack of {credits} credits is without credits or without a price"));
            }
        }
        for (smaller, larger) in self.credit_packs.iter().zip(self.credit_packs.iter().skip(1)) {
            if larger.credits <= smaller.credits || larger.price_cents <= smaller.price_cents {
                let (larger, smaller) = (larger.credits, smaller.credits);
                faults.push(format!("the pack of {larger} credits is not more for more than that of {smaller}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(change: impl FnOnce(&mut Catalogue)) -> Vec<String> {
        let mut catalogue = Catalogue::get().clone();
        change(&mut catalogue);
        Catalogue::read(&serde_json::to_string(&catalogue).unwrap()).err().unwrap_or_default()
    }

    #[test]
    fn the_catalogue_of_the_program_is_without_fault_and_holds_the_contracts_packs() {
        assert_eq!(Catalogue::faults(), Vec::<String>::new());
        let packs = Catalogue::get().credit_packs.iter().map(|pack| (pack.credits, pack.price_cents));
        assert_eq!(packs.collect::<Vec<_>>(), [(4_900, 1_900), (19_900, 5_900), (49_900, 14_900)]);
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let faults = faults(|catalogue| {
            catalogue.plans[0].title.clear();
            catalogue.plans[0].price_cents_per_month = Some(5);
            catalogue.plans[1].monthly.posts = 1;
            catalogue.plans[1].credits.per_day = 10;
            catalogue.plans[2].credits.costs.chat_message = 6;
            catalogue.plans[3].agentic_engine = false;
            catalogue.credit_packs[1].credits = 0;
            catalogue.fair_use.actions = 0;
        });
        for part in [
            "the plan free has no title",
            "the plan free is not free",
            "the plan pro has fewer posts a month than free",
            "the plan pro has fewer credits a day than free",
            "a chat message costs more on the plan outreach than on pro",
            "the plan enterprise lacks the agentic engine",
            "the pack of 0 credits is without credits",
            "the pack of 0 credits is not more for more than that of 4900",
            "fair use admits nothing",
        ] {
            assert!(faults.iter().any(|fault| fault.contains(part)), "{part}: {faults:#?}");
        }
        assert_eq!(faults.len(), 9, "{faults:#?}");
    }

    #[test]
    fn a_plan_that_is_missing_or_out_of_place_is_a_fault() {
        assert_eq!(faults(|catalogue| drop(catalogue.plans.pop())).len(), 1);
        assert!(!faults(|catalogue| catalogue.plans.swap(0, 1)).is_empty());
        let unread = Catalogue::read("{\"plans\": []}").unwrap_err();
        assert!(unread.len() == 1 && unread[0].contains("creditPacks"), "{unread:?}");
    }
}
