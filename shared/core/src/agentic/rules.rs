//! What the engine notices and when it acts: pure rules with CONTRACT's numbers.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::id::LeadId;
use crate::model::agentic_run::{Evidence, Insight, InsightKind};
use crate::model::lead::{Lead, LeadStatus};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A lead that is qualified or contacted is stale after this long without contact.
pub const STALE_AFTER: Duration = DAY.saturating_mul(7);
/// The time in which posts are counted.
pub const CONTENT_WINDOW: Duration = DAY.saturating_mul(7);
/// Fewer posts than this in the window is low output.
pub const POSTS_MINIMUM: usize = 3;
/// More pending tasks than this is a backlog.
pub const PENDING_TASKS_MAXIMUM: usize = 10;
/// The engine acts on insights it is surer of than this.
pub const ACT_ABOVE: f64 = 0.75;
/// Follow-up tasks that one run may create.
pub const FOLLOW_UPS_MAXIMUM: usize = 3;
/// How long a lead is left alone after a follow-up.
pub const FOLLOW_UP_PAUSE: Duration = DAY.saturating_mul(7);
/// How many leads an insight names.
const LEADS_NAMED: usize = 10;

/// The statuses in which a lead can be stale.
pub const STALE_STATUSES: [LeadStatus; 2] = [LeadStatus::Qualified, LeadStatus::Contacted];

/// What was seen of an organisation.
#[derive(Clone, Debug, Default)]
pub struct Observations {
    /// Stale leads, those longest without contact first.
    pub stale_leads: Vec<Lead>,
    /// Whether there are more than were read.
    pub more_stale_leads: bool,
    /// Posts in the window, counted up to the minimum.
    pub recent_posts: usize,
    /// Pending tasks, counted up to one above the maximum.
    pub pending_tasks: usize,
}

/// What there is to notice.
pub fn insights(seen: &Observations) -> Vec<Insight> {
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let mut insights = Vec::new();
    if !seen.stale_leads.is_empty() {
        let number = seen.stale_leads.len();
        let (who, more) =
            (if number == 1 { "lead has" } else { "leads have" }, if seen.more_stale_leads { "+" } else { "" });
        insights.push(Insight {
            kind: InsightKind::StaleLeads,
            confidence: 0.9,
            reason: format!("{number}{more} qualified or contacted {who} had no contact for 7 days."),
            evidence: Evidence {
                count: count(number),
                more: seen.more_stale_leads,
                lead_ids: ranked(&seen.stale_leads).into_iter().take(LEADS_NAMED).map(|lead| lead.id).collect(),
            },
        });
    }
    if seen.recent_posts < POSTS_MINIMUM {
        insights.push(Insight {
            kind: InsightKind::LowContentOutput,
            confidence: 0.8,
            reason: format!("{} of at least {POSTS_MINIMUM} posts in the last 7 days.", seen.recent_posts),
            evidence: Evidence { count: count(seen.recent_posts), ..Evidence::default() },
        });
    }
    if seen.pending_tasks > PENDING_TASKS_MAXIMUM {
        insights.push(Insight {
            kind: InsightKind::TaskBacklog,
            confidence: 0.85,
            reason: format!("More than {PENDING_TASKS_MAXIMUM} tasks are pending."),
            evidence: Evidence { count: count(seen.pending_tasks), more: true, ..Evidence::default() },
        });
    }
    insights
}

/// Those that matter most first; among equals, those longest without contact.
fn ranked(leads: &[Lead]) -> Vec<&Lead> {
    let mut ranked = leads.iter().collect::<Vec<_>>();
    ranked.sort_by_key(|lead| (std::cmp::Reverse(lead.details.priority), lead.silent_since(), lead.id));
    ranked
}

/// Whether a follow-up may be created for a lead now: none is open and the last is long enough ago.
pub fn may_follow_up(lead: &Lead, now: Timestamp) -> bool {
    lead.open_follow_up_task_id.is_none()
        && lead.last_follow_up_at.is_none_or(|last| now.since(last) >= FOLLOW_UP_PAUSE)
}

/// Whether a lead is stale now.
pub fn is_stale(lead: &Lead, now: Timestamp) -> bool {
    STALE_STATUSES.contains(&lead.details.status) && now.since(lead.silent_since()) >= STALE_AFTER
}

/// The leads to follow up, in order; more than one run may create, since some may turn out to be taken.
pub fn follow_up_candidates(leads: &[Lead], now: Timestamp) -> Vec<LeadId> {
    let free = ranked(leads).into_iter().filter(|lead| may_follow_up(lead, now));
    free.take(FOLLOW_UPS_MAXIMUM * 3).map(|lead| lead.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lead::{LeadDetails, LeadPriority};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn lead(number: u128, days_silent: u32, priority: LeadPriority) -> Lead {
        Lead {
            id: ulid::Ulid::from(number).into(),
            organization_id: ulid::Ulid::from(1).into(),
            details: LeadDetails {
                status: LeadStatus::Contacted,
                priority,
                last_contacted_at: Some(NOW.minus(DAY * days_silent)),
                ..LeadDetails::default()
            },
            open_follow_up_task_id: None,
            last_follow_up_at: None,
            created_at: NOW,
            updated_at: NOW,
        }
    }

    #[test]
    fn quiet_organizations_with_posts_give_no_insight() {
        let seen = Observations { recent_posts: 3, pending_tasks: 10, ..Observations::default() };
        assert!(insights(&seen).is_empty());
    }

    #[test]
    fn each_insight_has_the_confidence_of_the_contract() {
        let seen = Observations {
            stale_leads: vec![lead(1, 8, LeadPriority::Low)],
            recent_posts: 2,
            pending_tasks: 11,
            more_stale_leads: false,
        };
        let found = insights(&seen).into_iter().map(|insight| (insight.kind, insight.confidence)).collect::<Vec<_>>();
        let expected =
            [(InsightKind::StaleLeads, 0.9), (InsightKind::LowContentOutput, 0.8), (InsightKind::TaskBacklog, 0.85)];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_lead_is_stale_from_the_seventh_day_and_only_in_the_middle_of_the_pipeline() {
        assert!(is_stale(&lead(1, 7, LeadPriority::Low), NOW));
        assert!(!is_stale(&lead(1, 6, LeadPriority::Low), NOW));
        let mut converted = lead(1, 30, LeadPriority::Low);
        converted.details.status = LeadStatus::Converted;
        assert!(!is_stale(&converted, NOW));
    }

    #[test]
    fn the_important_come_first_then_those_who_wait_longest_and_nobody_twice_a_week() {
        let mut leads = vec![
            lead(1, 8, LeadPriority::Low),
            lead(2, 20, LeadPriority::Low),
            lead(3, 9, LeadPriority::High),
            lead(4, 40, LeadPriority::High),
            lead(5, 50, LeadPriority::High),
        ];
        leads[3].last_follow_up_at = Some(NOW.minus(DAY * 6));
        leads[4].open_follow_up_task_id = Some(ulid::Ulid::from(9).into());
        let ids = [3, 2, 1].map(|number: u128| LeadId::from(ulid::Ulid::from(number)));
        assert_eq!(follow_up_candidates(&leads, NOW), ids);
        assert_eq!(follow_up_candidates(&leads, NOW.plus(DAY)).first(), Some(&leads[3].id));
    }
}
