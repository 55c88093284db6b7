//! What an organisation used in a calendar month, against its plan (CONTRACT "usage counting").

use serde::{Deserialize, Serialize};

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
    /// E-mails sent, one per recipient.
    pub emails: i64,
    /// Messages that the assistant answered.
    pub chat_messages: i64,
    /// Tokens that the AI port read.
    pub input_tokens: i64,
    /// Tokens that it wrote.
    pub output_tokens: i64,
}

/// What a plan limits by the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Tasks.
    Tasks,
    /// Posts.
    Posts,
}

impl Limited {
    const fn attribute(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::Posts => "posts",
        }
    }

    const fn limit(self, plan: &Plan) -> u32 {
        match self {
            Self::Tasks => plan.monthly.tasks,
            Self::Posts => plan.monthly.posts,
        }
    }
}

impl Usage {
    /// Where a month's usage lies.
    pub fn key_of(organization: OrganizationId, month: &str) -> Key {
        Key::new(format!("ORG#{organization}"), format!("USAGE#{month}"))
    }

    fn update(organization: OrganizationId, month: &str) -> Update {
        Update::new(Self::key_of(organization, month), Self::TYPE)
    }

    /// Reserves one of each; its condition fails when the plan's limit of any is reached (`current + count ≤ limit`).
    pub fn reserve(organization: OrganizationId, month: &str, limited: &[Limited], plan: &Plan) -> Update {
        limited.iter().fold(Self::update(organization, month), |update, what| {
            let limit = i64::from(what.limit(plan));
            update.add(what.attribute(), 1).only_if_at_most(what.attribute(), limit.saturating_sub(1))
        })
    }

    /// Gives back what was reserved for something that did not happen, and records what trying it cost.
    pub fn release(organization: OrganizationId, month: &str, limited: &[Limited], tokens: ai::Usage) -> Update {
        let update =
            limited.iter().fold(Self::update(organization, month), |update, what| update.add(what.attribute(), -1));
        Self::with_tokens(update, tokens)
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
