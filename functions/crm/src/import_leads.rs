//! `POST /api/crm/leads/import`

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::response::IntoResponse;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use shared::access::{Member, OrganizationAccess};
use shared::http::{ActingOrganization, IdempotencyHeader};
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};
use utoipa::ToSchema;

use crate::Error;
use crate::import::{self, FileError, MAX_BYTES, RowError};
use crate::landing::{Landed, Landing};

/// What browsers say a CSV file is: some ask the operating system, and Windows with Excel says the last.
const MEDIA_TYPES: [&str; 3] = ["text/csv", "application/csv", "application/vnd.ms-excel"];

/// How many faults an answer lists. With the longest messages that is half of what an item holds, where the answer is kept for a repeat
/// under the same `Idempotency-Key`.
const ERRORS_MAXIMUM: usize = 1_000;

/// What an import did. `imported + updated + skipped + failed` is the number of rows below the header.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeadImport {
    /// How many leads are new.
    imported: u32,
    /// How many leads the file changed.
    updated: u32,
    /// How many rows changed nothing: the lead was as they say already, an earlier row of the file is the same lead (their values are
    /// put together), or they are blank.
    skipped: u32,
    /// How many rows could not be imported; `errors` says why.
    failed: u32,
    /// What is wrong with the rows that failed, in the file's order; the first 1,000 faults.
    #[schema(max_items = 1000)]
    errors: Vec<LeadImportError>,
}

/// A fault of a row.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct LeadImportError {
    /// The row's number as a spreadsheet shows it; the first of the file is 1.
    row: u64,
    /// The lead's field, or `row` where the fault is the row's as a whole.
    #[schema(example = "email")]
    field: String,
    /// What is wrong and what to do.
    message: String,
}

impl From<RowError> for LeadImportError {
    fn from(RowError { row, field, message }: RowError) -> Self {
        Self { row: row as u64, field: field.to_owned(), message }
    }
}

/// A body that says it is a CSV.
pub(crate) struct CsvFile(Bytes);

impl<S: Send + Sync> FromRequest<S> for CsvFile {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let sent = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = sent.split(';').next().unwrap_or_default().trim();
        if !MEDIA_TYPES.iter().any(|known| essence.eq_ignore_ascii_case(known)) {
            let detail = "Send the file itself as the body, with `Content-Type: text/csv`.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail).into());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
                Error::File(FileError::TooLarge { limit: MAX_BYTES })
            } else {
                Problem::malformed("", "the body ended before it was complete").into()
            }
        })?;
        Ok(Self(bytes))
    }
}

/// Import leads from a CSV file of at most 4 MiB and 5,000 rows, UTF-8 or UTF-16, as the usual programs export it (LinkedIn, HubSpot,
/// Salesforce, Pipedrive, Apollo, Google Contacts, spreadsheets). Columns are known by their names; what has no field goes to the notes.
///
/// Good rows land though others fail. A row whose e-mail address (else LinkedIn profile, else name, company and telephone number) is
/// known updates that lead: what the file has replaces what was known, what it does not have stays, notes are added. The same file again
/// changes nothing.
#[utoipa::path(
    post, path = "/api/crm/leads/import", operation_id = "importLeads", tag = "crm",
    security(("accessToken" = [])),
    params(
        ActingOrganization,
        IdempotencyHeader,
    ),
    request_body(content = String, content_type = "text/csv", description = "The file; `application/csv` and `application/vnd.ms-excel` are taken too."),
    responses(
        (status = 200, description = "What became of the rows.", body = LeadImport),
        (status = 413, description = "`too_many_rows`: the file has more than 5,000 rows."),
    )
)]
pub(crate) async fn import_leads(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    idempotency: IdempotencyKey,
    CsvFile(file): CsvFile,
) -> Result<Reply<LeadImport>, Error> {
    let once = idempotency.once_for_bytes(&access.caller(), &file);
    let landing = Landing { services: &services, access: &access };
    // The chunks commit by themselves, and find what landed before: what a repeat under the same key needs is only the first answer.
    let plan = || async { Ok((Transaction::new(), StatusCode::OK, import(&landing, &file).await?)) };
    services.store.execute_once(once.as_ref(), plan).await
}

async fn import(landing: &Landing<'_>, file: &[u8]) -> Result<LeadImport, Error> {
    let file = import::parse(file)?;
    let (mut leads, mut landed) = (Vec::with_capacity(file.rows.len()), Landed::default());
    for outcome in file.rows {
        match outcome.lead {
            Ok(lead) => leads.push((outcome.row, lead)),
            Err(errors) => landed.row_failed(errors),
        }
    }
    landing.land(&import::merge_duplicates(leads), &mut landed).await?;
    let Landed { imported, updated, skipped, failed, mut errors } = landed;
    // Stable: the faults of one row stay in the order of its fields.
    errors.sort_by_key(|error| error.row);
    let blank = u32::try_from(file.blank_rows).unwrap_or(u32::MAX);
    Ok(LeadImport {
        imported,
        updated,
        skipped: skipped.saturating_add(blank),
        failed,
        errors: errors.into_iter().take(ERRORS_MAXIMUM).map(LeadImportError::from).collect(),
    })
}
