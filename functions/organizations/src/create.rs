//! `POST /api/organizations`

use axum::extract::State;
use http::StatusCode;
use shared::access::{Principal, Role};
use shared::event::Fact;
use shared::http::{IdempotencyHeader, Input};
use shared::id::{OrganizationId, UserId};
use shared::model::membership::Membership;
use shared::model::organization::Organization;
use shared::plan::PlanName;
use shared::services::Services;
use shared::store::{IdempotencyKey, Listing, Range, Reply, Transaction};

use crate::Error;
use crate::details::OrganizationDetails;
use crate::view::OrganizationView;

/// How many organisations one account may be in: as many as one batch reads.
const ORGANIZATIONS_MAXIMUM: u16 = 100;

/// Create an organisation; the caller becomes its owner. It starts on the Free plan.
#[utoipa::path(
    post, path = "/api/organizations", operation_id = "createOrganization", tag = "organizations",
    security(("accessToken" = [])),
    params(IdempotencyHeader),
    request_body = OrganizationDetails,
    responses(
        (status = 201, description = "The organisation.", body = OrganizationView),
        (status = 409, description = "`too_many_organizations`: the caller is in as many as an account may be."),
    )
)]
pub(crate) async fn create_organization(
    State(services): State<Services>,
    principal: Principal,
    idempotency: IdempotencyKey,
    Input(input): Input<OrganizationDetails>,
) -> Result<Reply<OrganizationView>, Error> {
    let once = idempotency.once(&principal.caller(), &input)?;
    let plan = || async {
        let user_id = principal.user_id;
        check_room(&services, user_id).await?;
        let (id, now) = (services.ids.next::<OrganizationId>(), services.clock.now());
        let organization = Organization {
            id,
            name: input.name(),
            industry: input.industry(),
            personal: false,
            plan: PlanName::Free,
            created_at: now,
            deletion: None,
            require_second_factor: false,
        };
        let mut transaction = Transaction::new();
        transaction.create(organization.clone());
        transaction.create(Membership { user_id, organization_id: id, role: Role::Owner, joined_at: now });
        transaction.create(principal.event(&services, id, Fact::OrganizationCreated { owner_id: user_id }));
        Ok((transaction, StatusCode::CREATED, OrganizationView::new(organization, Role::Owner)))
    };
    services.store.execute_once(once.as_ref(), plan).await
}

/// Refuses somebody who is in as many organisations as an account may be.
pub(crate) async fn check_room(services: &Services, user: UserId) -> Result<(), Error> {
    let memberships = Listing::of_partition(Membership::key_of(user, user.personal_organization()).pk)
        .range(Range::Prefix(Membership::PREFIX.to_owned()))
        .limit(ORGANIZATIONS_MAXIMUM);
    let found = services.store.list_items(&memberships, None).await?.data.len();
    if found < usize::from(ORGANIZATIONS_MAXIMUM) { Ok(()) } else { Err(Error::TooManyOrganizations) }
}
