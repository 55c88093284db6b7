//! Writes `docs/COST.md` to the standard output: `cargo run -q -p costs > docs/COST.md`.

use std::io::Write;

fn main() -> std::io::Result<()> {
    let text = costs::document::Document::measured().text();
    std::io::stdout().lock().write_all(text.as_bytes())
}
