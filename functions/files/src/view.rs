//! A file as the organisation's members see it.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::id::{FileId, OrganizationId, UserId};
use shared::model::file::{File, FileStatus};
use shared::problem::Problem;
use utoipa::ToSchema;
use vendors::s3::{Access, Bucket};

/// S3 knows no link that is good for less.
const LEAST: Duration = Duration::from_secs(1);
/// How long a link to read is good: it is made for whoever asks now, and needs no other proof of who they are.
const DOWNLOAD_LINK: Duration = Duration::from_secs(15 * 60);

/// A file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = File)]
pub(crate) struct FileView {
    /// The file's id.
    id: FileId,
    /// The organisation that it belongs to.
    organization_id: OrganizationId,
    /// What its uploader called it.
    #[schema(example = "pitch.pdf")]
    name: String,
    /// What kind of bytes it has, by its media type.
    #[schema(example = "application/pdf")]
    content_type: String,
    /// How many.
    size_bytes: u32,
    /// Where it stands.
    status: FileStatus,
    /// Whether it is the picture of its person.
    is_picture: bool,
    /// Who uploaded it.
    uploaded_by: UserId,
    /// When it was announced.
    created_at: Timestamp,
}

impl From<File> for FileView {
    fn from(file: File) -> Self {
        let File { id, organization_id, name, content_type, size_bytes, status, .. } = file;
        let File { is_picture, uploaded_by, created_at, .. } = file;
        Self { id, organization_id, name, content_type, size_bytes, status, is_picture, uploaded_by, created_at }
    }
}

/// How a file's bytes are sent.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadLink {
    /// The request's method.
    #[schema(example = "PUT")]
    method: String,
    /// Where to. Whoever has it can send the bytes, and needs no other proof of who they are.
    #[schema(format = "uri")]
    url: String,
    /// The headers that the request must have, exactly so. Its `Content-Length` must be the file's size, to which every HTTP client sets it.
    headers: BTreeMap<String, String>,
    /// Until when it is good.
    expires_at: Timestamp,
}

/// A file that was announced, and how its bytes are sent.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Upload {
    /// The file.
    file: FileView,
    /// How its bytes are sent.
    upload: UploadLink,
}

impl Upload {
    /// A link by which the bytes that were announced can be sent, once.
    pub(crate) fn new(file: FileView, bucket: &Bucket, now: Timestamp) -> Result<Self, Problem> {
        let length = file.size_bytes.to_string();
        let expires_at = File::link_ends_at(file.created_at, now);
        let good_for = expires_at.since(now).max(LEAST);
        // Nothing is put over what is there: what was looked at stays what it is.
        let headers = [("content-type", file.content_type.as_str()), ("if-none-match", "*")];
        let [kind, absent] = headers;
        let signed = [kind, absent, ("content-length", length.as_str())];
        let access = Access { method: Method::PUT, headers: &signed, query: &[], from: now, good_for };
        let object = File::object_of(file.organization_id, file.id);
        let url = bucket.link(&object, &access).ok_or_else(|| Problem::internal("a link cannot be signed"))?;
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let method = Method::PUT.to_string();
        Ok(Self { upload: UploadLink { method, url, headers, expires_at }, file })
    }
}

/// Where a file can be read.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DownloadLink {
    /// Where. Whoever has it can read the file, and needs no other proof of who they are.
    #[schema(format = "uri")]
    url: String,
    /// Until when it is good.
    expires_at: Timestamp,
}

/// A file, and where it can be read.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileWithLink {
    #[serde(flatten)]
    file: FileView,
    /// Where it can be read; null while its bytes have not come, or nobody has looked at them.
    #[schema(required)]
    download: Option<DownloadLink>,
}

impl FileWithLink {
    /// A link by which the file is saved under its name: a browser never shows it as a page.
    pub(crate) fn new(file: File, bucket: &Bucket, now: Timestamp) -> Result<Self, Problem> {
        if !file.is_ready() {
            return Ok(Self { file: file.into(), download: None });
        }
        let disposition = format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(&file.name, NON_ALPHANUMERIC));
        let query = [("response-content-disposition", disposition.as_str())];
        let access = Access { method: Method::GET, headers: &[], query: &query, from: now, good_for: DOWNLOAD_LINK };
        let url = bucket.link(&file.object(), &access).ok_or_else(|| Problem::internal("a link cannot be signed"))?;
        Ok(Self { file: file.into(), download: Some(DownloadLink { url, expires_at: now.plus(DOWNLOAD_LINK) }) })
    }
}
