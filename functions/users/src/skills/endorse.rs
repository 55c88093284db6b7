//! `/api/users/{userId}/skills/{skillId}/endorsement`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use shared::access::Principal;
use shared::event::Fact;
use shared::http::Path;
use shared::id::{SkillId, UserId};
use shared::model::connection::{Connection, ConnectionState};
use shared::model::profile::{Profile, Viewer, Visibility};
use shared::model::skill::{Endorsement, Skill};
use shared::model::user::User;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Transaction, Versioned};

use super::view::SkillView;
use crate::Error;

/// Endorse a skill of somebody one is connected with. It counts once, however often it is sent.
#[utoipa::path(
    post, path = "/api/users/{userId}/skills/{skillId}/endorsement", operation_id = "endorseSkill", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path), ("skillId" = SkillId, Path)),
    responses(
        (status = 200, description = "The skill.", body = SkillView),
        (status = 403, description = "`forbidden`: the caller is not connected with the person."),
        (status = 409, description = "`yourself`: nobody endorses their own skills."),
    )
)]
pub(crate) async fn endorse_skill(
    State(services): State<Services>,
    principal: Principal,
    Path((id, skill_id)): Path<(UserId, SkillId)>,
) -> Result<Json<SkillView>, Error> {
    if principal.user_id == id {
        return Err(Error::Yourself);
    }
    let plan = || async {
        let Found { skill, mine } = Found::read(&services, &principal, id, skill_id).await?;
        let mut transaction = Transaction::<Error>::new();
        let endorsed = match mine {
            Some(_) => skill.value,
            None => {
                let endorsements = skill.endorsements.saturating_add(1);
                let next = Skill { endorsements, ..skill.value.clone() };
                let (endorser_id, at) = (principal.user_id, services.clock.now());
                transaction.replace(&skill, next.clone());
                transaction.create(Endorsement { user_id: id, skill_id, endorser_id, at });
                let fact = Fact::SkillEndorsed { user_id: endorser_id, other_id: id, skill_id };
                transaction.create(principal.event(&services, endorser_id.personal_organization(), fact));
                next
            }
        };
        Ok::<_, Error>((transaction, SkillView::new(endorsed, true)))
    };
    Ok(Json(services.store.execute(plan).await?))
}

/// Take an endorsement back, also after the connection ended.
#[utoipa::path(
    delete, path = "/api/users/{userId}/skills/{skillId}/endorsement", operation_id = "withdrawEndorsement", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path), ("skillId" = SkillId, Path)),
    responses(
        (status = 204, description = "The caller does not endorse the skill."),
    )
)]
pub(crate) async fn withdraw_endorsement(
    State(services): State<Services>,
    principal: Principal,
    Path((id, skill_id)): Path<(UserId, SkillId)>,
) -> Result<StatusCode, Error> {
    let endorser_id = principal.user_id;
    let plan = || async {
        let keys = [Skill::key_of(id, skill_id), Endorsement::key_of(id, skill_id, endorser_id)];
        let mut items = services.store.batch_get(&keys).await?;
        let [skill, mine] = keys.map(|key| items.remove(&key));
        let skill = skill.map(Versioned::<Skill>::from_item).transpose()?.ok_or_else(Problem::not_found)?;
        let mut transaction = Transaction::<Error>::new();
        if let Some(mine) = mine.map(Versioned::<Endorsement>::from_item).transpose()? {
            transaction.delete(&mine);
            let endorsements = skill.endorsements.saturating_sub(1);
            transaction.replace(&skill, Skill { endorsements, ..skill.value.clone() });
            let fact = Fact::EndorsementWithdrawn { user_id: endorser_id, other_id: id, skill_id };
            transaction.create(principal.event(&services, endorser_id.personal_organization(), fact));
        }
        Ok::<_, Error>((transaction, StatusCode::NO_CONTENT))
    };
    services.store.execute(plan).await
}

/// A skill that the caller may endorse, and whether they have.
struct Found {
    skill: Versioned<Skill>,
    mine: Option<Versioned<Endorsement>>,
}

impl Found {
    async fn read(services: &Services, principal: &Principal, id: UserId, skill_id: SkillId) -> Result<Self, Error> {
        let me = principal.user_id;
        let keys = [
            User::key_of(id),
            Profile::key_of(id),
            Connection::key_of(me, id),
            Skill::key_of(id, skill_id),
            Endorsement::key_of(id, skill_id, me),
        ];
        let mut items = services.store.batch_get(&keys).await?;
        let [user, profile, connection, skill, mine] = keys.map(|key| items.remove(&key));
        let user = user.map(Versioned::<User>::from_item).transpose()?;
        user.filter(|user| user.is_active()).ok_or_else(Problem::not_found)?;
        let connection = connection.map(Versioned::<Connection>::from_item).transpose()?;
        let is_connected = connection.is_some_and(|it| it.state == Some(ConnectionState::Connected));
        let visibility = profile.map(Versioned::<Profile>::from_item).transpose()?.map(|it| it.privacy.skills);
        // A connection that also shares an organisation sees skills for organisations; it is not looked up for this.
        let visibility = visibility.unwrap_or(Visibility::Private);
        if !visibility.shows(Viewer { is_connected, ..Viewer::default() }) {
            return Err(Problem::not_found().into());
        }
        let skill = skill.map(Versioned::<Skill>::from_item).transpose()?.ok_or_else(Problem::not_found)?;
        if !is_connected {
            return Err(Error::NotConnected);
        }
        Ok(Self { skill, mine: mine.map(Versioned::<Endorsement>::from_item).transpose()? })
    }
}
