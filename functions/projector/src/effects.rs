//! What follows from a fact: pure rules. Each fact is named, so that a new one has to be thought of here.

use shared::event::{Event, Fact};
use shared::model::counter::Counter;
use shared::queue::TaskMessage;
use shared::telemetry::{Measures, Metric};

/// What a fact adds to which counter. Sums do not depend on the order of their parts.
pub(crate) fn counted(fact: &Fact) -> Vec<(Counter, i64)> {
    match fact {
        Fact::AccountRegistered { .. } => vec![(Counter::Users, 1), (Counter::Organizations, 1)],
        Fact::ErasureRequested { .. } => vec![(Counter::Users, -1), (Counter::Organizations, -1)],
        Fact::OrganizationCreated { .. } => vec![(Counter::Organizations, 1)],
        Fact::PlanChanged { from, to } => match (from.is_above_free(), to.is_above_free()) {
            (false, true) => vec![(Counter::OrganizationsAboveFree, 1)],
            (true, false) => vec![(Counter::OrganizationsAboveFree, -1)],
            _ => Vec::new(),
        },
        Fact::VentureCreated { .. } => vec![(Counter::Ventures, 1)],
        Fact::LeadsImported { imported: 0, .. } => Vec::new(),
        Fact::LeadsImported { imported, .. } => vec![(Counter::Leads, i64::from(*imported))],
        Fact::LeadCreated { .. } => vec![(Counter::Leads, 1)],
        Fact::LeadDeleted { .. } => vec![(Counter::Leads, -1)],
        Fact::ChatMessageAnswered { .. } => vec![(Counter::ChatMessages, 1)],
        Fact::TaskCreated { .. } => vec![(Counter::TasksCreated, 1)],
        Fact::TaskCompleted { .. } => vec![(Counter::TasksCompleted, 1)],
        Fact::TaskFailed { .. } => vec![(Counter::TasksFailed, 1)],
        // What is tried again has not failed for good.
        Fact::TaskRetried { .. } => vec![(Counter::TasksFailed, -1)],
        Fact::SessionStarted { .. }
        | Fact::SessionEnded { .. }
        | Fact::PlatformRoleChanged { .. }
        | Fact::EmailVerificationRequested { .. }
        | Fact::EmailVerified { .. }
        | Fact::PasswordResetRequested { .. }
        | Fact::PasswordReset { .. }
        | Fact::EmailChangeRequested { .. }
        | Fact::EmailChanged { .. }
        | Fact::PasswordChanged { .. }
        | Fact::SessionFamilyRevoked { .. }
        | Fact::AllSessionsEnded { .. }
        | Fact::SessionRenamed { .. }
        | Fact::InvitationSent { .. }
        | Fact::ProfileChanged { .. }
        | Fact::PrivacyChanged { .. }
        | Fact::PortfolioChanged { .. }
        | Fact::ConnectionRequested { .. }
        | Fact::ConnectionAccepted { .. }
        | Fact::ConnectionDeclined { .. }
        | Fact::ConnectionRemoved { .. }
        | Fact::PersonBlocked { .. }
        | Fact::PersonUnblocked { .. }
        | Fact::SkillEndorsed { .. }
        | Fact::EndorsementWithdrawn { .. }
        | Fact::AccountSuspended { .. }
        | Fact::AccountReinstated { .. }
        | Fact::AccountErased { .. }
        | Fact::LeadUpdated { .. }
        | Fact::ChatMessageSent { .. }
        | Fact::AgenticRunCompleted { .. }
        | Fact::TaskCancelled { .. }
        | Fact::TaskAttemptFailed { .. } => Vec::new(),
    }
}

/// What a fact adds to the platform's figures. It is reported after the event is projected, so a crash in between loses it: figures are
/// to be looked at, not to be counted on.
pub(crate) fn figures(fact: &Fact, first_of_day: bool) -> Measures {
    let measures = if first_of_day { Measures::new().with(Metric::ActiveUsers, 1) } else { Measures::new() };
    let metric = match fact {
        Fact::AccountRegistered { .. } => Metric::AccountsRegistered,
        Fact::PlanChanged { from, to } if !from.is_above_free() && to.is_above_free() => Metric::OrganizationsConverted,
        Fact::ChatMessageAnswered { .. } => Metric::ChatMessages,
        Fact::TaskCreated { .. } => Metric::TasksCreated,
        Fact::TaskCompleted { .. } => Metric::TasksCompleted,
        Fact::TaskFailed { .. } => Metric::TasksFailed,
        _ => return measures,
    };
    measures.with(metric, 1)
}

/// The doorbell that an event rings on the `tasks` queue, if any. A task whose attempt failed waits for a pause; the sweep rings for it.
pub(crate) fn doorbell(event: &Event) -> Option<TaskMessage> {
    match event.fact {
        Fact::TaskCreated { task_id, .. } | Fact::TaskRetried { task_id, .. } => {
            Some(TaskMessage { organization_id: event.organization_id, task_id, trace: Some(event.trace()) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::plan::PlanName;

    #[test]
    fn only_the_step_between_free_and_above_counts() {
        let count = |from, to| counted(&Fact::PlanChanged { from, to });
        assert_eq!(count(PlanName::Free, PlanName::Pro), [(Counter::OrganizationsAboveFree, 1)]);
        assert_eq!(count(PlanName::Enterprise, PlanName::Free), [(Counter::OrganizationsAboveFree, -1)]);
        assert_eq!(count(PlanName::Pro, PlanName::Outreach), []);
        assert_eq!(count(PlanName::Free, PlanName::Free), []);
    }
}
