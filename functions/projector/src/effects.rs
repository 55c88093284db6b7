//! What follows from a fact: pure rules. Each fact is named, so that a new one has to be thought of here.

use shared::event::{Event, Fact};
use shared::model::counter::Counter;
use shared::plan::PlanName;
use shared::queue::{InboundMessage, TaskMessage};
use shared::telemetry::{Measures, Metric};

/// What a fact adds to which counter. Sums do not depend on the order of their parts.
pub(crate) fn counted(fact: &Fact) -> Vec<(Counter, i64)> {
    match fact {
        Fact::AccountRegistered { .. } => vec![(Counter::Users, 1), (Counter::Organizations, 1)],
        // Its organisations end with events of their own.
        Fact::ErasureRequested { .. } => vec![(Counter::Users, -1)],
        Fact::OrganizationCreated { .. } => vec![(Counter::Organizations, 1)],
        Fact::PlanChanged { from, to } => match (from.is_above_free(), to.is_above_free()) {
            (false, true) => vec![(Counter::OrganizationsAboveFree, 1)],
            (true, false) => vec![(Counter::OrganizationsAboveFree, -1)],
            _ => Vec::new(),
        },
        Fact::OrganizationDeleted { plan } => organization(*plan, -1),
        Fact::OrganizationRestored { plan } => organization(*plan, 1),
        Fact::OrganizationPurged { leads, ventures } => {
            let counts = [(Counter::Leads, *leads), (Counter::Ventures, *ventures)];
            counts.into_iter().filter(|(_, count)| *count > 0).map(|(what, count)| (what, -i64::from(count))).collect()
        }
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
        | Fact::TotpEnabled { .. }
        | Fact::TotpDisabled { .. }
        | Fact::RecoveryCodesRenewed { .. }
        | Fact::RecoveryCodeUsed { .. }
        | Fact::IdentityLinked { .. }
        | Fact::IdentityUnlinked { .. }
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
        | Fact::ExportRequested { .. }
        | Fact::AccountSuspended { .. }
        | Fact::AccountReinstated { .. }
        | Fact::AccountErased { .. }
        | Fact::FileAnnounced { .. }
        | Fact::FileReady { .. }
        | Fact::FileRemoved { .. }
        | Fact::InvitationRevoked { .. }
        | Fact::InvitationDeclined { .. }
        | Fact::InvitationAccepted { .. }
        | Fact::MemberJoined { .. }
        | Fact::MemberLeft { .. }
        | Fact::MemberRemoved { .. }
        | Fact::RoleChanged { .. }
        | Fact::OwnershipTransferred { .. }
        | Fact::OrganizationRenamed { .. }
        | Fact::OrganizationSecurityChanged { .. }
        | Fact::AiConfigurationChanged { .. }
        | Fact::CreditsGranted { .. }
        | Fact::CheckoutStarted { .. }
        | Fact::CheckoutChanged { .. }
        | Fact::SubscriptionChanged { .. }
        | Fact::PlanChangeRequested { .. }
        | Fact::CancellationRequested { .. }
        | Fact::CancellationWithdrawn { .. }
        | Fact::PaymentSucceeded { .. }
        | Fact::PaymentFailed { .. }
        | Fact::PaymentReversed { .. }
        | Fact::CreditsPurchased { .. }
        | Fact::CreditPurchaseChanged { .. }
        | Fact::WebhookEventsReplayed { .. }
        | Fact::WebhookCreated { .. }
        | Fact::WebhookChanged { .. }
        | Fact::WebhookSwitchedOff { .. }
        | Fact::WebhookDeleted { .. }
        | Fact::WebhookSecretRotated { .. }
        | Fact::WebhookDeliveryReplayed { .. }
        | Fact::BuzTransferred { .. }
        | Fact::BuzMinted { .. }
        | Fact::BuzBurned { .. }
        | Fact::BuzStaked { .. }
        | Fact::BuzUnstaked { .. }
        | Fact::BuzRewardPaid { .. }
        | Fact::TransferTimedOut { .. }
        | Fact::LeadUpdated { .. }
        | Fact::CampaignWritten { .. }
        | Fact::CampaignEmailSent { .. }
        | Fact::CampaignEmailUncertain { .. }
        | Fact::CampaignEmailNotSent { .. }
        | Fact::CampaignUnsubscribed { .. }
        | Fact::ChatMessageSent { .. }
        | Fact::AgenticRunCompleted { .. }
        | Fact::TaskCancelled { .. }
        | Fact::TaskAttemptFailed { .. } => Vec::new(),
    }
}

/// United States cents that were paid: what is in other currencies cannot be added to them.
pub(crate) fn paid_cents(fact: &Fact) -> Option<i64> {
    match fact {
        Fact::PaymentSucceeded { amount, currency, .. } if currency == "usd" => Some(*amount),
        _ => None,
    }
}

/// What an organisation on a plan counts for that comes or goes.
fn organization(plan: PlanName, amount: i64) -> Vec<(Counter, i64)> {
    let mut counted = vec![(Counter::Organizations, amount)];
    if plan.is_above_free() {
        counted.push((Counter::OrganizationsAboveFree, amount));
    }
    counted
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
        Fact::PaymentFailed { .. } => Metric::PaymentsFailed,
        Fact::PaymentSucceeded { .. } => {
            let cents = paid_cents(fact).and_then(|cents| u64::try_from(cents).ok()).unwrap_or(0);
            return measures.with(Metric::PaymentsSucceeded, 1).with(Metric::RevenueCents, cents);
        }
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

/// The organisation whose account an event asks to look at, if it does: nobody pays for one that was deleted.
pub(crate) fn review(event: &Event) -> Option<InboundMessage> {
    let organization_id = event.organization_id;
    matches!(event.fact, Fact::OrganizationDeleted { .. }).then_some(InboundMessage::Review { organization_id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_organization_counts_no_more_until_it_is_restored() {
        let (deleted, restored) = (
            counted(&Fact::OrganizationDeleted { plan: PlanName::Pro }),
            counted(&Fact::OrganizationRestored { plan: PlanName::Pro }),
        );
        assert_eq!(deleted, [(Counter::Organizations, -1), (Counter::OrganizationsAboveFree, -1)]);
        assert_eq!(restored, deleted.iter().map(|(counter, amount)| (*counter, -amount)).collect::<Vec<_>>());
        assert_eq!(counted(&Fact::OrganizationDeleted { plan: PlanName::Free }), [(Counter::Organizations, -1)]);
        let purged = counted(&Fact::OrganizationPurged { leads: 3, ventures: 0 });
        assert_eq!(purged, [(Counter::Leads, -3)]);
    }

    #[test]
    fn only_the_step_between_free_and_above_counts() {
        let count = |from, to| counted(&Fact::PlanChanged { from, to });
        assert_eq!(count(PlanName::Free, PlanName::Pro), [(Counter::OrganizationsAboveFree, 1)]);
        assert_eq!(count(PlanName::Enterprise, PlanName::Free), [(Counter::OrganizationsAboveFree, -1)]);
        assert_eq!(count(PlanName::Pro, PlanName::Outreach), []);
        assert_eq!(count(PlanName::Free, PlanName::Free), []);
    }
}
