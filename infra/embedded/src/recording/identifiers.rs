//! The identifiers in a message's body or in an item's image: the only part of either that is recorded.
//!
//! What counts is the form of the value (`tsk_` and a ULID), so that nothing else can pass for one, wherever it stands.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// How deep an identifier may lie.
const DEPTH_MAXIMUM: usize = 8;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identifiers {
    /// The identifiers of things, by the names of their fields; where a name comes twice, the outermost counts.
    pub things: BTreeMap<String, String>,
    /// What the whole belongs to that this is a part of.
    pub correlation_id: Option<String>,
    /// The trace of the request that began it.
    pub trace_id: Option<String>,
}

impl Identifiers {
    /// The identifiers in a message's body, which may be anything.
    pub fn of_body(body: &str) -> Self {
        Self::of(&serde_json::from_str(body).unwrap_or_default())
    }

    /// The identifiers in an item, given in DynamoDB's JSON.
    pub fn of_image(image: &Value) -> Self {
        Self::of(&image.as_object().map_or(Value::Null, |image| Value::Object(plain_members(image))))
    }

    /// The identifiers in a JSON document.
    pub fn of(document: &Value) -> Self {
        let mut found = Self::default();
        found.collect(document, 0);
        if found.correlation_id.is_none() {
            // What began with a request belongs to that request.
            found.correlation_id = found.things.get("requestId").cloned();
        }
        found
    }

    fn collect(&mut self, value: &Value, depth: usize) {
        let Some(members) = value.as_object().filter(|_| depth < DEPTH_MAXIMUM) else { return };
        for (name, value) in members {
            let Some(text) = value.as_str() else { continue };
            match name.as_str() {
                "correlationId" if is_identifier(text) => drop(self.correlation_id.get_or_insert(text.to_owned())),
                "traceId" if is_trace(text) => drop(self.trace_id.get_or_insert(text.to_owned())),
                name if is_identifier(text) => {
                    self.things.entry(name.to_owned()).or_insert_with(|| text.to_owned());
                }
                _ => {}
            }
        }
        members.values().for_each(|value| self.collect(value, depth + 1));
    }
}

/// Whether a text has the form of an identifier: a short prefix, `_` and a ULID.
pub fn is_identifier(text: &str) -> bool {
    let Some((prefix, ulid)) = text.split_once('_') else { return false };
    let is_prefix = (2..=8).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_ulid = ulid.len() == 26 && ulid.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    is_prefix && is_ulid
}

/// Whether a text has the form of a trace's id: hexadecimal, perhaps in X-Ray's groups.
pub fn is_trace(text: &str) -> bool {
    (16..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// An item in plain JSON, as far as texts and maps go; nothing else can hold an identifier that is looked for.
fn plain_members(image: &Map<String, Value>) -> Map<String, Value> {
    let plain = |value: &Value| match (value.get("S"), value.get("M")) {
        (Some(text), _) => Some(text.clone()),
        (_, Some(members)) => Some(Value::Object(plain_members(members.as_object()?))),
        _ => None,
    };
    image.iter().filter_map(|(name, value)| Some((name.clone(), plain(value)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TASK: &str = "tsk_01KAGR3V0R0000000000000000";
    const REQUEST: &str = "req_01KAGR3V0R0000000000000001";

    #[test]
    fn a_body_gives_its_identifiers_and_nothing_else() {
        let trace = json!({"correlationId": REQUEST, "traceId": "0123456789abcdef0123456789abcdef"});
        let body = json!({"taskId": TASK, "email": "ada@example.com", "note": "hello", "trace": trace}).to_string();
        let found = Identifiers::of_body(&body);
        assert_eq!(found.things, BTreeMap::from([("taskId".to_owned(), TASK.to_owned())]));
        assert_eq!(found.correlation_id.as_deref(), Some(REQUEST));
        assert_eq!(found.trace_id.as_deref(), Some("0123456789abcdef0123456789abcdef"));
        for body in ["", "[]", "not json", "\"tsk_01KAGR3V0R0000000000000000\""] {
            assert_eq!(Identifiers::of_body(body), Identifiers::default(), "{body}");
        }
    }

    #[test]
    fn an_image_belongs_to_its_request_unless_it_says_otherwise() {
        let fact = json!({"M": {"taskId": {"S": TASK}, "attempts": {"N": "1"}}});
        let mut image = json!({"requestId": {"S": REQUEST}, "data": fact, "name": {"S": "Ada"}});
        let found = Identifiers::of_image(&image);
        assert_eq!(found.correlation_id.as_deref(), Some(REQUEST));
        assert_eq!(found.things["taskId"], TASK);
        assert_eq!(found.things.len(), 2);
        let other = "req_01KAGR3V0R0000000000000002";
        image["correlationId"] = json!({"S": other});
        assert_eq!(Identifiers::of_image(&image).correlation_id.as_deref(), Some(other));
    }

    #[test]
    fn other_texts_are_no_identifiers() {
        for text in
            ["", "_", "ada_lovelace", "tsk_01kagr3v0r0000000000000000", "T_01KAGR3V0R0000000000000000", "eyJ_x.y"]
        {
            assert!(!is_identifier(text), "{text}");
        }
        for text in ["", "ada@example.com", "correct horse battery", "abc"] {
            assert!(!is_trace(text), "{text}");
        }
    }
}
