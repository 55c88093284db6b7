//! `POST /api/organizations`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::access::{Principal, Role};
use shared::event::Fact;
use shared::http::{IdempotencyHeader, Input};
use shared::id::OrganizationId;
use shared::model::membership::Membership;
use shared::model::organization::Organization;
use shared::plan::PlanName;
use shared::services::Services;
use shared::store::{IdempotencyKey, Listing, Range, Reply, Transaction};
use utoipa::ToSchema;

use crate::Error;
use crate::view::OrganizationView;

/// How many organisations one account may be in: as many as one batch reads.
pub(crate) const ORGANIZATIONS_MAXIMUM: u16 = 100;

/// A new organisation.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateOrganization {
    /// Its name.
    #[garde(custom(shared::http::not_blank), custom(shared::http::one_line), length(chars, max = 100))]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$",
        example = "Analytical Engines"
    )]
    name: String,
    /// What it does.
    #[garde(inner(custom(shared::http::not_blank), custom(shared::http::one_line), length(chars, max = 100)))]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$",
        example = "Computing"
    )]
    #[serde(default)]
    industry: Option<String>,
}

/// Create an organisation; the caller becomes its owner. It starts on the Free plan.
#[utoipa::path(
    post, path = "/api/organizations", operation_id = "createOrganization", tag = "organizations",
    security(("accessToken" = [])),
    params(IdempotencyHeader),
    request_body = CreateOrganization,
    responses(
        (status = 201, description = "The organisation.", body = OrganizationView),
        (status = 409, description = "`too_many_organizations`: the caller is in as many as an account may be."),
    )
)]
pub(crate) async fn create_organization(
    State(services): State<Services>,
    principal: Principal,
    idempotency: IdempotencyKey,
    Input(input): Input<CreateOrganization>,
) -> Result<Reply<OrganizationView>, Error> {
    let once = idempotency.once(&principal.caller(), &input)?;
    let plan = || async {
        let user_id = principal.user_id;
        let memberships = Listing::of_partition(Membership::key_of(user_id, user_id.personal_organization()).pk)
            .range(Range::Prefix(Membership::PREFIX.to_owned()))
            .limit(ORGANIZATIONS_MAXIMUM);
        if services.store.list_items(&memberships, None).await?.data.len() >= usize::from(ORGANIZATIONS_MAXIMUM) {
            return Err(Error::TooManyOrganizations);
        }
        let (id, now) = (services.ids.next::<OrganizationId>(), services.clock.now());
        let organization = Organization {
            id,
            name: input.name.trim().to_owned(),
            industry: input.industry.as_deref().map(|industry| industry.trim().to_owned()),
            personal: false,
            plan: PlanName::Free,
            created_at: now,
            deletion: None,
        };
        let mut transaction = Transaction::new();
        transaction.create(organization.clone());
        transaction.create(Membership { user_id, organization_id: id, role: Role::Owner, joined_at: now });
        transaction.create(principal.event(&services, id, Fact::OrganizationCreated { owner_id: user_id }));
        Ok((transaction, StatusCode::CREATED, OrganizationView::new(organization, Role::Owner)))
    };
    services.store.execute_once(once.as_ref(), plan).await
}
