//! `DELETE /api/files/{fileId}`

use axum::extract::State;
use http::StatusCode;
use shared::access::{Member, OrganizationAccess, Role};
use shared::event::Fact;
use shared::http::{ActingOrganization, Path};
use shared::id::FileId;
use shared::model::file::File;
use shared::services::Services;
use shared::store::Transaction;

use crate::{Error, find};

/// Remove a file. It is gone at once, but for links that somebody has, which end with their quarter of an hour; its bytes are removed within
/// the hour, or when a day is over since it was announced.
#[utoipa::path(
    delete, path = "/api/files/{fileId}", operation_id = "deleteFile", tag = "files",
    security(("accessToken" = [])),
    params(
        ActingOrganization,
        ("fileId" = FileId, Path),
    ),
    responses(
        (status = 204, description = "The file is gone."),
        (status = 403, description = "`forbidden`: somebody else uploaded it, and the caller is no admin of the organisation."),
        (status = 409, description = "`file_in_use`: it is the picture of a profile."),
    )
)]
pub(crate) async fn delete_file(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Path(id): Path<FileId>,
) -> Result<StatusCode, Error> {
    let plan = || async {
        let file = find(&services, access.organization_id(), id).await?;
        if file.uploaded_by != access.principal.user_id && access.role < Role::Admin {
            return Err(Error::NotYours);
        }
        if file.is_picture {
            return Err(Error::InUse);
        }
        let mut transaction = Transaction::<Error>::new();
        File::remove(&file, services.clock.now(), &mut transaction);
        transaction.create(access.event(&services, Fact::FileRemoved { file_id: id }));
        Ok::<_, Error>((transaction, StatusCode::NO_CONTENT))
    };
    services.store.execute(plan).await
}
