//! `GET /api/users/exports`

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use shared::access::{LinkSecrets, LinkToken};
use shared::http::Query;
use shared::model::link::{Link, LinkPurpose};
use shared::model::user::User;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::RateLimit;
use utoipa::IntoParams;

use super::archive::{PersonalData, archive};
use crate::Error;

/// How often one link is followed: reading everything of an account costs more than any other answer.
const DOWNLOADS: RateLimit = RateLimit { name: "export-downloads", attempts: 10, window: Duration::from_secs(60 * 60) };

/// What the link carries.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DownloadQuery {
    /// The token that came with the link.
    #[garde(length(bytes, max = 256))]
    #[param(pattern = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}\.[A-Za-z0-9_-]{43}$")]
    token: String,
}

/// Everything of the person who asked for this link, as one JSON document to be saved as a file. It comes in pieces; one that is no whole
/// JSON document broke off.
#[utoipa::path(
    get, path = "/api/users/exports", operation_id = "downloadExport", tag = "users",
    params(DownloadQuery),
    responses(
        (status = 200, description = "The document.", body = PersonalData),
        (status = 404, description = "There is no such link, or it has ended."),
        (status = 429, description = "The link was followed 10 times within the hour."),
    )
)]
pub(crate) async fn download_export(
    State(services): State<Services>,
    State(links): State<LinkSecrets>,
    Query(query): Query<DownloadQuery>,
) -> Result<Response, Error> {
    let token = LinkToken::parse(&query.token).ok_or_else(Problem::not_found)?;
    if !links.is_genuine(LinkPurpose::Export, &token).await? {
        return Err(Problem::not_found().into());
    }
    let link = services.store.get::<Link>(&Link::key_of(token.link_id)).await?;
    let link = link.filter(|link| link.is_good_for(LinkPurpose::Export, services.clock.now()));
    let link = link.ok_or_else(Problem::not_found)?;
    let user = services.store.get::<User>(&User::key_of(link.user_id)).await?;
    // Whoever signs out everywhere or resets the password means whoever else may have asked for it, too.
    let user = user.filter(|user| user.may_use_what_began(link.created_at)).ok_or_else(Problem::not_found)?;
    services.store.count_attempt(DOWNLOADS, &link.id.to_string()).await?;
    let disposition = format!("attachment; filename=\"groundwork-{}.json\"", user.id);
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, Body::from_stream(archive(services, user.id))).into_response())
}
