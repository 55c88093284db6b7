//! Any bytes as a file of leads: read or refused, and never more than its limits let through.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(file) = crm::import::parse(bytes) {
        assert!(file.rows.len() <= crm::import::MAX_ROWS);
    }
});
