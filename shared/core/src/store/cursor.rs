//! Where a page ended, as an opaque text.
//!
//! A cursor holds only the place inside a list, never the list itself: the partition of the next page comes from the request's own
//! access, so a cursor cannot lead into somebody else's data. A tag of the list it was made for refuses it elsewhere.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::entity::text;
use super::{Item, StoreError};
use crate::problem::Problem;

/// The longest cursor accepted; ours are far shorter.
const LENGTH_MAXIMUM: usize = 1024;

/// A place inside a list: the sort key, and the index's sort key where the list is an index.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) sk: String,
    pub(super) listing_sk: Option<String>,
}

fn tag(partition: &str) -> [u8; 4] {
    let digest = Sha256::digest(partition.as_bytes());
    let mut tag = [0; 4];
    tag.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    tag
}

impl Cursor {
    pub(super) fn of(last: &Item, indexed: bool) -> Result<Self, StoreError> {
        let listing_sk = if indexed { Some(text(last, "listingSk")?.to_owned()) } else { None };
        Ok(Self { sk: text(last, "sk")?.to_owned(), listing_sk })
    }

    pub(super) fn encode(&self, partition: &str) -> String {
        let mut bytes = tag(partition).to_vec();
        bytes.extend(self.sk.as_bytes());
        if let Some(listing_sk) = &self.listing_sk {
            bytes.push(0);
            bytes.extend(listing_sk.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The answer to a cursor that is none of this list's.
    pub(super) fn refused() -> Problem {
        Problem::malformed("cursor", "is not a cursor of this list; use `nextCursor` of its last page as it came")
    }

    pub(super) fn decode(encoded: &str, partition: &str, indexed: bool) -> Result<Self, Problem> {
        if encoded.len() > LENGTH_MAXIMUM {
            return Err(Self::refused());
        }
        let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| Self::refused())?;
        let place = bytes.strip_prefix(&tag(partition)).ok_or_else(Self::refused)?;
        let place = std::str::from_utf8(place).map_err(|_| Self::refused())?;
        let (sk, listing_sk) = match place.split_once('\0') {
            Some((sk, listing_sk)) => (sk, Some(listing_sk.to_owned())),
            None => (place, None),
        };
        if sk.is_empty() || listing_sk.as_deref() == Some("") || listing_sk.is_some() != indexed {
            return Err(Self::refused());
        }
        Ok(Self { sk: sk.to_owned(), listing_sk })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_in_its_own_list_only(sk in "[a-z#]{1,40}", listing in proptest::option::of("[0-9]{1,9}")) {
            let cursor = Cursor { sk, listing_sk: listing };
            let indexed = cursor.listing_sk.is_some();
            let encoded = cursor.encode("ORG#1#LEAD");
            prop_assert!(Cursor::decode(&encoded, "ORG#2#LEAD", indexed).is_err());
            prop_assert!(Cursor::decode(&encoded, "ORG#1#LEAD", !indexed).is_err());
            prop_assert_eq!(Cursor::decode(&encoded, "ORG#1#LEAD", indexed).unwrap(), cursor);
        }

        #[test]
        fn any_text_is_refused_or_read(text in ".{0,200}") {
            let _ = Cursor::decode(&text, "ORG#1#LEAD", false);
        }
    }
}
