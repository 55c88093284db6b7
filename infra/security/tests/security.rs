//! The committed page, and that what it names is there.

use security::{document, faults, repository};

#[test]
fn every_requirement_is_answered_and_every_evidence_is_there() {
    assert_eq!(faults().unwrap(), Vec::<String>::new());
}

#[test]
fn the_committed_document_is_what_the_answers_say() {
    let committed = std::fs::read_to_string(repository().join("docs/SECURITY.md")).unwrap();
    assert!(committed == document().unwrap(), "run `cargo run -q -p security > docs/SECURITY.md`");
}
