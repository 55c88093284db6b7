//! A file that somebody uploaded, and how it moves from status to status. Its bytes are an object of S3.
//!
//! ```text
//! PENDING ──bytes came and are what they were said to be──▶ READY
//!    │                                                        │
//!    └──they are not, or none came within a day──▶ REMOVED ◀──┘ (somebody removed it)
//! ```
//!
//! Nobody gets the bytes of a pending file. A removed one is gone for everybody at once; its object, and then its row, are removed by the
//! purge, to which the `due` index leads.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::due;
use super::storage::Storage;
use crate::clock::Timestamp;
use crate::id::{FileId, OrganizationId, UserId};
use crate::store::{Entity, Indexes, Key, ListingIndex, Transaction, Versioned};

/// The largest file (CONTRACT "files").
pub const FILE_BYTES_MAXIMUM: u32 = 50_000_000;
/// The largest picture of a person.
pub const PICTURE_BYTES_MAXIMUM: u32 = 5_000_000;
/// How long the bytes of a file may take to come. No link to send them is good for longer, so that nothing comes to an object that was removed.
pub const UPLOAD_TIME: Duration = Duration::from_secs(24 * 60 * 60);
/// How long one link to send them is good.
pub const UPLOAD_LINK_TIME: Duration = Duration::from_secs(60 * 60);

/// Where a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FileStatus {
    /// Its bytes are to come, or to be looked at.
    Pending,
    /// It can be read.
    Ready,
    /// It is gone; its object will be.
    Removed,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct File {
    /// The file's id.
    pub id: FileId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// What its uploader called it.
    pub name: String,
    /// What kind of bytes it has, by its media type (RFC 6838).
    pub content_type: String,
    /// How many.
    pub size_bytes: u32,
    /// Where it stands.
    pub status: FileStatus,
    /// Whether it is the picture of the person whose personal organisation it belongs to.
    pub is_picture: bool,
    /// Who uploaded it.
    pub uploaded_by: UserId,
    /// When it was announced.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}

impl File {
    /// The kind of the `due` index under which files stand whose objects are to be removed.
    pub const DUE: &'static str = "FILE_REMOVAL";

    /// The partition of an organisation's files.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#FILE")
    }

    /// Where a file lies.
    pub fn key_of(organization: OrganizationId, file: FileId) -> Key {
        Key::new(Self::partition(organization), file.to_string())
    }

    /// Which file of which organisation lies at `key`; none if no file can.
    pub fn ids_of(key: &Key) -> Option<(OrganizationId, FileId)> {
        let organization = key.pk.strip_prefix("ORG#")?.strip_suffix("#FILE")?;
        Some((organization.parse().ok()?, key.sk.parse().ok()?))
    }

    /// The list of what somebody uploaded for an organisation and can be read.
    pub fn listing(organization: OrganizationId, user: UserId) -> String {
        format!("ORG#{organization}#FILE#{user}")
    }

    /// The name of the object with a file's bytes.
    pub fn object_of(organization: OrganizationId, file: FileId) -> String {
        format!("{organization}/{file}")
    }

    /// The name of the object with its bytes.
    pub fn object(&self) -> String {
        Self::object_of(self.organization_id, self.id)
    }

    /// Whether it can be read.
    pub fn is_ready(&self) -> bool {
        self.status == FileStatus::Ready
    }

    /// Until when a link that is made now may bring its bytes.
    pub fn link_ends_at(created_at: Timestamp, now: Timestamp) -> Timestamp {
        now.plus(UPLOAD_LINK_TIME).min(created_at.plus(UPLOAD_TIME))
    }

    /// Whether a link that was made when it was announced may still bring its bytes.
    pub fn may_come(&self, now: Timestamp) -> bool {
        now <= self.created_at.plus(UPLOAD_LINK_TIME)
    }

    /// Whether its bytes had their time to come.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.created_at.plus(UPLOAD_TIME) <= now
    }

    /// Whether it can be a person's picture: one that browsers show, without anything in it that they would run, and not too large.
    pub fn can_be_picture(&self) -> bool {
        let is_picture = matches!(self.content_type.as_str(), "image/gif" | "image/jpeg" | "image/png" | "image/webp");
        is_picture && self.is_ready() && self.size_bytes <= PICTURE_BYTES_MAXIMUM
    }

    /// The file as it can be read, once its bytes were looked at.
    #[must_use]
    pub fn ready(&self, now: Timestamp) -> Self {
        Self { status: FileStatus::Ready, updated_at: now, ..self.clone() }
    }

    /// The file gone.
    #[must_use]
    fn removed(&self, now: Timestamp) -> Self {
        Self { status: FileStatus::Removed, is_picture: false, updated_at: now, ..self.clone() }
    }

    /// Adds to a transaction that a file is gone, and its room given back. The event is the command's own.
    pub fn remove<E>(current: &Versioned<Self>, now: Timestamp, transaction: &mut Transaction<E>) {
        transaction.replace(current, current.removed(now));
        transaction.update(Storage::release(current.organization_id, current.size_bytes));
    }

    /// The file as somebody's picture, or no longer.
    #[must_use]
    pub fn as_picture(&self, is_picture: bool, now: Timestamp) -> Self {
        Self { is_picture, updated_at: now, ..self.clone() }
    }
}

impl Entity for File {
    const TYPE: &'static str = "file";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, self.id)
    }

    fn indexes(&self) -> Indexes {
        let partition = Self::listing(self.organization_id, self.uploaded_by);
        let listing = self.is_ready().then(|| ListingIndex { partition, sort: self.id.to_string() });
        let due_at = match self.status {
            FileStatus::Pending => Some(self.created_at.plus(UPLOAD_TIME)),
            FileStatus::Ready => None,
            // Not while a link could still bring bytes.
            FileStatus::Removed => Some(self.updated_at.max(self.created_at.plus(UPLOAD_TIME))),
        };
        let due = due_at.map(|at| due(Self::DUE, self.id.ulid(), at.to_string()));
        Indexes { listing, due, expires_at: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn file(content_type: &str, size_bytes: u32) -> File {
        File {
            id: ulid::Ulid::from(3).into(),
            organization_id: ulid::Ulid::from(1).into(),
            name: "ada.png".to_owned(),
            content_type: content_type.to_owned(),
            size_bytes,
            status: FileStatus::Pending,
            is_picture: false,
            uploaded_by: ulid::Ulid::from(2).into(),
            created_at: NOW,
            updated_at: NOW,
        }
    }

    #[test]
    fn only_what_can_be_read_is_listed_and_only_what_cannot_is_removed() {
        let pending = file("image/png", 10);
        let (ready, day) = (pending.ready(NOW), NOW.plus(UPLOAD_TIME));
        let removed = ready.removed(NOW);
        let due = |file: &File| file.indexes().due.map(|due| due.sort);
        let at = |time: Timestamp| Some(time.to_string());
        assert_eq!([due(&pending), due(&ready), due(&removed)], [at(day), None, at(day)]);
        let later = day.plus(UPLOAD_TIME);
        assert_eq!(due(&ready.removed(later)), at(later));
        let listed = [&pending, &ready, &removed].map(|file| file.indexes().listing.is_some());
        assert_eq!(listed, [false, true, false]);
        assert_eq!(File::ids_of(&ready.key()), Some((ready.organization_id, ready.id)));
    }

    #[test]
    fn a_picture_is_ready_shown_by_browsers_and_small() {
        let can_be = |content_type, size| file(content_type, size).ready(NOW).can_be_picture();
        assert!(can_be("image/webp", PICTURE_BYTES_MAXIMUM));
        assert!(!can_be("image/webp", PICTURE_BYTES_MAXIMUM + 1) && !can_be("application/pdf", 10));
        assert!(!can_be("image/svg+xml", 10), "it may hold a program");
        assert!(!file("image/png", 10).can_be_picture(), "nobody has looked at it");
    }
}
