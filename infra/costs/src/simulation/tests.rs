use super::*;
use crate::stage::Run;
use crate::usage::Usage;

fn usage(reads: f64, writes: f64, pattern: &str) -> Usage {
    let partitions = BTreeMap::from([(pattern.to_owned(), Units { reads, writes })]);
    let requests = BTreeMap::from([("Get".to_owned(), 1)]);
    Usage { reads, table_writes: writes, partitions, requests, kept_bytes: 1_000.0, ..Usage::default() }
}

fn row(name: &str, case: &str, usage: Usage, follows: Vec<Run>) -> Row {
    let function = name.split(' ').next().unwrap().to_owned();
    Row { name: name.to_owned(), case: case.to_owned(), function, usage, follows }
}

/// A platform of two operations whose jobs use nothing but requests.
fn figures() -> Figures {
    let projected =
        Run { function: "projector".to_owned(), case: String::new(), usage: usage(1.0, 4.0, "COUNTER#USERS") };
    let operations = vec![
        row("getLead", "", usage(5.0, 0.0, "ORG#<organization>#LEAD"), Vec::new()),
        row("register", "", usage(0.0, 16.0, "USER#<user>"), vec![projected]),
    ];
    let job = |name: &str, case: &str| row(name, case, Usage::default(), Vec::new());
    let jobs = vec![
        job("projector", "the first event of an account's day"),
        job("projector", "session.started"),
        row("sweep", "nothing is due", usage(8.0, 0.0, "due: TASK#<shard>"), Vec::new()),
        job("key-rotation", "nothing is due"),
        job("purge", "nothing is due"),
        job("purge", "an organisation of few rows"),
        job("purge", "a file"),
        job("agentic-run", "1 organisation"),
        job("agentic-run", "800 organisations"),
        job("agentic-worker", "something to do"),
        job("agentic-worker", "nothing to do"),
        job("task-runner", "lead_followup, then PENDING"),
    ];
    Figures { operations, jobs }
}

fn behaviour() -> Behaviour {
    let calls = BTreeMap::from([("getLead".to_owned(), 2.0)]);
    Behaviour {
        daily_active_share: 0.5,
        paid_share: 0.0,
        peak_factor: 2.0,
        months_of_growth: 12.0,
        calls_per_active_user_day: calls,
        calls_per_month: BTreeMap::new(),
        registrations_per_user_month: 0.1,
        ..Behaviour::read()
    }
}

#[test]
fn a_month_is_calls_and_what_follows_them() {
    let (behaviour, figures) = (behaviour(), figures());
    let biller = Biller::new(behaviour.machine.clone());
    let month = Month::of(1_000.0, &behaviour, &figures, &biller);
    let bill = month.bill();
    // 1,000 accounts, 500 active on each of 30 days, twice; 100 registrations; a sweep each minute.
    assert_eq!(bill.reads, 30_000.0 * 5.0 + 100.0 * 1.0 + 43_200.0 * 8.0);
    assert_eq!(bill.writes, 100.0 * (16.0 + 4.0));
    assert_eq!(month.runs_of("projector"), 100.0);
    let prices = Prices::read();
    let lines = month.lines(&prices);
    let dollars = |name: &str| lines.iter().find(|line| line.name == name).unwrap().dollars;
    assert!((dollars("DynamoDB writes") - 2_000.0 / 1e6 * prices.dynamodb.write_million).abs() < 1e-9);
    assert_eq!(dollars("Lambda requests"), 0.0, "the free million is not used up");
    assert_eq!(dollars("Cloudflare Workers"), 5.0, "the plan's own");
}

#[test]
fn storage_is_a_year_of_growth_and_the_accounts_there_are() {
    let (behaviour, figures) = (behaviour(), figures());
    let biller = Biller::new(behaviour.machine.clone());
    let month = Month::of(1_000.0, &behaviour, &figures, &biller);
    // Each measured call keeps 1,000 bytes: 30,000 gets and 43,200 sweeps a month for a year, and of 1,000 accounts two rows each.
    let stored = month.stored_bytes();
    assert_eq!(stored, 12.0 * 73_200.0 * 1_000.0 + 1_000.0 * 2_000.0);
}

#[test]
fn the_partition_that_fills_first_comes_first() {
    let (behaviour, figures) = (behaviour(), figures());
    let biller = Biller::new(behaviour.machine.clone());
    let hot = hot_partitions(1_000_000.0, 10.0, &behaviour, &figures, &biller);
    let named = |pattern: &str| hot.iter().find(|hot| hot.pattern == pattern).unwrap();
    // 0.1 registrations an account and month, four units each, twice the mean at peak.
    let each = 0.1 * 4.0 * 2.0 / MONTH_SECONDS;
    let counter = named("COUNTER#USERS");
    assert!((counter.limit_at.unwrap() * each - PARTITION_WRITES).abs() < 1e-6);
    assert!((counter.units.writes - 1_000_000.0 * each).abs() < 1e-6);
    let due = named("due: TASK#<shard>");
    assert_eq!((due.limit_at, due.shards), (None, DUE_SHARDS), "the sweep does not grow");
    // Ten active members, twice a day each, five units: an organisation's load is that of its active members.
    let leads = named("ORG#<organization>#LEAD");
    assert!((leads.units.reads - 10.0 * 2.0 * 30.0 * 5.0 * 2.0 / MONTH_SECONDS).abs() < 1e-9);
    assert!(hot.iter().all(|hot| hot.pattern != "USER#<user>"), "nobody shares an account's partition");
    assert_eq!(hot[0].pattern, "COUNTER#USERS");
}
