use std::time::Duration;

use shared::clock::{Clock, TimeSource};
use shared::config::Variables;
use shared::id::Entropy;

use crate::serve::remaining;
use crate::{Host, SystemClock, SystemEntropy};

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn every_missing_variable_is_named_at_once() {
    let error = Host::from_variables(variables(&[("TOKEN_ISSUER", "x")])).unwrap_err().to_string();
    for name in ["TABLE_NAME", "ENVIRONMENT", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        assert!(error.contains(&format!("{name} is missing")), "{error}");
    }
}

#[tokio::test]
async fn a_queue_is_known_by_its_variable() {
    let host = Host::from_variables(variables(&[
        ("TABLE_NAME", "platform"),
        ("LEDGER_TABLE_NAME", "ledger"),
        ("ENVIRONMENT", "local"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "a secret"),
        ("TASKS_QUEUE_URL", "http://sqs.local/0/tasks"),
    ]))
    .unwrap();
    assert_eq!(host.services.store.table(), "platform");
    assert!(host.queue("TASKS_QUEUE_URL").is_ok());
    assert!(host.queue("MAIL_QUEUE_URL").unwrap_err().to_string().contains("MAIL_QUEUE_URL is missing"));
    assert!(!format!("{host:?}").contains("a secret"));
}

#[test]
fn an_invocation_keeps_a_second_for_its_report() {
    let clock = Clock::new(SystemClock);
    let now_ms = u64::try_from(SystemClock.now().as_milliseconds()).unwrap();
    let left = remaining(&clock, now_ms + 10_000);
    assert!(left <= Duration::from_secs(9) && left > Duration::from_secs(8), "{left:?}");
    assert_eq!(remaining(&clock, now_ms.saturating_sub(5)), Duration::ZERO);
}

#[test]
fn random_bytes_differ() {
    let (mut one, mut other) = ([0; 16], [0; 16]);
    SystemEntropy.fill(&mut one);
    SystemEntropy.fill(&mut other);
    assert_ne!(one, other);
}
