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
            assert!(!responses.contains_key("default"), "{id} does not say which problems it answers");
            assert!(
                operation["summary"].is_string() || operation["description"].is_string(),
                "{id} says nothing of itself"
            );
        }
    }
}

/// The value, or what its reference names.
fn resolved<'a>(document: &'a serde_json::Value, value: &'a serde_json::Value) -> &'a serde_json::Value {
    let reference = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    reference.map_or(value, |pointer| document.pointer(pointer).unwrap_or_else(|| panic!("{pointer} leads nowhere")))
}

#[test]
fn every_operation_names_its_problems_and_headers() {
    let document = serde_json::to_value(groundwork::openapi()).unwrap();
    let items = document["paths"].as_object().unwrap().iter();
    for (name, operation) in items.flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter().filter(|(name, _)| *name != "servers");
        operations.map(move |(method, operation)| (format!("{method} {path}"), operation))
    }) {
        let responses = operation["responses"].as_object().unwrap();
        let mut needed = vec!["503"];
        needed.extend(operation["security"].is_array().then_some("401"));
        needed.extend(name.contains('{').then_some("404"));
        if operation["requestBody"].is_object() {
            needed.extend(["400", "413", "415", "422"]);
        }
        for status in needed {
            assert!(responses.contains_key(status), "{name} does not document {status}");
        }
        for (status, response) in responses {
            let response = resolved(&document, response);
            let problem = response["content"].get("application/problem+json").is_some();
            let health = operation["operationId"] == "getHealth" && status == "503";
            assert!(problem || health || status.starts_with('2'), "{name}: {status} is not a problem");
            let mut headers = vec!["X-Request-Id", "Api-Version"];
            headers.extend((status == "429" || status == "503" && !health).then_some("Retry-After"));
            for header in headers {
                let header = resolved(&document, &response["headers"][header]);
                assert!(header["schema"].is_object(), "{name}: {status} lacks a header");
            }
            for (link, target) in response["links"].as_object().into_iter().flatten() {
                assert!(target["operationId"].is_string(), "{name}: the link {link} names no operation");
            }
        }
    }
}

#[test]
fn every_body_says_that_it_takes_no_other_members() {
    let document = serde_json::to_value(groundwork::openapi()).unwrap();
    let items = document["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let bodies = operations.map(|operation| &operation["requestBody"]["content"]["application/json"]["schema"]);
    // What vendors send is whatever they like.
    let bodies = bodies.filter(|body| body.as_object().is_some_and(|schema| !schema.is_empty()));
    let mut seen = 0;
    for body in bodies {
        let body = body["oneOf"].as_array().and_then(|parts| parts.first()).unwrap_or(body);
        assert_eq!(resolved(&document, body)["additionalProperties"], false, "{body}");
        seen += 1;
    }
    assert!(seen > 5, "{seen} bodies");
}

#[test]
fn members_are_documented_as_they_are_sent() {
    let document = serde_json::to_value(groundwork::openapi()).unwrap();
    let mut wrong = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        // Its clients read these names (CONTRACT "analytics").
        if name != "PlatformFigures" {
            snake_case_members(name, schema, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Collects the members with an underscore in their names: serde's renaming of enums' members is one that utoipa does not see.
fn snake_case_members(schema_name: &str, schema: &serde_json::Value, wrong: &mut Vec<String>) {
    let properties = schema["properties"].as_object().into_iter().flatten();
    wrong.extend(properties.filter(|(name, _)| name.contains('_')).map(|(name, _)| format!("{schema_name}.{name}")));
    let nested = schema.as_object().map(|object| object.values().collect::<Vec<_>>()).unwrap_or_default();
    let listed = schema.as_array().map(|array| array.iter().collect::<Vec<_>>()).unwrap_or_default();
    for value in nested.into_iter().chain(listed) {
        snake_case_members(schema_name, value, wrong);
    }
}
