//! `GET` and `POST /api/linkedin/webhook`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::http::{Query, RawBody};
use shared::model::inbound_event::{InboundEvent, Provider};
use shared::problem::Problem;
use shared::trace::Trace;
use utoipa::{IntoParams, ToSchema};
use vendors::linkedin::webhook::{challenge_response, verify};

use crate::receive::{Receipt, document, id_of, name, proof, store};
use crate::{Deps, Error};

/// The header of a notification's signature.
const SIGNATURE_HEADER: &str = "x-li-signature";
/// What holds the secret.
const SECRET: &str = "LINKEDIN_CLIENT_SECRET";

/// LinkedIn's question whether this endpoint is ours.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ChallengeQuery {
    /// A UUID.
    #[garde(skip)]
    #[param(pattern = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$")]
    challenge_code: String,
}

/// The answer to LinkedIn's question.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChallengeAnswer {
    /// The question.
    challenge_code: String,
    /// Its HMAC-SHA256 under the client secret, in hexadecimal.
    challenge_response: String,
}

/// Answer LinkedIn's question whether this endpoint is ours. Only a UUID is answered: an answer to anything else could be used to sign
/// notifications.
#[utoipa::path(
    get, path = "/api/linkedin/webhook", operation_id = "answerLinkedinChallenge", tag = "webhooks", params(ChallengeQuery),
    responses(
        (status = 200, description = "The answer.", body = ChallengeAnswer),
        (status = 503, description = "`webhooks_not_configured`: the platform has no client secret of LinkedIn's."),
    )
)]
pub(crate) async fn answer_linkedin_challenge(
    State(deps): State<Deps>,
    Query(query): Query<ChallengeQuery>,
) -> Result<Json<ChallengeAnswer>, Error> {
    if deps.secrets.linkedin.is_empty() {
        return Err(Error::NotConfigured(SECRET));
    }
    let challenge_code = query.challenge_code;
    let response = challenge_response(&deps.secrets.linkedin, &challenge_code);
    let challenge_response = response.ok_or_else(|| Problem::malformed("challengeCode", "must be a UUID"))?;
    Ok(Json(ChallengeAnswer { challenge_code, challenge_response }))
}

/// Take a notification of LinkedIn's in.
#[utoipa::path(
    post, path = "/api/linkedin/webhook", operation_id = "receiveLinkedinEvent", tag = "webhooks",
    params(("X-LI-Signature" = String, Header, description = "HMAC-SHA256 of `hmacsha256=` and the body, in hexadecimal.")),
    request_body(content = serde_json::Value, description = "The notification, at most 256 KiB."),
    responses(
        (status = 200, description = "The notification is stored.", body = Receipt),
        (status = 400, description = "`signature_invalid`: the notification is none of LinkedIn's."),
        (status = 503, description = "`webhooks_not_configured`: the platform has no client secret of LinkedIn's."),
    )
)]
pub(crate) async fn receive_linkedin_event(
    State(deps): State<Deps>,
    trace: Trace,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Json<Receipt>, Error> {
    if deps.secrets.linkedin.is_empty() {
        return Err(Error::NotConfigured(SECRET));
    }
    verify(&deps.secrets.linkedin, proof(&headers, SIGNATURE_HEADER)?, &body)?;
    let (text, value) = document(&body)?;
    let kind = name(value.get("type")).unwrap_or_else(|| "unknown".to_owned());
    let now = deps.services.clock.now();
    let event = InboundEvent::new(Provider::Linkedin, id(&text, &value), kind, trace, now);
    store(&deps.services, InboundEvent { body: Some(text), ..event }).await
}

/// What makes a delivery the same when it comes again: the ids of its notifications, else all of it.
fn id(text: &str, value: &Value) -> String {
    let notifications = value.get("notifications").and_then(Value::as_array);
    let ids = notifications.map(|list| list.iter().filter_map(|one| one.get("notificationId")).map(Value::to_string));
    let ids = ids.map(|ids| ids.collect::<Vec<_>>()).unwrap_or_default();
    if ids.is_empty() { id_of(&[text]) } else { id_of(&ids.iter().map(String::as_str).collect::<Vec<_>>()) }
}
