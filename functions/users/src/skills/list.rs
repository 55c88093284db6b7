//! `GET /api/users/{userId}/skills`

use axum::Json;
use axum::extract::State;
use shared::access::Principal;
use shared::http::Path;
use shared::id::UserId;
use shared::model::connection::ConnectionState;
use shared::model::skill::Endorsement;
use shared::services::Services;
use shared::store::Page;

use super::all_of;
use super::view::SkillView;
use crate::Error;
use crate::person::Person;

/// A person's skills, those with most endorsements first; none where they do not show them to the caller. All are on one page: there are
/// 30 at most.
#[utoipa::path(
    get, path = "/api/users/{userId}/skills", operation_id = "listSkills", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 200, description = "The skills.", body = Page<SkillView>),
    )
)]
pub(crate) async fn list_skills(
    State(services): State<Services>,
    principal: Principal,
    Path(id): Path<UserId>,
) -> Result<Json<Page<SkillView>>, Error> {
    let person = Person::find(&services, &principal, id).await?;
    let visible = person.shows(&services, &principal, person.profile.privacy.skills).await?;
    if !visible || person.profile.skill_count == 0 {
        return Ok(Json(Page { data: Vec::new(), next_cursor: None }));
    }
    let mut skills = all_of(&services, id).await?;
    skills.sort_by(|one, other| other.endorsements.cmp(&one.endorsements).then_with(|| one.name.cmp(&other.name)));
    // Only a connection can have endorsed any, or may have been one.
    let may_have = person.state() == Some(ConnectionState::Connected);
    let keys = skills.iter().filter(|skill| may_have && skill.endorsements > 0);
    let keys = keys.map(|skill| Endorsement::key_of(id, skill.id, principal.user_id)).collect::<Vec<_>>();
    let mine = services.store.batch_get(&keys).await?;
    let view = |skill: shared::store::Versioned<_>| {
        let skill: shared::model::skill::Skill = skill.value;
        let endorsed = mine.contains_key(&Endorsement::key_of(id, skill.id, principal.user_id));
        SkillView::new(skill, endorsed)
    };
    Ok(Json(Page { data: skills.into_iter().map(view).collect(), next_cursor: None }))
}
