//! Which answers an operation gives beside its success, and what headers answers carry.

use serde_json::json;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{Components, Content, Ref, RefOr, Response};
use utoipa::{PartialSchema, ToSchema};

use super::{has_parameter, parameters};
use crate::id::RequestId;
use crate::problem::{PROBLEM_MEDIA_TYPE, ProblemBody};

/// The problems that follow from an operation's shape: the status, the name of the answer among the components, what it means.
const PROBLEMS: [(&str, &str, &str); 9] = [
    ("400", "Malformed", "`malformed`: the request could not be read; `errors` names the first fault."),
    ("401", "Unauthenticated", "`token_missing` or `token_invalid`: sign in and send an access token."),
    (
        "403",
        "Refused",
        "`account_suspended`: an operator of the platform suspended the caller's account. `second_factor_required`: the acting \
         organisation asks its members for a second factor; enrol an authenticator, or present a code of it.",
    ),
    ("404", "NotFound", "`not_found`: there is no such thing, or it is not the caller's to see."),
    ("409", "Conflict", "`conflict`: others changed the same thing at once; repeat the request."),
    ("413", "TooLarge", "`too_large`: the body is larger than this operation takes."),
    (
        "415",
        "UnsupportedMediaType",
        "`unsupported_media_type`: the body is not of a media type that this operation takes.",
    ),
    ("422", "Invalid", "`invalid`: the request was read, but values are wrong; `errors` names all of them."),
    ("503", "Unavailable", "`unavailable`: the platform cannot answer now; repeat the request shortly."),
];

/// Adds the shared schemas, headers and problems that operations refer to.
pub(super) fn define(components: &mut Components) {
    let mut schemas = vec![
        (ProblemBody::name().into_owned(), ProblemBody::schema()),
        (RequestId::name().into_owned(), RequestId::schema()),
    ];
    ProblemBody::schemas(&mut schemas);
    components.schemas.extend(schemas);
    for (name, description, schema) in headers() {
        let header = HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build();
        components.headers.insert(name.to_owned(), header.into());
    }
    for (status, name, description) in PROBLEMS {
        components.responses.insert(name.to_owned(), problem(status, description.to_owned()).into());
    }
}

fn headers() -> Vec<(&'static str, &'static str, RefOr<Schema>)> {
    let text = |example: &str| RefOr::from(ObjectBuilder::new().schema_type(Type::String).examples([json!(example)]));
    let seconds = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(1));
    let request_id = Ref::from_schema_name(RequestId::name());
    vec![
        ("X-Request-Id", "The request's id, as our log has it.", request_id.into()),
        ("Api-Version", "The version of the API that answered.", text("1")),
        ("Retry-After", "After how many seconds to repeat the request.", seconds.into()),
        ("WWW-Authenticate", "How to authenticate: `Bearer`.", text("Bearer")),
        (
            "RateLimit-Policy",
            "The limits that count this request, with their windows in seconds.",
            text("\"chat\";q=30;w=60"),
        ),
        (
            "RateLimit",
            "What is left of each limit, and in how many seconds its window ends.",
            text("\"chat\";r=29;t=60"),
        ),
        ("Idempotency-Replayed", "`true` where the answer was given before, under the same key.", text("true")),
    ]
}

/// Completes an operation's answers: the problems that follow from its shape, the body of those that it declares by itself, the headers
/// of all. `changes` says that the operation writes.
pub(super) fn complete(operation: &mut Operation, changes: bool) {
    let body = operation.request_body.is_some();
    let key = has_parameter(operation, "Idempotency-Key");
    let located = |location| parameters(operation).any(|parameter| parameter.parameter_in == location);
    let input = body || key || located(ParameterIn::Query);
    let secured = operation.security.as_ref().is_some_and(|schemes| !schemes.is_empty());
    let scoped = located(ParameterIn::Path) || has_parameter(operation, "X-Organization-Id");
    let limited = operation.responses.responses.contains_key("429");

    let responses = &mut operation.responses.responses;
    for (status, name, description) in PROBLEMS {
        let follows = match status {
            "400" | "422" => input,
            "401" | "403" => secured,
            "404" => scoped,
            "409" => changes,
            "413" | "415" => body,
            _ => true,
        };
        match responses.get_mut(status) {
            Some(RefOr::T(own)) if own.content.is_empty() && follows => {
                own.description = format!("{} {description}", own.description);
            }
            None if follows => {
                responses.insert(status.to_owned(), Ref::from_response_name(name).into());
            }
            _ => {}
        }
    }
    for (status, response) in responses {
        let RefOr::T(response) = response else { continue };
        if status.starts_with('2') || !response.content.is_empty() {
            let counted = ["RateLimit", "RateLimit-Policy"].into_iter().filter(|_| limited);
            let replayed = ["Idempotency-Replayed"].into_iter().filter(|_| key);
            refer(response, ["X-Request-Id", "Api-Version"].into_iter().chain(counted).chain(replayed));
        } else {
            *response = problem(status, std::mem::take(&mut response.description));
        }
    }
}

/// A problem as an answer.
fn problem(status: &str, description: String) -> Response {
    let content = Content::new(Some(Ref::from_schema_name(ProblemBody::name())));
    let mut response = Response::new(description);
    response.content.insert(PROBLEM_MEDIA_TYPE.to_owned(), content.into());
    let own: &[&str] = match status {
        "401" => &["WWW-Authenticate"],
        "429" => &["Retry-After", "RateLimit", "RateLimit-Policy"],
        "503" => &["Retry-After"],
        _ => &[],
    };
    refer(&mut response, ["X-Request-Id", "Api-Version"].into_iter().chain(own.iter().copied()));
    response
}

fn refer<'a>(response: &mut Response, headers: impl Iterator<Item = &'a str>) {
    for name in headers {
        let header = RefOr::Ref(Ref::new(format!("#/components/headers/{name}")));
        response.headers.insert(name.to_owned(), header);
    }
}
