//! Where an organisation's rows lie: all places in one list, so that whoever removes an organisation forgets none. A test holds the list to
//! `docs/TABLE.md`, and that page to the entities.

use super::agentic_run::AgenticRun;
use super::checkout::Checkout;
use super::conversation::{Conversation, Message};
use super::credit_movement::CreditMovement;
use super::credit_purchase::CreditPurchase;
use super::file::File;
use super::invitation::{Invitation, InvitedAddress};
use super::invoice::Invoice;
use super::lead::{Lead, LeadIdentity};
use super::lead_activity::LeadActivity;
use super::membership::Membership;
use super::organization::{Organization, Purged};
use super::post::Post;
use super::suppressed_address::SuppressedAddress;
use super::task::Task;
use super::venture::Venture;
use super::webhook::Webhook;
use super::webhook_delivery::WebhookDelivery;
use crate::event::Event;
use crate::id::OrganizationId;
use crate::store::{Key, Listing};

/// The partition of what lies below a row, by the row's sort key.
pub type Below = fn(OrganizationId, &str) -> Option<String>;

/// A place where rows of an organisation lie.
#[derive(Clone, Debug)]
pub struct Place {
    /// The rows.
    pub rows: Listing,
    /// Where more rows lie for each of them, if any do.
    pub below: Option<Below>,
    /// What one of the rows counts for among the platform's figures.
    pub counts: Purged,
}

impl Place {
    /// A place whose rows have none below them.
    pub fn of_rows(rows: Listing) -> Self {
        Self { rows, below: None, counts: Purged::default() }
    }

    fn of(partition: String) -> Self {
        Self::of_rows(Listing::of_partition(partition))
    }

    fn with_below(self, below: Below) -> Self {
        Self { below: Some(below), ..self }
    }

    fn counting(self, leads: u32, ventures: u32) -> Self {
        Self { counts: Purged { leads, ventures }, ..self }
    }

    /// All places of an organisation. The last holds the organisation's own row.
    pub fn all(organization: OrganizationId) -> Vec<Self> {
        vec![
            Self::of(Lead::partition(organization))
                .with_below(|organization, lead| Some(LeadActivity::partition(organization, lead.parse().ok()?)))
                .counting(1, 0),
            Self::of(LeadIdentity::partition(organization)),
            Self::of(SuppressedAddress::partition(organization)),
            Self::of(Conversation::partition(organization))
                .with_below(|organization, id| Some(Message::partition(organization, id.parse().ok()?))),
            Self::of(Task::partition(organization)),
            Self::of(AgenticRun::partition(organization)),
            Self::of(Post::partition(organization)),
            Self::of(Venture::partition(organization)).counting(0, 1),
            // Their objects go with them: the purge removes these first, in its own way.
            Self::of(File::partition(organization)),
            Self::of(Invitation::partition(organization)),
            Self::of(InvitedAddress::partition(organization)),
            Self::of(WebhookDelivery::partition(organization)),
            Self::of(Webhook::partition(organization)),
            Self::of(CreditMovement::partition(organization)),
            Self::of(Checkout::partition(organization)),
            Self::of(CreditPurchase::partition(organization)),
            Self::of(Invoice::partition(organization)),
            // Members last of what others could be looked at by, and the trail after everything that is in it.
            Self::of_rows(Membership::listing(organization)),
            Self::of(Event::partition(organization)),
            Self::of(Organization::key_of(organization).pk),
        ]
    }

    /// Whether the row at `key` is the organisation's own, with which everything ends.
    pub fn is_own_row(key: &Key) -> bool {
        Organization::id_of(key).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    const TABLE: &str = include_str!("../../../../docs/TABLE.md");
    const ORGANIZATION: &str = "org_01KAGR3V0R0000000000000000";

    /// The rows of the table of items: entity, partition, sort key, indexes.
    fn items() -> Vec<[&'static str; 4]> {
        let section = TABLE.split("## Items").nth(1).unwrap().split("\n## ").next().unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| entity"));
        let cells = rows.map(|line| line.trim_matches('|').splitn(4, " | ").map(str::trim).collect::<Vec<_>>());
        cells.map(|cells| cells.try_into().unwrap()).collect()
    }

    #[test]
    fn every_place_of_the_table_that_is_an_organizations_is_in_the_list() {
        let page = items().into_iter().filter_map(|[_, partition, _, indexes]| {
            let partition = partition.trim_matches('`');
            match indexes.strip_prefix("listing `").and_then(|rest| rest.split('`').next()) {
                _ if partition.starts_with("ORG#") => Some(partition.to_owned()),
                Some(list) if list.starts_with("ORG#") => Some(list.to_owned()),
                _ => None,
            }
        });
        let organization = ORGANIZATION.parse().unwrap();
        let named = |text: &str| text.replace(ORGANIZATION, "<organization>");
        let mut listed = BTreeSet::new();
        for place in Place::all(organization) {
            listed.insert(named(place.rows.tagged_partition()));
            for (id, name) in
                [("led_01KAGR3V0R0000000000000000", "<lead>"), ("cnv_01KAGR3V0R0000000000000000", "<conversation>")]
            {
                let below = place.below.and_then(|below| below(organization, id));
                listed.extend(below.map(|below| named(&below).replace(id, name)));
            }
        }
        assert_eq!(listed, page.collect::<BTreeSet<_>>(), "the list and docs/TABLE.md differ");
        let last = Place::all(organization).pop().unwrap();
        assert_eq!(last.rows.tagged_partition(), Organization::key_of(organization).pk);
    }

    #[test]
    fn every_entity_is_in_the_table() {
        let known = items().into_iter().map(|[entity, ..]| entity).collect::<BTreeSet<_>>();
        let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut found = 0;
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for rest in text.split("const TYPE: &'static str = \"").skip(1) {
                let Some(entity) = rest.split('"').next().filter(|name| name.chars().all(char::is_alphanumeric)) else {
                    continue;
                };
                found += 1;
                assert!(known.contains(entity), "docs/TABLE.md has no {entity}");
            }
        }
        assert!(found > 20, "{found} entities");
    }
}
