//! Reading input: the media type, the JSON, then the values.
//!
//! What cannot be read is 400 with the path where reading stopped; what can be read but may not be is 422 with every wrong field.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Request};
use axum::response::IntoResponse;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::problem::{FieldProblem, Problem};

/// A JSON body that was read and whose values are right.
#[derive(Clone, Copy, Debug)]
pub struct Input<T>(pub T);

impl<S, T> FromRequest<S> for Input<T>
where
    S: Send + Sync,
    T: DeserializeOwned + garde::Validate<Context: Default>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        require_media_type(request.headers(), "application/json")?;
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable_body)?;
        Self::read(&bytes)
    }
}

/// `Option<Input<T>>`: a request without a body, whatever media type it names, is `None`, and so is `null`.
impl<S, T> OptionalFromRequest<S> for Input<T>
where
    S: Send + Sync,
    T: DeserializeOwned + garde::Validate<Context: Default>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let media_type = require_media_type(request.headers(), "application/json");
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable_body)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        media_type?;
        if bytes.trim_ascii() == b"null" { Ok(None) } else { Self::read(&bytes).map(Some) }
    }
}

impl<T: DeserializeOwned + garde::Validate<Context: Default>> Input<T> {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            Problem::malformed("", format!("the body is not UTF-8 from byte {} on", error.valid_up_to()))
        })?;
        // Every body is an object; serde would also take its values in a row.
        if text.trim_ascii_start().starts_with('[') {
            return Err(Problem::malformed("", "invalid type: sequence, expected an object"));
        }
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value: T = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            Problem::malformed(
                if matches!(path.as_str(), "." | "?") { String::new() } else { path },
                explain(error.inner()),
            )
        })?;
        deserializer.end().map_err(|error| Problem::malformed("", explain(&error)))?;
        Ok(Self(validated(value)?))
    }
}

/// A body as it came, whatever it holds: for signatures, which are over its bytes.
#[derive(Clone, Debug)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Bytes::from_request(request, state).await.map(Self).map_err(unreadable_body)
    }
}

/// What serde says without the place in the text, which means nothing to a caller who built the JSON from values.
fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if error.is_data() {
        text.rsplit_once(" at line ").map_or(text.clone(), |(message, _)| message.to_owned())
    } else {
        text
    }
}

/// Checks that the body is of this media type, whatever its parameters.
pub(crate) fn require_media_type(headers: &HeaderMap, wanted: &str) -> Result<(), Problem> {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(wanted) {
        Ok(())
    } else {
        let detail = format!("Send the body as `Content-Type: {wanted}`.");
        Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
    }
}

fn unreadable_body(rejection: BytesRejection) -> Problem {
    if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large("The body is larger than this endpoint takes.")
    } else {
        Problem::malformed("", "the body ended before it was complete")
    }
}

/// `value` if its own rules hold, else every field that breaks one.
fn validated<T: garde::Validate<Context: Default>>(value: T) -> Result<T, Problem> {
    let Err(report) = value.validate() else { return Ok(value) };
    let errors = report.iter().map(|(path, error)| FieldProblem::new(camel_case(&path.to_string()), error.message()));
    Err(Problem::invalid(errors.collect()))
}

/// Rust's field names as the API spells them: `first_name[0].last_name` is `firstName[0].lastName`.
fn camel_case(path: &str) -> String {
    let mut upper = false;
    let mut result = String::with_capacity(path.len());
    for character in path.chars() {
        match character {
            '_' => upper = true,
            _ if std::mem::take(&mut upper) => result.extend(character.to_uppercase()),
            _ => result.push(character),
        }
    }
    result
}

/// A query string that was read and whose values are right.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned + garde::Validate<Context: Default>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Query(value) = axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::malformed("query", rejection.body_text()))?;
        Ok(Self(validated(value)?))
    }
}

/// The identifiers in a path. One that cannot be is as unknown as one that is not there.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value)).map_err(|_| Problem::not_found())
    }
}

#[cfg(test)]
mod tests {
    use super::camel_case;

    #[test]
    fn paths_are_spelt_as_in_the_api() {
        assert_eq!(camel_case("last_contacted_at"), "lastContactedAt");
        assert_eq!(camel_case("items[2].unit_price"), "items[2].unitPrice");
    }
}
