//! Leads that are there already.

use std::time::Duration;

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
        let (id, now) = (self.services.ids.next::<LeadId>(), self.services.clock.now());
        let details = LeadDetails {
            name: name.to_owned(),
            status,
            last_contacted_at: Some(now.minus(DAY * days_silent)),
            ..LeadDetails::default()
        };
        let lead = Lead {
            id,
            organization_id,
            details,
            open_follow_up_task_id: None,
            last_follow_up_at: None,
            created_at: now.minus(DAY * days_silent),
            updated_at: now,
        };
        self.write(|transaction| transaction.create(lead.clone())).await;
        id
    }
}
