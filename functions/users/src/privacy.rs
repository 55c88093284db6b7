//! `/api/users/{userId}/privacy`

use axum::Json;
use axum::extract::State;
use shared::access::{PlatformRole, Principal};
use shared::event::Fact;
use shared::http::{Input, Path};
use shared::id::UserId;
use shared::model::profile::{Privacy, Profile};
use shared::services::Services;
use shared::store::Transaction;

use crate::Error;
use crate::own::Own;
use crate::rights::own_or;
use crate::skills::all_of;

/// Who sees what of a person.
#[utoipa::path(
    get, path = "/api/users/{userId}/privacy", operation_id = "getPrivacy", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 200, description = "The visibility of each field.", body = Privacy),
        (status = 403, description = "`forbidden`: the profile is another's, and the caller no operator of the platform."),
    )
)]
pub(crate) async fn get_privacy(
    State(services): State<Services>,
    principal: Principal,
    Path(id): Path<UserId>,
) -> Result<Json<Privacy>, Error> {
    own_or(&principal, id, PlatformRole::Support)?;
    let own = Own::find(&services, id).await?;
    Ok(Json(own.profile(services.clock.now()).privacy))
}

/// Say who sees what of oneself. What is no longer public is no longer found from that moment on.
#[utoipa::path(
    put, path = "/api/users/{userId}/privacy", operation_id = "replacePrivacy", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    request_body = Privacy,
    responses(
        (status = 200, description = "The visibility of each field.", body = Privacy),
        (status = 403, description = "`forbidden`: the profile is another's, and the caller no admin of the platform."),
    )
)]
pub(crate) async fn replace_privacy(
    State(services): State<Services>,
    principal: Principal,
    Path(id): Path<UserId>,
    Input(privacy): Input<Privacy>,
) -> Result<Json<Privacy>, Error> {
    own_or(&principal, id, PlatformRole::Admin)?;
    let plan = || async {
        let (now, own) = (services.clock.now(), Own::find(&services, id).await?);
        let current = own.profile(now);
        let mut transaction = Transaction::<Error>::new();
        if current.privacy != privacy {
            let next = Profile { privacy, updated_at: now, ..current.clone() };
            let moves = current.privacy.skills != privacy.skills && current.skill_count > 0;
            let skills = if moves { all_of(&services, id).await? } else { Vec::new() };
            let names = skills.into_iter().map(|skill| skill.value.name).collect::<Vec<_>>();
            own.become_next(None, next, [&names, &names], &mut transaction);
            let fact = Fact::PrivacyChanged { user_id: id };
            transaction.create(principal.event(&services, id.personal_organization(), fact));
        }
        Ok::<_, Error>((transaction, ()))
    };
    services.store.execute(plan).await?;
    Ok(Json(privacy))
}
