//! To whom a campaign may write: leads that are there, have an address, and have not unsubscribed.

use std::collections::HashMap;

use shared::id::{LeadId, OrganizationId};
use shared::model::lead::Lead;
use shared::model::suppressed_address::SuppressedAddress;
use shared::problem::FieldProblem;
use shared::store::{Store, StoreError, Versioned};

/// What of each of these leads keeps a campaign from writing to it, all at once.
pub(super) async fn faults(
    store: &Store,
    organization: OrganizationId,
    lead_ids: &[LeadId],
) -> Result<Vec<FieldProblem>, StoreError> {
    let keys = lead_ids.iter().map(|lead| Lead::key_of(organization, *lead)).collect::<Vec<_>>();
    let mut items = store.batch_get(&keys).await?;
    let mut leads = HashMap::with_capacity(keys.len());
    for (id, key) in lead_ids.iter().zip(&keys) {
        if let Some(lead) = items.remove(key).map(Versioned::<Lead>::from_item).transpose()? {
            leads.insert(*id, lead.value.details.email);
        }
    }
    let suppressed_key = |address: &String| SuppressedAddress::key_of_address(organization, address);
    let suppressed = leads.values().flatten().map(suppressed_key).collect::<Vec<_>>();
    let suppressed = store.batch_get(&suppressed).await?;
    let fault = |lead: &LeadId| match leads.get(lead) {
        None => Some("is no lead of this organisation"),
        Some(None) => Some("has no e-mail address"),
        Some(Some(address)) => suppressed.contains_key(&suppressed_key(address)).then_some("has unsubscribed"),
    };
    let faults = lead_ids.iter().enumerate();
    let faults = faults.filter_map(|(place, lead)| Some(FieldProblem::new(format!("leadIds[{place}]"), fault(lead)?)));
    Ok(faults.collect())
}
