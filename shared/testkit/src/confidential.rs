//! Nothing confidential reaches a log: checked wherever a test runs, with nothing to be done for it.
//!
//! What tests send, get and store passes through this crate. Tokens, passwords, their hashes, addresses and texts that people wrote are
//! remembered from it, for the thread and so for the test, and every line that is logged on that thread is searched for them. A line that
//! holds one ends the process, which no handler of panics can swallow.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;
use std::sync::Once;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use bytes::Bytes;
use embedded::wire::TARGET_HEADER;
use embedded::{WireResponse, WireService};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// The fields of requests, answers and items whose texts are confidential.
const NAMES: [&str; 27] = [
    "accessToken",
    "address",
    "body",
    "challenge",
    "content",
    "currentPassword",
    "email",
    "message",
    "newEmail",
    "newPassword",
    "nextStep",
    "notes",
    "otpauthUri",
    "password",
    "passwordHash",
    "pkcs8",
    "previousRefreshHash",
    "recoveryCode",
    "recoveryCodeHashes",
    "recoveryCodes",
    "refreshHash",
    "refreshToken",
    "sealedSecret",
    "secret",
    "subject",
    "token",
    "verifier",
];
/// Shorter texts are found by chance.
const LENGTH_MINIMUM: usize = 8;

thread_local! {
    static KNOWN: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
    /// What was logged, with its place: a token may be logged before the answer brings it here.
    static LOGGED: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
}

/// Forgets what earlier tables on this thread held, of which tests make hundreds.
pub(crate) fn forget() {
    KNOWN.take();
    LOGGED.take();
}

/// Remembers a confidential text, line by line, and as a line of log would write it.
pub(crate) fn remember(text: &str) {
    for line in text.lines().filter(|line| line.len() >= LENGTH_MINIMUM) {
        let quoted = Value::from(line).to_string();
        for form in [line, quoted.trim_matches('"')] {
            if KNOWN.with_borrow_mut(|known| known.insert(form.to_owned())) {
                search_what_was_logged(form);
            }
        }
    }
}

fn search_what_was_logged(text: &str) {
    LOGGED.with_borrow(|logged| {
        if let Some((_, place)) = logged.iter().find(|(said, _)| said.contains(text)) {
            end(text, place);
        }
    });
}

/// Ends the process, telling where the text was logged.
fn end(text: &str, place: &str) {
    // Past the harness, which keeps what tests print, and loses it when the process ends.
    let line = format!("confidential text beginning with {:?} reached the log in {place}\n", beginning(text));
    drop(std::io::stderr().write_all(line.as_bytes()));
    std::process::abort();
}

/// Remembers what is confidential in a document.
pub(crate) fn remember_in(document: &Value) {
    match document {
        Value::Array(values) => values.iter().for_each(remember_in),
        Value::Object(fields) => {
            for (name, value) in fields {
                if NAMES.contains(&name.as_str()) { remember_all(value) } else { remember_in(value) }
            }
        }
        _ => {}
    }
}

/// Remembers every text of a value: in DynamoDB's form a text is an object.
fn remember_all(value: &Value) {
    match value {
        Value::String(text) => remember(text),
        Value::Array(values) => values.iter().for_each(remember_all),
        Value::Object(fields) => fields.values().for_each(remember_all),
        _ => {}
    }
}

/// The start of the confidential text that `line` holds, if it holds one: enough to find it by.
pub(crate) fn found_in(line: &str) -> Option<String> {
    KNOWN.with_borrow(|known| known.iter().find(|text| line.contains(text.as_str())).map(|text| beginning(text)))
}

fn beginning(text: &str) -> String {
    text.chars().take(LENGTH_MINIMUM).collect()
}

/// A service of AWS on this thread; what is stored by it is remembered for what is confidential in it.
pub(crate) fn remembering(aws: Router) -> Router {
    aws.layer(from_fn(async |request: Request, next: Next| {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("bodies of tests do not fail");
        let target = parts.headers.get(TARGET_HEADER).and_then(|target| target.to_str().ok());
        remember_stored(target.unwrap_or_default(), &body);
        next.run(Request::from_parts(parts, Body::from(body))).await
    }))
}

fn remember_stored(operation: &str, body: &[u8]) {
    if ["Put", "Update", "Write"].iter().any(|word| operation.contains(word)) {
        remember_in(&serde_json::from_slice(body).unwrap_or_default());
    }
}

/// Begins to watch this process's log.
pub(crate) fn watch() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let watch = Watch.with_filter(LevelFilter::INFO);
        // A test that logs somewhere else on its own thread watches that by itself.
        drop(tracing::subscriber::set_global_default(tracing_subscriber::registry().with(watch)));
    });
}

/// Looks into every field of every span and event.
struct Watch;

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Watch {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        attributes.record(&mut Search(attributes.metadata()));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(metadata) = context.metadata(id) {
            record.record(&mut Search(metadata));
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Search(event.metadata()));
    }
}

struct Search(&'static Metadata<'static>);

impl Visit for Search {
    fn record_str(&mut self, field: &Field, value: &str) {
        if value.len() < LENGTH_MINIMUM {
            return;
        }
        let (file, line) = (self.0.file().unwrap_or(self.0.target()), self.0.line().unwrap_or(0));
        let place = format!("`{field}` at {file}:{line}");
        if let Some(beginning) = found_in(value) {
            end(&beginning, &place);
        }
        LOGGED.with_borrow_mut(|logged| logged.push((value.to_owned(), place)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// A service whose stored items are remembered for what is confidential in them.
#[derive(Clone, Debug)]
pub(crate) struct Remembering<S>(pub(crate) S);

impl<S: WireService> WireService for Remembering<S> {
    fn answer(&self, operation: &str, body: Bytes) -> impl Future<Output = WireResponse> + Send {
        remember_stored(operation, &body);
        self.0.answer(operation, body)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_confidential_is_found_in_lines() {
        remember_in(&json!({"email": "ada@example.com", "name": "Ada Lovelace", "password": "short"}));
        remember_in(
            &json!({"TransactItems": [{"Put": {"Item": {"body": {"S": "Dear Grace, "}, "title": {"S": "A title"}}}}]}),
        );
        assert_eq!(found_in("no account for ada@example.com").as_deref(), Some("ada@exam"));
        assert_eq!(found_in("wrote: Dear Grace, how are you").as_deref(), Some("Dear Gra"));
        remember_in(&json!({"body": "Dear Alan,\n\nthe \"bombe\" is ready."}));
        assert!(found_in(r#"{"reason":"Dear Alan,\n\nsomething"}"#).is_some());
        assert!(found_in(r#"{"reason":"the \"bombe\" is ready."}"#).is_some());
        assert_eq!((found_in("Ada Lovelace"), found_in("A title"), found_in("short")), (None, None, None));
    }

    /// The variable that turns the test below into the process that it watches.
    const LEAKING: &str = "TESTKIT_LEAKS_INTO_ITS_LOG";

    #[test]
    fn a_line_with_something_confidential_ends_the_process() {
        if std::env::var_os(LEAKING).is_some() {
            watch();
            // The token becomes known only when the answer comes, after the line.
            tracing::info!(reason = "refused: a refresh token of somebody", "a careless line");
            remember("a refresh token of somebody");
            return;
        }
        let itself = std::env::current_exe().unwrap();
        let name = "confidential::tests::a_line_with_something_confidential_ends_the_process";
        let run = std::process::Command::new(itself).args([name, "--exact", "--nocapture"]).env(LEAKING, "1").output();
        let run = run.unwrap();
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(!run.status.success() && said.contains("reached the log in `reason` at "), "{said}");
    }
}
