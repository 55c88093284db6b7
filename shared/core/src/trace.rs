//! Where a piece of work comes from, so that it can be followed from the edge through every function that it reaches.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use axum::extract::{FromRef, FromRequestParts};
use http::HeaderMap;
use http::request::Parts;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tracing::Span;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::id::{Ids, RequestId};
use crate::services::Services;

/// The header that names a request; ours in answers.
pub const REQUEST_ID_HEADER: &str = "x-request-id";
/// The header by which a caller says that several requests belong together: the id of the first of them.
pub const CORRELATION_ID_HEADER: &str = "x-correlation-id";
/// The header of W3C Trace Context.
pub const TRACEPARENT_HEADER: &str = "traceparent";

/// The trace that a caller's own tracing gave to a piece of work: 128 bits, in text 32 hexadecimal digits (W3C Trace Context, `trace-id`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(u128);

/// A text that is no trace id.
#[derive(Debug, thiserror::Error)]
#[error("not 32 hexadecimal digits in lower case, at least one of them above 0")]
pub struct InvalidTraceId;

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl FromStr for TraceId {
    type Err = InvalidTraceId;

    fn from_str(text: &str) -> Result<Self, InvalidTraceId> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 32 || !text.bytes().all(is_digit) {
            return Err(InvalidTraceId);
        }
        match u128::from_str_radix(text, 16) {
            Ok(0) | Err(_) => Err(InvalidTraceId),
            Ok(id) => Ok(Self(id)),
        }
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for TraceId {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[0-9a-f]{32}$"))
            .examples(["4bf92f3577b34da6a3ce929d0e0e4736"])
            .into()
    }
}

impl ToSchema for TraceId {}

/// Where a piece of work comes from. Rows and messages that others go on with hold it, without the request that is over by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trace {
    /// The request that is being answered, if one is.
    #[serde(skip)]
    pub request_id: Option<RequestId>,
    /// What began it all: a request, or the occasion of a schedule.
    pub correlation_id: RequestId,
    /// The caller's trace; without one the correlation id serves, which has 128 bits too.
    #[serde(default, rename = "traceId", skip_serializing_if = "Option::is_none")]
    pub given_trace_id: Option<TraceId>,
}

impl Trace {
    /// The trace of work that nothing else began.
    pub fn begin(ids: &Ids) -> Self {
        Self { request_id: None, correlation_id: ids.next(), given_trace_id: None }
    }

    /// The trace of a request with these headers. Ids that are not of our form are passed over: they would end up in keys and logs.
    pub fn of_request(headers: &HeaderMap, ids: &Ids) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let id = |name| text(name).and_then(|text| text.parse::<RequestId>().ok());
        let request_id = id(REQUEST_ID_HEADER).unwrap_or_else(|| ids.next());
        Self {
            request_id: Some(request_id),
            correlation_id: id(CORRELATION_ID_HEADER).unwrap_or(request_id),
            given_trace_id: text(TRACEPARENT_HEADER).and_then(trace_id_of),
        }
    }

    /// The trace that [`crate::http::surround`] gave to the request, or a new one where a router stands alone.
    pub fn of_parts(parts: &Parts, ids: &Ids) -> Self {
        parts.extensions.get().copied().unwrap_or_else(|| Self::of_request(&parts.headers, ids))
    }

    /// The same for whoever goes on with the work after the request.
    #[must_use]
    pub const fn continued(self) -> Self {
        Self { request_id: None, ..self }
    }

    /// The trace id, given or our own.
    pub fn trace_id(&self) -> TraceId {
        self.given_trace_id.unwrap_or(TraceId(u128::from(self.correlation_id.ulid())))
    }

    /// Adds the ids to the current span, which must have been made with the empty fields `correlation_id` and `trace_id`.
    pub fn record(&self) {
        let span = Span::current();
        span.record("correlation_id", tracing::field::display(self.correlation_id));
        span.record("trace_id", tracing::field::display(self.trace_id()));
    }
}

/// Where a request comes from whose caller nobody asked for.
impl<S> FromRequestParts<S> for Trace
where
    S: Sync,
    Services: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self::of_parts(parts, &Services::from_ref(state).ids))
    }
}

/// The trace id of a `traceparent`: `00-<trace id>-<parent id>-<flags>`; later versions may add parts behind these.
fn trace_id_of(traceparent: &str) -> Option<TraceId> {
    let mut parts = traceparent.split('-');
    let (version, trace_id) = (parts.next()?, parts.next()?);
    let (parent_id, flags) = (parts.next()?, parts.next()?);
    let is_hexadecimal = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let known =
        is_hexadecimal(version, 2) && version != "ff" && is_hexadecimal(parent_id, 16) && is_hexadecimal(flags, 2);
    // The first version has no further parts.
    if known && (version != "00" || parts.next().is_none()) { trace_id.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_id_of_a_traceparent() {
        // The examples of W3C Trace Context, section 3.2.
        let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(trace_id_of(given).map(|id| id.to_string()).as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        for wrong in [
            "",
            "4bf92f3577b34da6a3ce929d0e0e4736",
            "zz-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(trace_id_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn without_a_trace_the_correlation_id_serves() {
        let correlation_id = "req_01KAGR3V0R0000000000000000".parse::<RequestId>().unwrap();
        let trace = Trace { request_id: None, correlation_id, given_trace_id: None };
        assert_eq!(trace.trace_id().to_string(), format!("{:032x}", u128::from(correlation_id.ulid())));
        let stored = serde_json::to_value(trace).unwrap();
        assert_eq!(stored, serde_json::json!({ "correlationId": correlation_id }));
        assert_eq!(serde_json::from_value::<Trace>(stored).unwrap(), trace);
    }
}
