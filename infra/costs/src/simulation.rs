//! A month: what everybody does, what it costs, and which partition gets hot.

use std::collections::BTreeMap;

use crate::behaviour::Behaviour;
use crate::prices::{Bill, Biller, Prices, alarm_metric_count, resource_count};
use crate::scenario::{Figures, Row};
use crate::usage::Units;

/// Days of a month here.
const DAYS: f64 = 30.0;
/// Seconds of a month here.
pub const MONTH_SECONDS: f64 = DAYS * 24.0 * 60.0 * 60.0;
const GB: f64 = 1e9;
/// What one partition takes in a second (DynamoDB Developer Guide, "Best practices for partition keys").
pub const PARTITION_READS: f64 = 3_000.0;
/// The same for writes.
pub const PARTITION_WRITES: f64 = 1_000.0;
/// Over how many partitions of the `due` index rows of one kind are spread.
const DUE_SHARDS: f64 = shared::model::DUE_SHARDS as f64;
/// Over how many parts an account of the ledger is spread that all write to.
const ACCOUNT_SHARDS: f64 = shared::ledger::SHARDS as f64;
/// How often an instance reads the keys.
const KEYS_FRESH_SECONDS: f64 = 300.0;

/// What runs how often in a month.
#[derive(Clone, Debug)]
pub struct Load<'a> {
    /// What was measured of it.
    pub row: &'a Row,
    /// How often it runs, what follows it with it.
    pub times: f64,
}

/// A month with so many accounts.
#[derive(Clone, Debug)]
pub struct Month<'a> {
    /// Calls and runs.
    pub loads: Vec<Load<'a>>,
    users: f64,
    biller: &'a Biller,
    behaviour: &'a Behaviour,
}

/// A line of the monthly bill.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The service and what of it.
    pub name: &'static str,
    /// How much, in words.
    pub amount: String,
    /// US dollars.
    pub dollars: f64,
}

impl<'a> Month<'a> {
    /// What happens in a month with so many accounts.
    pub fn of(users: f64, behaviour: &'a Behaviour, figures: &'a Figures, biller: &'a Biller) -> Self {
        let active_days = users * behaviour.daily_active_share * DAYS;
        let mut month = Self { loads: Vec::new(), users, biller, behaviour };
        let mut load = |key: &str, times: f64| month.loads.push(Load { row: figures.row(key), times });
        for (key, rate) in &behaviour.calls_per_active_user_day {
            load(key, rate * active_days);
        }
        for (key, times) in &behaviour.calls_per_month {
            load(key, *times);
        }
        load("register", users * behaviour.registrations_per_user_month);
        // Everybody's first event of a day does more than the others: that, instead of a further one.
        load("projector: the first event of an account's day", active_days);
        load("projector: session.started", -active_days);
        load("sweep: nothing is due", DAYS * 24.0 * 60.0);
        load("key-rotation: nothing is due", DAYS);
        load("purge: nothing is due", DAYS * 24.0);
        let deleted = behaviour.calls_per_active_user_day.get("deleteOrganization").copied().unwrap_or_default();
        load("purge: an organisation of few rows", deleted * active_days);
        let removed = behaviour.calls_per_active_user_day.get("deleteFile").copied().unwrap_or_default();
        load("purge: a file", removed * active_days);
        let (hours, paid) = (DAYS * 24.0, users * behaviour.paid_share);
        let (one, many) = ("agentic-run: 1 organisation", "agentic-run: 800 organisations");
        // Between the two, what a run uses grows with the organisations.
        load(one, hours * (800.0 - paid) / 799.0);
        load(many, hours * (paid - 1.0) / 799.0);
        load("agentic-worker: something to do", hours * paid * behaviour.engine_busy_share);
        load("agentic-worker: nothing to do", hours * paid * (1.0 - behaviour.engine_busy_share));
        let attempts = month.runs_of("task-runner");
        let again = Load {
            row: figures.row("task-runner: lead_followup, then PENDING"),
            times: attempts * behaviour.attempts_failed_share,
        };
        month.loads.push(again);
        month
    }

    /// How often a job runs after something else.
    pub fn runs_of(&self, function: &str) -> f64 {
        let runs = |row: &Row| row.follows.iter().filter(|run| run.function == function).count() as f64;
        self.loads.iter().map(|load| runs(load.row) * load.times).sum()
    }

    /// How often an operation is called, whatever the case.
    fn times_of(&self, operation: &str) -> f64 {
        self.loads.iter().filter(|load| load.row.name == operation).map(|load| load.times).sum()
    }

    /// Everything that is billed by use.
    pub fn bill(&self) -> Bill {
        let mut bill = Bill::default();
        for load in &self.loads {
            bill.add(&self.biller.whole(load.row), load.times);
        }
        bill
    }

    /// Units of a kind of partition, by what falls on it in the month.
    pub fn partitions(&self) -> BTreeMap<String, Units> {
        let mut sums: BTreeMap<String, Units> = BTreeMap::new();
        for load in &self.loads {
            let usages = std::iter::once(&load.row.usage).chain(load.row.follows.iter().map(|run| &run.usage));
            for (pattern, units) in usages.flat_map(|usage| &usage.partitions) {
                let sum = sums.entry(pattern.clone()).or_default();
                sum.reads += units.reads * load.times;
                sum.writes += units.writes * load.times;
            }
        }
        sums
    }

    /// The whole bill, line by line.
    pub fn lines(&self, prices: &Prices) -> Vec<Line> {
        let (bill, machine) = (self.bill(), &self.behaviour.machine);
        let line = |name, amount: String, dollars: f64| Line { name, amount, dollars };
        let beyond = |used: f64, free: f64| (used - free).max(0.0);
        let million = 1e6;
        let stored_gb = self.stored_bytes() / GB;
        let queues = resource_queues();
        let polls = queues * machine.pollers_per_queue * MONTH_SECONDS / machine.poll_seconds;
        let sqs = bill.sqs_requests + polls;
        let log_gb = bill.invocations * machine.log_bytes / GB;
        let (alarms, watched) = (resource_count("AWS::CloudWatch::Alarm"), alarm_metric_count() as f64);
        let composite = resource_count("AWS::CloudWatch::CompositeAlarm") as f64;
        // The sweep every minute, the agentic run and the purge every hour, the key rotation every day.
        let schedules = DAYS * (24.0 * 62.0 + 1.0);
        let mails = self.runs_of("mailer");
        let (files, uploads) = (&self.behaviour.files, self.times_of("uploadFile"));
        let links = self.times_of("getFile") + self.times_of("completeFile");
        let reads = links * files.reads_per_link;
        let files_gb = uploads * files.bytes * files.kept_share * self.behaviour.months_of_growth / GB;
        let transfer_gb = bill.transfer_bytes / GB + reads * files.bytes / GB;
        let DynamoDbPrices { reads, writes } = DynamoDbPrices::of(prices, &bill);
        vec![
            line("DynamoDB reads", format!("{} million units", one(bill.reads / million)), reads),
            line("DynamoDB writes", format!("{} million units", one(bill.writes / million)), writes),
            line(
                "DynamoDB storage",
                format!("{} GB", one(stored_gb)),
                beyond(stored_gb, prices.dynamodb.storage_free_gb) * prices.dynamodb.storage_gb_month,
            ),
            line(
                "DynamoDB point-in-time recovery",
                format!("{} GB", one(stored_gb)),
                stored_gb * prices.dynamodb.pitr_gb_month,
            ),
            line(
                "Lambda requests",
                format!("{} million", one(bill.invocations / million)),
                beyond(bill.invocations, prices.lambda.free_requests) / million * prices.lambda.request_million,
            ),
            line(
                "Lambda duration",
                format!("{} thousand GB-s", one(bill.gb_seconds / 1e3)),
                beyond(bill.gb_seconds, prices.lambda.free_gb_seconds) * prices.lambda.gb_second,
            ),
            line(
                "SQS",
                format!("{} million requests, {} of them empty polls", one(sqs / million), one(polls / million)),
                beyond(sqs, prices.sqs.free_requests) / million * prices.sqs.request_million,
            ),
            line("S3 storage", format!("{} GB", one(files_gb)), files_gb * prices.s3.storage_gb_month),
            line(
                "S3 requests",
                format!("{} million", one((uploads + reads) / million)),
                uploads / 1e3 * prices.s3.write_thousand + reads / 1e3 * prices.s3.read_thousand,
            ),
            line("SES", format!("{mails:.0} mails"), mails / 1e3 * prices.ses.mail_thousand),
            line(
                "EventBridge Scheduler",
                format!("{schedules} invocations"),
                beyond(schedules, prices.scheduler.free_invocations) / million * prices.scheduler.invocation_million,
            ),
            line(
                "CloudWatch logs",
                format!("{} GB", one(log_gb)),
                beyond(log_gb, prices.cloudwatch.log_free_gb) * prices.cloudwatch.log_gb
                    + log_gb * machine.log_months * prices.cloudwatch.log_storage_gb_month,
            ),
            line(
                "CloudWatch metrics and alarms",
                format!(
                    "{} metrics, {alarms} alarms on {watched} metrics, {composite} composite alarms",
                    machine.metrics
                ),
                beyond(machine.metrics, prices.cloudwatch.free_metrics) * prices.cloudwatch.metric_month
                    + beyond(watched, prices.cloudwatch.free_alarms) * prices.cloudwatch.alarm_month
                    + composite * prices.cloudwatch.composite_alarm_month,
            ),
            line(
                "Data transfer to the internet",
                format!("{} GB", one(transfer_gb)),
                beyond(transfer_gb, prices.transfer.free_gb) * prices.transfer.gb,
            ),
            line(
                "Cloudflare Workers",
                format!(
                    "{} million requests, {} million CPU ms",
                    one(bill.worker_requests / million),
                    one(bill.worker_cpu_ms / million)
                ),
                prices.workers.plan_month
                    + beyond(bill.worker_requests, prices.workers.included_requests) / million
                        * prices.workers.request_million
                    + beyond(bill.worker_cpu_ms, prices.workers.included_cpu_ms) / million
                        * prices.workers.cpu_million_ms,
            ),
        ]
    }

    /// What is stored after the months of growth: what stays, month by month, and of what expires what is there at any time.
    pub fn stored_bytes(&self) -> f64 {
        let bill = self.bill();
        let register = self.loads.iter().find(|load| load.row.key() == "register");
        let accounts = register.map_or(0.0, |load| {
            let account = self.biller.whole(load.row).kept_bytes;
            // Accounts are counted as they are, not as they come.
            account * (self.users - load.times * self.behaviour.months_of_growth)
        });
        bill.kept_bytes * self.behaviour.months_of_growth + accounts + bill.expiring_byte_seconds / MONTH_SECONDS
    }

    /// What of a month falls into the busiest second.
    pub fn at_peak(&self, in_month: f64) -> f64 {
        in_month / MONTH_SECONDS * self.behaviour.peak_factor
    }
}

struct DynamoDbPrices {
    reads: f64,
    writes: f64,
}

impl DynamoDbPrices {
    fn of(prices: &Prices, bill: &Bill) -> Self {
        Self {
            reads: bill.reads / 1e6 * prices.dynamodb.read_million,
            writes: bill.writes / 1e6 * prices.dynamodb.write_million,
        }
    }
}

/// How many queues Lambda polls: those with a consumer have dead letters.
fn resource_queues() -> f64 {
    let template = embedded::template::Template::read(testkit::TEMPLATE).expect("the template is readable");
    template.queues.values().filter(|queue| queue.redrive.is_some()).count() as f64
}

/// A number with one decimal.
pub fn one(number: f64) -> String {
    format!("{number:.1}")
}

/// Who shares a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The whole platform.
    Platform,
    /// One organisation.
    Organization,
    /// One account, one address, one event, one command: nobody else's load adds to it.
    Single,
}

/// A kind of partition and when it gets hot.
#[derive(Clone, Debug)]
pub struct Hot {
    /// The key's pattern.
    pub pattern: String,
    /// Who shares one.
    pub scope: Scope,
    /// Over how many partition keys the load is spread.
    pub shards: f64,
    /// Units a second on one partition at peak, at the number of accounts asked for.
    pub units: Units,
    /// How many accounts, or for an organisation's partition how many active members, there are when its limit is reached; none if its load
    /// does not grow.
    pub limit_at: Option<f64>,
}

/// Who shares the partitions of a pattern: whom its names leave.
pub fn scope(pattern: &str) -> Scope {
    let names = pattern.split('<').skip(1).filter_map(|name| Some(name.split_once('>')?.0));
    let mut scope = Scope::Platform;
    for name in names {
        match name {
            "shard" | "day" => {}
            "organization" | "webhook" => scope = Scope::Organization,
            _ => return Scope::Single,
        }
    }
    scope
}

/// Every kind of partition that many share, the one that is hot first first: those of the platform with `users` accounts, those of an
/// organisation with `members` active members.
pub fn hot_partitions(users: f64, members: f64, behaviour: &Behaviour, figures: &Figures, biller: &Biller) -> Vec<Hot> {
    let month = |users| Month::of(users, behaviour, figures, biller);
    let (nobody, somebody) = (month(0.0), month(1e6));
    let (fixed, grown) = (nobody.partitions(), somebody.partitions());
    let mut all = Vec::new();
    for (pattern, units) in &grown {
        let scope = scope(pattern);
        let shards = match pattern.contains("#<shard>") {
            true if pattern.starts_with("ACCOUNT#") => ACCOUNT_SHARDS,
            true => DUE_SHARDS,
            false => 1.0,
        };
        let fixed = fixed.get(pattern).copied().unwrap_or_default();
        let peak = |in_month: f64| somebody.at_peak(in_month) / shards;
        let base = Units { reads: peak(fixed.reads), writes: peak(fixed.writes) };
        let mut per_user =
            Units { reads: peak(units.reads - fixed.reads) / 1e6, writes: peak(units.writes - fixed.writes) / 1e6 };
        if scope == Scope::Platform && matches!(pattern.as_str(), "VERIFYING_KEY" | "SIGNING_KEY" | "LINK_SECRET") {
            let calls = somebody.bill();
            let instances =
                peak(calls.invocations + calls.worker_requests) / 1e6 * behaviour.machine.instances_per_peak_call;
            per_user.reads += instances / KEYS_FRESH_SECONDS;
        }
        let count = match scope {
            Scope::Platform => users,
            // An organisation's members are those who are active: all of its load is theirs.
            Scope::Organization => {
                per_user.reads /= behaviour.daily_active_share;
                per_user.writes /= behaviour.daily_active_share;
                members
            }
            Scope::Single => continue,
        };
        let limit = |fixed: f64, each: f64, limit: f64| (each > 0.0).then(|| (limit - fixed) / each);
        let limits =
            [limit(base.reads, per_user.reads, PARTITION_READS), limit(base.writes, per_user.writes, PARTITION_WRITES)];
        let limit_at = limits.into_iter().flatten().min_by(f64::total_cmp);
        let units = Units { reads: base.reads + per_user.reads * count, writes: base.writes + per_user.writes * count };
        all.push(Hot { pattern: pattern.clone(), scope, shards, units, limit_at });
    }
    let order = |hot: &Hot| hot.limit_at.unwrap_or(f64::INFINITY);
    all.sort_by(|one, other| one.scope.cmp(&other.scope).then(order(one).total_cmp(&order(other))));
    all
}

#[cfg(test)]
mod tests;
