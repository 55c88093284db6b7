//! `POST /api/files/upload`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::access::{Member, OrganizationAccess};
use shared::event::Fact;
use shared::http::{ActingOrganization, IdempotencyHeader, Input};
use shared::id::FileId;
use shared::model::file::{FILE_BYTES_MAXIMUM, File, FileStatus};
use shared::model::storage::Storage;
use shared::problem::{FieldProblem, Problem};
use shared::services::Services;
use shared::shortfall::Shortfall;
use shared::store::{IdempotencyKey, Reply, Transaction};
use shared::text;
use utoipa::ToSchema;
use vendors::s3::Bucket;

use crate::Error;
use crate::content_type::{check_name, is_taken};
use crate::view::{FileView, Upload};

/// A file that is to come.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AnnounceFile {
    /// What it is called, with the ending that such files have.
    #[garde(custom(text::is_line), length(chars, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "pitch.pdf")]
    name: String,
    /// What kind of bytes it has, by its media type: pictures (`image/gif`, `image/jpeg`, `image/png`, `image/webp`), documents
    /// (`application/pdf`, Word, Excel and PowerPoint of today), texts (`application/json`, `text/csv`, `text/markdown`, `text/plain`),
    /// `application/zip`, `audio/mpeg`, `video/mp4`.
    #[garde(custom(is_taken))]
    #[schema(
        pattern = r"^(application/(json|pdf|vnd\.openxmlformats-officedocument\.(presentationml\.presentation|spreadsheetml\.sheet|wordprocessingml\.document)|zip)|audio/mpeg|image/(gif|jpeg|png|webp)|text/(csv|markdown|plain)|video/mp4)$",
        example = "application/pdf"
    )]
    content_type: String,
    /// How many: at most 50 MB.
    #[garde(range(min = 1, max = FILE_BYTES_MAXIMUM))]
    #[schema(minimum = 1, maximum = 50_000_000, example = 240_000)]
    size_bytes: u32,
}

/// Announce a file. The answer says how its bytes are sent: by one `PUT` to S3. Then complete the file. One whose bytes do not come within
/// a day is removed.
#[utoipa::path(
    post, path = "/api/files/upload", operation_id = "uploadFile", tag = "files",
    security(("accessToken" = [])),
    params(
        ActingOrganization,
        IdempotencyHeader,
    ),
    request_body = AnnounceFile,
    responses(
        (status = 201, description = "The file, and how its bytes are sent.", body = Upload),
        (status = 402, description = "`storage_limit_reached`: the plan has no room for it; `plan` says which has more."),
    )
)]
pub(crate) async fn upload_file(
    State(services): State<Services>,
    State(bucket): State<Bucket>,
    access: OrganizationAccess<Member>,
    idempotency: IdempotencyKey,
    Input(input): Input<AnnounceFile>,
) -> Result<Reply<Upload>, Error> {
    let name = text::line(&input.name);
    check_name(&input.content_type, &name).map_err(|message| {
        let wrong = FieldProblem::new("name", message);
        Problem::invalid(vec![wrong])
    })?;
    let once = idempotency.once(&access.caller(), &input)?;
    let (id, organization_id) = (services.ids.next::<FileId>(), access.organization_id());
    let plan = || async {
        let now = services.clock.now();
        let file = File {
            id,
            organization_id,
            name: name.clone(),
            content_type: input.content_type.clone(),
            size_bytes: input.size_bytes,
            status: FileStatus::Pending,
            is_picture: false,
            uploaded_by: access.principal.user_id,
            created_at: now,
            updated_at: now,
        };
        let mut transaction = Transaction::new();
        let no_room = Error::Problem(Shortfall::Storage.on(access.plan()));
        transaction.update_or(Storage::reserve(organization_id, file.size_bytes, access.plan()), no_room);
        transaction.create(file.clone());
        transaction.create(access.event(&services, Fact::FileAnnounced { file_id: id }));
        Ok::<_, Error>((transaction, StatusCode::CREATED, FileView::from(file)))
    };
    // What is kept for repeats is the file alone: a link is made anew for each.
    let Reply { status, body, replayed } = services.store.execute_once(once.as_ref(), plan).await?;
    Ok(Reply { status, body: Upload::new(body, &bucket, services.clock.now())?, replayed })
}
