//! The committed document, and that nothing is left out of it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use costs::behaviour::Behaviour;
use costs::compare::differences;
use costs::document::Document;
use costs::scenario::{Figures, event_types, measure, operations, task_kinds};
use embedded::template::Template;

/// Measuring takes seconds, so the tests share it.
static FIGURES: LazyLock<Figures> = LazyLock::new(measure);

#[test]
fn the_committed_document_is_what_is_measured() {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/COST.md");
    let committed = std::fs::read_to_string(committed).expect("docs/COST.md is there");
    let measured = Document::of(FIGURES.clone()).text();
    let differences = differences(&committed, &measured);
    assert!(
        committed == measured,
        "docs/COST.md differs from what is measured; see whether that is meant, then run `cargo run -q -p costs > docs/COST.md`:\n{}",
        differences.join("\n")
    );
}

#[test]
fn a_webhook_is_acknowledged_by_two_requests_at_most() {
    for key in ["receiveStripeEvent", "receiveStripeEvent: once more", "receiveLinkedinEvent", "receiveUnipileEvent"] {
        let requests = FIGURES.row(key).usage.request_count();
        assert!((1..=2).contains(&requests), "{key}: {requests}");
    }
}

#[test]
fn a_sign_in_takes_three_requests_at_most() {
    for key in ["login", "login: with a second factor", "loginWithTotp", "loginWithTotp: with a recovery code"] {
        let requests = FIGURES.row(key).usage.request_count();
        assert!((1..=3).contains(&requests), "{key}: {requests}");
    }
}

#[test]
fn every_operation_has_a_scenario() {
    let measured = FIGURES.operations.iter().filter(|row| row.case.is_empty()).map(|row| row.name.clone());
    let measured = measured.collect::<BTreeSet<_>>();
    let missing = operations().into_iter().map(|operation| operation.id).filter(|id| !measured.contains(id));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<String>::new(), "operations without a scenario");
}

#[test]
fn every_job_event_and_kind_of_task_has_a_scenario() {
    let template = Template::read(testkit::TEMPLATE).unwrap();
    let jobs = template.functions.iter().filter(|(_, function)| !function.has_url).map(|(name, _)| name);
    let ran = FIGURES.jobs.iter().map(|row| row.name.as_str()).collect::<BTreeSet<_>>();
    let missing = jobs.filter(|job| !ran.contains(job.as_str())).collect::<Vec<_>>();
    assert!(missing.is_empty(), "jobs without a scenario: {missing:?}");
    let cases = FIGURES.jobs.iter().map(costs::scenario::Row::key).collect::<BTreeSet<_>>();
    let (events, kinds) = (event_types(), task_kinds());
    assert!(events.len() > 10 && !kinds.is_empty(), "the document names them: {events:?}, {kinds:?}");
    let wanted = events.iter().map(|event| format!("projector: {event}"));
    let wanted = wanted.chain(kinds.iter().map(|kind| format!("task-runner: {kind}")));
    let missing = wanted.filter(|key| !cases.contains(key)).collect::<Vec<_>>();
    assert!(missing.is_empty(), "runs without a scenario: {missing:?}");
}

#[test]
fn the_behaviour_says_how_often_everything_happens() {
    let behaviour = Behaviour::read();
    let stated = behaviour.calls_per_active_user_day.keys().chain(behaviour.calls_per_month.keys());
    let stated = stated.cloned().chain(["register".to_owned()]).collect::<BTreeSet<_>>();
    let missing = FIGURES.operations.iter().map(costs::scenario::Row::key).filter(|key| {
        // What differs only in its caches is no other call.
        !stated.contains(key) && !key.contains("keys cold")
    });
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<String>::new(), "behaviour.yaml does not say how often");
}

#[test]
fn two_measurements_are_the_same() {
    let again = Document::of(measure()).text();
    assert_eq!(again, Document::of(FIGURES.clone()).text());
}
