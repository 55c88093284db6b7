//! What can be wrong with a file as a whole.

use std::fmt;

/// Why a file was not read at all. Each message says what to do about it and is meant for the person who sent the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// More bytes than are accepted.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A spreadsheet program's own file, not a CSV.
    Workbook,
    /// Neither UTF-8 nor UTF-16 with a byte order mark, as a rule Windows-1252.
    NotUtf8 {
        /// Where the first byte stands that cannot be read, counted from 0.
        offset: usize,
    },
    /// Nothing but white space.
    Empty,
    /// The first row is a lead already.
    NoHeader,
    /// No row near the top has a column that says who the lead is.
    NoRecognisedColumns {
        /// The first row's cells, shortened, at most ten.
        found: Vec<String>,
    },
    /// A column that we read is there twice under one name.
    DuplicateColumn {
        /// The name as the file spells it.
        name: String,
    },
    /// More columns than are accepted.
    TooManyColumns {
        /// The limit.
        limit: usize,
    },
    /// A header with nothing below it.
    NoRows,
    /// More rows than are accepted.
    TooManyRows {
        /// The limit.
        limit: usize,
    },
    /// A quotation mark that opens a cell is never closed, so that the rest of the file would be one cell.
    UnclosedQuote {
        /// The row in which the mark stands, as a spreadsheet counts.
        row: usize,
    },
    /// The CSV reader gave up.
    Unreadable {
        /// The row after which it did, as a spreadsheet counts.
        row: usize,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(
                formatter,
                "The file is larger than {} MB. Split it into several files, each with the header row, \
                 and import them one by one.",
                limit / (1024 * 1024)
            ),
            Self::Workbook => formatter.write_str(
                "This is a spreadsheet file, not a CSV. Open it, \
                 choose \"Save as\" or \"Download\" and the format \"CSV UTF-8\".",
            ),
            Self::NotUtf8 { offset } => write!(
                formatter,
                "The file is not UTF-8 text (the first unreadable byte is number {offset}). \
                 Save it as \"CSV UTF-8\" and try again."
            ),
            Self::Empty => {
                formatter.write_str("The file is empty. Export it again with a header row and at least one lead.")
            }
            Self::NoHeader => formatter.write_str(
                "The file has no header row. Add a first row that names the columns, \
                 for example: Name,Email,Company,Phone.",
            ),
            Self::NoRecognisedColumns { found } => write!(
                formatter,
                "None of the columns says who a lead is (found: {}). Name at least one column Name, Email or Company.",
                found.join(", ")
            ),
            Self::DuplicateColumn { name } => {
                write!(formatter, "The column \"{name}\" is there twice. Remove or rename one of the two.")
            }
            Self::TooManyColumns { limit } => {
                write!(formatter, "The file has more than {limit} columns. Export only the columns that you need.")
            }
            Self::NoRows => formatter.write_str("The file has a header row but no leads below it. Add at least one."),
            Self::TooManyRows { limit } => write!(
                formatter,
                "The file has more than {limit} rows. Split it into several files, each with the header row, \
                 and import them one by one."
            ),
            Self::UnclosedQuote { row } => write!(
                formatter,
                "A quotation mark opened in row {row} is never closed. \
                 Close it, or write \"\" for a quotation mark inside a cell."
            ),
            Self::Unreadable { row } => {
                write!(formatter, "The file cannot be read as CSV after row {row}. Export it again as \"CSV UTF-8\".")
            }
        }
    }
}

impl std::error::Error for FileError {}
