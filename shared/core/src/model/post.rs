//! A social media post.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::{OrganizationId, PostId, TaskId};
use crate::problem::Problem;
use crate::store::{Entity, Key, Listing, Range, Store, Versioned};

/// Where a post stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PostStatus {
    /// Written, for a person to use.
    Draft,
}

/// A post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Post {
    /// The post's id.
    pub id: PostId,
    /// The organisation.
    pub organization_id: OrganizationId,
    /// Where it stands.
    pub status: PostStatus,
    /// Its text.
    pub text: String,
    /// Its hashtags, without the sign.
    pub hashtags: Vec<String>,
    /// The task that wrote it.
    pub task_id: TaskId,
    /// When it was written.
    pub created_at: Timestamp,
}

impl Post {
    /// The partition of an organisation's posts.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#POST")
    }

    /// How many posts an organisation wrote in the time before `now`, counted up to `limit`. Post ids sort by time, so this is one query.
    pub async fn written_within(
        store: &Store,
        organization: OrganizationId,
        time: Duration,
        now: Timestamp,
        limit: u16,
    ) -> Result<usize, Problem> {
        let since = u64::try_from(now.minus(time).as_milliseconds()).unwrap_or(0);
        let first = PostId::from(ulid::Ulid::from_parts(since, 0)).to_string();
        let listing = Listing::of_partition(Self::partition(organization)).range(Range::From(first)).limit(limit);
        let page = store.list::<Self>(&listing, None).await?;
        Ok(page.data.iter().filter(|post: &&Versioned<Self>| post.created_at <= now).count())
    }
}

impl Entity for Post {
    const TYPE: &'static str = "post";

    fn key(&self) -> Key {
        Key::new(Self::partition(self.organization_id), self.id.to_string())
    }
}
