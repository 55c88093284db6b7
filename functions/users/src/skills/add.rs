//! `POST /api/users/{userId}/skills`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::access::{PlatformRole, Principal};
use shared::event::Fact;
use shared::http::{IdempotencyHeader, Input, Path};
use shared::id::UserId;
use shared::model::profile::{Profile, SKILLS_MAXIMUM};
use shared::model::skill::Skill;
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};
use shared::text;
use utoipa::ToSchema;

use super::view::SkillView;
use crate::Error;
use crate::own::Own;
use crate::rights::own_or;

/// A skill to name.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddSkill {
    /// Its name. Upper and lower case make no difference.
    #[garde(custom(text::is_line), length(chars, max = 60))]
    #[schema(min_length = 1, max_length = 60, example = "Rust")]
    name: String,
}

/// Name a skill of oneself.
#[utoipa::path(
    post, path = "/api/users/{userId}/skills", operation_id = "addSkill", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path), IdempotencyHeader),
    request_body = AddSkill,
    responses(
        (status = 201, description = "The skill.", body = SkillView),
        (status = 403, description = "`forbidden`: the profile is another's, and the caller no admin of the platform."),
        (status = 409, description = "`skill_exists`: it is named already; `too_many_skills`: there are 30."),
    )
)]
pub(crate) async fn add_skill(
    State(services): State<Services>,
    principal: Principal,
    Path(id): Path<UserId>,
    idempotency: IdempotencyKey,
    Input(input): Input<AddSkill>,
) -> Result<Reply<SkillView>, Error> {
    own_or(&principal, id, PlatformRole::Admin)?;
    let once = idempotency.once(&format!("{}/{id}", principal.caller()), &input)?;
    let plan = || async {
        let (now, own) = (services.clock.now(), Own::find(&services, id).await?);
        let current = own.profile(now);
        let name = text::line(&input.name);
        let skill = Skill { id: Skill::id_of(&name), user_id: id, name, endorsements: 0, added_at: now };
        if services.store.get::<Skill>(&Skill::key_of(id, skill.id)).await?.is_some() {
            return Err(Error::SkillExists);
        }
        if current.skill_count >= SKILLS_MAXIMUM {
            return Err(Error::TooManySkills);
        }
        let next = Profile { skill_count: current.skill_count.saturating_add(1), updated_at: now, ..current };
        let mut transaction = Transaction::new();
        own.become_next(None, next, [&[], std::slice::from_ref(&skill.name)], &mut transaction);
        transaction.create_or(skill.clone(), Error::SkillExists);
        let fact = Fact::ProfileChanged { user_id: id };
        transaction.create(principal.event(&services, id.personal_organization(), fact));
        Ok((transaction, StatusCode::CREATED, SkillView::new(skill, false)))
    };
    services.store.execute_once(once.as_ref(), plan).await
}
