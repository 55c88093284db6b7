//! What founders were told, to be held against what is there in the end.

use std::collections::{BTreeMap, BTreeSet};

use crate::door::{Answer, Sent};

/// Everything that was acknowledged, and with it everything that was asked for: founders ask until they are answered.
#[derive(Debug, Default)]
pub struct Journal {
    pub(crate) users: BTreeSet<String>,
    pub(crate) organizations: BTreeSet<String>,
    pub(crate) ventures: BTreeSet<String>,
    /// Leads created one by one: address by id.
    pub(crate) created_leads: BTreeMap<String, String>,
    /// Addresses of leads that came by file.
    pub(crate) imported_leads: BTreeSet<String>,
    pub(crate) deleted_leads: BTreeSet<String>,
    /// Tasks that a founder asked for.
    pub(crate) tasks: BTreeSet<String>,
    /// Tasks that a run asked for which a founder began.
    pub(crate) run_tasks: BTreeSet<String>,
    /// How many post tasks were refused since one was open.
    pub(crate) refused_posts: usize,
    pub(crate) cancelled_tasks: BTreeSet<String>,
    /// How many messages were said to the assistant.
    pub(crate) questions: usize,
    /// Its answers, by id.
    pub(crate) answers: BTreeSet<String>,
    /// How many messages it declined to answer.
    pub(crate) declined: usize,
    /// Commands under an idempotency key, with their first answer.
    pub(crate) keyed: Vec<(Sent, Answer)>,
}

impl Journal {
    /// How many commands were acknowledged under an idempotency key.
    pub fn commands(&self) -> usize {
        self.keyed.len()
    }

    /// The addresses of the leads that must be there.
    pub(crate) fn lead_addresses(&self) -> BTreeSet<&str> {
        let created = self.created_leads.iter().filter(|(id, _)| !self.deleted_leads.contains(*id));
        created.map(|(_, address)| address).chain(&self.imported_leads).map(String::as_str).collect()
    }
}
