use std::time::Duration;

use embedded::recording::{Exchange, Record, Service};
use serde_json::Value;

use super::*;

/// The request of this number, which made so many calls.
fn entry(number: usize, calls: usize) -> Entry {
    let began = Instant::now();
    let exchange = Exchange {
        service: Service::DynamoDb,
        operation: "GetItem".to_owned(),
        keys: 1,
        rights: BTreeSet::new(),
        error: None,
        denied: false,
        began,
        duration: Duration::from_millis(1),
        request_bytes: 100,
        response_bytes: 100,
        correlation_ids: BTreeSet::new(),
        sent: Vec::new(),
    };
    let record = Record { exchanges: vec![exchange; calls], ..Record::default() };
    let beginning = of_event(Kind::Schedule, "sweep", &number.to_string(), &Value::Null);
    let time = "2026-11-20T09:00:00Z".parse().unwrap();
    Entry::new(beginning, (time, began), Outcome::new(true, "done"), record)
}

/// What is left of so many requests with so many calls each: the first and the last, and how many.
fn left(requests: usize, calls: usize) -> (String, String, usize) {
    let mut kept = Kept::default();
    (0..requests).for_each(|number| kept.enter(entry(number, calls)));
    assert_eq!(kept.calls, kept.entries.iter().map(|entry| entry.calls.len()).sum::<usize>());
    let source = |entry: Option<&Arc<Entry>>| entry.unwrap().source.clone();
    (source(kept.entries.front()), source(kept.entries.back()), kept.entries.len())
}

#[test]
fn the_oldest_go_when_there_are_too_many_requests_or_too_many_calls() {
    let of = |first: usize, last: usize, count: usize| (first.to_string(), last.to_string(), count);
    assert_eq!(left(500, 40), of(0, 499, 500), "as many as may be");
    assert_eq!(left(501, 0), of(1, 500, 500));
    assert_eq!(left(500, 41), of(13, 499, 487));
    assert_eq!(left(150, 200), of(50, 149, 100));
}
