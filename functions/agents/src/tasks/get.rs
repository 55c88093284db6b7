//! `GET /api/tasks/{taskId}`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::Path;
use shared::id::TaskId;
use shared::problem::ProblemBody;
use shared::services::Services;

use super::find;
use super::view::TaskView;
use crate::Error;

/// One task.
#[utoipa::path(
    get, path = "/api/tasks/{taskId}", operation_id = "getTask", tag = "agents",
    security(("accessToken" = [])),
    params(
        ("taskId" = TaskId, Path),
        ("X-Organization-Id" = Option<String>, Header, description = "The acting organisation; the personal one when absent."),
    ),
    responses(
        (status = 200, description = "The task.", body = TaskView),
        (status = "default", description = "A problem: 401, 404.", body = ProblemBody<'_>, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_task(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Path(id): Path<TaskId>,
) -> Result<Json<TaskView>, Error> {
    Ok(Json(find(&services, &access, id).await?.value.into()))
}
