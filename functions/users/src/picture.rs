//! People's pictures: which files can be one, and where it is seen.

use std::time::Duration;

use http::Method;
use shared::clock::{Clock, Timestamp};
use shared::id::{FileId, UserId};
use shared::model::file::{File, PICTURE_BYTES_MAXIMUM};
use shared::problem::{FieldProblem, Problem};
use shared::services::Services;
use shared::store::{Transaction, Versioned};
use vendors::s3::{Access, Bucket};

/// For how long all links to a picture are the same, so that browsers ask for it once.
const SAME: Duration = Duration::from_secs(60 * 60);
/// How long a link is good: an hour at least, whenever within an hour it is made.
const GOOD_FOR: Duration = Duration::from_secs(2 * 60 * 60);

/// Where pictures are seen; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Pictures {
    bucket: Bucket,
    clock: Clock,
}

impl Pictures {
    pub(crate) const fn new(bucket: Bucket, clock: Clock) -> Self {
        Self { bucket, clock }
    }

    /// Where the picture of a person is seen. Who asks may see it: that is the caller's to know.
    pub(crate) fn url(&self, user: UserId, picture: FileId) -> Option<String> {
        let same_ms = i64::try_from(SAME.as_millis()).ok()?;
        let now_ms = self.clock.now().as_milliseconds();
        let from = Timestamp::from_milliseconds(now_ms.saturating_sub(now_ms.rem_euclid(same_ms)));
        let access = Access { method: Method::GET, headers: &[], query: &[], from, good_for: GOOD_FOR };
        self.bucket.link(&File::object_of(user.personal_organization(), picture), &access)
    }
}

/// Adds to a transaction that a person's picture becomes another one, or none: the one before may be removed from then on, this one no more.
pub(crate) async fn exchange<E>(
    services: &Services,
    user: UserId,
    [before, next]: [Option<FileId>; 2],
    transaction: &mut Transaction<E>,
) -> Result<(), Problem> {
    if before == next {
        return Ok(());
    }
    let key = |file| File::key_of(user.personal_organization(), file);
    let keys = [before, next].into_iter().flatten().map(key).collect::<Vec<_>>();
    let mut items = services.store.batch_get(&keys).await?;
    let mut file = |id: FileId| items.remove(&key(id)).map(Versioned::<File>::from_item).transpose();
    let now = services.clock.now();
    if let Some(before) = before.map(&mut file).transpose()?.flatten() {
        transaction.replace(&before, before.as_picture(false, now));
    }
    let Some(next) = next else { return Ok(()) };
    match file(next)?.filter(|next| next.can_be_picture()) {
        Some(next) => transaction.replace(&next, next.as_picture(true, now)),
        None => {
            let millions = PICTURE_BYTES_MAXIMUM / 1_000_000;
            let message = format!(
                "must be a GIF, JPEG, PNG or WebP of at most {millions} MB that the person's own organisation has and that is complete"
            );
            return Err(Problem::invalid(vec![FieldProblem::new("avatarFileId", message)]));
        }
    }
    Ok(())
}
