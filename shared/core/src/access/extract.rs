//! Rights as handler arguments.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::cache::Found;
use super::{PlatformRole, Role, TokenIssuer};
use crate::event::{Actor, Event, Fact};
use crate::id::{OrganizationId, SessionId, UserId};
use crate::model::membership::Membership;
use crate::model::organization::Organization;
use crate::model::session::Session;
use crate::model::user::User;
use crate::plan::{Plan, PlanName};
use crate::problem::Problem;
use crate::services::Services;
use crate::store::{Entity, StoreError, Versioned};
use crate::trace::Trace;

/// The name of the OpenAPI security scheme of access tokens.
pub const TOKEN_SECURITY: &str = "accessToken";

/// The header that names the acting organisation; the caller's personal one when absent.
const ORGANIZATION_HEADER: &str = "x-organization-id";

/// The parameter by which a path names the acting organisation itself; then the header says nothing.
const ORGANIZATION_PARAMETER: &str = "organizationId";

/// A signed-in person: their token verified, their session alive.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The account.
    pub user_id: UserId,
    /// The session the token belongs to.
    pub session_id: SessionId,
    /// The account's data.
    pub user: User,
    /// Whether the account's second factor was presented in the session.
    pub has_second_factor: bool,
    trace: Trace,
}

impl Principal {
    /// The name under which this caller's idempotency keys are kept.
    pub fn caller(&self) -> String {
        self.user_id.to_string()
    }

    /// Whether this is the person of that account, or an operator of the platform with at least this role.
    pub fn is_or_has(&self, user: UserId, least: PlatformRole) -> bool {
        self.user_id == user || self.user.platform_role.is_some_and(|role| role >= least)
    }

    /// Where what follows from this person's request comes from.
    pub const fn trace(&self) -> Trace {
        self.trace
    }

    /// An event by this person.
    pub fn event(&self, services: &Services, organization: OrganizationId, fact: Fact) -> Event {
        let actor = Actor::User { user_id: self.user_id };
        services.event(organization, actor, self.trace, fact)
    }
}

/// What an operation asks of its caller, as a type: the least role.
///
/// Roles are compared in one place, the extractor, and operations name a requirement, never a role. Permission sets of an organisation's
/// own making, should they come, are therefore a change of this trait and of the membership's row: a requirement gets a second constant,
/// the permission that it stands for, the membership the set that it was given, and the extractor admits whoever has either. Operations and
/// the three roles stay as they are.
pub trait RoleRequirement: Send + Sync + 'static {
    /// That role.
    const ROLE: Role;

    /// Whether the operation is also for an organisation that was deleted. To every other it is not there.
    const ALSO_DELETED: bool = false;

    /// Whether the operation is also for a session without a second factor where the organisation asks for one.
    const ALSO_WITHOUT_SECOND_FACTOR: bool = false;
}

/// Any member.
#[derive(Clone, Copy, Debug)]
pub struct Member;
/// An admin or the owner.
#[derive(Clone, Copy, Debug)]
pub struct Admin;
/// The owner.
#[derive(Clone, Copy, Debug)]
pub struct Owner;
/// The owner, also of an organisation that was deleted: who may restore it.
#[derive(Clone, Copy, Debug)]
pub struct Restorer;
/// Any member, also without the second factor that the organisation asks for: who may leave it.
#[derive(Clone, Copy, Debug)]
pub struct Leaver;

impl RoleRequirement for Member {
    const ROLE: Role = Role::Member;
}
impl RoleRequirement for Admin {
    const ROLE: Role = Role::Admin;
}
impl RoleRequirement for Owner {
    const ROLE: Role = Role::Owner;
}
impl RoleRequirement for Restorer {
    const ROLE: Role = Role::Owner;
    const ALSO_DELETED: bool = true;
}
impl RoleRequirement for Leaver {
    const ROLE: Role = Role::Member;
    const ALSO_WITHOUT_SECOND_FACTOR: bool = true;
}

/// A signed-in person acting in an organisation with at least the role `R`: in the one that the path names (`{organizationId}`), else in
/// the one of the header `X-Organization-Id`, else in their personal one.
#[derive(Clone, Debug)]
pub struct OrganizationAccess<R> {
    /// The person.
    pub principal: Principal,
    /// The organisation.
    pub organization: Organization,
    /// Their role in it.
    pub role: Role,
    requirement: PhantomData<R>,
}

impl<R> OrganizationAccess<R> {
    /// The organisation's id, from which every key of its data is built.
    pub const fn organization_id(&self) -> OrganizationId {
        self.organization.id
    }

    /// The organisation's plan.
    pub fn plan(&self) -> &'static Plan {
        self.organization.plan.plan()
    }

    /// The name of the organisation's plan.
    pub const fn plan_name(&self) -> PlanName {
        self.organization.plan
    }

    /// The name under which this caller's idempotency keys for this organisation are kept.
    pub fn caller(&self) -> String {
        format!("{}@{}", self.principal.user_id, self.organization.id)
    }

    /// An event by this person in this organisation.
    pub fn event(&self, services: &Services, fact: Fact) -> Event {
        self.principal.event(services, self.organization.id, fact)
    }
}

/// The platform role an operation asks for, as a type.
pub trait PlatformRequirement: Send + Sync + 'static {
    /// The least such role.
    const ROLE: PlatformRole;
}

/// Support or admin.
#[derive(Clone, Copy, Debug)]
pub struct Support;
/// Admin.
#[derive(Clone, Copy, Debug)]
pub struct PlatformAdmin;

impl PlatformRequirement for Support {
    const ROLE: PlatformRole = PlatformRole::Support;
}
impl PlatformRequirement for PlatformAdmin {
    const ROLE: PlatformRole = PlatformRole::Admin;
}

/// A signed-in person with at least the platform role `R`.
#[derive(Clone, Debug)]
pub struct PlatformAccess<R> {
    /// The person.
    pub principal: Principal,
    requirement: PhantomData<R>,
}

async fn find(parts: &Parts, services: &Services, organization: Wanted) -> Result<(Principal, Arc<Found>), Problem> {
    let header = parts.headers.get(AUTHORIZATION).ok_or_else(Problem::token_missing)?;
    let value = header.to_str().map_err(|_| Problem::token_invalid())?;
    let (scheme, token) = value.split_once(' ').ok_or_else(Problem::token_missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::token_missing());
    }
    let now = services.clock.now();
    let key_id = TokenIssuer::key_id(token).ok_or_else(Problem::token_invalid)?;
    let key = services.keys.find(key_id).await?.ok_or_else(Problem::token_invalid)?;
    let claims = services.tokens.verify(token, &key, now).ok_or_else(Problem::token_invalid)?;
    let organization = match organization {
        Wanted::None => None,
        Wanted::Personal => Some(claims.sub.personal_organization()),
        Wanted::Named(id) => Some(id),
    };
    let cache_key = (claims.sid, organization);
    let found = match services.access.find(cache_key, now) {
        Some(found) => found,
        None => {
            let found = Arc::new(read(services, claims.sub, claims.sid, organization).await?);
            services.access.insert(cache_key, now, found.clone());
            found
        }
    };
    // A token may be over though its session lives, so that this is asked of each.
    if !found.session.takes(claims.generation, now) {
        return Err(Problem::token_invalid());
    }
    let trace = Trace::of_parts(parts, &services.ids);
    let principal = Principal {
        user_id: claims.sub,
        session_id: claims.sid,
        user: found.user.clone(),
        has_second_factor: found.user.has_second_factor_in(&found.session),
        trace,
    };
    Ok((principal, found))
}

/// One consistent batch of the session, the account and, for an organisation, the membership and the organisation.
async fn read(
    services: &Services,
    user: UserId,
    session: SessionId,
    organization: Option<OrganizationId>,
) -> Result<Found, Problem> {
    let (session_key, user_key) = (Session::key_of(user, session), User::key_of(user));
    let mut keys = vec![session_key.clone(), user_key.clone()];
    keys.extend(organization.map(|id| Membership::key_of(user, id)));
    keys.extend(organization.map(Organization::key_of));
    let mut items = services.store.batch_get(&keys).await?;
    let mut take = |key| items.remove(&key);
    let session: Option<Versioned<Session>> = entity(take(session_key))?;
    let user_entity: Option<Versioned<User>> = entity(take(user_key))?;
    let (now, session) = (services.clock.now(), session.ok_or_else(Problem::token_invalid)?);
    let user_entity = user_entity.filter(|user| user.has_live(&session, now)).ok_or_else(Problem::token_invalid)?;
    if user_entity.suspended_at.is_some() {
        return Err(Problem::account_suspended());
    }
    let membership = match organization {
        None => None,
        Some(id) => {
            let membership: Option<Versioned<Membership>> = entity(take(Membership::key_of(user, id)))?;
            let organization: Option<Versioned<Organization>> = entity(take(Organization::key_of(id)))?;
            membership.zip(organization).map(|(membership, organization)| (membership.value, organization.value))
        }
    };
    Ok(Found { user: user_entity.value, session: session.value, membership })
}

fn entity<T: Entity>(item: Option<crate::store::Item>) -> Result<Option<Versioned<T>>, StoreError> {
    item.map(Versioned::from_item).transpose()
}

enum Wanted {
    None,
    Personal,
    Named(OrganizationId),
}

/// The organisation that a request is about. None is an id that cannot be.
async fn wanted(parts: &mut Parts) -> Option<Wanted> {
    let named = |text: &str| text.parse().ok().map(Wanted::Named);
    match RawPathParams::from_request_parts(parts, &()).await {
        Ok(parameters) => {
            if let Some((_, id)) = parameters.iter().find(|(name, _)| *name == ORGANIZATION_PARAMETER) {
                return named(id);
            }
        }
        Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => return None,
        // The route has no parameters.
        Err(_) => {}
    }
    match parts.headers.get(ORGANIZATION_HEADER) {
        None => Some(Wanted::Personal),
        Some(value) => value.to_str().ok().and_then(named),
    }
}

impl<S> FromRequestParts<S> for Principal
where
    S: Sync,
    Services: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let services = Services::from_ref(state);
        Ok(find(parts, &services, Wanted::None).await?.0)
    }
}

impl<S, R: RoleRequirement> FromRequestParts<S> for OrganizationAccess<R>
where
    S: Sync,
    Services: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let services = Services::from_ref(state);
        let Some(wanted) = wanted(parts).await else {
            // An id that cannot be is as unknown as one that is not ours; but first the caller has to show who they are.
            find(parts, &services, Wanted::None).await?;
            return Err(Problem::not_found());
        };
        let (principal, found) = find(parts, &services, wanted).await?;
        let (membership, organization) = found.membership.clone().ok_or_else(Problem::not_found)?;
        if !organization.is_there() && !R::ALSO_DELETED {
            return Err(Problem::not_found());
        }
        let lacks_factor = organization.require_second_factor && !principal.has_second_factor;
        if lacks_factor && !R::ALSO_WITHOUT_SECOND_FACTOR {
            return Err(Problem::second_factor_required(&principal.user));
        }
        if membership.role < R::ROLE {
            return Err(Problem::forbidden(
                "Your role in this organisation does not allow this; ask an admin or the owner.",
            ));
        }
        Ok(Self { principal, organization, role: membership.role, requirement: PhantomData })
    }
}

impl<S, R: PlatformRequirement> FromRequestParts<S> for PlatformAccess<R>
where
    S: Sync,
    Services: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let services = Services::from_ref(state);
        let (principal, _) = find(parts, &services, Wanted::None).await?;
        match principal.user.platform_role {
            Some(role) if role >= R::ROLE => Ok(Self { principal, requirement: PhantomData }),
            _ => Err(Problem::forbidden("This is for operators of the platform.")),
        }
    }
}
