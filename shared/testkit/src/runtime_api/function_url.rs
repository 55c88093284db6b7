//! The event by which a function URL (payload format 2.0) invokes a function.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::documented::{FUNCTION_URL, documented};

/// What the function URL adds to a caller's headers.
const ADDED_HEADERS: [&str; 7] = [
    "x-amzn-tls-cipher-suite",
    "x-amzn-tls-version",
    "x-amzn-trace-id",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-forwarded-for",
    "host",
];

/// The event of a request: `path` with its query, headers in any case, the body as text when its media type is one, else in Base64.
///
/// As on Lambda, header names come in lower case, several values of one in one text, cookies in a list of their own, and what there is
/// none of (cookies, a query, a body) has no field.
pub fn function_url_event(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Value {
    let (raw_path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut event = documented(FUNCTION_URL);
    let mut fields = Map::new();
    let mut cookies = Vec::new();
    for (name, value) in headers {
        match name.to_ascii_lowercase().as_str() {
            "cookie" => cookies.extend(value.split("; ").filter(|cookie| !cookie.is_empty())),
            name => append(&mut fields, name, value),
        }
    }
    let sent = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (media_type, user_agent) = (sent("content-type"), sent("user-agent"));
    // What the function URL says stands above what the caller says.
    for name in ADDED_HEADERS {
        fields.insert(name.to_owned(), event["headers"][name].clone());
    }
    if !body.is_empty() {
        fields.insert("content-length".to_owned(), body.len().to_string().into());
    }
    let mut parameters = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        append(&mut parameters, &decoded(name), &decoded(value));
    }
    let text = std::str::from_utf8(body).ok().filter(|_| is_text(&media_type));
    event["rawPath"] = raw_path.into();
    event["rawQueryString"] = query.into();
    event["headers"] = fields.into();
    event["requestContext"]["http"]["method"] = method.into();
    event["requestContext"]["http"]["path"] = raw_path.into();
    event["requestContext"]["http"]["userAgent"] = user_agent.into();
    event["isBase64Encoded"] = (!body.is_empty() && text.is_none()).into();
    let body = (!body.is_empty()).then(|| text.map_or_else(|| STANDARD.encode(body), str::to_owned));
    let optional = [
        ("cookies", (!cookies.is_empty()).then(|| cookies.into())),
        ("queryStringParameters", (!parameters.is_empty()).then(|| parameters.into())),
        ("body", body.map(Value::from)),
    ];
    let event_fields = event.as_object_mut().expect("an event is an object");
    for (name, value) in optional {
        match value {
            Some(value) => drop(event_fields.insert(name.to_owned(), value)),
            None => drop(event_fields.remove(name)),
        }
    }
    event
}

fn append(fields: &mut Map<String, Value>, name: &str, value: &str) {
    let joined = match fields.get(name).and_then(Value::as_str) {
        Some(before) => format!("{before},{value}"),
        None => value.to_owned(),
    };
    fields.insert(name.to_owned(), joined.into());
}

/// Whether Lambda hands a body of this media type on as it is.
fn is_text(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || matches!(
            essence.as_str(),
            "application/json" | "application/xml" | "application/javascript" | "application/x-www-form-urlencoded"
        )
}

/// A part of a query with `+` and `%41` read.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, after @ ..] = rest {
        let (byte, remaining) = match (first, after) {
            (b'%', [high, low, remaining @ ..]) => match (hexadecimal(*high), hexadecimal(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, remaining),
                _ => (b'%', after),
            },
            (b'+', _) => (b' ', after),
            _ => (*first, after),
        };
        bytes.push(byte);
        rest = remaining;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::runtime_api::documented::{FUNCTION_URL_BINARY, FUNCTION_URL_JSON};

    /// The event made of what a documented one says of its request.
    fn made_again(event: &Value) -> Value {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let path = match text(&event["rawQueryString"]).as_str() {
            "" => text(&event["rawPath"]),
            query => format!("{}?{query}", text(&event["rawPath"])),
        };
        let sent = event["headers"].as_object().unwrap().iter();
        let mut headers = sent.map(|(name, value)| (name.clone(), text(value))).collect::<Vec<_>>();
        for cookie in event["cookies"].as_array().into_iter().flatten() {
            headers.push(("cookie".to_owned(), text(cookie)));
        }
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
        let body = match event["isBase64Encoded"].as_bool().unwrap() {
            true => STANDARD.decode(text(&event["body"])).unwrap(),
            false => text(&event["body"]).into_bytes(),
        };
        function_url_event(&text(&event["requestContext"]["http"]["method"]), &path, &headers, &body)
    }

    #[test]
    fn events_have_the_documented_shape() {
        for event in [FUNCTION_URL, FUNCTION_URL_JSON, FUNCTION_URL_BINARY] {
            let event = documented(event);
            assert_eq!(made_again(&event), event);
        }
    }

    #[test]
    fn text_stays_text_and_bytes_become_base64() {
        let json = function_url_event("POST", "/a", &[("Content-Type", "application/json; charset=utf-8")], b"{}");
        assert_eq!((&json["body"], &json["isBase64Encoded"]), (&json!("{}"), &json!(false)));
        let bytes = function_url_event("POST", "/a", &[("content-type", "image/png")], &[0xff, 0]);
        assert_eq!((&bytes["body"], &bytes["isBase64Encoded"]), (&json!("/wA="), &json!(true)));
        let nothing = function_url_event("GET", "/a", &[], b"");
        assert_eq!((nothing.get("body"), &nothing["isBase64Encoded"]), (None, &json!(false)));
    }

    #[test]
    fn queries_headers_and_cookies_are_taken_apart() {
        let headers = [("Accept", "a"), ("accept", "b"), ("Cookie", "x=1; y=2"), ("cookie", "z=3"), ("HOST", "forged")];
        let event = function_url_event("GET", "/a%20b?q=one+two&q=%C3%A9&flag", &headers, b"");
        assert_eq!(event["rawPath"], "/a%20b");
        assert_eq!(event["rawQueryString"], "q=one+two&q=%C3%A9&flag");
        assert_eq!(event["queryStringParameters"], json!({ "q": "one two,é", "flag": "" }));
        assert_eq!(event["headers"]["accept"], "a,b");
        assert_eq!(event["headers"]["host"], documented(FUNCTION_URL)["headers"]["host"]);
        assert_eq!(event["cookies"], json!(["x=1", "y=2", "z=3"]));
    }
}
