//! `PUT /api/crm/leads/{leadId}`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::event::Fact;
use shared::http::{ActingOrganization, Input, Path};
use shared::id::{LeadId, OrganizationId};
use shared::model::lead::{Lead, LeadDetails, LeadIdentity};
use shared::services::Services;
use shared::store::{StoreError, Transaction, Versioned};

use crate::Error;
use crate::get::find;
use crate::import::Identity;
use crate::input::LeadInput;

/// Replace all that is known about a lead: fields that are absent are cleared. The same values again change nothing.
#[utoipa::path(
    put, path = "/api/crm/leads/{leadId}", operation_id = "replaceLead", tag = "crm",
    security(("accessToken" = [])),
    params(
        ("leadId" = LeadId, Path),
        ActingOrganization,
    ),
    request_body = LeadInput,
    responses(
        (status = 200, description = "The lead.", body = Lead),
        (status = 409, description = "`lead_exists`: another lead has the same e-mail address, LinkedIn profile or name."),
    )
)]
pub(crate) async fn replace_lead(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Path(id): Path<LeadId>,
    Input(input): Input<LeadInput>,
) -> Result<Json<Lead>, Error> {
    let details = input.details();
    let plan = || async {
        let lead = find(&services, access.organization_id(), id).await?;
        let mut transaction = Transaction::new();
        if lead.details == details {
            return Ok((transaction, lead.value));
        }
        move_marker(&mut transaction, &services, &lead, &details).await?;
        let next = Lead { details: details.clone(), updated_at: services.clock.now(), ..lead.value.clone() };
        transaction.replace(&lead, next.clone());
        transaction.create(access.event(&services, Fact::LeadUpdated { lead_id: id }));
        Ok((transaction, next))
    };
    services.store.execute(plan).await.map(Json)
}

/// Where the new details make the lead known by something else, gives it that marker and takes the old one away.
async fn move_marker(
    transaction: &mut Transaction<Error>,
    services: &Services,
    lead: &Lead,
    details: &LeadDetails,
) -> Result<(), Error> {
    let (before, after) = (Identity::of(&lead.details), Identity::of(details));
    if before == after {
        return Ok(());
    }
    let (organization, known_by) = (lead.organization_id, after.to_string());
    match services.store.get::<LeadIdentity>(&LeadIdentity::key_of(organization, &known_by)).await? {
        Some(taken) if taken.lead_id != lead.id => return Err(Error::LeadExists(taken.lead_id)),
        Some(_) => {}
        None => transaction.create(LeadIdentity::new(organization, &known_by, lead.id)),
    }
    if let Some(marker) = marker_of(services, organization, &before, lead.id).await? {
        transaction.delete(&marker);
    }
    Ok(())
}

/// The marker of this identity, if it is this lead's.
pub(crate) async fn marker_of(
    services: &Services,
    organization: OrganizationId,
    identity: &Identity,
    lead: LeadId,
) -> Result<Option<Versioned<LeadIdentity>>, StoreError> {
    let key = LeadIdentity::key_of(organization, &identity.to_string());
    let marker = services.store.get::<LeadIdentity>(&key).await?;
    Ok(marker.filter(|marker| marker.lead_id == lead))
}
