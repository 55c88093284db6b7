//! Leads that are there already.

use std::time::Duration;

use shared::clock::Timestamp;
use shared::id::{LeadId, OrganizationId};
use shared::model::lead::{Lead, LeadDetails, LeadStatus};

use crate::Cloud;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Cloud {
    /// Writes a lead that was last contacted so many days ago.
    pub async fn lead(
        &self,
        organization_id: OrganizationId,
        name: &str,
        status: LeadStatus,
        days_silent: u32,
    ) -> LeadId {
        let now = self.services.clock.now();
        let details = LeadDetails {
            name: name.to_owned(),
            status,
            last_contacted_at: Some(now.minus(DAY * days_silent)),
            ..LeadDetails::default()
        };
        self.write_lead(organization_id, details, now.minus(DAY * days_silent)).await
    }

    /// Writes a new lead with an e-mail address.
    pub async fn lead_at(&self, organization_id: OrganizationId, name: &str, address: &str) -> LeadId {
        let details = LeadDetails { name: name.to_owned(), email: Some(address.to_owned()), ..LeadDetails::default() };
        self.write_lead(organization_id, details, self.services.clock.now()).await
    }

    async fn write_lead(&self, organization_id: OrganizationId, details: LeadDetails, created_at: Timestamp) -> LeadId {
        let (id, updated_at) = (self.services.ids.next::<LeadId>(), self.services.clock.now());
        let lead = Lead {
            id,
            organization_id,
            details,
            open_follow_up_task_id: None,
            last_follow_up_at: None,
            created_at,
            updated_at,
        };
        self.write(|transaction| transaction.create(lead.clone())).await;
        id
    }
}
