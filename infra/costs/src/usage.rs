//! What a call or a run of a job used, added up.

use std::collections::BTreeMap;

use crate::capacity::{Place, Request};

/// Read and write units that fall on one kind of partition.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Units {
    /// Read units.
    pub reads: f64,
    /// Write units.
    pub writes: f64,
}

/// What was used.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// Requests to DynamoDB by kind, as the table shows them: `Get`, `Transact(5)` (a transaction of five writes), `BatchGet(4)`.
    pub requests: BTreeMap<String, u32>,
    /// Items that were named or found.
    pub items: usize,
    /// Read units.
    pub reads: f64,
    /// Write units of the table.
    pub table_writes: f64,
    /// Write units of the indexes.
    pub index_writes: f64,
    /// Requests to SQS that send.
    pub sqs_sends: u32,
    /// Questions to a language model.
    pub ai_calls: u32,
    /// The bytes of the answer's body.
    pub response_bytes: usize,
    /// What the events that it wrote say happened.
    pub events: Vec<String>,
    /// By how many billed bytes what is stored for good grew.
    pub kept_bytes: f64,
    /// By how many billed bytes times seconds what is stored for a time grew.
    pub expiring_byte_seconds: f64,
    /// The units by the pattern of the partition's key, with the index's name before it where it is one's.
    pub partitions: BTreeMap<String, Units>,
}

impl Usage {
    /// What these requests used.
    pub fn of(requests: &[Request]) -> Self {
        let mut usage = Self::default();
        for request in requests {
            *usage.requests.entry(label(request)).or_default() += 1;
            usage.items += request.items;
            request.places.iter().for_each(|place| usage.add_place(place));
        }
        usage
    }

    fn add_place(&mut self, place: &Place) {
        self.reads += place.reads;
        match place.index {
            None => self.table_writes += place.writes,
            Some(_) => self.index_writes += place.writes,
        }
        self.kept_bytes += place.kept_bytes;
        self.expiring_byte_seconds += place.expiring_byte_seconds;
        let index = place.index.as_ref().map(|index| format!("{index}: ")).unwrap_or_default();
        let units = self.partitions.entry(format!("{index}{}", pattern(&place.partition))).or_default();
        units.reads += place.reads;
        units.writes += place.writes;
    }

    /// Write units in all.
    pub fn writes(&self) -> f64 {
        self.table_writes + self.index_writes
    }

    /// Requests to DynamoDB in all.
    pub fn request_count(&self) -> u32 {
        self.requests.values().sum()
    }
}

/// A kind of request. How many items a query found is no part of it.
fn label(request: &Request) -> String {
    match request.operation.as_str() {
        "BatchGetItem" => format!("BatchGet({})", request.items),
        "TransactWriteItems" => format!("Transact({})", request.items),
        other => other.trim_end_matches("Item").to_owned(),
    }
}

/// A partition key as `docs/TABLE.md` writes it: what tells one user, organisation or day from another is named, not given.
pub fn pattern(partition: &str) -> String {
    let parts = partition.split('#').map(part).collect::<Vec<_>>();
    match parts.as_slice() {
        // How others name people follows no form of ours.
        [kind, provider, _] if kind == "IDENTITY" => format!("{kind}#{provider}#<subject>"),
        parts => parts.join("#"),
    }
}

/// One part: an account of the ledger has its owner after a colon, and the owner's day after an at sign.
fn part(part: &str) -> String {
    if let Some((account, owner)) = part.split_once(':') {
        return format!("{account}:{}", self::part(owner));
    }
    if let Some(name) =
        part.split_once('@').and_then(|(owner, day)| Some(format!("{}@{}", id(owner)?, self::part(day))))
    {
        return name;
    }
    if let Some(name) = id(part) {
        return name.to_owned();
    }
    let digits = |alphabet: fn(char) -> bool| !part.is_empty() && part.chars().all(alphabet);
    match part.len() {
        1 if digits(|character| character.is_ascii_digit()) => "<shard>".to_owned(),
        10 if digits(|character| character.is_ascii_digit() || character == '-') => "<day>".to_owned(),
        16.. if digits(|character| character.is_ascii_hexdigit()) => "<digest>".to_owned(),
        _ if part.contains('@') => "<address>".to_owned(),
        _ => part.to_owned(),
    }
}

/// What an identifier is of.
fn id(text: &str) -> Option<&'static str> {
    let kinds = [
        ("usr_", "<user>"),
        ("org_", "<organization>"),
        ("led_", "<lead>"),
        ("cnv_", "<conversation>"),
        ("evt_", "<event>"),
        ("whk_", "<webhook>"),
        ("lnk_", "<link>"),
        ("mal_", "<mail>"),
        ("trf_", "<transfer>"),
        ("sia_", "<attempt>"),
    ];
    kinds.into_iter().find(|(prefix, _)| text.starts_with(prefix)).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_as_the_table_s_page_names_them() {
        for (key, name) in [
            ("USER#usr_01KAGR3V0R0000000000000000", "USER#<user>"),
            ("ORG#org_01KAGR3V0R0000000000000000#LEAD#contacted", "ORG#<organization>#LEAD#contacted"),
            ("EMAIL#ada@example.com", "EMAIL#<address>"),
            ("TASK#7", "TASK#<shard>"),
            ("COUNTER#USERS", "COUNTER#USERS"),
            ("ACCOUNT#buzWallet:usr_01KAGR3V0R0000000000000000#ENTRY", "ACCOUNT#buzWallet:<user>#ENTRY"),
            (
                "ACCOUNT#creditAllowance:org_01KAGR3V0R0000000000000000@2026-11-20",
                "ACCOUNT#creditAllowance:<organization>@<day>",
            ),
            ("TRANSFER#trf_01KAGR3V0R0000000000000000", "TRANSFER#<transfer>"),
            ("listing: INBOUND#stripe#2026-11-20", "listing: INBOUND#stripe#<day>"),
            ("IDENTITY#linkedin#782bbtaQ", "IDENTITY#linkedin#<subject>"),
            ("RATE#chat#3a7bd3e2360a3d29eea436fc", "RATE#chat#<digest>"),
        ] {
            assert_eq!(pattern(key), name);
        }
    }
}
