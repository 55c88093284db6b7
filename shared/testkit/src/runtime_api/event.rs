//! The events by which a function URL (payload format 2.0) and a queue invoke a function.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use embedded::sqs::queue_arn;
use serde_json::{Map, Value, json};

/// The address that these events come from, of the block kept for documentation.
const SOURCE_ADDRESS: &str = "203.0.113.7";
/// The host of the function URL.
const HOST: &str = "local.lambda-url.eu-west-1.on.aws";
/// 1 January 2026, 00:00 UTC; a function takes its time from its own clock.
const TIME_MS: i64 = 1_767_225_600_000;

/// The event of a request: `path` with its query, headers in any case, the body as text when its media type is one, else in Base64.
///
/// As on Lambda, header names come in lower case, several values of one in one text, and cookies in a list of their own beside it.
pub fn function_url_event(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Value {
    let (raw_path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut fields = Map::new();
    let standing = [
        ("host", HOST),
        ("x-forwarded-for", SOURCE_ADDRESS),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "443"),
    ];
    for (name, value) in standing.iter().chain(headers) {
        let name = name.to_ascii_lowercase();
        let separator = if name == "cookie" { "; " } else { "," };
        append(&mut fields, &name, value, separator);
    }
    let header = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let text = std::str::from_utf8(body).ok().filter(|_| is_text(&header("content-type")));
    let encoded = match text {
        _ if body.is_empty() => None,
        Some(text) => Some(text.to_owned()),
        None => Some(STANDARD.encode(body)),
    };
    let cookie = header("cookie");
    let cookies: Vec<&str> = cookie.split("; ").filter(|cookie| !cookie.is_empty()).collect();
    let mut parameters = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        append(&mut parameters, &decoded(name), &decoded(value), ",");
    }
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": query,
        "cookies": cookies,
        "headers": fields,
        "queryStringParameters": parameters,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": HOST,
            "domainPrefix": "local",
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE_ADDRESS,
                "userAgent": header("user-agent"),
            },
            "requestId": "00000000-0000-4000-8000-000000000000",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": TIME_MS,
        },
        "isBase64Encoded": !body.is_empty() && text.is_none(),
        "body": encoded,
    })
}

fn append(fields: &mut Map<String, Value>, name: &str, value: &str, separator: &str) {
    let joined = match fields.get(name).and_then(Value::as_str) {
        Some(before) => format!("{before}{separator}{value}"),
        None => value.to_owned(),
    };
    fields.insert(name.to_owned(), joined.into());
}

/// The event of these messages of a queue, whose identifiers are `m0`, `m1` and so on, each received for the first time.
pub fn queue_event(queue: &str, bodies: &[String]) -> Value {
    let record = |(number, body): (usize, &String)| {
        json!({
            "messageId": format!("m{number}"),
            "receiptHandle": format!("r{number}"),
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": TIME_MS.to_string(),
                "SenderId": embedded::ACCOUNT,
                "ApproximateFirstReceiveTimestamp": TIME_MS.to_string(),
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn(queue),
            "awsRegion": embedded::REGION,
        })
    };
    json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
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
    use super::*;

    #[test]
    fn text_stays_text_and_bytes_become_base64() {
        let json = function_url_event("POST", "/a", &[("Content-Type", "application/json; charset=utf-8")], b"{}");
        assert_eq!((&json["body"], &json["isBase64Encoded"]), (&json!("{}"), &json!(false)));
        let bytes = function_url_event("POST", "/a", &[("content-type", "image/png")], &[0xff, 0]);
        assert_eq!((&bytes["body"], &bytes["isBase64Encoded"]), (&json!("/wA="), &json!(true)));
        let nothing = function_url_event("GET", "/a", &[], b"");
        assert_eq!((&nothing["body"], &nothing["isBase64Encoded"]), (&Value::Null, &json!(false)));
    }

    #[test]
    fn queries_headers_and_cookies_are_taken_apart() {
        let headers = [("Accept", "a"), ("accept", "b"), ("Cookie", "x=1; y=2"), ("cookie", "z=3")];
        let event = function_url_event("GET", "/a%20b?q=one+two&q=%C3%A9&flag", &headers, b"");
        assert_eq!(event["rawPath"], "/a%20b");
        assert_eq!(event["rawQueryString"], "q=one+two&q=%C3%A9&flag");
        assert_eq!(event["queryStringParameters"], json!({ "q": "one two,é", "flag": "" }));
        assert_eq!(event["headers"]["accept"], "a,b");
        assert_eq!(event["cookies"], json!(["x=1", "y=2", "z=3"]));
    }
}
