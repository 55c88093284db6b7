//! What gets slow first as the platform grows.

use std::fmt::Write;

use super::Document;
use super::text::{rounded, table, thousands};
use crate::simulation::{Hot, Month, PARTITION_READS, PARTITION_WRITES, Scope, hot_partitions};

/// How many accounts the platform's partitions are shown for.
const HOT_AT_USERS: f64 = 1_000_000.0;
/// How many active members an organisation has whose partitions are shown.
const HOT_AT_MEMBERS: f64 = 100.0;

impl Document {
    /// How many events a second the projector can follow.
    pub(super) fn projector(&self, text: &mut String) {
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

    pub(super) fn partitions(&self, text: &mut String) {
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
             former peak after that: warm it before a launch that is larger.\n\nPartitions of one account, address, event, command, transfer, lead or \
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
