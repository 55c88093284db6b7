//! A statement: an account's entries as CSV, which anybody can verify without us.

use std::fmt::Write;

use super::account::AccountPart;
use super::entry::{Entry, FIRST_PREVIOUS_HASH};
use crate::clock::Timestamp;
use crate::encoding::hexadecimal;
use sha2::{Digest, Sha256};

/// The columns: an entry's fields by their names.
const HEADER: &str = "account,sequence,at,transfer,reason,amount,balance,previousHash,hash";

/// Entries as CSV (RFC 4180). No field can hold a comma, a quote or a line's end, so that none needs quotes.
pub fn to_csv(entries: &[Entry]) -> String {
    let mut text = format!("{HEADER}\r\n");
    for entry in entries {
        let Entry { part, sequence, at, transfer_id, reason, amount, balance, previous_hash, hash } = entry;
        let reason = reason.name();
        // Writing to a text cannot fail.
        let _ =
            write!(text, "{part},{sequence},{at},{transfer_id},{reason},{amount},{balance},{previous_hash},{hash}\r\n");
    }
    text
}

/// What a sound statement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The account.
    pub account: String,
    /// How many entries there are.
    pub entries: u64,
    /// The first entry's place in the account's history; 1 is the beginning of it.
    pub first_sequence: u64,
    /// The balance before the first entry, and after the last.
    pub balances: (i64, i64),
    /// The hash of the last entry. Two statements that end in one hash tell one history; compare it with the hash that the balance shows
    /// to know that nothing is missing at the end.
    pub last_hash: String,
}

/// The first broken link of a statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct Broken {
    /// The line in the file, from 1; the header is the first.
    pub line: usize,
    /// What is wrong there.
    pub fault: String,
}

/// One line, read.
struct Line<'a> {
    account: &'a str,
    sequence: u64,
    at: Timestamp,
    amount: i64,
    balance: i64,
    previous_hash: &'a str,
    hash: &'a str,
    /// The hash that follows from the other fields.
    computed: String,
}

impl<'a> Line<'a> {
    fn read(text: &'a str) -> Result<Self, String> {
        let fields = text.split(',').collect::<Vec<_>>();
        let [account, sequence, at, transfer, reason, amount, balance, previous_hash, hash] = fields.as_slice() else {
            return Err(format!("there are {} fields and not 9", fields.len()));
        };
        let number = |name: &str, text: &str| format!("the {name} {text:?} is none");
        // As [`Entry::hash_of`] has it.
        let hashed =
            format!("{previous_hash}\n{account}\n{sequence}\n{at}\n{transfer}\n{reason}\n{amount}\n{balance}\n");
        Ok(Self {
            account,
            sequence: sequence.parse().map_err(|_| number("sequence", sequence))?,
            at: at.parse().map_err(|_| number("time", at))?,
            amount: amount.parse().map_err(|_| number("amount", amount))?,
            balance: balance.parse().map_err(|_| number("balance", balance))?,
            previous_hash,
            hash,
            computed: hexadecimal(Sha256::digest(hashed)),
        })
    }

    /// What is wrong with the line in itself.
    fn fault(&self) -> Option<String> {
        if self.hash != self.computed {
            return Some(format!("the entry was changed: its hash is {} and not {}", self.computed, self.hash));
        }
        let is_first = self.sequence == 1;
        if is_first && (self.previous_hash != FIRST_PREVIOUS_HASH || self.balance != self.amount) {
            return Some("the first entry goes back to another".to_owned());
        }
        self.balance.checked_sub(self.amount).is_none().then(|| "the balance overflows".to_owned())
    }

    /// What is wrong between the line before and this.
    fn fault_after(&self, previous: &Line<'_>) -> Option<String> {
        if self.account != previous.account {
            return Some(format!("it is of the account {} and not {}", self.account, previous.account));
        }
        if Some(self.sequence) != previous.sequence.checked_add(1) {
            return Some(format!("entry {} follows entry {}", self.sequence, previous.sequence));
        }
        if self.previous_hash != previous.hash {
            return Some(format!("it follows {} and not {}", self.previous_hash, previous.hash));
        }
        if self.at < previous.at {
            return Some("it is older than the entry before".to_owned());
        }
        let sum = previous.balance.checked_add(self.amount);
        (sum != Some(self.balance)).then(|| "the balance is not the one before and the amount".to_owned())
    }
}

/// Verifies a statement: that each entry has the hash of its fields, follows the one before, and that the amounts make the balances. It
/// needs nothing but the text.
///
/// # Errors
/// The first broken link.
pub fn verify(text: &str) -> Result<Verified, Broken> {
    let broken = |line: usize, fault: String| Broken { line, fault };
    let mut lines = text.lines().enumerate().map(|(index, text)| (index.saturating_add(1), text));
    if lines.next().map(|(_, header)| header) != Some(HEADER) {
        return Err(broken(1, format!("the header is not {HEADER}")));
    }
    let mut first: Option<(u64, i64)> = None;
    let mut last: Option<Line<'_>> = None;
    let mut entries = 0_u64;
    for (number, text) in lines {
        let line = Line::read(text).map_err(|fault| broken(number, fault))?;
        let fault = line.fault().or_else(|| last.as_ref().and_then(|previous| line.fault_after(previous)));
        if let Some(fault) = fault {
            return Err(broken(number, fault));
        }
        first = first.or_else(|| Some((line.sequence, line.balance.checked_sub(line.amount)?)));
        last = Some(line);
        entries = entries.saturating_add(1);
    }
    let (Some((first_sequence, opening)), Some(last)) = (first, last) else {
        return Err(broken(2, "there are no entries".to_owned()));
    };
    let (account, last_hash) = (last.account.to_owned(), last.hash.to_owned());
    Ok(Verified { account, entries, first_sequence, balances: (opening, last.balance), last_hash })
}

/// What the file of a statement is called.
pub fn file_name(part: AccountPart, from: Timestamp, to: Timestamp) -> String {
    let name = part.to_string().replace([':', '#'], "-");
    format!("{name}-{}-{}.csv", from.day(), to.day())
}
