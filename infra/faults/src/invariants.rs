//! What must hold in the end, whatever happened on the way: read off the rows, held against what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use embedded::EmbeddedDynamoDb;
use serde_json::Value;

use crate::journal::Journal;

/// Every row of a table, by what it is.
#[derive(Debug)]
pub(crate) struct Rows(BTreeMap<String, Vec<Value>>);

impl Rows {
    /// Reads a whole table, past the product and its rule against scans.
    pub(crate) async fn read(dynamodb: &EmbeddedDynamoDb, table: &str) -> Self {
        let mut pages = dynamodb.client().scan().table_name(table).into_paginator().send();
        let mut rows = BTreeMap::<String, Vec<Value>>::new();
        while let Some(page) = pages.next().await {
            for item in page.expect("the table is readable").items.unwrap_or_default() {
                let row: Value = serde_dynamo::from_item(item).expect("rows are readable");
                rows.entry(text(&row, "entity").to_owned()).or_default().push(row);
            }
        }
        Self(rows)
    }

    fn of(&self, entity: &str) -> impl Iterator<Item = &Value> {
        self.0.get(entity).into_iter().flatten()
    }

    fn ids(&self, entity: &str) -> BTreeSet<&str> {
        self.of(entity).map(|row| text(row, "id")).collect()
    }

    /// Rows that a job must look at some time.
    fn due(&self) -> impl Iterator<Item = &Value> {
        let place = |row: &&Value| row["duePk"].as_str().is_some_and(|place| !place.starts_with("ABOVE_FREE"));
        self.0.values().flatten().filter(place)
    }

    /// Whether there are such rows.
    pub(crate) fn any_due(&self) -> bool {
        self.due().next().is_some()
    }

    /// How many rows there are.
    pub(crate) fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}

fn number(row: &Value, name: &str) -> i64 {
    row[name].as_i64().unwrap_or(0)
}

/// What does not hold, each in a line.
struct Findings(Vec<String>);

impl Findings {
    fn expect<T: PartialEq + std::fmt::Debug>(&mut self, what: impl Into<String>, found: T, expected: T) {
        if found != expected {
            self.0.push(format!("{}: {found:?}, expected {expected:?}", what.into()));
        }
    }

    /// Everything acknowledged is there, and nothing that nobody asked for.
    fn same(&mut self, what: &str, found: &BTreeSet<&str>, expected: &BTreeSet<&str>) {
        let lost = expected.difference(found).take(5).collect::<Vec<_>>();
        let unasked = found.difference(expected).take(5).collect::<Vec<_>>();
        if !lost.is_empty() || !unasked.is_empty() {
            self.0.push(format!("{what}: lost {lost:?}, not asked for {unasked:?}"));
        }
    }
}

/// Everything that does not hold of these rows, after these acknowledgements; nothing when all is well.
///
/// `late_posts` are tasks that may be there though no answer told of them.
pub(crate) fn violations(rows: &Rows, journal: &Journal, late_posts: &BTreeSet<String>) -> Vec<String> {
    let mut findings = Findings(Vec::new());
    acknowledged(rows, journal, &mut findings);
    leads(rows, journal, &mut findings);
    tasks(rows, journal, late_posts, &mut findings);
    events(rows, &mut findings);
    counters(rows, &mut findings);
    usage(rows, &mut findings);
    nothing_is_stuck(rows, journal, &mut findings);
    findings.0
}

/// Post tasks that no answer told of, at most as many as were refused. A refusal is no command and is not recorded: when the first attempt at
/// a command is delayed on its way to DynamoDB for longer than anybody waits, its repeat can be refused while another post task is open,
/// and the first attempt succeed when that one is done. Everything else that is delayed fails on what changed meanwhile.
pub(crate) fn late_posts(rows: &Rows, journal: &Journal) -> BTreeSet<String> {
    let runs = rows.of("agenticRun").flat_map(|run| run["actions"].as_array().into_iter().flatten());
    let by_runs = runs.filter_map(|action| action["taskId"].as_str()).collect::<BTreeSet<_>>();
    let posts =
        rows.of("task").filter(|task| task["input"]["kind"] == "social_media_post").map(|task| text(task, "id"));
    let untold = posts.filter(|id| !journal.tasks.contains(*id) && !by_runs.contains(id));
    untold.map(str::to_owned).take(journal.refused_posts).collect()
}

fn strings(all: &BTreeSet<String>) -> BTreeSet<&str> {
    all.iter().map(String::as_str).collect()
}

fn acknowledged(rows: &Rows, journal: &Journal, findings: &mut Findings) {
    findings.same("accounts", &rows.ids("user"), &strings(&journal.users));
    findings.same("organisations", &rows.ids("organization"), &strings(&journal.organizations));
    findings.same("ventures", &rows.ids("venture"), &strings(&journal.ventures));
    let owners = rows.of("membership").map(|row| text(row, "organizationId")).collect::<Vec<_>>();
    findings.expect("memberships", owners.len(), journal.organizations.len());
    let said = |role: &'static str| rows.of("message").filter(move |row| text(row, "role") == role);
    findings.expect("questions to the assistant", said("user").count(), journal.questions);
    findings.same(
        "answers of the assistant",
        &said("assistant").map(|row| text(row, "id")).collect(),
        &strings(&journal.answers),
    );
}

fn leads(rows: &Rows, journal: &Journal, findings: &mut Findings) {
    let addresses = rows.of("lead").map(|row| text(row, "email")).collect::<BTreeSet<_>>();
    findings.same("leads", &addresses, &journal.lead_addresses());
    let ids = rows.ids("lead");
    findings.expect("leads of an address each", ids.len(), addresses.len());
    let created = journal.created_leads.keys().filter(|id| !journal.deleted_leads.contains(*id));
    let missing = created.filter(|id| !ids.contains(id.as_str())).collect::<Vec<_>>();
    findings.expect("leads under the id that was told", missing, Vec::new());
    let identities = rows.of("leadIdentity").map(|row| text(row, "leadId")).collect::<Vec<_>>();
    findings.expect("identities of leads", identities.len(), ids.len());
    findings.same("leads by identity", &identities.into_iter().collect(), &ids);
    let homeless = rows.of("leadActivity").filter(|row| !ids.contains(text(row, "leadId"))).count();
    findings.expect("activities of leads that are gone", homeless, 0);
}

/// A task's effect is there once if it was completed, and never otherwise.
fn tasks(rows: &Rows, journal: &Journal, late_posts: &BTreeSet<String>, findings: &mut Findings) {
    let runs = rows.of("agenticRun").flat_map(|run| run["actions"].as_array().into_iter().flatten());
    let by_runs = runs.filter_map(|action| action["taskId"].as_str()).collect::<Vec<_>>();
    let by_runs_set = by_runs.iter().copied().collect::<BTreeSet<_>>();
    findings.expect("tasks in one run's memory each", by_runs.len(), by_runs_set.len());
    let lost = journal.run_tasks.iter().filter(|id| !by_runs_set.contains(id.as_str())).collect::<Vec<_>>();
    findings.expect("tasks of runs that were told and are lost", lost, Vec::new());
    let asked =
        by_runs_set.union(&strings(&journal.tasks)).copied().chain(late_posts.iter().map(String::as_str)).collect();
    findings.same("tasks", &rows.ids("task"), &asked);
    for run in rows.of("agenticRun") {
        let kinds =
            run["actions"].as_array().into_iter().flatten().filter(|action| text(action, "type") == "lead_followup");
        let count = kinds.count();
        if count > 3 {
            findings.0.push(format!("run {} created {count} follow-ups", run["id"]));
        }
    }
    let mut effects = BTreeMap::<&str, Vec<&str>>::new();
    for row in rows.of("leadActivity").chain(rows.of("post")) {
        if let Some(task) = row["taskId"].as_str() {
            effects.entry(task).or_default().push(text(row, "id"));
        }
    }
    let leads = rows.ids("lead");
    for task in rows.of("task") {
        let (id, output) = (text(task, "id"), &task["output"]);
        let gone = task["input"]["leadId"].as_str().is_some_and(|lead| !leads.contains(lead));
        let named = output["activityId"].as_str().or_else(|| output["postId"].as_str());
        let done = text(task, "status") == "COMPLETED";
        let expected = if done && !gone { named.into_iter().collect() } else { Vec::new() };
        findings.expect(
            format!("effects of task {id}, {}", task["status"]),
            effects.remove(id).unwrap_or_default(),
            expected,
        );
        findings.expect(format!("output of task {id}, {}", task["status"]), named.is_some(), done);
    }
    findings.expect("effects of no task", effects.len(), 0);
    for task in rows.of("task").filter(|task| journal.cancelled_tasks.contains(text(task, "id"))) {
        findings.expect(format!("task {} that was called off", task["id"]), text(task, "status"), "CANCELLED");
    }
}

/// Each thing has its event once, and each event was projected.
fn events(rows: &Rows, findings: &mut Findings) {
    let events = rows.ids("event");
    let projected = rows.of("projectionMarker").map(|row| text(row, "eventId")).collect();
    findings.same("projected events", &projected, &events);
    findings.expect("failed projections", rows.of("projectionFailure").count(), 0);
    let mut of_tasks = BTreeMap::<(&str, &str), i64>::new();
    let mut of_things = BTreeMap::<(&str, &str), i64>::new();
    for event in rows.of("event") {
        let (kind, data) = (text(event, "type"), &event["data"]);
        if let Some(task) = data["taskId"].as_str() {
            *of_tasks.entry((task, kind)).or_default() += 1;
        }
        let thing = match kind {
            "venture.created" => &data["ventureId"],
            "lead.created" | "lead.deleted" => &data["leadId"],
            "chat.messageSent" | "chat.messageAnswered" => &data["messageId"],
            "agentic.runCompleted" => &data["runId"],
            _ => continue,
        };
        *of_things.entry((kind, thing.as_str().unwrap_or_default())).or_default() += 1;
    }
    // Runs of an hour have the same name in every organisation.
    let twice = of_things
        .iter()
        .filter(|((kind, _), count)| **count > 1 && *kind != "agentic.runCompleted")
        .collect::<Vec<_>>();
    findings.expect("events that happened twice", twice, Vec::new());
    for task in rows.of("task") {
        let (id, status) = (text(task, "id"), text(task, "status"));
        let count = |kind| of_tasks.get(&(id, kind)).copied().unwrap_or(0);
        findings.expect(format!("{id} created"), count("task.created"), 1);
        findings.expect(format!("{id} completed"), count("task.completed"), i64::from(status == "COMPLETED"));
        findings.expect(format!("{id} called off"), count("task.cancelled"), i64::from(status == "CANCELLED"));
        findings.expect(
            format!("{id} failed"),
            count("task.failed") - count("task.retried"),
            i64::from(status == "FAILED"),
        );
    }
}

/// The figures are what is counted from the rows.
fn counters(rows: &Rows, findings: &mut Findings) {
    let count = |entity, wanted: &dyn Fn(&Value) -> bool| rows.of(entity).filter(|row| wanted(row)).count();
    let all = |_: &Value| true;
    let status = |status: &'static str| move |row: &Value| text(row, "status") == status;
    for (name, counted) in [
        ("USERS", count("user", &all)),
        ("ORGANIZATIONS", count("organization", &all)),
        ("ORGANIZATIONS_ABOVE_FREE", count("organization", &|row| text(row, "plan") != "free")),
        ("VENTURES", count("venture", &all)),
        ("LEADS", count("lead", &all)),
        ("TASKS_CREATED", count("task", &all)),
        ("TASKS_COMPLETED", count("task", &status("COMPLETED"))),
        ("TASKS_FAILED", count("task", &status("FAILED"))),
        ("CHAT_MESSAGES", count("message", &|row| text(row, "role") == "assistant")),
    ] {
        let partition = format!("COUNTER#{name}");
        let shards = rows.of("counterShard").filter(|row| text(row, "pk") == partition);
        findings.expect(
            format!("the counter {name}"),
            shards.map(|row| number(row, "count")).sum(),
            i64::try_from(counted).unwrap_or(-1),
        );
    }
}

/// What a month used is what its tasks and answers used: reserved and not given back, done, said.
fn usage(rows: &Rows, findings: &mut Findings) {
    let mut expected = BTreeMap::<(String, String), [i64; 4]>::new();
    for task in rows.of("task") {
        let entry =
            expected.entry((text(task, "organizationId").to_owned(), text(task, "usageMonth").to_owned())).or_default();
        let (status, post) = (text(task, "status"), task["input"]["kind"] == "social_media_post");
        if matches!(status, "PENDING" | "IN_PROGRESS" | "COMPLETED") {
            entry[0] += 1;
            entry[2] += i64::from(post);
        }
        entry[1] += i64::from(status == "COMPLETED");
    }
    for message in rows.of("message").filter(|row| text(row, "role") == "assistant") {
        let month = text(message, "createdAt").get(..7).unwrap_or_default().to_owned();
        expected.entry((text(message, "organizationId").to_owned(), month)).or_default()[3] += 1;
    }
    for usage in rows.of("usage") {
        let organization = text(usage, "pk").trim_start_matches("ORG#").to_owned();
        let month = text(usage, "sk").trim_start_matches("USAGE#").to_owned();
        let found = ["tasks", "tasksCompleted", "posts", "chatMessages"].map(|name| number(usage, name));
        let expected = expected.remove(&(organization.clone(), month)).unwrap_or_default();
        findings.expect(format!("usage of {organization} (tasks, completed, posts, answers)"), found, expected);
    }
    let unused = expected.values().filter(|used| **used != [0; 4]).count();
    findings.expect("months whose usage was not written down", unused, 0);
}

fn nothing_is_stuck(rows: &Rows, journal: &Journal, findings: &mut Findings) {
    let open = rows.of("task").filter(|row| matches!(text(row, "status"), "PENDING" | "IN_PROGRESS"));
    findings.expect("open tasks", open.map(|row| text(row, "id")).collect::<Vec<_>>(), Vec::new());
    let marked = rows.of("lead").filter(|row| row["openFollowUpTaskId"].is_string()).count();
    findings.expect("leads that wait for a follow-up", marked, 0);
    findings.expect("organisations that wait for a post", rows.of("openPostTask").count(), 0);
    findings.expect("rows that are due", rows.due().map(|row| text(row, "pk")).collect::<Vec<_>>(), Vec::new());
    let unanswered = rows.of("idempotencyRecord").filter(|row| !row["status"].is_number()).count();
    findings.expect("commands without an answer", unanswered, journal.declined);
    let unfinished = rows.of("agenticRun").filter(|row| !row["finishedAt"].is_string());
    findings.expect("runs that did not end", unfinished.map(|row| text(row, "pk")).collect::<Vec<_>>(), Vec::new());
}
