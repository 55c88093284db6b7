//! `GET /api/users/{userId}`

use axum::Json;
use axum::extract::State;
use shared::access::Principal;
use shared::http::Path;
use shared::id::UserId;
use shared::services::Services;

use crate::Error;
use crate::person::Person;
use crate::picture::Pictures;
use crate::view::PersonView;

/// A person, as far as they let the caller see them. The platform's staff see everything, to be able to help.
#[utoipa::path(
    get, path = "/api/users/{userId}", operation_id = "getUser", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 200, description = "The person.", body = PersonView),
    )
)]
pub(crate) async fn get_user(
    State(services): State<Services>,
    State(pictures): State<Pictures>,
    principal: Principal,
    Path(id): Path<UserId>,
) -> Result<Json<PersonView>, Error> {
    let person = Person::find(&services, &principal, id).await?;
    let (viewer, state) = (person.viewer(&services, &principal).await?, person.state());
    Ok(Json(PersonView::new(person.user, person.profile, state, viewer, &pictures)))
}
