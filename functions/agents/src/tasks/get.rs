//! `GET /api/tasks/{taskId}`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::{ActingOrganization, Path};
use shared::id::TaskId;
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
        ActingOrganization,
    ),
    responses(
        (status = 200, description = "The task.", body = TaskView),
    )
)]
pub(crate) async fn get_task(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Path(id): Path<TaskId>,
) -> Result<Json<TaskView>, Error> {
    Ok(Json(find(&services, &access, id).await?.value.into()))
}
