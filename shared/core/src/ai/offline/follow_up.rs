//! The follow-up e-mail: fragments from `follow_up.json` by the lead's status, priority and silence.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::template::{Facts, choose};
use super::text::{quotable, stable_hash};
use crate::ai::{FollowUp, LeadFollowUpBrief};
use crate::model::lead::{LeadPriority, LeadStatus};

/// From this many days of silence on, the e-mail offers an easy way out.
const LONG_SILENCE_DAYS: u32 = 30;
const NAME_LIMIT: usize = 60;
const DESCRIPTION_LIMIT: usize = 240;
/// Titles in front of a name, after which the first word is not a first name.
const HONORIFICS: [&str; 9] = ["dr", "mr", "mrs", "ms", "miss", "prof", "professor", "sir", "mx"];

#[derive(Debug, Default, Deserialize)]
struct File {
    salutations: Vec<String>,
    statuses: BTreeMap<String, StatusFragments>,
    about: Vec<String>,
    meetings: BTreeMap<String, Vec<String>>,
    long_silence: Vec<String>,
    signatures: Vec<String>,
    next_steps: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
struct StatusFragments {
    subjects: Vec<String>,
    openers: Vec<String>,
    asks: Vec<String>,
}

/// A test holds that the file is well formed and has a fragment for every case.
static FILE: LazyLock<File> =
    LazyLock::new(|| serde_json::from_str(include_str!("follow_up.json")).unwrap_or_default());

/// Writes the e-mail.
pub(super) fn write(brief: &LeadFollowUpBrief) -> FollowUp {
    let facts = facts(brief);
    let status = status_name(brief.status);
    let priority = priority_name(brief.priority);
    let empty = StatusFragments::default();
    let fragments = FILE.statuses.get(status).unwrap_or(&empty);
    let number = variant(brief, &facts);
    // Each part is turned by another amount, so that the parts combine differently from one e-mail to the next.
    let pick = |list: &[String], turn: u32| {
        choose(list.iter().map(String::as_str), &facts, number.rotate_right(turn).wrapping_add(sent(brief)))
    };
    let list =
        |lists: &'static BTreeMap<String, Vec<String>>, name: &str| lists.get(name).map_or(&[][..], Vec::as_slice);

    let opening = [pick(&fragments.openers, 3), pick(&FILE.about, 5).filter(|_| introduces(brief, &facts))];
    let asking = [
        pick(&fragments.asks, 7),
        pick(list(&FILE.meetings, priority), 11).filter(|_| status != "lost"),
        pick(&FILE.long_silence, 13).filter(|_| offers_way_out(brief)),
    ];
    let paragraph = |parts: &[Option<String>]| parts.iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let salutation = choose(FILE.salutations.iter().map(String::as_str), &facts, 0).unwrap_or_default();
    let signature = choose(FILE.signatures.iter().map(String::as_str), &facts, 0).unwrap_or_default();
    let next = if matches!(status, "lost" | "converted") { status } else { priority };
    FollowUp {
        subject: pick(&fragments.subjects, 17).unwrap_or_default(),
        body: [salutation, paragraph(&opening), paragraph(&asking), signature].join("\n\n"),
        next_step: choose(list(&FILE.next_steps, next).iter().map(String::as_str), &facts, 0).unwrap_or_default(),
    }
}

/// A customer knows what we do; others are told when there is something to tell.
fn introduces(brief: &LeadFollowUpBrief, facts: &Facts) -> bool {
    let known = matches!(brief.status, Some(LeadStatus::Converted));
    // Without a description the sentence only names the organisation, which the signature does as well.
    !known && (facts.has("ventureDescription") || matches!(brief.status, Some(LeadStatus::New) | None))
}

/// A lost lead's question holds the way out already, and a customer needs none.
fn offers_way_out(brief: &LeadFollowUpBrief) -> bool {
    brief.days_since_contact.is_some_and(|days| days >= LONG_SILENCE_DAYS)
        && !matches!(brief.status, Some(LeadStatus::Lost | LeadStatus::Converted))
}

fn sent(brief: &LeadFollowUpBrief) -> u64 {
    u64::from(brief.follow_ups_sent.unwrap_or_default())
}

fn variant(brief: &LeadFollowUpBrief, facts: &Facts) -> u64 {
    let slots = ["leadName", "company", "title", "organizationName", "senderName"];
    let known = slots.iter().map(|slot| facts.get(slot).unwrap_or_default());
    stable_hash(known.chain([status_name(brief.status)]))
}

fn status_name(status: Option<LeadStatus>) -> &'static str {
    match status {
        Some(LeadStatus::New) => "new",
        Some(LeadStatus::Contacted) => "contacted",
        Some(LeadStatus::Qualified) => "qualified",
        Some(LeadStatus::Converted) => "converted",
        Some(LeadStatus::Lost) => "lost",
        None => "unknown",
    }
}

fn priority_name(priority: Option<LeadPriority>) -> &'static str {
    match priority {
        Some(LeadPriority::High) => "high",
        Some(LeadPriority::Medium) | None => "medium",
        Some(LeadPriority::Low) => "low",
    }
}

fn facts(brief: &LeadFollowUpBrief) -> Facts {
    let name = |value: &Option<String>| value.as_deref().map(|value| quotable(value, NAME_LIMIT));
    let lead_name = name(&brief.lead_name);
    let mut facts = Facts::default();
    facts.set("firstName", lead_name.as_deref().map(first_name));
    facts.set("leadName", lead_name);
    facts.set("company", name(&brief.company));
    facts.set("title", name(&brief.title));
    facts.set("organizationName", name(&brief.organization_name));
    facts.set("senderName", name(&brief.sender_name));
    facts.set(
        "ventureDescription",
        brief.venture_description.as_deref().map(|value| sentence(value, DESCRIPTION_LIMIT)),
    );
    facts.set("lastContact", brief.days_since_contact.map(last_contact));
    facts
}

/// The first word of a name; the whole name where that word is a title or an initial.
fn first_name(name: &str) -> String {
    let first = name.split_whitespace().next().unwrap_or_default();
    let bare = first.trim_end_matches(['.', ',']).to_lowercase();
    let whole = bare.chars().count() < 2 || HONORIFICS.contains(&bare.as_str()) || first.ends_with(',');
    if whole { name.to_owned() } else { first.to_owned() }
}

/// A description as one sentence that can end a paragraph.
pub(super) fn sentence(description: &str, limit: usize) -> String {
    let line = quotable(description, limit);
    let bare = line.trim_end_matches(['.', ' ', ':', ';', ',']);
    if bare.ends_with(['!', '?', '…']) || bare.is_empty() { bare.to_owned() } else { format!("{bare}.") }
}

fn last_contact(days: u32) -> String {
    match days {
        0 => "earlier today".to_owned(),
        1 => "yesterday".to_owned(),
        2..=6 => format!("{days} days ago"),
        7..=10 => "about a week ago".to_owned(),
        11..=59 => format!("about {} weeks ago", days.saturating_add(3) / 7),
        60..=364 => format!("about {} months ago", days / 30),
        365.. => "more than a year ago".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ai::structured::StructuredOutput;

    #[test]
    fn every_case_has_its_fragments_even_without_facts() {
        let statuses =
            [LeadStatus::New, LeadStatus::Contacted, LeadStatus::Qualified, LeadStatus::Converted, LeadStatus::Lost];
        for status in statuses.into_iter().map(Some).chain([None]) {
            for priority in [None, Some(LeadPriority::Low), Some(LeadPriority::Medium), Some(LeadPriority::High)] {
                for days_since_contact in [None, Some(0), Some(9), Some(45), Some(u32::MAX)] {
                    let brief =
                        LeadFollowUpBrief { status, priority, days_since_contact, ..LeadFollowUpBrief::default() };
                    let follow_up = write(&brief);
                    follow_up.check().unwrap_or_else(|reason| panic!("{brief:?}: {reason}"));
                    assert_eq!(follow_up.body.split("\n\n").count(), 4, "{}", follow_up.body);
                    assert!(!follow_up.body.contains("  ") && !follow_up.body.contains(['{', '}']));
                }
            }
        }
    }

    #[test]
    fn the_facts_are_in_the_e_mail_and_nothing_else_is() {
        let follow_up = write(&LeadFollowUpBrief {
            lead_name: Some("Dana Okafor".to_owned()),
            company: Some("Acme Dental".to_owned()),
            title: Some("Head of Operations".to_owned()),
            status: Some(LeadStatus::Contacted),
            priority: Some(LeadPriority::High),
            days_since_contact: Some(14),
            organization_name: Some("Slotwise".to_owned()),
            venture_description: Some("we fill cancelled appointments by text message".to_owned()),
            sender_name: Some("Ana Ruiz".to_owned()),
            ..LeadFollowUpBrief::default()
        });
        assert!(follow_up.subject.contains("Acme Dental"));
        for expected in ["Hi Dana,", "about 2 weeks ago", "by text message.", "Acme Dental", "\nAna Ruiz\nSlotwise"] {
            assert!(follow_up.body.contains(expected), "{expected} in {}", follow_up.body);
        }
        assert!(follow_up.next_step.starts_with("If Dana Okafor has not answered in 3 days"));
    }

    #[test]
    fn consecutive_follow_ups_differ() {
        let brief = |number| LeadFollowUpBrief {
            lead_name: Some("Dana Okafor".to_owned()),
            status: Some(LeadStatus::Contacted),
            follow_ups_sent: Some(number),
            ..LeadFollowUpBrief::default()
        };
        assert_ne!(write(&brief(0)).body, write(&brief(1)).body);
        assert_eq!(write(&brief(1)), write(&brief(1)));
    }

    #[test]
    fn a_title_is_not_taken_for_a_first_name() {
        for (name, expected) in [
            ("Dana Okafor", "Dana"),
            ("Dr. Okafor", "Dr. Okafor"),
            ("D. Okafor", "D. Okafor"),
            ("Okafor, Dana", "Okafor, Dana"),
            ("Łukasz", "Łukasz"),
        ] {
            assert_eq!(first_name(name), expected);
        }
    }
}
