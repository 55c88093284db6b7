//! Functions that answer HTTP requests through a function URL whose `InvokeMode` is `RESPONSE_STREAM`: what is written reaches the caller
//! as it is written, for as long as the function has time and up to 200 MB.
//!
//! `lambda_http` streams too, but tells of a stream that breaks off in the stream itself, as if it were part of the body: the caller gets
//! a report of our fault, and Lambda takes the response for whole. So this sends responses by itself, with the trailers that Lambda asks
//! for: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::{Either, FutureExt, select};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use http_body_util::BodyExt;
use lambda_http::request::LambdaRequest;
use lambda_http::{Request, RequestExt};
use lambda_runtime::layers::TracingLayer;
use lambda_runtime::streaming::{Body as Outgoing, Sender};
use lambda_runtime::{Context, Diagnostic, Error, LambdaEvent, LambdaInvocation, Runtime, service_fn};
use lambda_runtime_api_client::{PooledClient, build_request};
use serde_json::{Value, json};
use shared::config::ConfigError;
use tower::ServiceExt;
use tower::layer::layer_fn;
use tracing::Instrument;

use crate::host::Host;
use crate::http::{Application, application};
use crate::serve::{setup_of, start};

const RESPONSE_MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");
const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");
/// By which Lambda knows an answer that comes after its invocation's time.
const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
/// What stands between a response's beginning and its body.
const DELIMITER: [u8; 8] = [0; 8];

/// Runs a function that answers HTTP requests in streams. It is [`crate::serve_http`] in everything but how responses travel; which of
/// the two a function calls has to agree with the `InvokeMode` of its URL in the template.
///
/// A body that fails or panics after its beginning was sent ends the response: the log has the reason, and Lambda counts the invocation
/// as failed.
///
/// # Errors
/// When the configuration is not usable, or Lambda's runtime interface fails.
pub async fn serve_http_streaming(
    function: &'static str,
    routes: impl FnOnce(&mut Host) -> Result<Router, ConfigError>,
) -> Result<(), Error> {
    let mut host = start(function).await?;
    let routes = setup_of(routes(&mut host))?;
    let application = application(routes, &host.health, &host.services);
    let client = Arc::new(PooledClient::builder().build());
    // The runtime asks for invocations and gives them to its outermost layer. This one answers them itself, so that the handler within
    // is never called.
    let handler = service_fn(|_: LambdaEvent<Value>| async { Ok::<_, Infallible>(()) });
    let answering = layer_fn(move |_| {
        let (application, client) = (application.clone(), Arc::clone(&client));
        service_fn(move |invocation| answer(application.clone(), Arc::clone(&client), invocation))
    });
    Runtime::new(handler).layer(answering).layer(TracingLayer::new()).run().await
}

/// Where an invocation's answer goes.
struct Destination {
    client: Arc<PooledClient>,
    path: String,
    invocation_id: Option<HeaderValue>,
}

/// Answers one invocation; the error is one of Lambda's runtime interface.
async fn answer(
    application: Application,
    client: Arc<PooledClient>,
    invocation: LambdaInvocation,
) -> Result<(), Error> {
    let LambdaInvocation { parts, body, context } = invocation;
    let destination = Destination {
        client,
        path: format!("/2018-06-01/runtime/invocation/{}", context.request_id),
        invocation_id: parts.headers.get(INVOCATION_ID).cloned(),
    };
    // An event that is none may make its reader panic.
    let response = AssertUnwindSafe(Box::pin(respond(application, &body, context))).catch_unwind().await;
    let diagnostic = match response {
        Ok(Ok(response)) => return destination.stream(response).await,
        Ok(Err(error)) => Diagnostic { error_type: "MalformedEvent".to_owned(), error_message: error.to_string() },
        Err(_panic) => {
            Diagnostic { error_type: "Panicked".to_owned(), error_message: "the event could not be read".to_owned() }
        }
    };
    tracing::error!(outcome = "failed", reason = diagnostic.error_message, "the event is none of a function URL");
    destination.report(&diagnostic).await
}

async fn respond(application: Application, event: &[u8], context: Context) -> Result<Response, serde_json::Error> {
    let event: LambdaRequest = serde_json::from_slice(event)?;
    let mut request = Request::from(event);
    let trace_id = context.xray_trace_id.as_ref().and_then(|id| HeaderValue::from_str(id).ok());
    if let Some(trace_id) = trace_id {
        request.headers_mut().insert(TRACE_ID, trace_id);
    }
    let answered = application.oneshot(request.with_lambda_context(context)).await;
    Ok(answered.unwrap_or_else(|never: Infallible| match never {}))
}

impl Destination {
    /// Sends a response as its body is made.
    async fn stream(self, response: Response) -> Result<(), Error> {
        let (parts, body) = response.into_parts();
        let request_id = parts.headers.get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
        // What is logged while the body is made belongs to the request, whose own line is written by now.
        let span = tracing::info_span!("request", request_id);
        let mut beginning = prelude(parts.status.as_u16(), &parts.headers).to_string().into_bytes();
        beginning.extend(DELIMITER);

        let (sender, outgoing) = Outgoing::channel();
        let mut request = self.request("response", outgoing)?;
        let headers = request.headers_mut();
        let integration = HeaderValue::from_static("application/vnd.awslambda.http-integration-response");
        headers.insert(header::CONTENT_TYPE, integration);
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        headers.insert(RESPONSE_MODE, HeaderValue::from_static("streaming"));
        headers.insert(header::TRAILER, ERROR_TYPE.into());
        headers.append(header::TRAILER, ERROR_BODY.into());
        let sending = std::pin::pin!(send(sender, beginning, body).instrument(span));
        let accepted = match select(self.client.call(request), sending).await {
            // Whoever no longer listens needs no more of the body.
            Either::Left((accepted, _)) => accepted,
            Either::Right(((), accepted)) => accepted.await,
        };
        check(&accepted?);
        Ok(())
    }

    /// Says that there is no response.
    async fn report(self, diagnostic: &Diagnostic) -> Result<(), Error> {
        let mut request = self.request("error", serde_json::to_vec(diagnostic)?.into())?;
        request.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static("Unhandled"));
        check(&self.client.call(request).await?);
        Ok(())
    }

    fn request(&self, what: &str, body: Outgoing) -> Result<http::Request<Outgoing>, http::Error> {
        let mut request = build_request().method(Method::POST).uri(format!("{}/{what}", self.path)).body(body)?;
        if let Some(id) = &self.invocation_id {
            request.headers_mut().insert(INVOCATION_ID, id.clone());
        }
        Ok(request)
    }
}

/// Lambda does not take an answer that comes too late; the next invocation is none the worse for it.
fn check<B>(accepted: &http::Response<B>) {
    if !accepted.status().is_success() {
        tracing::error!(status = accepted.status().as_u16(), "Lambda did not take the answer");
    }
}

/// How a response begins: one value to a header, cookies beside them, and no length, which only a response has that comes to its end.
fn prelude(status: u16, headers: &HeaderMap) -> Value {
    let texts = |name: &HeaderName| {
        let values = headers.get_all(name).iter();
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect::<Vec<_>>()
    };
    let named = headers.keys().filter(|name| !matches!(**name, header::SET_COOKIE | header::CONTENT_LENGTH));
    let single = named.map(|name| (name.to_string(), texts(name).join(", ").into()));
    let single = single.collect::<serde_json::Map<_, Value>>();
    json!({ "statusCode": status, "headers": single, "cookies": texts(&header::SET_COOKIE) })
}

/// Sends the beginning and then the body, piece by piece, until it ends, breaks off, or nobody listens any more.
///
/// What is there of the body at once goes with the beginning: most answers are whole in that one piece. A second one would wait until the
/// first was acknowledged (Nagle's algorithm, which is on in the client's connection), which Linux does after 40 ms.
async fn send(mut sender: Sender, mut beginning: Vec<u8>, mut body: Body) {
    let mut ready = next_piece(&mut body).now_or_never();
    if let Some(Ok(Some(piece))) = &ready {
        beginning.extend_from_slice(piece);
        ready = None;
    }
    let mut piece = Bytes::from(beginning);
    let reason = loop {
        if sender.send_data(piece).await.is_err() {
            return;
        }
        let next = match ready.take() {
            Some(next) => next,
            None => next_piece(&mut body).await,
        };
        piece = match next {
            Ok(Some(piece)) => piece,
            Ok(None) => return,
            Err(reason) => break reason,
        };
    };
    tracing::error!(outcome = "broken off", reason, "a response was not sent to its end");
    // Whoever invoked the function may see this, so it says no more than that.
    let report = json!({ "errorType": "Runtime.StreamError", "errorMessage": "the response broke off" }).to_string();
    let mut trailers = HeaderMap::new();
    trailers.insert(ERROR_TYPE, HeaderValue::from_static("Runtime.StreamError"));
    if let Ok(report) = HeaderValue::from_str(&STANDARD.encode(report)) {
        trailers.insert(ERROR_BODY, report);
    }
    // Nobody listens any more where this fails.
    let _ = sender.send_trailers(trailers).await;
}

/// The next piece of a body, none at its end, or why it breaks off.
async fn next_piece(body: &mut Body) -> Result<Option<Bytes>, String> {
    match AssertUnwindSafe(body.frame()).catch_unwind().await {
        // A body's own trailers have no place in what a function URL answers.
        Ok(Some(Ok(frame))) => Ok(Some(frame.into_data().unwrap_or_default())),
        Ok(Some(Err(error))) => Err(error.to_string()),
        Ok(None) => Ok(None),
        Err(_panic) => Err("the body panicked".to_owned()),
    }
}
