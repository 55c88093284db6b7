//! The plan catalogue: what each plan includes, as data (`plans.json`, CONTRACT "Plans").

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

/// What a plan includes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// Its name in the API.
    pub name: PlanName,
    /// Its name for people.
    pub title: String,
    /// United States cents a month; null where the price is by agreement.
    pub price_cents_per_month: Option<u32>,
    /// What may be used in a month.
    pub monthly: MonthlyLimits,
    /// How many fundraising profiles; null is unlimited.
    pub projects: Option<u32>,
    /// Whether the agentic engine works for it.
    pub agentic_engine: bool,
    /// Whether LinkedIn automation and campaigns are included.
    pub linkedin_automation: bool,
}

static CATALOGUE: LazyLock<Vec<Plan>> =
    LazyLock::new(|| serde_json::from_str(include_str!("plans.json")).unwrap_or_default());

impl PlanName {
    /// What the plan includes.
    pub fn plan(self) -> &'static Plan {
        static NOTHING: LazyLock<Plan> = LazyLock::new(|| Plan {
            name: PlanName::Free,
            title: String::new(),
            price_cents_per_month: Some(0),
            monthly: MonthlyLimits { tasks: 0, posts: 0, emails: 0 },
            projects: Some(0),
            agentic_engine: false,
            linkedin_automation: false,
        });
        // The catalogue is part of the program and a test reads it; should it ever be broken, nothing is included.
        CATALOGUE.iter().find(|plan| plan.name == self).unwrap_or(&NOTHING)
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
        let all = [Self::Free, Self::Pro, Self::Outreach, Self::Enterprise];
        let found = all.into_iter().find(|plan| plan.to_string() == text);
        found.ok_or_else(|| "the plans are free, pro, outreach and enterprise".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_holds_the_numbers_of_the_contract() {
        let monthly = |name: PlanName| {
            let plan = name.plan();
            assert_eq!(plan.name, name);
            (plan.monthly.tasks, plan.monthly.posts, plan.monthly.emails)
        };
        assert_eq!(monthly(PlanName::Free), (10, 5, 3));
        assert_eq!(monthly(PlanName::Pro), (100, 50, 25));
        assert_eq!(monthly(PlanName::Outreach), (100, 50, 25));
        assert_eq!(monthly(PlanName::Enterprise), (1000, 500, 250));
        assert!(!PlanName::Free.plan().agentic_engine && PlanName::Pro.plan().agentic_engine);
        assert_eq!(PlanName::Pro.plan().price_cents_per_month, Some(1900));
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for plan in CATALOGUE.iter() {
            assert_eq!(plan.name.to_string().parse(), Ok(plan.name));
        }
        assert!("gold".parse::<PlanName>().is_err());
    }
}
