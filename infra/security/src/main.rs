//! Writes `docs/SECURITY.md` to the standard output: `cargo run -q -p security > docs/SECURITY.md`.

use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = security::document()?;
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}
