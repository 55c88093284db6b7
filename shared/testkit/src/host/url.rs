//! The function URL before a function.

use std::sync::Arc;

use ::http::StatusCode;
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::runtime_api::{RuntimeApi, function_url_event};

/// Makes an event of a request and a response of the answer: 413 where the event would be too large, 502 where the function fails.
pub(super) async fn answer(State(lambda): State<Arc<RuntimeApi>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("bodies of tests do not fail");
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let headers = parts.headers.iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().expect("tests send text in headers")));
    let event = function_url_event(parts.method.as_str(), path, &headers.collect::<Vec<_>>(), &body);
    match lambda.invoke(event).await {
        Ok(answer) => response(&answer),
        Err(error) if error.kind == "RequestEntityTooLargeException" => {
            (StatusCode::PAYLOAD_TOO_LARGE, Json(json!({ "Message": error.message }))).into_response()
        }
        Err(_) => (StatusCode::BAD_GATEWAY, "Internal Server Error").into_response(),
    }
}

/// The response that an answer in the payload format 2.0 stands for.
fn response(answer: &Value) -> Response {
    let status = answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
    let mut response = ::http::Response::builder().status(status);
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        response = response.header(name, value.as_str().expect("a header's value is text"));
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        response = response.header("set-cookie", cookie.as_str().expect("a cookie is text"));
    }
    let body = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == true {
        Body::from(STANDARD.decode(body).expect("the body is Base64"))
    } else {
        Body::from(body.to_owned())
    };
    response.body(body).expect("status and headers are well formed")
}
