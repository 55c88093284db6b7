//! What a new task is to work on, as somebody asks for it.

use std::collections::HashSet;

use garde::Validate;
use serde::{Deserialize, Serialize};
use shared::id::LeadId;
use shared::model::campaign::{ABOUT_CHARACTERS_MAXIMUM, RECIPIENTS_MAXIMUM};
use shared::model::task::{TaskInput, TaskKind};
use shared::problem::{FieldProblem, Problem};
use utoipa::ToSchema;

/// A new task.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateTask {
    /// What to do.
    #[garde(skip)]
    pub(super) kind: TaskKind,
    /// With `lead_followup`, and only then: the lead to write to.
    #[garde(skip)]
    #[serde(default)]
    lead_id: Option<LeadId>,
    /// With `email_campaign`, and only then: the leads to write to, each once. All have an e-mail address, and none has unsubscribed.
    #[garde(skip)]
    #[serde(default)]
    #[schema(min_items = 1, max_items = 25)]
    lead_ids: Option<Vec<LeadId>>,
    /// With `email_campaign`, and only then: what the e-mail is to say. Greeting, signature and a link to unsubscribe are added.
    #[garde(skip)]
    #[serde(default)]
    #[schema(min_length = 1, max_length = 2000, example = "Our beta opens in December, and there are 20 places.")]
    about: Option<String>,
}

// The numbers of the schema above are the rule's.
const _: () = assert!(RECIPIENTS_MAXIMUM == 25 && ABOUT_CHARACTERS_MAXIMUM == 2000);

impl CreateTask {
    /// The input, or everything that is wrong with it: which fields there are follows from the kind, and so does what they may hold.
    pub(super) fn input(&self) -> Result<TaskInput, Problem> {
        let mut faults = Faults::default();
        let input = match self.kind {
            TaskKind::LeadFollowup => {
                faults.foreign("leadIds", self.lead_ids.is_some(), "a follow-up to one lead");
                faults.foreign("about", self.about.is_some(), "a follow-up to one lead");
                let lead_id = faults.needed("leadId", self.lead_id, "the lead to write to");
                lead_id.map(|lead_id| TaskInput::LeadFollowup { lead_id })
            }
            TaskKind::SocialMediaPost => {
                faults.foreign("leadId", self.lead_id.is_some(), "a post");
                faults.foreign("leadIds", self.lead_ids.is_some(), "a post");
                faults.foreign("about", self.about.is_some(), "a post");
                Some(TaskInput::SocialMediaPost)
            }
            TaskKind::EmailCampaign => {
                faults.foreign("leadId", self.lead_id.is_some(), "a campaign");
                let lead_ids = faults.needed("leadIds", self.lead_ids.as_deref(), "the leads to write to");
                let about = faults.needed("about", self.about.as_deref(), "what the e-mail is to say");
                faults.of_recipients(lead_ids.unwrap_or_default());
                faults.of_words(about);
                let input = lead_ids.zip(about);
                input.map(|(leads, about)| TaskInput::EmailCampaign {
                    lead_ids: leads.to_vec(),
                    about: about.trim().to_owned(),
                })
            }
        };
        input.filter(|_| faults.0.is_empty()).ok_or_else(|| Problem::invalid(faults.0))
    }
}

/// What is wrong with the fields so far.
#[derive(Default)]
struct Faults(Vec<FieldProblem>);

impl Faults {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldProblem::new(path, message));
    }

    fn foreign(&mut self, path: &str, is_there: bool, to: &str) {
        if is_there {
            self.add(path, format!("does not belong to {to}"));
        }
    }

    fn needed<T>(&mut self, path: &str, value: Option<T>, what: &str) -> Option<T> {
        if value.is_none() {
            self.add(path, format!("is needed: {what}"));
        }
        value
    }

    fn of_recipients(&mut self, lead_ids: &[LeadId]) {
        let is_given = !self.0.iter().any(|fault| fault.path == "leadIds");
        if is_given && !(1..=RECIPIENTS_MAXIMUM).contains(&lead_ids.len()) {
            return self.add(
                "leadIds",
                format!("holds {} leads; 1 to {RECIPIENTS_MAXIMUM} can be written to", lead_ids.len()),
            );
        }
        let mut seen = HashSet::new();
        for (place, _) in lead_ids.iter().enumerate().filter(|(_, lead)| !seen.insert(**lead)) {
            self.add(format!("leadIds[{place}]"), "is in the list already");
        }
    }

    fn of_words(&mut self, about: Option<&str>) {
        let Some(about) = about else { return };
        if about.trim().is_empty() {
            self.add("about", "says nothing");
        }
        if about.chars().count() > ABOUT_CHARACTERS_MAXIMUM {
            self.add("about", format!("is longer than {ABOUT_CHARACTERS_MAXIMUM} characters"));
        }
    }
}
