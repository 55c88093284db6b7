//! `GET /api/files/list/{userId}`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::{ActingOrganization, PageQuery, Path, Query};
use shared::id::UserId;
use shared::model::file::File;
use shared::services::Services;
use shared::store::{Listing, Page};

use crate::Error;
use crate::view::FileView;

/// What somebody uploaded for the acting organisation and can be read, the newest first. Of somebody who uploaded nothing it is empty.
#[utoipa::path(
    get, path = "/api/files/list/{userId}", operation_id = "listFiles", tag = "files",
    security(("accessToken" = [])),
    params(
        ActingOrganization,
        ("userId" = UserId, Path),
        PageQuery,
    ),
    responses(
        (status = 200, description = "A page of files.", body = Page<FileView>),
    )
)]
pub(crate) async fn list_files(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Path(user): Path<UserId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<FileView>>, Error> {
    let organization = access.organization_id();
    let listing = Listing::of_index(File::partition(organization), File::listing(organization, user));
    let listing = listing.newest_first().limit(query.page_limit());
    let page = services.store.list::<File>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|file| file.value.into())))
}
