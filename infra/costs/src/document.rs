//! `docs/COST.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::behaviour::Behaviour;
use crate::prices::{Bill, Biller, Prices};
use crate::scenario::{Figures, Row, operations};
use crate::simulation::{Hot, MONTH_SECONDS, Month, PARTITION_READS, PARTITION_WRITES, Scope, hot_partitions, one};
use crate::usage::Usage;

/// How many accounts the platform's partitions are shown for.
const HOT_AT_USERS: f64 = 1_000_000.0;
/// How many active members an organisation has whose partitions are shown.
const HOT_AT_MEMBERS: f64 = 100.0;

/// What the document is made of.
pub struct Document {
    figures: Figures,
    behaviour: Behaviour,
    prices: Prices,
    biller: Biller,
}

impl Document {
    /// Measures everything and reads the two data files.
    pub fn measured() -> Self {
        Self::of(crate::scenario::measure())
    }

    /// Of these figures.
    pub fn of(figures: Figures) -> Self {
        let behaviour = Behaviour::read();
        let biller = Biller::new(behaviour.machine.clone());
        Self { figures, behaviour, prices: Prices::read(), biller }
    }

    /// The whole text.
    pub fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        self.standing_out(&mut text);
        self.operations(&mut text);
        self.jobs(&mut text);
        self.prices(&mut text);
        self.bills(&mut text);
        self.projector(&mut text);
        self.partitions(&mut text);
        text.push_str(FOOT);
        text
    }

    fn own_dollars(&self, row: &Row) -> f64 {
        self.biller.own(&row.function, &row.name, &row.usage).dollars_per_million(&self.prices)
    }

    fn whole_dollars(&self, row: &Row) -> f64 {
        self.biller.whole(row).dollars_per_million(&self.prices)
    }

    /// The operations in the order of the OpenAPI document, their other cases after the typical one.
    fn sorted_operations(&self) -> Vec<&Row> {
        let order = operations();
        let place = |row: &Row| order.iter().position(|operation| operation.id == row.name);
        let mut rows = self.figures.operations.iter().collect::<Vec<_>>();
        rows.sort_by_key(|row| (place(row), row.case.clone()));
        rows
    }

    fn standing_out(&self, text: &mut String) {
        text.push_str("\n## What stands out\n\nThe three dearest operations, with what follows them:\n\n");
        let mut rows = self.figures.operations.iter().filter(|row| row.case.is_empty()).collect::<Vec<_>>();
        rows.sort_by(|one, other| self.whole_dollars(other).total_cmp(&self.whole_dollars(one)));
        for row in rows.into_iter().take(3) {
            let whole = self.biller.whole(row);
            let dollars = whole.dollars_per_million(&self.prices);
            let percent = |part: Bill| 100.0 * part.dollars_per_million(&self.prices) / dollars;
            let writes = percent(Bill { writes: whole.writes, ..Bill::default() });
            let reads = percent(Bill { reads: whole.reads, ..Bill::default() });
            let duration = percent(Bill { gb_seconds: whole.gb_seconds, ..Bill::default() });
            let _ = writeln!(
                text,
                "* `{}`: ${dollars:.2} a million{}. Of it writes are {writes:.0} % ({} units), reads {reads:.0} % ({} units), Lambda's \
                 duration {duration:.0} % (with {} questions to a language model). {} runs of jobs follow and make {:.0} % of it.",
                row.name,
                why(&row.name),
                units(whole.writes),
                units(whole.reads),
                questions(row),
                row.follows.len(),
                100.0 * (1.0 - self.own_dollars(row) / dollars),
            );
        }
        text.push_str(STANDING_OUT);
    }

    fn operations(&self, text: &mut String) {
        text.push_str(OPERATIONS);
        table(
            text,
            &[
                "operation",
                "function",
                "requests",
                "items",
                "RRU",
                "WRU table + index",
                "SQS",
                "events",
                "$/million",
                "with what follows",
            ],
        );
        for row in self.sorted_operations() {
            self.row(text, row, &event_list(&row.usage));
        }
    }

    fn jobs(&self, text: &mut String) {
        text.push_str(JOBS);
        table(
            text,
            &[
                "run",
                "function",
                "requests",
                "items",
                "RRU",
                "WRU table + index",
                "SQS",
                "model",
                "$/million",
                "with what follows",
            ],
        );
        let mut rows = self.figures.jobs.iter().collect::<Vec<_>>();
        rows.sort_by_key(|row| row.key());
        for row in rows {
            self.row(text, row, &row.usage.ai_calls.to_string());
        }
    }

    fn row(&self, text: &mut String, row: &Row, last: &str) {
        let usage = &row.usage;
        let polls = self.biller.own(&row.function, &row.name, usage).sqs_requests;
        let cells = [
            format!("`{}`{}", row.name, if row.case.is_empty() { String::new() } else { format!(": {}", row.case) }),
            row.function.clone(),
            requests(usage),
            usage.items.to_string(),
            units(usage.reads),
            format!("{} + {}", units(usage.table_writes), units(usage.index_writes)),
            units(polls),
            last.to_owned(),
            format!("{:.2}", self.own_dollars(row)),
            format!("{:.2}", self.whole_dollars(row)),
        ];
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }

    fn prices(&self, text: &mut String) {
        let Prices { region, as_of, dynamodb, lambda, sqs, workers, unsure, .. } = &self.prices;
        let machine = &self.behaviour.machine;
        let _ = write!(
            text,
            "\n## Prices and assumptions\n\nUS dollars at list prices of {region} as of {as_of}, from `infra/costs/prices.yaml`, which names the \
             vendors' pages to check them at: a million read units {}, a million write units {}, a million Lambda requests {}, a GB-second of \
             Lambda (arm64) {}, a million SQS requests {}, a million Worker requests {}, a million CPU milliseconds of a Worker {}. The \
             tables above take nothing off for what is free. Of these prices the authors are unsure:\n\n",
            dynamodb.read_million,
            dynamodb.write_million,
            lambda.request_million,
            lambda.gb_second,
            sqs.request_million,
            workers.request_million,
            workers.cpu_million_ms
        );
        for remark in unsure {
            let _ = writeln!(text, "* {remark}");
        }
        let _ = write!(
            text,
            "\nDurations are assumed, not measured: {} ms for an invocation, {} ms for each request to DynamoDB and SQS, {} ms for each \
             question to a language model (the tests' assistant answers at once; its tokens are not in these figures), memory as \
             `template.yaml` gives it. The Worker's CPU: {} ms, {} ms more where a password is hashed.\n",
            machine.own_ms, machine.request_ms, machine.ai_ms, machine.worker_own_ms, machine.worker_password_ms
        );
    }

    fn bills(&self, text: &mut String) {
        text.push_str(BILLS);
        let months = self.behaviour.users.iter().map(|users| {
            (*users, Month::of(*users as f64, &self.behaviour, &self.figures, &self.biller).lines(&self.prices))
        });
        let months = months.collect::<Vec<_>>();
        let mut head = vec!["service".to_owned()];
        head.extend(months.iter().map(|(users, _)| format!("{} accounts", thousands(*users))));
        table(text, &head.iter().map(String::as_str).collect::<Vec<_>>());
        let count = months.first().map_or(0, |(_, lines)| lines.len());
        for place in 0..count {
            let lines = months.iter().map(|(_, lines)| &lines[place]).collect::<Vec<_>>();
            let cells = lines.iter().map(|line| format!("${:.2}<br>{}", line.dollars, line.amount)).collect::<Vec<_>>();
            let _ = writeln!(text, "| {} | {} |", lines[0].name, cells.join(" | "));
        }
        let total = |lines: &[crate::simulation::Line]| lines.iter().map(|line| line.dollars).sum::<f64>();
        let totals = months.iter().map(|(_, lines)| format!("**${:.2}**", total(lines))).collect::<Vec<_>>();
        let _ = writeln!(text, "| **together** | {} |", totals.join(" | "));
        let each = months.iter().map(|(users, lines)| match users {
            0 => "–".to_owned(),
            users => format!("${:.4}", total(lines) / *users as f64),
        });
        let _ = writeln!(text, "| an account and month | {} |", each.collect::<Vec<_>>().join(" | "));
        self.drivers(text);
    }

    /// Which calls make the largest month.
    fn drivers(&self, text: &mut String) {
        let users = self.behaviour.users.iter().copied().max().unwrap_or_default();
        let month = Month::of(users as f64, &self.behaviour, &self.figures, &self.biller);
        let mut sums = BTreeMap::<String, f64>::new();
        for load in &month.loads {
            *sums.entry(load.row.key()).or_default() += self.whole_dollars(load.row) * load.times / 1e6;
        }
        let all = sums.values().sum::<f64>();
        let mut sums = sums.into_iter().collect::<Vec<_>>();
        sums.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        let top = sums.iter().take(6).map(|(key, dollars)| format!("`{key}` {:.0} %", 100.0 * dollars / all));
        let _ = writeln!(
            text,
            "\nOf what is billed by use at {} accounts, with what follows each: {}.",
            thousands(users),
            top.collect::<Vec<_>>().join(", ")
        );
        self.storage(text, &month, users as f64);
    }

    /// What stays stored, and by whom.
    fn storage(&self, text: &mut String, month: &Month<'_>, users: f64) {
        let bill = month.bill();
        let mut sums = BTreeMap::<String, f64>::new();
        for load in &month.loads {
            *sums.entry(load.row.key()).or_default() += self.biller.whole(load.row).kept_bytes * load.times;
        }
        let mut sums = sums.into_iter().collect::<Vec<_>>();
        sums.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        let top = sums.iter().take(4).map(|(key, bytes)| format!("`{key}` {:.0} %", 100.0 * bytes / bill.kept_bytes));
        let _ = writeln!(
            text,
            "\nStored, with its index entries and DynamoDB's 100 bytes for each: an account grows by {:.0} kB a month on average, of which \
             most come from {}. Of what expires (sessions, markers of projected events, answers under idempotency keys, runs of the \
             engine) {:.1} kB an account are there at any time, not counting the days that DynamoDB takes to remove it, which cost nothing \
             else. Accounts {:.0} months old store {:.2} MB each.",
            bill.kept_bytes / users / 1e3,
            top.collect::<Vec<_>>().join(", "),
            bill.expiring_byte_seconds / MONTH_SECONDS / users / 1e3,
            self.behaviour.months_of_growth,
            month.stored_bytes() / users / 1e6,
        );
    }

    /// How many events a second the projector can follow.
    fn projector(&self, text: &mut String) {
        let month = Month::of(HOT_AT_USERS, &self.behaviour, &self.figures, &self.biller);
        let (mut runs, mut milliseconds) = (0.0, 0.0);
        for load in &month.loads {
            for run in load.row.follows.iter().filter(|run| run.function == "projector") {
                runs += load.times;
                milliseconds += load.times * self.biller.milliseconds(&run.usage);
            }
        }
        let (mean, peak) = (milliseconds / runs, month.at_peak(runs));
        let each = 1000.0 / mean;
        let _ = write!(
            text,
            "\n## What gets slow first\n\n### The projector\n\nA stream's shard has one reader at a time (`ParallelizationFactor` 1), which takes \
             its events one after another: {mean:.0} ms an event by the assumed durations, so {each:.0} events a second and shard. At {} \
             accounts the busiest second brings {peak:.0}. A table begins with few shards and gets more as its partitions split; on one shard \
             the projector falls behind at {} accounts, and with `ParallelizationFactor` 10 at {}. Falling behind loses nothing: counters \
             and doorbells come late, and the stream keeps 24 hours.\n",
            thousands(HOT_AT_USERS as u64),
            thousands(rounded(HOT_AT_USERS * each / peak)),
            thousands(rounded(HOT_AT_USERS * 10.0 * each / peak)),
        );
    }

    fn partitions(&self, text: &mut String) {
        let hot = hot_partitions(HOT_AT_USERS, HOT_AT_MEMBERS, &self.behaviour, &self.figures, &self.biller);
        let _ = write!(
            text,
            "\n### Partitions\n\nA partition takes {PARTITION_WRITES} write and {PARTITION_READS} read units a second. Units at the busiest second \
             (the month's mean times {}), on one partition key where a kind is spread over several, without DynamoDB's splitting of hot \
             partitions, which can move sort keys apart but never helps a single item. An index that is throttled throttles the writes to \
             its table. First what the whole platform shares:\n\n",
            self.behaviour.peak_factor
        );
        let at_users = format!("units/s at {} accounts", thousands(HOT_AT_USERS as u64));
        table(text, &["partition", "keys", &at_users, "limit reached at"]);
        hot_rows(text, &hot, Scope::Platform, "accounts");
        let _ = write!(
            text,
            "\nThen what one organisation shares, by its members who are active on the day and work as `behaviour.yaml` says:\n\n"
        );
        let at_members = format!("units/s at {HOT_AT_MEMBERS} active members");
        table(text, &["partition", "keys", &at_members, "limit reached at"]);
        hot_rows(text, &hot, Scope::Organization, "active members");
        let month = Month::of(HOT_AT_USERS, &self.behaviour, &self.figures, &self.biller);
        let bill = month.bill();
        let imported = &self.figures.row("importLeads").usage.partitions;
        let import = |pattern: &str| imported.get(pattern).map_or(0.0, |units| units.writes * 5_000.0 / 50.0);
        let _ = write!(
            text,
            "\nThe table as a whole: {:.0} read and {:.0} write units a second at {} accounts, against the account's standard quota of 40,000 \
             each for a table on demand. A new table on demand takes 4,000 write and 12,000 read units a second at once, and twice its \
             former peak after that: warm it before a launch that is larger.\n\nPartitions of one account, address, event, command, lead or \
             conversation are not listed: nobody else's load adds to theirs, and rate limits bound what one can do. `RATE#login-network#<digest>` \
             is the one that strangers behind one address share; a refused attempt costs a write unit too, so 1,000 attempts a second \
             from one network throttle that network's counter alone.\n\nMeans hide bursts. An import of 5,000 leads writes {:.0} units to \
             `ORG#<organization>#LEAD`, {:.0} to `…#LEAD_IDENTITY` and {:.0} to one list of the index: {:.0} seconds at a partition's pace, where four \
             chunks at once would be done sooner. DynamoDB lends a partition what it did not use in the last five minutes; beyond that, \
             and for a second large import at once, writes are throttled and repeated.\n",
            month.at_peak(bill.reads),
            month.at_peak(bill.writes),
            thousands(HOT_AT_USERS as u64),
            import("ORG#<organization>#LEAD"),
            import("ORG#<organization>#LEAD_IDENTITY"),
            import("listing: ORG#<organization>#LEAD#contacted"),
            import("ORG#<organization>#LEAD") / PARTITION_WRITES,
        );
    }
}

/// Why an operation is dear, where there is more to say than its figures do.
fn why(operation: &str) -> &'static str {
    match operation {
        "importLeads" => {
            ", 50 leads at once: each is a row, a marker that keeps its address unique, and an index entry, and the first two \
             are written in a transaction"
        }
        "analyze" => {
            ": the engine creates three follow-ups and a post, each a task that is claimed, written by a language model and recorded"
        }
        "createTask" | "retryTask" => {
            ": the task is claimed, written by a language model and recorded, and moves in two indexes each time"
        }
        "sendMessage" => {
            ": three transactions, so that neither question nor answer is lost or said twice, and a function that waits"
        }
        _ => "",
    }
}

fn questions(row: &Row) -> u32 {
    row.usage.ai_calls + row.follows.iter().map(|run| run.usage.ai_calls).sum::<u32>()
}

fn hot_rows(text: &mut String, hot: &[Hot], scope: Scope, whom: &str) {
    for hot in hot.iter().filter(|hot| hot.scope == scope) {
        let limit = match hot.limit_at {
            None => "never: its load does not grow".to_owned(),
            Some(limit) if limit > 1e9 => format!("beyond a billion {whom}"),
            Some(limit) => format!("{} {whom}", thousands(rounded(limit))),
        };
        let (writes, reads) = (hot.units.writes, hot.units.reads);
        let _ = writeln!(text, "| `{}` | {} | {writes:.2} W, {reads:.2} R | {limit} |", hot.pattern, hot.shards);
    }
}

/// Two significant digits: what is derived from assumptions has no more.
fn rounded(number: f64) -> u64 {
    let magnitude = 10_f64.powf(number.abs().log10().floor() - 1.0);
    ((number / magnitude).round() * magnitude).round() as u64
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn table(text: &mut String, head: &[&str]) {
    let _ = writeln!(text, "| {} |", head.join(" | "));
    let _ = writeln!(text, "|{}", "---|".repeat(head.len()));
}

/// Units without needless decimals: reads come in halves.
fn units(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { one(number) }
}

fn requests(usage: &Usage) -> String {
    let kinds = usage.requests.iter().map(|(kind, count)| format!("{count} {kind}"));
    kinds.collect::<Vec<_>>().join(", ")
}

fn event_list(usage: &Usage) -> String {
    let mut counts = BTreeMap::<&str, u32>::new();
    usage.events.iter().for_each(|event| *counts.entry(event).or_default() += 1);
    let counts = counts.into_iter().map(|(event, count)| match count {
        1 => event.to_owned(),
        count => format!("{count} {event}"),
    });
    counts.collect::<Vec<_>>().join(", ")
}

const HEAD: &str = "# What it costs

Written by `cargo run -q -p costs > docs/COST.md`; a test fails when a figure differs from what is measured, naming the operations that rose
or fell. Nothing here is edited by hand.

Each operation and each job runs once on the embedded services, the real requests of the real SDK, and a connector between them counts. Units
follow DynamoDB's rules and are counted twice, by the embedded DynamoDB as it reports them (`ConsumedCapacity`) and by us from the items before
and after, partition by partition; a difference is a failed run. Nothing was measured on AWS.
";

const STANDING_OUT: &str = "
Transactions cost twice the units of single writes on the table (not on the indexes), and nearly every write here is one: that is the price of
a trail that is always true. An index with all attributes (`listing`) doubles the bytes of what stands in it; a task moves in both indexes
with each change of its status, two writes each time.
";

const OPERATIONS: &str = "
## Operations

The typical case: Ada's organisation is on Pro, lists have 50 items, commands carry an `Idempotency-Key` where they take one, the access cache
is cold (its batch of four, or of two without an organisation, is in every figure; for four seconds after it the same caller does without), and
the verifying and signing keys are warm (`getMe: verifying keys cold` shows the difference, once in five minutes and instance).

`Transact(5)` is a transaction of five writes, `BatchGet(4)` a batch of four keys. RRU and WRU are read and write request units, WRU of the table
and of its indexes. The last column includes what follows a million calls: the projector for each event, and the task runner for each task.

";

const JOBS: &str = "
## Jobs

One record, or one message, an invocation, as it is while there is little to do; under load an invocation takes up to a batch, and requests
to Lambda and SQS become fewer, units do not. SQS counts Lambda's receiving and deleting of a message too. What `projector` does for an event is
also what the event adds to the operation that it came from.

";

const BILLS: &str = "
## A month

From the figures above, the prices and `infra/costs/behaviour.yaml`, whose every number is an assumption with a comment. With the free tiers that
have no end; without language models' tokens, e-mail, support, tax, and the frontend. Function URLs, reading the stream from Lambda,
removal by time to live and the Worker's own traffic cost nothing. Not in here: what the Worker reads from DynamoDB, which leaves AWS and is data
transfer. The table is encrypted with the key that AWS owns, which costs nothing. Storage is that after a year of growth, the trail of events with it.

";

const FOOT: &str = "
## What the embedded DynamoDB cannot show

Conflicts, throttling and the repeats that follow them; instances that start cold; the difference between a consistent and an eventually
consistent answer (the units differ and are counted). A write that fails for its condition is counted by the size of what was there, and so
is each write of a cancelled transaction; none happens in these cases.
";
