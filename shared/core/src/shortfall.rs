//! 402: what an organisation's plan does not have, or no more of, and which plan has it.

use crate::clock::Timestamp;
use crate::model::usage::Lack;
use crate::plan::{CreditAction, Plan};
use crate::problem::Problem;

/// A feature that not every plan includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// The agentic engine.
    AgenticEngine,
    /// LinkedIn automation and campaigns.
    LinkedinAutomation,
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// The plan does not include it.
    Feature(Feature),
    /// What the plan includes of a month does not suffice.
    Monthly {
        /// What of it.
        lack: Lack,
        /// When it is there again.
        resets_at: Timestamp,
    },
    /// Files take up all the room that the plan has, or too much for another one.
    Storage,
    /// The credits do not suffice.
    Credits {
        /// For what.
        action: CreditAction,
        /// How many are missing.
        missing: i64,
        /// When the day's credits are there again.
        resets_at: Timestamp,
    },
}

impl Shortfall {
    /// The answer to somebody on this plan. Its members say it to programs: `missing` names what, `plan` the least plan that has it (absent
    /// if none has), `resetsAt` when it is there again (absent if it never is).
    pub fn on(self, plan: &Plan) -> Problem {
        match self {
            Self::Feature(feature) => feature.missing_on(plan),
            Self::Monthly { lack, resets_at } => monthly(plan, lack, resets_at),
            Self::Storage => storage(plan),
            Self::Credits { action, missing, resets_at } => credits(plan, action, missing, resets_at),
        }
    }
}

impl Feature {
    /// Whether a plan includes it.
    pub const fn is_on(self, plan: &Plan) -> bool {
        match self {
            Self::AgenticEngine => plan.agentic_engine,
            Self::LinkedinAutomation => plan.linkedin_automation,
        }
    }

    fn missing_on(self, plan: &Plan) -> Problem {
        let (name, words) = match self {
            Self::AgenticEngine => ("agenticEngine", "the agentic engine"),
            Self::LinkedinAutomation => ("linkedinAutomation", "LinkedIn automation"),
        };
        let other = plan.next_with(|other| self.is_on(other));
        let has_it = other.map(|other| format!("; every plan from {} on does", other.title)).unwrap_or_default();
        let detail = format!("The {} plan does not include {words}{has_it}.", plan.title);
        named(Problem::plan_required("plan_required", detail).with_extension("missing", name), other)
    }
}

fn monthly(plan: &Plan, lack: Lack, resets_at: Timestamp) -> Problem {
    let Lack { limited, used, wanted } = lack;
    let (words, limit) = (limited.words(), limited.limit(plan));
    let other = plan.next_with(|other| limited.limit(other) >= used.saturating_add(wanted));
    let has_more =
        other.map(|other| format!("; the {} plan includes {}", other.title, limited.limit(other))).unwrap_or_default();
    let left = limit.saturating_sub(used);
    let how_far =
        if left == 0 { "are used up".to_owned() } else { format!("do not suffice (needed: {wanted}, left: {left})") };
    let detail = format!("The {} plan's {limit} {words} of this month {how_far}{has_more}.", plan.title);
    let problem = Problem::plan_required("task_limit_reached", detail).with_extension("missing", limited.name());
    named(problem.with_extension("resetsAt", resets_at), other)
}

fn storage(plan: &Plan) -> Problem {
    let room = plan.storage_megabytes;
    let other = plan.next_with(|other| other.storage_megabytes > room);
    let has_more =
        other.map(|other| format!("; the {} plan has {} MB", other.title, other.storage_megabytes)).unwrap_or_default();
    let detail = format!("The {} plan's {room} MB for files have no room for this one{has_more}.", plan.title);
    named(Problem::plan_required("storage_limit_reached", detail).with_extension("missing", "storage"), other)
}

fn credits(plan: &Plan, action: CreditAction, missing: i64, resets_at: Timestamp) -> Problem {
    let other = plan.next_with(|other| other.credits.then_unlimited);
    let unlimited = other.map(|other| format!(", and the {} plan goes on without", other.title)).unwrap_or_default();
    let detail = format!(
        "For {} {missing} credits are missing. Credits can be bought; {} come with the next day{unlimited}.",
        action.words(),
        plan.credits.per_day
    );
    let problem = Problem::plan_required("credits_required", detail).with_extension("missing", "credits");
    named(problem.with_extension("missingCredits", missing).with_extension("resetsAt", resets_at), other)
}

fn named(problem: Problem, plan: Option<&Plan>) -> Problem {
    match plan {
        Some(plan) => problem.with_extension("plan", plan.name),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::usage::Limited;
    use crate::plan::PlanName;

    const MIDNIGHT: Timestamp = Timestamp::from_seconds(1_800_057_600);

    #[test]
    fn the_answer_says_what_is_missing_and_which_plan_has_it() {
        let detail = |shortfall: Shortfall, plan: PlanName| {
            let problem = shortfall.on(plan.plan());
            assert_eq!(problem.status().as_u16(), 402);
            (problem.code(), problem.detail().to_owned())
        };
        let engine = Shortfall::Feature(Feature::AgenticEngine);
        let said = "The Free plan does not include the agentic engine; every plan from Pro on does.";
        assert_eq!(detail(engine, PlanName::Free), ("plan_required", said.to_owned()));
        let linkedin = Shortfall::Feature(Feature::LinkedinAutomation);
        assert!(detail(linkedin, PlanName::Pro).1.contains("from Outreach on"));
        let monthly = |limited, used, wanted| {
            let lack = Lack { limited, used, wanted };
            Shortfall::Monthly { lack, resets_at: MIDNIGHT }
        };
        let tasks = monthly(Limited::Tasks, 10, 1);
        let said = "The Free plan's 10 tasks of this month are used up; the Pro plan includes 100.";
        assert_eq!(detail(tasks, PlanName::Free), ("task_limit_reached", said.to_owned()));
        assert!(
            detail(monthly(Limited::Tasks, 100, 1), PlanName::Pro).1.ends_with("the Enterprise plan includes 1000.")
        );
        assert!(detail(monthly(Limited::Tasks, 1000, 1), PlanName::Enterprise).1.ends_with("used up."));
        let said =
            "The Free plan's 3 e-mails of this month do not suffice (needed: 2, left: 1); the Pro plan includes 25.";
        assert_eq!(detail(monthly(Limited::Emails, 2, 2), PlanName::Free), ("task_limit_reached", said.to_owned()));
        let many = detail(monthly(Limited::Emails, 3, 25), PlanName::Free).1;
        assert!(many.ends_with("are used up; the Enterprise plan includes 250."), "Pro's 25 would not suffice: {many}");
        let said = "The Free plan's 500 MB for files have no room for this one; the Pro plan has 5000 MB.";
        assert_eq!(detail(Shortfall::Storage, PlanName::Free), ("storage_limit_reached", said.to_owned()));
        let credits = Shortfall::Credits { action: CreditAction::ChatMessage, missing: 7, resets_at: MIDNIGHT };
        let said = "For a chat message 7 credits are missing. Credits can be bought; 50 come with the next day, and the Pro plan \
            goes on without.";
        assert_eq!(detail(credits, PlanName::Free), ("credits_required", said.to_owned()));
    }
}
