//! A response that comes in pieces: `application/vnd.awslambda.http-integration-response`.
//!
//! First comes a JSON prelude with status, headers and cookies, then eight zero bytes, then the body as it is made. How it went is told in
//! the trailers of the request that carries it: the error's kind, and its report in Base64.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::FunctionError;
use super::server::{Answer, AnswerSender, Invocations, Running, accepted, refusal, reported};

/// How many bytes Lambda streams: 200 MB.
const STREAM_LIMIT_BYTES: usize = 200 * 1024 * 1024;
/// Within how many bytes the prelude has to end.
const PRELUDE_LIMIT_BYTES: usize = 16 * 1024;
const DELIMITER: [u8; 8] = [0; 8];

/// How a streamed response begins.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Prelude {
    /// The status.
    pub status_code: u16,
    /// The headers, one value each.
    pub headers: BTreeMap<String, String>,
    /// The values of `Set-Cookie`.
    pub cookies: Vec<String>,
}

/// A response of which the beginning is there.
#[derive(Debug)]
pub struct StreamedResponse {
    /// Status, headers and cookies.
    pub prelude: Prelude,
    /// How many bytes of the body came in one piece with the prelude.
    pub with_prelude_bytes: usize,
    chunks: mpsc::Receiver<Result<Bytes, FunctionError>>,
}

impl StreamedResponse {
    /// The next piece as soon as the function has sent it; `None` when the response has ended well.
    ///
    /// # Errors
    /// When the function reports an error, ends, or takes too long. Nothing comes after it.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, FunctionError> {
        self.chunks.recv().await.transpose()
    }

    /// The response in the payload format 2.0, as if it came at once.
    ///
    /// # Errors
    /// As [`Self::chunk`].
    pub(super) async fn whole(mut self) -> Result<Value, FunctionError> {
        let body = STANDARD.encode(self.rest().await?);
        let Prelude { status_code, headers, cookies } = self.prelude;
        Ok(json!({
            "statusCode": status_code, "headers": headers, "cookies": cookies, "body": body, "isBase64Encoded": true,
        }))
    }

    /// All that is still to come.
    ///
    /// # Errors
    /// As [`Self::chunk`].
    pub async fn rest(&mut self) -> Result<Vec<u8>, FunctionError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

/// Hands on what a function streams, for as long as its invocation has time.
pub(super) async fn receive(invocations: &Invocations, running: Running, headers: &HeaderMap, body: Body) -> Response {
    let Running { answer, deadline, instance } = running;
    let media_type = headers.get("content-type").map(|value| value.as_bytes());
    if media_type != Some(b"application/vnd.awslambda.http-integration-response") {
        let message = "a streamed response for HTTP has a media type of its own";
        let _ = answer.send(Err(FunctionError::new("Runtime.InvalidResponse", message)));
        return refusal(StatusCode::BAD_REQUEST, "InvalidResponse", message);
    }
    let mut stage = Stage::Prelude { answer: Some(answer), begun: Vec::new() };
    match tokio::time::timeout_at(deadline, copy(body, &mut stage)).await {
        Ok(Ok(())) => accepted(true),
        Ok(Err(error)) => {
            let message = error.message.clone();
            stage.fail(error).await;
            refusal(StatusCode::BAD_REQUEST, "InvalidResponse", &message)
        }
        Err(_) => {
            invocations.kill(&instance);
            stage.fail(FunctionError::timed_out()).await;
            refusal(StatusCode::GONE, "TimedOut", "the invocation's time is up")
        }
    }
}

enum Stage {
    Prelude { answer: Option<AnswerSender>, begun: Vec<u8> },
    Body(mpsc::Sender<Result<Bytes, FunctionError>>),
}

impl Stage {
    /// Takes a piece. A test that no longer listens is none of the function's business.
    async fn take(&mut self, data: Bytes) -> Result<(), FunctionError> {
        let (begun, answer) = match self {
            Self::Body(chunks) => {
                let _ = chunks.send(Ok(data)).await;
                return Ok(());
            }
            Self::Prelude { begun, answer } => (begun, answer),
        };
        begun.extend_from_slice(&data);
        let invalid = |message: String| FunctionError::new("Runtime.InvalidResponse", message);
        let Some(end) = begun.windows(DELIMITER.len()).position(|window| window == DELIMITER) else {
            let within = begun.len() <= PRELUDE_LIMIT_BYTES;
            return within.then_some(()).ok_or_else(|| invalid("the prelude does not end".to_owned()));
        };
        let prelude =
            serde_json::from_slice(&begun[..end]).map_err(|error| invalid(format!("the prelude: {error}")))?;
        let rest = Bytes::copy_from_slice(&begun[end + DELIMITER.len()..]);
        let (sender, chunks) = mpsc::channel(16);
        if let Some(answer) = answer.take() {
            let with_prelude_bytes = rest.len();
            let _ = answer.send(Ok(Answer::Streamed(StreamedResponse { prelude, with_prelude_bytes, chunks })));
        }
        *self = Self::Body(sender);
        if rest.is_empty() { Ok(()) } else { Box::pin(self.take(rest)).await }
    }

    async fn fail(self, error: FunctionError) {
        match self {
            Self::Body(chunks) => drop(chunks.send(Err(error)).await),
            Self::Prelude { answer, .. } => drop(answer.map(|answer| answer.send(Err(error)))),
        }
    }
}

async fn copy(mut body: Body, stage: &mut Stage) -> Result<(), FunctionError> {
    let mut total = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| FunctionError::new("Runtime.TruncatedResponse", error.to_string()))?;
        match frame.into_data() {
            Ok(data) => {
                total += data.len();
                if total > STREAM_LIMIT_BYTES {
                    return Err(FunctionError::new("Function.ResponseSizeTooLarge", "the stream is too long"));
                }
                stage.take(data).await?;
            }
            Err(frame) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                if trailers.contains_key("lambda-runtime-function-error-type") {
                    let report = trailers.get("lambda-runtime-function-error-body").map(|value| value.as_bytes());
                    let report = STANDARD.decode(report.unwrap_or_default()).unwrap_or_default();
                    return Err(reported(&trailers, &report));
                }
            }
        }
    }
    match stage {
        Stage::Body(_) => Ok(()),
        Stage::Prelude { .. } => Err(FunctionError::new("Runtime.InvalidResponse", "the response has no prelude")),
    }
}
