//! Reading what the rules look at, in bounded queries.

use super::rules::{CONTENT_WINDOW, Observations, PENDING_TASKS_MAXIMUM, POSTS_MINIMUM, STALE_AFTER, STALE_STATUSES};
use crate::id::OrganizationId;
use crate::model::lead::Lead;
use crate::model::post::Post;
use crate::model::task::{Task, TaskStatus};
use crate::problem::Problem;
use crate::services::Services;
use crate::store::{Listing, Range};

/// Leads read in one page, and pages of one status: at most 1,000 leads of each are looked at.
const LEADS_PER_PAGE: u16 = 200;
const PAGES_MAXIMUM: usize = 5;

/// Looks at an organisation: two to ten queries for leads, one for posts, one for tasks.
pub(super) async fn observe(services: &Services, organization: OrganizationId) -> Result<Observations, Problem> {
    let now = services.clock.now();
    let mut seen = Observations::default();
    let silent_before = now.minus(STALE_AFTER).plus(std::time::Duration::from_millis(1)).to_string();
    for status in STALE_STATUSES {
        let listing = Listing::of_index(Lead::partition(organization), Lead::listing(organization, status))
            .range(Range::Before(silent_before.clone()))
            .limit(LEADS_PER_PAGE);
        let mut cursor = None;
        for _ in 0..PAGES_MAXIMUM {
            let page = services.store.list::<Lead>(&listing, cursor.as_deref()).await?;
            seen.stale_leads.extend(page.data.into_iter().map(|lead| lead.value));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        seen.more_stale_leads |= cursor.is_some();
    }
    let posts = u16::try_from(POSTS_MINIMUM).unwrap_or(u16::MAX);
    seen.recent_posts = Post::written_within(&services.store, organization, CONTENT_WINDOW, now, posts).await?;
    let pending = Listing::of_index(Task::partition(organization), Task::listing(organization, TaskStatus::Pending))
        .limit(u16::try_from(PENDING_TASKS_MAXIMUM + 1).unwrap_or(u16::MAX));
    seen.pending_tasks = services.store.list_items(&pending, None).await?.data.len();
    Ok(seen)
}
