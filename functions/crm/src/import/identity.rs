//! When two rows are the same lead.

use super::ParsedLead;
use super::rows::NOTES_LIMIT;
use sha2::{Digest, Sha256};
use shared::model::lead::LeadDetails;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// What a lead is known by. Its text is the key: `email:…`, `linkedin:…` or `digest:` with 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Identity {
    /// The e-mail address in lower case.
    Email(String),
    /// The address of the LinkedIn profile in its one form.
    Linkedin(String),
    /// SHA-256 of name, company and telephone number, for a lead that has neither of the others.
    Digest(String),
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email(address) => write!(formatter, "email:{address}"),
            Self::Linkedin(address) => write!(formatter, "linkedin:{address}"),
            Self::Digest(digest) => write!(formatter, "digest:{digest}"),
        }
    }
}

impl Identity {
    /// What a lead that is stored is known by.
    #[must_use]
    pub fn of(details: &LeadDetails) -> Self {
        let LeadDetails { name, email, company, phone, linkedin_url, .. } = details;
        known_by(email.as_ref(), linkedin_url.as_ref(), Some(name), company.as_deref(), phone.as_deref())
    }
}

/// What a row's lead is known by: its e-mail address, else its LinkedIn profile, else its name, company and telephone
/// number together. It is what the lead will be known by once it is stored under its display name.
#[must_use]
pub fn identity(lead: &ParsedLead) -> Identity {
    let ParsedLead { email, company, phone, linkedin_url, .. } = lead;
    known_by(email.as_ref(), linkedin_url.as_ref(), lead.display_name(), company.as_deref(), phone.as_deref())
}

fn known_by(
    email: Option<&String>,
    linkedin_url: Option<&String>,
    name: Option<&str>,
    company: Option<&str>,
    phone: Option<&str>,
) -> Identity {
    if let Some(email) = email {
        return Identity::Email(email.clone());
    }
    if let Some(address) = linkedin_url {
        return Identity::Linkedin(address.clone());
    }
    let mut hash = Sha256::new();
    // The unit separator cannot be in a value, so that moving a word from one to the next changes the digest.
    hash.update(comparable(name));
    hash.update("\u{1F}");
    hash.update(comparable(company));
    hash.update("\u{1F}");
    hash.update(digits(phone));
    Identity::Digest(shared::encoding::hexadecimal(hash.finalize()))
}

/// Lower case, and one space between words.
fn comparable(value: Option<&str>) -> String {
    value.unwrap_or_default().to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The digits of a telephone number; `+49` and `0049` are the same.
fn digits(phone: Option<&str>) -> String {
    let digits: String = phone.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    digits.strip_prefix("00").map(str::to_owned).unwrap_or(digits)
}

/// The rows of a file that are one lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedLead {
    /// What the lead is known by.
    pub identity: Identity,
    /// The numbers of its rows, in the file's order.
    pub rows: Vec<usize>,
    /// What the rows say together.
    pub lead: ParsedLead,
}

/// Merges the rows of one identity: what a later row says replaces what an earlier one said, what it does not say
/// stays. Notes are kept one below the other as long as they fit, without lines that are there already. The order is
/// that of each lead's first row.
#[must_use]
pub fn merge_duplicates(rows: impl IntoIterator<Item = (usize, ParsedLead)>) -> Vec<MergedLead> {
    let mut merged: Vec<MergedLead> = Vec::new();
    let mut places: HashMap<Identity, usize> = HashMap::new();
    for (row, lead) in rows {
        let identity = identity(&lead);
        match places.get(&identity).and_then(|place| merged.get_mut(*place)) {
            Some(known) => {
                known.rows.push(row);
                merge(&mut known.lead, lead);
            }
            None => {
                places.insert(identity.clone(), merged.len());
                merged.push(MergedLead { identity, rows: vec![row], lead });
            }
        }
    }
    merged
}

fn merge(known: &mut ParsedLead, later: ParsedLead) {
    let notes = later_notes(known.notes.take(), later.notes);
    *known = ParsedLead {
        name: later.name.or(known.name.take()),
        email: later.email.or(known.email.take()),
        company: later.company.or(known.company.take()),
        title: later.title.or(known.title.take()),
        phone: later.phone.or(known.phone.take()),
        linkedin_url: later.linkedin_url.or(known.linkedin_url.take()),
        source: later.source.or(known.source.take()),
        status: later.status.or(known.status),
        priority: later.priority.or(known.priority),
        last_contacted_at: later.last_contacted_at.or(known.last_contacted_at),
        notes,
    };
}

/// The notes of two rows of a file; the later ones alone where both are too long.
fn later_notes(known: Option<String>, later: Option<String>) -> Option<String> {
    let both = merged_notes(known.as_deref(), later.as_deref());
    both.filter(|both| both.chars().count() <= NOTES_LIMIT).or(later)
}

/// The earlier notes, and below them the later ones' lines that they do not have yet.
pub(crate) fn merged_notes(known: Option<&str>, later: Option<&str>) -> Option<String> {
    let (Some(known), Some(later)) = (known, later) else { return later.or(known).map(str::to_owned) };
    let lines: HashSet<&str> = known.lines().collect();
    let new = later.lines().filter(|line| !lines.contains(line));
    Some([known].into_iter().chain(new).collect::<Vec<_>>().join("\n"))
}
