//! What a month costs, and what that rests on.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Document;
use super::text::{table, thousands};
use crate::prices::Prices;
use crate::simulation::{Line, MONTH_SECONDS, Month};

impl Document {
    pub(super) fn prices(&self, text: &mut String) {
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

    pub(super) fn bills(&self, text: &mut String) {
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
        let total = |lines: &[Line]| lines.iter().map(|line| line.dollars).sum::<f64>();
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
}

const BILLS: &str = "
## A month

From the figures above, the prices and `infra/costs/behaviour.yaml`, whose every number is an assumption with a comment. With the free tiers that
have no end; without language models' tokens, e-mail, support, tax, and the frontend. Function URLs, reading the stream from Lambda,
removal by time to live and the Worker's own traffic cost nothing. Not in here: what the Worker reads from DynamoDB, which leaves AWS and is data
transfer. The table is encrypted with the key that AWS owns, which costs nothing. Storage is that after a year of growth, the trail of events with it,
and that of files.

";
