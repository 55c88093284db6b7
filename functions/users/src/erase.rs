//! `DELETE /api/users/{userId}`

use axum::extract::State;
use http::StatusCode;
use shared::access::{PlatformRole, Principal, Role};
use shared::event::Fact;
use shared::http::Path;
use shared::id::UserId;
use shared::model::account_email::AccountEmail;
use shared::model::credential::Credential;
use shared::model::erasure::Erasure;
use shared::model::identity::{IdentityProvider, LinkedIdentity};
use shared::model::membership::Membership;
use shared::model::organization::Organization;
use shared::services::Services;
use shared::store::{Transaction, Versioned};

use crate::Error;
use crate::own::Own;
use crate::person::memberships;
use crate::rights::{own_or, require_recent};
use crate::skills::all_of;

/// How many organisations without other members end with an account: as many as its transaction has room for.
const ORGANIZATIONS_MAXIMUM: usize = 20;

/// Erase an account, for good. At once nobody can sign in to it, meet it or find it, and its address and the identity at LinkedIn that
/// signed in to it are free; what belongs to it (its
/// connections, endorsements, skills, portfolio, memberships, its personal organisation and others that only it is in) is removed within
/// hours. Of the account itself a row without name and address stays, so that what it did elsewhere, which names it by its id alone, leads
/// to somebody who is gone.
#[utoipa::path(
    delete, path = "/api/users/{userId}", operation_id = "deleteUser", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 202, description = "The account is erased; what belongs to it is being removed."),
        (status = 403, description = "`forbidden`: the account is another's, and the caller no admin of the platform. \
                                      `step_up_required`: present your credentials again first."),
        (status = 409, description = "`owns_organization`: the account owns the organisation in `organizationId`, which has other members: \
                                      transfer it first. `too_many_organizations`: it owns more than 20: delete some first."),
    )
)]
pub(crate) async fn delete_user(
    State(services): State<Services>,
    principal: Principal,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Error> {
    own_or(&principal, id, PlatformRole::Admin)?;
    require_recent(&services, &principal).await?;
    let plan = || async {
        let (now, own) = (services.clock.now(), Own::find(&services, id).await?);
        let linkedin = LinkedIdentity::key_of(id, IdentityProvider::LinkedIn);
        let linkedin = services.store.get::<LinkedIdentity>(&linkedin).await?;
        let owned = ending(&services, id).await?;
        let mut transaction = Transaction::new();
        let skills = all_of(&services, id).await?.into_iter().map(|skill| skill.value.name).collect::<Vec<_>>();
        own.remove_profile(&skills, &mut transaction);
        transaction.replace(&own.user, own.user.erased(now));
        transaction.delete_key(AccountEmail::key_of(&own.user.email));
        transaction.delete_key(Credential::key_of(id));
        if let Some(linkedin) = &linkedin {
            LinkedIdentity::unlink(linkedin, &mut transaction);
        }
        transaction.create(Erasure::new(id, now, principal.trace()));
        for organization in owned {
            let fact = Fact::OrganizationDeleted { plan: organization.plan };
            transaction.create(principal.event(&services, organization.id, fact));
            transaction.replace(&organization, organization.ended(now));
        }
        let fact = Fact::ErasureRequested { user_id: id };
        transaction.create(principal.event(&services, id.personal_organization(), fact));
        Ok::<_, Error>((transaction, StatusCode::ACCEPTED))
    };
    let done = services.store.execute(plan).await?;
    // Here it counts at once; other instances remember the account for some seconds more.
    services.access.clear();
    Ok(done)
}

/// The organisations that end with the account: those that it owns, which nobody else may be in.
async fn ending(services: &Services, id: UserId) -> Result<Vec<Versioned<Organization>>, Error> {
    let owned = memberships(services, id).await?.into_iter().filter(|membership| membership.role == Role::Owner);
    let owned = owned.map(|membership| membership.organization_id).collect::<Vec<_>>();
    if owned.len() > ORGANIZATIONS_MAXIMUM {
        return Err(Error::TooManyOrganizations);
    }
    let keys = owned.iter().map(|organization| Organization::key_of(*organization)).collect::<Vec<_>>();
    let items = services.store.batch_get(&keys).await?.into_values();
    let organizations = items.map(Versioned::<Organization>::from_item).collect::<Result<Vec<_>, _>>()?;
    for organization in &organizations {
        let members = Membership::listing(organization.id).limit(2);
        let others = services.store.list::<Membership>(&members, None).await?.data;
        if !organization.personal && others.iter().any(|member| member.user_id != id) {
            return Err(Error::OwnsOrganization(organization.id));
        }
    }
    Ok(organizations)
}
