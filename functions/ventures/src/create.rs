//! `POST /api/ventures/create`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::access::{Member, OrganizationAccess};
use shared::event::Fact;
use shared::http::{ActingOrganization, IdempotencyHeader, Input};
use shared::model::venture::{Venture, VentureStage};
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};
use utoipa::ToSchema;

use crate::Error;

/// A new venture.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateVenture {
    /// Its name.
    #[garde(custom(shared::http::not_blank), custom(shared::http::one_line), length(chars, max = 100))]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$",
        example = "Difference Engine"
    )]
    name: String,
    /// How far it has come.
    #[garde(skip)]
    stage: VentureStage,
    /// What field it is in.
    #[garde(custom(shared::http::not_blank), custom(shared::http::one_line), length(chars, max = 100))]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$",
        example = "Computing"
    )]
    category: String,
    /// What it does.
    #[garde(length(chars, max = 5_000))]
    #[schema(max_length = 5000, example = "Tables of logarithms without errors.")]
    #[serde(default)]
    description: String,
}

/// Create a venture in the acting organisation.
#[utoipa::path(
    post, path = "/api/ventures/create", operation_id = "createVenture", tag = "ventures",
    security(("accessToken" = [])),
    params(
        ActingOrganization,
        IdempotencyHeader,
    ),
    request_body = CreateVenture,
    responses(
        (status = 201, description = "The venture.", body = Venture),
    )
)]
pub(crate) async fn create_venture(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    idempotency: IdempotencyKey,
    Input(input): Input<CreateVenture>,
) -> Result<Reply<Venture>, Error> {
    let once = idempotency.once(&access.caller(), &input)?;
    let plan = || async {
        let venture = Venture {
            id: services.ids.next(),
            organization_id: access.organization_id(),
            name: input.name.trim().to_owned(),
            stage: input.stage,
            category: input.category.trim().to_owned(),
            description: input.description.trim().to_owned(),
            created_by: access.principal.user_id,
            created_at: services.clock.now(),
        };
        let mut transaction = Transaction::new();
        transaction.create(venture.clone());
        transaction.create(access.event(&services, Fact::VentureCreated { venture_id: venture.id }));
        Ok((transaction, StatusCode::CREATED, venture))
    };
    services.store.execute_once(once.as_ref(), plan).await
}
