//! What a lead becomes when a file says more about it.

use shared::model::lead::LeadDetails;

use crate::import::{MergedLead, NOTES_LIMIT, ParsedLead, merged_notes};

/// The notes of a lead and of its row are together longer than notes may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotesTooLong;

/// A lead that is new, with what its rows say.
pub(crate) fn new_details(row: &MergedLead) -> LeadDetails {
    let ParsedLead {
        email,
        company,
        title,
        phone,
        linkedin_url,
        source,
        status,
        priority,
        last_contacted_at,
        notes,
        ..
    } = row.lead.clone();
    LeadDetails {
        // Reading has refused rows without any name.
        name: row.lead.display_name().unwrap_or_default().to_owned(),
        email,
        company,
        title,
        phone,
        linkedin_url,
        source,
        status: status.unwrap_or_default(),
        priority: priority.unwrap_or_default(),
        last_contacted_at,
        notes,
    }
}

/// A known lead with what its rows say: what the file has replaces what was known, what it does not have stays. The last contact never
/// moves back, and notes are added below those that are there, without lines that they have already; so the same file again changes
/// nothing.
pub(crate) fn merged_details(known: &LeadDetails, row: &ParsedLead) -> Result<LeadDetails, NotesTooLong> {
    let newer = |file: &Option<String>, known: &Option<String>| file.clone().or_else(|| known.clone());
    let notes = merged_notes(known.notes.as_deref(), row.notes.as_deref());
    if notes.as_ref().is_some_and(|notes| notes.chars().count() > NOTES_LIMIT) {
        return Err(NotesTooLong);
    }
    Ok(LeadDetails {
        name: row.name.clone().unwrap_or_else(|| known.name.clone()),
        email: newer(&row.email, &known.email),
        company: newer(&row.company, &known.company),
        title: newer(&row.title, &known.title),
        phone: newer(&row.phone, &known.phone),
        linkedin_url: newer(&row.linkedin_url, &known.linkedin_url),
        source: newer(&row.source, &known.source),
        status: row.status.unwrap_or(known.status),
        priority: row.priority.unwrap_or(known.priority),
        last_contacted_at: row.last_contacted_at.max(known.last_contacted_at),
        notes,
    })
}

#[cfg(test)]
mod tests {
    use shared::clock::Timestamp;
    use shared::model::lead::{LeadPriority, LeadStatus};

    use super::*;

    fn text(value: &str) -> Option<String> {
        Some(value.to_owned())
    }

    #[test]
    fn the_file_wins_where_it_says_something() {
        let known = LeadDetails {
            name: "Ada".to_owned(),
            company: text("Engines"),
            phone: text("555-0100"),
            status: LeadStatus::Qualified,
            priority: LeadPriority::High,
            last_contacted_at: Some(Timestamp::from_seconds(200)),
            notes: text("Met in May.\nLikes tea."),
            ..LeadDetails::default()
        };
        let row = ParsedLead {
            company: text("Looms"),
            last_contacted_at: Some(Timestamp::from_seconds(100)),
            notes: text("Likes tea.\nAsked for a quote."),
            ..ParsedLead::default()
        };
        let merged = merged_details(&known, &row).unwrap();
        let expected = LeadDetails {
            company: text("Looms"),
            notes: text("Met in May.\nLikes tea.\nAsked for a quote."),
            ..known.clone()
        };
        assert_eq!(merged, expected);
        assert_eq!(merged_details(&merged, &row).unwrap(), merged, "the same again changes nothing");
        let later = ParsedLead {
            status: Some(LeadStatus::New),
            last_contacted_at: Some(Timestamp::from_seconds(300)),
            ..ParsedLead::default()
        };
        let merged = merged_details(&known, &later).unwrap();
        assert_eq!((merged.status, merged.last_contacted_at), (LeadStatus::New, Some(Timestamp::from_seconds(300))));
    }

    #[test]
    fn notes_that_do_not_fit_are_not_cut() {
        let known = LeadDetails { notes: Some("a".repeat(6_000)), ..LeadDetails::default() };
        let row = ParsedLead { notes: Some("b".repeat(6_000)), ..ParsedLead::default() };
        assert_eq!(merged_details(&known, &row), Err(NotesTooLong));
    }
}
