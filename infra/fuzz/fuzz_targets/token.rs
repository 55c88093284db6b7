//! Any text as an access token: none but the one that was issued is one.

#![no_main]

use std::sync::LazyLock;

use jsonwebtoken::DecodingKey;
use libfuzzer_sys::fuzz_target;
use shared::access::TokenIssuer;
use shared::clock::{Clock, Timestamp};
use shared::config::{PlatformConfig, Variables};
use shared::id::Ids;
use testkit::{SeededEntropy, SystemClock};

struct Issued {
    issuer: TokenIssuer,
    key: DecodingKey,
    token: String,
    now: Timestamp,
}

static ISSUED: LazyLock<Issued> = LazyLock::new(|| {
    let clock = Clock::new(SystemClock);
    let (now, ids) = (Timestamp::from_seconds(1_795_165_200), Ids::new(clock, SeededEntropy::new(1)));
    let variables: Variables =
        [("TABLE_NAME", "t"), ("LEDGER_TABLE_NAME", "l"), ("ENVIRONMENT", "test")].map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    let issuer = TokenIssuer::new(PlatformConfig::read(&variables).expect("it is complete").tokens);
    let pair = TokenIssuer::new_key(&ids, now).expect("keys can be made");
    let token = issuer.issue(&pair.signing, ids.next(), "ada@example.com", (ids.next(), 1), now).expect("it signs").token;
    let key = TokenIssuer::decoding_key(&pair.verifying).expect("it is ours");
    Issued { issuer, key, token, now }
});

/// The input is a list of edits of the issued token, so that the fuzzer begins next to it: a place, and what stands there instead.
fn edited(token: &str, edits: &[u8]) -> String {
    let mut bytes = token.as_bytes().to_vec();
    for edit in edits.chunks(3) {
        let [high, low, byte] = *edit else { break };
        let place = usize::from(u16::from_be_bytes([high, low])) % (bytes.len() + 1);
        match byte {
            0x80..=0xbf => drop(bytes.splice(place..place.min(bytes.len()), [byte & 0x7f])),
            0xc0..=0xff => bytes.truncate(place),
            _ if place < bytes.len() => bytes[place] = byte,
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fuzz_target!(|bytes: &[u8]| {
    let Issued { issuer, key, token, now } = &*ISSUED;
    for text in [String::from_utf8_lossy(bytes).into_owned(), edited(token, bytes)] {
        let accepted = TokenIssuer::key_id(&text).is_some() && issuer.verify(&text, key, *now).is_some();
        assert!(!accepted || text == *token, "{text}");
    }
});
