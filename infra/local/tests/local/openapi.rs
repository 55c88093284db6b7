//! The committed OpenAPI document is the one the code makes.

#[test]
fn the_committed_document_is_the_one_the_code_makes() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let made = groundwork::openapi().to_pretty_json().expect("the document is JSON");
    assert!(
        committed.trim() == made.trim(),
        "infra/openapi.json is out of date: cargo run -- openapi > infra/openapi.json"
    );
}

#[test]
fn every_operation_says_who_serves_it_and_what_it_answers() {
    let document = serde_json::to_value(groundwork::openapi()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let served = item["servers"][0]["description"].as_str().is_some_and(|text| text.starts_with("functions/"));
        assert!(served || path == "/api/health", "{path} names no function");
        for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "servers") {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no operation id"));
            assert!(ids.insert(id.to_owned()), "{id} is taken twice");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{id} never succeeds");
            assert!(
                operation["summary"].is_string() || operation["description"].is_string(),
                "{id} says nothing of itself"
            );
        }
    }
}
