//! `GET /api/files/{fileId}`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::{ActingOrganization, Path};
use shared::id::FileId;
use shared::services::Services;
use vendors::s3::Bucket;

use crate::view::FileWithLink;
use crate::{Error, find};

/// One of the acting organisation's files, with a link that reads it for a quarter of an hour.
#[utoipa::path(
    get, path = "/api/files/{fileId}", operation_id = "getFile", tag = "files",
    security(("accessToken" = [])),
    params(
        ActingOrganization,
        ("fileId" = FileId, Path),
    ),
    responses(
        (status = 200, description = "The file.", body = FileWithLink),
    )
)]
pub(crate) async fn get_file(
    State(services): State<Services>,
    State(bucket): State<Bucket>,
    access: OrganizationAccess<Member>,
    Path(id): Path<FileId>,
) -> Result<Json<FileWithLink>, Error> {
    let file = find(&services, access.organization_id(), id).await?;
    Ok(Json(FileWithLink::new(file.value, &bucket, services.clock.now())?))
}
