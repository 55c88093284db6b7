//! What an organisation used in a calendar month, against its plan (CONTRACT "usage counting").

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ai;
use crate::id::OrganizationId;
use crate::plan::Plan;
use crate::store::{Entity, Key, Update};

/// The usage of one month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Usage {
    pk: String,
    sk: String,
    /// Tasks reserved or done.
    pub tasks: i64,
    /// Tasks done.
    pub tasks_completed: i64,
    /// Posts reserved or written.
    pub posts: i64,
    /// E-mails reserved or sent, one per recipient.
    pub emails: i64,
    /// Messages that the assistant answered.
    pub chat_messages: i64,
    /// Tokens that the AI port read.
    pub input_tokens: i64,
    /// Tokens that it wrote.
    pub output_tokens: i64,
}

/// How much of something the plan includes, and what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Allowance {
    /// What the plan includes.
    pub included: u32,
    /// What was used of it: reserved or done.
    pub used: u32,
    /// What is left.
    pub left: u32,
}

impl Allowance {
    /// What is left of `included` after `used`; never less than nothing.
    pub fn new(included: u32, used: i64) -> Self {
        let used = u32::try_from(used.max(0)).unwrap_or(u32::MAX);
        // A smaller plan may include less than was used on the larger one.
        Self { included, used, left: included.saturating_sub(used) }
    }
}

/// What was used in a month against what the plan includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonthlyUsage {
    /// Tasks.
    pub tasks: Allowance,
    /// Posts.
    pub posts: Allowance,
    /// E-mails, one per recipient.
    pub emails: Allowance,
}

/// What a plan limits by the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Tasks.
    Tasks,
    /// Posts.
    Posts,
    /// E-mails, one per recipient.
    Emails,
}

/// What of a month does not suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lack {
    /// Of what.
    pub limited: Limited,
    /// How many are used.
    pub used: u32,
    /// How many more are wanted.
    pub wanted: u32,
}

impl Limited {
    /// The name in the API and in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::Posts => "posts",
            Self::Emails => "emails",
        }
    }

    /// How many a plan includes in a month.
    pub const fn limit(self, plan: &Plan) -> u32 {
        match self {
            Self::Tasks => plan.monthly.tasks,
            Self::Posts => plan.monthly.posts,
            Self::Emails => plan.monthly.emails,
        }
    }

    /// The name for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Emails => "e-mails",
            Self::Tasks | Self::Posts => self.name(),
        }
    }
}

impl Usage {
    /// Where a month's usage lies.
    pub fn key_of(organization: OrganizationId, month: &str) -> Key {
        Key::new(format!("ORG#{organization}"), format!("USAGE#{month}"))
    }

    /// The month's usage against a plan.
    pub fn against(&self, plan: &Plan) -> MonthlyUsage {
        MonthlyUsage {
            tasks: Allowance::new(plan.monthly.tasks, self.tasks),
            posts: Allowance::new(plan.monthly.posts, self.posts),
            emails: Allowance::new(plan.monthly.emails, self.emails),
        }
    }

    /// The first of these amounts that the plan does not have in this month beside what is used.
    pub fn first_lack(&self, amounts: &[(Limited, u32)], plan: &Plan) -> Option<Lack> {
        let used = |what: Limited| match what {
            Limited::Tasks => self.tasks,
            Limited::Posts => self.posts,
            Limited::Emails => self.emails,
        };
        amounts.iter().find_map(|(limited, wanted)| {
            let used = Allowance::new(0, used(*limited)).used;
            let lacks = used.saturating_add(*wanted) > limited.limit(plan);
            lacks.then_some(Lack { limited: *limited, used, wanted: *wanted })
        })
    }

    fn update(organization: OrganizationId, month: &str) -> Update {
        Update::new(Self::key_of(organization, month), Self::TYPE)
    }

    /// Reserves these amounts; its condition fails when the plan's limit of any would be passed (`current + count ≤ limit`).
    pub fn reserve(organization: OrganizationId, month: &str, amounts: &[(Limited, u32)], plan: &Plan) -> Update {
        amounts.iter().fold(Self::update(organization, month), |update, (what, count)| {
            let (limit, count) = (i64::from(what.limit(plan)), i64::from(*count));
            update.add(what.name(), count).only_if_at_most(what.name(), limit.saturating_sub(count))
        })
    }

    /// Gives back what was reserved for something that did not happen, and records what trying it cost.
    pub fn release(organization: OrganizationId, month: &str, amounts: &[(Limited, u32)], tokens: ai::Usage) -> Update {
        let give_back = |update: Update, (what, count): &(Limited, u32)| update.add(what.name(), -i64::from(*count));
        Self::with_tokens(amounts.iter().fold(Self::update(organization, month), give_back), tokens)
    }

    /// Records what an attempt cost that brought about nothing; providers bill it.
    pub fn settle_tokens(organization: OrganizationId, month: &str, tokens: ai::Usage) -> Update {
        Self::with_tokens(Self::update(organization, month), tokens)
    }

    /// Records a task done and what it cost.
    pub fn settle_task(organization: OrganizationId, month: &str, tokens: ai::Usage) -> Update {
        Self::with_tokens(Self::update(organization, month).add("tasksCompleted", 1), tokens)
    }

    /// Records an answer of the assistant and what it cost.
    pub fn settle_chat_message(organization: OrganizationId, month: &str, tokens: ai::Usage) -> Update {
        Self::with_tokens(Self::update(organization, month).add("chatMessages", 1), tokens)
    }

    fn with_tokens(update: Update, tokens: ai::Usage) -> Update {
        update.add("inputTokens", i64::from(tokens.input_tokens)).add("outputTokens", i64::from(tokens.output_tokens))
    }
}

impl Entity for Usage {
    const TYPE: &'static str = "usage";

    fn key(&self) -> Key {
        Key::new(&*self.pk, &*self.sk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlanName;

    #[test]
    fn what_is_left_is_never_less_than_nothing() {
        let left = |included, used| Allowance::new(included, used).left;
        assert_eq!((left(10, 3), left(10, 10), left(10, 12), left(10, -1)), (7, 0, 0, 10));
    }

    #[test]
    fn what_is_lacking_is_told_in_the_order_that_is_asked_for() {
        let lack = |tasks, emails, wanted| {
            let usage = Usage { tasks, emails, ..Usage::default() };
            let lack = usage.first_lack(&[(Limited::Tasks, 1), (Limited::Emails, wanted)], PlanName::Free.plan());
            lack.map(|lack| (lack.limited, lack.used, lack.wanted))
        };
        assert_eq!((lack(9, 0, 3), lack(9, 2, 1)), (None, None));
        assert_eq!((lack(9, 0, 4), lack(9, 2, 2)), (Some((Limited::Emails, 0, 4)), Some((Limited::Emails, 2, 2))));
        assert_eq!((lack(10, 9, 9), lack(11, 0, 1)), (Some((Limited::Tasks, 10, 1)), Some((Limited::Tasks, 11, 1))));
    }
}
