//! `GET /api/tasks`

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use shared::access::{Member, OrganizationAccess};
use shared::http::{ActingOrganization, PAGE_LIMIT_MAXIMUM, Query, page_limit};
use shared::model::task::{Task, TaskStatus};
use shared::services::Services;
use shared::store::{Listing, Page};
use utoipa::IntoParams;

use super::view::TaskView;
use crate::Error;

/// Which tasks.
#[derive(Debug, Deserialize, IntoParams, garde::Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TaskQuery {
    /// Only tasks of this status.
    #[garde(skip)]
    #[serde(default)]
    #[param(inline)]
    status: Option<TaskStatus>,
    /// `nextCursor` of the page before; the first page without it.
    #[garde(skip)]
    #[serde(default)]
    #[param(min_length = 1, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
    /// How many items at most: 1 to 100, 50 by default.
    #[garde(inner(range(min = 1, max = PAGE_LIMIT_MAXIMUM)))]
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
}

/// The organisation's tasks, the newest first. A list by status follows a change within a moment.
#[utoipa::path(
    get, path = "/api/tasks", operation_id = "listTasks", tag = "agents",
    security(("accessToken" = [])),
    params(ActingOrganization, TaskQuery),
    responses(
        (status = 200, description = "A page of tasks.", body = Page<TaskView>),
    )
)]
pub(crate) async fn list_tasks(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Query(query): Query<TaskQuery>,
) -> Result<Json<Page<TaskView>>, Error> {
    let organization = access.organization_id();
    let partition = Task::partition(organization);
    let listing = match query.status {
        Some(status) => Listing::of_index(partition, Task::listing(organization, status)),
        None => Listing::of_partition(partition),
    };
    let listing = listing.newest_first().limit(page_limit(query.limit));
    let page = services.store.list::<Task>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|task| task.value.into())))
}
