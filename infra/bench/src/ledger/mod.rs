//! How many transfers the ledger makes: on this machine, and by simulation on DynamoDB, whose partitions take 1,000 write units a second.
//! The tables are the section "Speed" of docs/LEDGER.md.

mod load;
mod measure;
mod partitions;
mod simulate;

use std::path::Path;

use shared_lambda::Error;

use crate::say;

/// What stands before the generated part of the page.
const MARK: &str = "<!-- Written by `cargo run --release -p bench -- ledger`; do not edit below. -->";

/// Measures, simulates and writes both down.
pub(crate) fn run(dry: bool) -> Result<(), Error> {
    let text = format!("{}\n{}", measure::section()?, simulate::section()?);
    say(&text)?;
    if dry {
        return Ok(());
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/LEDGER.md");
    let old = std::fs::read_to_string(&page)?;
    let (head, _) = old.split_once(MARK).ok_or("docs/LEDGER.md has lost its mark")?;
    Ok(std::fs::write(&page, format!("{head}{MARK}\n\n{}\n", text.trim_end()))?)
}
