//! `GET /api/files/storage`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::{Member, OrganizationAccess};
use shared::http::ActingOrganization;
use shared::model::storage::Storage;
use shared::services::Services;
use utoipa::ToSchema;

use crate::Error;

/// How much an organisation keeps in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StorageView {
    /// How many files.
    files: u64,
    /// Bytes that the plan has room for.
    included_bytes: u64,
    /// Bytes of all files, those that are to come included.
    used_bytes: u64,
    /// Bytes that there is room for.
    left_bytes: u64,
}

/// How much the acting organisation keeps in files, and what its plan has room for.
#[utoipa::path(
    get, path = "/api/files/storage", operation_id = "getStorage", tag = "files",
    security(("accessToken" = [])),
    params(ActingOrganization),
    responses(
        (status = 200, description = "What is kept and what there is room for.", body = StorageView),
    )
)]
pub(crate) async fn get_storage(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
) -> Result<Json<StorageView>, Error> {
    let storage = services.store.get::<Storage>(&Storage::key_of(access.organization_id())).await?;
    let Storage { bytes, files, .. } = storage.map(|storage| storage.value).unwrap_or_default();
    let [files, used_bytes] = [files, bytes].map(|count| u64::try_from(count).unwrap_or(0));
    let included_bytes = access.plan().storage_bytes();
    // A smaller plan may have less room than was used on the larger one.
    let left_bytes = included_bytes.saturating_sub(used_bytes);
    Ok(Json(StorageView { files, included_bytes, used_bytes, left_bytes }))
}
