//! `POST /api/crm/leads`

use axum::extract::State;
use http::StatusCode;
use shared::access::{Member, OrganizationAccess};
use shared::event::Fact;
use shared::http::{ActingOrganization, IdempotencyHeader, Input};
use shared::id::LeadId;
use shared::model::lead::{Lead, LeadIdentity};
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};

use crate::Error;
use crate::import::Identity;
use crate::input::LeadInput;

/// Create a lead.
#[utoipa::path(
    post, path = "/api/crm/leads", operation_id = "createLead", tag = "crm",
    security(("accessToken" = [])),
    params(
        ActingOrganization,
        IdempotencyHeader,
    ),
    request_body = LeadInput,
    responses(
        (status = 201, description = "The lead.", body = Lead),
        (status = 409, description = "`lead_exists`: a lead has the same e-mail address, LinkedIn profile or name."),
    )
)]
pub(crate) async fn create_lead(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    idempotency: IdempotencyKey,
    Input(input): Input<LeadInput>,
) -> Result<Reply<Lead>, Error> {
    let once = idempotency.once(&access.caller(), &input)?;
    let (details, organization_id) = (input.details(), access.organization_id());
    let known_by = Identity::of(&details).to_string();
    let plan = || async {
        let taken = services.store.get::<LeadIdentity>(&LeadIdentity::key_of(organization_id, &known_by)).await?;
        if let Some(taken) = taken {
            return Err(Error::LeadExists(taken.lead_id));
        }
        let (id, now) = (services.ids.next::<LeadId>(), services.clock.now());
        let lead = Lead {
            id,
            organization_id,
            details: details.clone(),
            open_follow_up_task_id: None,
            last_follow_up_at: None,
            created_at: now,
            updated_at: now,
        };
        let mut transaction = Transaction::new();
        transaction.create(LeadIdentity::new(organization_id, &known_by, id));
        transaction.create(lead.clone());
        transaction.create(access.event(&services, Fact::LeadCreated { lead_id: id }));
        Ok((transaction, StatusCode::CREATED, lead))
    };
    services.store.execute_once(once.as_ref(), plan).await
}
