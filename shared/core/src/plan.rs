//! The plans, and what each includes ([`crate::catalogue`] has the numbers).

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::Catalogue;
use crate::model::file::FILE_BYTES_MAXIMUM;

/// The plans, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PlanName {
    /// What every organisation starts on.
    Free,
    /// The agentic engine and larger limits.
    Pro,
    /// Also LinkedIn automation.
    Outreach,
    /// By agreement.
    Enterprise,
}

/// How much of something an organisation may use in a calendar month (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MonthlyLimits {
    /// Tasks created.
    pub tasks: u32,
    /// Posts created.
    pub posts: u32,
    /// E-mails, one per recipient.
    pub emails: u32,
}

/// What credits a plan comes with, and what actions cost on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanCredits {
    /// Credits that a personal organisation has from the start; they do not expire.
    pub opening_grant: u32,
    /// Credits of each day (UTC), which lapse at its end.
    pub per_day: u32,
    /// Whether actions go on at a fair-use rate, without burning further credits, once the day's are used.
    pub then_unlimited: bool,
    /// What actions cost.
    pub costs: ActionCosts,
}

/// Credits for one action of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActionCosts {
    /// A message that the assistant answers.
    pub chat_message: u32,
    /// A search for investors.
    pub investor_search: u32,
    /// A search for companies.
    pub company_search: u32,
}

/// An action that costs credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CreditAction {
    /// A message that the assistant answers.
    ChatMessage,
    /// A search for investors.
    InvestorSearch,
    /// A search for companies.
    CompanySearch,
}

impl CreditAction {
    const ALL: [Self; 3] = [Self::ChatMessage, Self::InvestorSearch, Self::CompanySearch];

    /// The action in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::ChatMessage => "a chat message",
            Self::InvestorSearch => "an investor search",
            Self::CompanySearch => "a company search",
        }
    }
}

/// The longest trial that Stripe takes.
const TRIAL_DAYS_MAXIMUM: u32 = 730;

/// What a plan includes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// Its name in the API.
    pub name: PlanName,
    /// Its name for people.
    pub title: String,
    /// United States cents a month; null where the price is by agreement.
    // A catalogue must say it: what is left out is neither free nor unlimited.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    pub price_cents_per_month: Option<u32>,
    /// For how many days an organisation that never had a subscription may try it for nothing; 0 where that cannot be. Stripe takes at
    /// most 730.
    pub trial_days: u32,
    /// What may be used in a month.
    pub monthly: MonthlyLimits,
    /// How much may be kept in files, in millions of bytes.
    pub storage_megabytes: u32,
    /// How many fundraising profiles; null is unlimited.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    pub projects: Option<u32>,
    /// Whether the agentic engine works for it.
    pub agentic_engine: bool,
    /// Whether LinkedIn automation and campaigns are included.
    pub linkedin_automation: bool,
    /// Whether its questions to support come first.
    pub priority_support: bool,
    /// Credits, and what actions cost.
    pub credits: PlanCredits,
}

impl Plan {
    /// Credits for one such action.
    pub const fn cost(&self, action: CreditAction) -> u32 {
        let ActionCosts { chat_message, investor_search, company_search } = self.credits.costs;
        match action {
            CreditAction::ChatMessage => chat_message,
            CreditAction::InvestorSearch => investor_search,
            CreditAction::CompanySearch => company_search,
        }
    }

    /// How many bytes may be kept in files.
    pub const fn storage_bytes(&self) -> u64 {
        self.storage_megabytes as u64 * 1_000_000
    }

    /// The least of the larger plans that has what this one lacks.
    pub fn next_with(&self, has_it: impl Fn(&Self) -> bool) -> Option<&'static Self> {
        Catalogue::get().plans.iter().find(|plan| plan.name > self.name && has_it(plan))
    }

    /// What of the plan cannot be.
    pub(crate) fn contradictions(&self, faults: &mut Vec<String>) {
        let name = self.name;
        if self.title.trim().is_empty() {
            faults.push(format!("the plan {name} has no title"));
        }
        if (name == PlanName::Free) != (self.price_cents_per_month == Some(0)) {
            faults.push(format!("the plan {name} is not free although that is its name, or the other way round"));
        }
        if self.storage_bytes() < u64::from(FILE_BYTES_MAXIMUM) {
            faults.push(format!("the plan {name} has no room for the largest file"));
        }
        let is_sold = self.price_cents_per_month.is_some_and(|cents| cents > 0);
        if self.trial_days > TRIAL_DAYS_MAXIMUM || (self.trial_days > 0 && !is_sold) {
            faults.push(format!("the plan {name} has a trial that cannot be"));
        }
    }

    /// What this plan has less of than the plan below it.
    pub(crate) fn less_than(&self, smaller: &Self, faults: &mut Vec<String>) {
        let (larger, below) = (self.name, smaller.name);
        // Without a number there is no limit, and the price is more than any.
        let or_all = |number: Option<u32>| number.map_or(u64::MAX, u64::from);
        let counts = [
            ("tasks a month", self.monthly.tasks, smaller.monthly.tasks),
            ("posts a month", self.monthly.posts, smaller.monthly.posts),
            ("e-mails a month", self.monthly.emails, smaller.monthly.emails),
            ("credits a day", self.credits.per_day, smaller.credits.per_day),
            ("megabytes for files", self.storage_megabytes, smaller.storage_megabytes),
        ];
        let counts = counts.map(|(what, own, other)| (what, u64::from(own), u64::from(other)));
        let unbounded = [
            ("projects", or_all(self.projects), or_all(smaller.projects)),
            ("cents to pay", or_all(self.price_cents_per_month), or_all(smaller.price_cents_per_month)),
        ];
        for (what, own, other) in counts.into_iter().chain(unbounded) {
            if own < other {
                faults.push(format!("the plan {larger} has fewer {what} than {below}"));
            }
        }
        for (what, own, other) in [
            ("the agentic engine", self.agentic_engine, smaller.agentic_engine),
            ("LinkedIn automation", self.linkedin_automation, smaller.linkedin_automation),
            ("priority support", self.priority_support, smaller.priority_support),
            ("unlimited actions", self.credits.then_unlimited, smaller.credits.then_unlimited),
        ] {
            if other && !own {
                faults.push(format!("the plan {larger} lacks {what}, which {below} has"));
            }
        }
        for action in CreditAction::ALL {
            if self.cost(action) > smaller.cost(action) {
                faults.push(format!("{} costs more on the plan {larger} than on {below}", action.words()));
            }
        }
    }
}

impl PlanName {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [Self::Free, Self::Pro, Self::Outreach, Self::Enterprise];

    /// What the plan includes.
    pub fn plan(self) -> &'static Plan {
        static NOTHING: LazyLock<Plan> = LazyLock::new(|| Plan {
            name: PlanName::Free,
            title: String::new(),
            price_cents_per_month: Some(0),
            trial_days: 0,
            monthly: MonthlyLimits { tasks: 0, posts: 0, emails: 0 },
            storage_megabytes: 0,
            projects: Some(0),
            agentic_engine: false,
            linkedin_automation: false,
            priority_support: false,
            credits: PlanCredits {
                opening_grant: 0,
                per_day: 0,
                then_unlimited: false,
                costs: ActionCosts { chat_message: 0, investor_search: 0, company_search: 0 },
            },
        });
        // A catalogue without one of them is refused when a host starts.
        Catalogue::get().plans.iter().find(|plan| plan.name == self).unwrap_or(&NOTHING)
    }

    /// Whether it is a plan above free.
    pub fn is_above_free(self) -> bool {
        self > Self::Free
    }
}

impl fmt::Display for PlanName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Outreach => "outreach",
            Self::Enterprise => "enterprise",
        })
    }
}

impl FromStr for PlanName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|plan| plan.to_string() == text);
        found.ok_or_else(|| "the plans are free, pro, outreach and enterprise".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plans_hold_the_numbers_of_the_contract() {
        let monthly = |name: PlanName| {
            let plan = name.plan();
            assert_eq!(plan.name, name);
            (plan.monthly.tasks, plan.monthly.posts, plan.monthly.emails)
        };
        assert_eq!(PlanName::ALL.map(monthly), [(10, 5, 3), (100, 50, 25), (100, 50, 25), (1000, 500, 250)]);
        let credits = |name: PlanName| {
            let credits = name.plan().credits;
            (credits.opening_grant, credits.per_day, credits.then_unlimited, credits.costs.chat_message)
        };
        let expected = [(200, 50, false, 10), (0, 150, true, 5), (0, 200, true, 0), (0, 200, true, 0)];
        assert_eq!(PlanName::ALL.map(credits), expected);
        for plan in PlanName::ALL.map(PlanName::plan) {
            let costs = [CreditAction::InvestorSearch, CreditAction::CompanySearch].map(|action| plan.cost(action));
            assert_eq!((costs, plan.agentic_engine), ([50, 25], plan.name.is_above_free()));
            assert_eq!(plan.linkedin_automation, plan.name >= PlanName::Outreach);
        }
        let prices = PlanName::ALL.map(|name| name.plan().price_cents_per_month);
        assert_eq!(prices, [Some(0), Some(1900), Some(4900), None]);
        assert_eq!(PlanName::ALL.map(|name| name.plan().trial_days), [0, 14, 0, 0]);
        assert_eq!(PlanName::ALL.map(|name| name.plan().projects), [Some(1), Some(5), None, None]);
    }

    #[test]
    fn the_next_plan_is_the_least_that_has_what_is_missing() {
        let next = |name: PlanName, has_it: fn(&Plan) -> bool| name.plan().next_with(has_it).map(|plan| plan.name);
        assert_eq!(next(PlanName::Free, |plan| plan.agentic_engine), Some(PlanName::Pro));
        assert_eq!(next(PlanName::Free, |plan| plan.linkedin_automation), Some(PlanName::Outreach));
        assert_eq!(next(PlanName::Pro, |plan| plan.monthly.tasks > 100), Some(PlanName::Enterprise));
        assert_eq!(next(PlanName::Enterprise, |plan| plan.monthly.tasks > 1000), None);
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for plan in PlanName::ALL {
            assert_eq!(plan.to_string().parse(), Ok(plan));
        }
        assert!("gold".parse::<PlanName>().is_err());
    }
}
