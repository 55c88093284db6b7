//! `PUT /api/users/{userId}`

use axum::Json;
use axum::extract::State;
use shared::access::{PlatformRole, Principal};
use shared::event::Fact;
use shared::http::{Input, Path};
use shared::id::UserId;
use shared::model::profile::{Profile, Viewer};
use shared::model::user::User;
use shared::services::Services;
use shared::store::Transaction;
use shared::text;

use crate::Error;
use crate::input::ProfileInput;
use crate::own::Own;
use crate::picture::{Pictures, exchange};
use crate::rights::own_or;
use crate::view::PersonView;

/// Write one's profile, as a whole. From the first time on, what of it is public can be found.
#[utoipa::path(
    put, path = "/api/users/{userId}", operation_id = "replaceUser", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    request_body = ProfileInput,
    responses(
        (status = 200, description = "The person.", body = PersonView),
        (status = 403, description = "`forbidden`: the profile is another's, and the caller no admin of the platform."),
    )
)]
pub(crate) async fn replace_user(
    State(services): State<Services>,
    State(pictures): State<Pictures>,
    principal: Principal,
    Path(id): Path<UserId>,
    Input(input): Input<ProfileInput>,
) -> Result<Json<PersonView>, Error> {
    own_or(&principal, id, PlatformRole::Admin)?;
    let plan = || async {
        let (now, own) = (services.clock.now(), Own::find(&services, id).await?);
        let (user, current) = (&own.user, own.profile(now));
        let next_user = User { name: text::line(&input.name), ..user.value.clone() };
        let details = input.details();
        let mut transaction = Transaction::<Error>::new();
        let next = Profile { details, updated_at: now, ..current.clone() };
        if own.profile.is_none() || next.details != current.details || next_user != user.value {
            let changed = Some(next_user.clone()).filter(|next| *next != user.value);
            own.become_next(changed, next.clone(), [&[], &[]], &mut transaction);
            let avatars = [current.details.avatar_file_id, next.details.avatar_file_id];
            exchange(&services, id, avatars, &mut transaction).await?;
            let fact = Fact::ProfileChanged { user_id: id };
            transaction.create(principal.event(&services, id.personal_organization(), fact));
        }
        let viewer = Viewer { sees_all: true, ..Viewer::default() };
        Ok::<_, Error>((transaction, PersonView::new(next_user, next, None, viewer, &pictures)))
    };
    Ok(Json(services.store.execute(plan).await?))
}
