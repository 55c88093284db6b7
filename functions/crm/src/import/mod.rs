//! Reading a CSV of leads as people really export it: from the bytes of a file to rows that are leads or say what is
//! wrong with them. Everything here is a pure function; the endpoint decides what is written.
//!
//! * `text` turns bytes into text (UTF-8 or UTF-16) and cleans a cell's text.
//! * `csv` finds the separator and the header (below a preamble such as LinkedIn's) and numbers the rows as a
//!   spreadsheet does.
//! * `columns` says which header means which field of a lead.
//! * `values`, `linkedin` and `dates` read one cell each.
//! * `rows` makes a lead of a row, with all its faults at once, and keeps in the notes whatever has no field.
//! * `identity` says when two rows are the same lead, and merges them.
//!
//! A value that begins with `=`, `+`, `-` or `@` is kept as it is: here it is data (telephone numbers begin with
//! `+`). Whoever writes a CSV for a spreadsheet to open has to guard against formulas; reading one has nothing to
//! guard.

mod columns;
mod csv;
mod dates;
mod file_error;
mod identity;
mod linkedin;
mod rows;
pub(crate) mod text;
pub(crate) mod values;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use file_error::FileError;
pub(crate) use identity::merged_notes;
pub use identity::{Identity, MergedLead, identity, merge_duplicates};
pub use linkedin::{LinkedinAddress, linkedin_address};
pub(crate) use rows::NOTES_LIMIT;
pub use rows::{ParsedFile, ParsedLead, RowError, RowOutcome};
pub use values::normalised_email;

/// The largest file that is read, in bytes: a function URL takes 6 MB, of which base64 may eat a third.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The most rows that are read below the header, blank ones not counted.
pub const MAX_ROWS: usize = 5_000;

/// The most columns that a header may have: HubSpot's full export has several hundred.
pub const MAX_COLUMNS: usize = 2_000;

/// Reads a whole file. A fault of the file as a whole is the error; faults of single rows are in the answer, beside
/// the good rows.
pub fn parse(bytes: &[u8]) -> Result<ParsedFile, FileError> {
    if bytes.len() > MAX_BYTES {
        return Err(FileError::TooLarge { limit: MAX_BYTES });
    }
    let text = text::decode(bytes)?;
    let table = csv::read(text)?;
    let columns = columns::Columns::of(&table.header)?;
    Ok(rows::read(&table, &columns))
}
