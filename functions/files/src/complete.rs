//! `POST /api/files/{fileId}/complete`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::event::Fact;
use shared::http::{ActingOrganization, Path};
use shared::id::FileId;
use shared::model::file::File;
use shared::services::Services;
use shared::store::Transaction;
use vendors::http::Http;
use vendors::s3::{Beginning, Bucket};

use crate::content_type::{LOOKED_AT_BYTES, check};
use crate::view::FileWithLink;
use crate::{Error, find};

/// Say that a file's bytes were sent. They are looked at; if they are what they were said to be, the file can be read from now on, and if
/// not, it is removed. Repeats change nothing.
#[utoipa::path(
    post, path = "/api/files/{fileId}/complete", operation_id = "completeFile", tag = "files",
    security(("accessToken" = [])),
    params(
        ActingOrganization,
        ("fileId" = FileId, Path),
    ),
    responses(
        (status = 200, description = "The file, which can be read.", body = FileWithLink),
        (status = 409, description = "`nothing_uploaded`: its bytes have not come yet."),
        (status = 422, description = "`other_content`: its bytes are not what they were said to be; the file is removed."),
    )
)]
pub(crate) async fn complete_file(
    State(services): State<Services>,
    State(bucket): State<Bucket>,
    State(http): State<Http>,
    access: OrganizationAccess<Member>,
    Path(id): Path<FileId>,
) -> Result<Json<FileWithLink>, Error> {
    let organization = access.organization_id();
    let file = find(&services, organization, id).await?;
    let shown = |file: File| Ok(Json(FileWithLink::new(file, &bucket, services.clock.now())?));
    if file.is_ready() {
        return shown(file.value);
    }
    let beginning = bucket.beginning(&http, &file.object(), LOOKED_AT_BYTES).await?;
    let Some(beginning) = beginning else { return Err(Error::NothingUploaded) };
    // Nothing is put over an object, so that what was looked at is what there will be.
    let verdict = &judge(&file, &beginning);
    let plan = || async {
        let (file, now) = (find(&services, organization, id).await?, services.clock.now());
        let mut transaction = Transaction::<Error>::new();
        if file.is_ready() {
            return Ok((transaction, file.value));
        }
        let fact = if verdict.is_ok() {
            transaction.replace(&file, file.ready(now));
            Fact::FileReady { file_id: id }
        } else {
            File::remove(&file, now, &mut transaction);
            Fact::FileRemoved { file_id: id }
        };
        transaction.create(access.event(&services, fact));
        Ok::<_, Error>((transaction, file.ready(now)))
    };
    let file = services.store.execute(plan).await?;
    match verdict {
        Ok(()) => shown(file),
        Err(reason) => Err(Error::OtherContent(reason.clone())),
    }
}

/// Whether an object is the file that was announced.
fn judge(file: &File, beginning: &Beginning) -> Result<(), String> {
    if beginning.size_bytes != u64::from(file.size_bytes) {
        return Err(format!("it has {} bytes and not {}", beginning.size_bytes, file.size_bytes));
    }
    check(&file.content_type, &beginning.bytes)
}
