//! `DELETE /api/users/{userId}/skills/{skillId}`

use axum::extract::State;
use http::StatusCode;
use shared::access::{PlatformRole, Principal};
use shared::event::Fact;
use shared::http::Path;
use shared::id::{SkillId, UserId};
use shared::model::connection::CONNECTIONS_MAXIMUM;
use shared::model::profile::Profile;
use shared::model::skill::{Endorsement, Skill};
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Key, Listing, Range, StoreError, Transaction};

use crate::Error;
use crate::own::Own;
use crate::rights::own_or;

/// How many endorsements one transaction removes.
const PAGE: u16 = 90;

/// Name a skill no more. Its endorsements go with it.
#[utoipa::path(
    delete, path = "/api/users/{userId}/skills/{skillId}", operation_id = "removeSkill", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path), ("skillId" = SkillId, Path)),
    responses(
        (status = 204, description = "The skill is not named any more."),
        (status = 403, description = "`forbidden`: the profile is another's, and the caller no admin of the platform."),
    )
)]
pub(crate) async fn remove_skill(
    State(services): State<Services>,
    principal: Principal,
    Path((id, skill_id)): Path<(UserId, SkillId)>,
) -> Result<StatusCode, Error> {
    own_or(&principal, id, PlatformRole::Admin)?;
    // First all endorsements but the last page, then the rest with the skill itself: one that comes in between makes it look again.
    let listing = Listing::of_partition(Endorsement::partition(id))
        .range(Range::Prefix(Endorsement::prefix(skill_id)))
        .limit(PAGE);
    for _ in 0..=CONNECTIONS_MAXIMUM / PAGE {
        let plan = || async {
            let mut transaction = Transaction::new();
            let skill = services.store.get::<Skill>(&Skill::key_of(id, skill_id)).await?;
            let skill = skill.ok_or_else(Problem::not_found)?;
            let page = services.store.list_items(&listing, None).await?;
            for key in page.data.iter().map(Key::of).collect::<Result<Vec<_>, StoreError>>()? {
                transaction.delete_key(key);
            }
            if page.next_cursor.is_some() {
                let left = skill.endorsements.saturating_sub(u32::from(PAGE));
                transaction.replace(&skill, Skill { endorsements: left, ..skill.value.clone() });
                return Ok((transaction, false));
            }
            let (now, own) = (services.clock.now(), Own::find(&services, id).await?);
            let current = own.profile(now);
            let next = Profile { skill_count: current.skill_count.saturating_sub(1), updated_at: now, ..current };
            own.become_next(None, next, [std::slice::from_ref(&skill.name), &[]], &mut transaction);
            transaction.delete(&skill);
            let fact = Fact::ProfileChanged { user_id: id };
            transaction.create(principal.event(&services, id.personal_organization(), fact));
            Ok::<_, Error>((transaction, true))
        };
        if services.store.execute(plan).await? {
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    // Somebody endorses faster than this removes, which connections are too few for.
    Err(StoreError::Contended.into())
}
