//! The table in a text: its separator, its header row and the rows below, numbered as a spreadsheet numbers them.

use super::columns::{self, Recognised};
use super::text::{shortened, single_line};
use super::{FileError, MAX_COLUMNS, MAX_ROWS};
use ::csv::{ReaderBuilder, StringRecord};

/// The separators that spreadsheet programs write: the comma, the semicolon where the comma is the decimal mark, and
/// the tab.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// How many rows from the top may be the header. LinkedIn's connections have a preamble of two rows and an empty
/// line, Excel may write `sep=;`, and reports have a title.
const HEADER_WITHIN: usize = 10;

/// Put after the last row. Whoever leaves a quotation mark open finds the end of the file inside a cell, which the
/// CSV reader does not report; that the mark below is no row of its own does.
const END_MARK: &str = "\u{1F}end of file\u{1F}";

/// A row's cells, and its number.
#[derive(Debug)]
pub(super) struct Row {
    /// The number that a spreadsheet shows beside the row: the first is 1, a row of the preamble and an empty line
    /// count, and a row with line breaks inside its cells counts once.
    pub(super) number: usize,
    /// As many cells as the row has, which need not be as many as the header's.
    pub(super) cells: StringRecord,
}

/// A header and the rows below it.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) header: Row,
    pub(super) rows: Vec<Row>,
    pub(super) blank_rows: usize,
}

/// Reads the table. The separator is the one whose header has the most columns that we know.
pub(super) fn read(mut text: String) -> Result<Table, FileError> {
    if text.trim().is_empty() {
        return Err(FileError::Empty);
    }
    if !text.ends_with(['\n', '\r']) {
        text.push('\n');
    }
    text.push_str(END_MARK);
    let Some((separator, header_number)) = find_header(&text)? else {
        return Err(no_header(&text));
    };
    let (mut header, mut rows, mut blank_rows, mut number) = (None, Vec::new(), 0, 0);
    for row in Rows::new(&text, separator) {
        let row = row?;
        if is_end(&row.cells) {
            return match header {
                Some(header) if !rows.is_empty() => Ok(Table { header, rows, blank_rows }),
                _ => Err(FileError::NoRows),
            };
        }
        let blank_lines = row.number - number - 1;
        number = row.number;
        if row.number < header_number {
            continue;
        }
        if header.is_none() {
            header = Some(row);
            continue;
        }
        blank_rows += blank_lines;
        if is_blank(&row.cells) {
            blank_rows += 1;
        } else if rows.len() == MAX_ROWS {
            return Err(FileError::TooManyRows { limit: MAX_ROWS });
        } else {
            rows.push(row);
        }
    }
    Err(FileError::UnclosedQuote { row: number })
}

fn is_blank(cells: &StringRecord) -> bool {
    cells.iter().all(|cell| single_line(cell).is_empty())
}

fn is_end(cells: &StringRecord) -> bool {
    cells.len() == 1 && cells.get(0) == Some(END_MARK)
}

/// The separator and the number of the header's row.
///
/// A header has a column that says who the lead is; among the rows near the top the first that has a second known
/// column too is taken before one that has the one alone, so that a preamble of the word "Company" or "Contact" is
/// not mistaken for it.
fn find_header(text: &str) -> Result<Option<(u8, usize)>, FileError> {
    let mut best: Option<(usize, u8, usize)> = None;
    for separator in SEPARATORS {
        let mut found: Option<(usize, usize)> = None;
        for row in Rows::new(text, separator).take(HEADER_WITHIN) {
            let row = row?;
            let known = known_columns(&row.cells);
            if known > 0 && found.is_none_or(|(most, _)| most == 1 && known > 1) {
                found = Some((known, row.number));
            }
        }
        if let Some((known, number)) = found
            && best.is_none_or(|(most, _, _)| known > most)
        {
            best = Some((known, separator, number));
        }
    }
    Ok(best.map(|(_, separator, number)| (separator, number)))
}

/// How many columns of a row are known, if one of them says who the lead is; else none.
fn known_columns(cells: &StringRecord) -> usize {
    let known: Vec<Recognised> = cells.iter().take(MAX_COLUMNS).filter_map(columns::recognise).collect();
    if known.iter().any(Recognised::identifies) { known.len() } else { 0 }
}

/// Whether the header is missing or unknown: a row with an e-mail address is a lead.
fn no_header(text: &str) -> FileError {
    let first = SEPARATORS
        .into_iter()
        .filter_map(|separator| Rows::new(text, separator).filter_map(Result::ok).find(|row| !is_blank(&row.cells)))
        .max_by_key(|row| row.cells.len());
    let Some(row) = first else { return FileError::Empty };
    let is_address = |cell: &str| cell.split_once('@').is_some_and(|(_, domain)| domain.contains('.'));
    if row.cells.iter().any(is_address) {
        return FileError::NoHeader;
    }
    let cells = row.cells.iter().map(|cell| shortened(&single_line(cell), 40));
    FileError::NoRecognisedColumns { found: cells.filter(|cell| !cell.is_empty()).take(10).collect() }
}

/// The rows of a text, empty lines left out but counted.
struct Rows<'a> {
    text: &'a [u8],
    reader: ::csv::Reader<&'a [u8]>,
    number: usize,
}

impl<'a> Rows<'a> {
    fn new(text: &'a str, separator: u8) -> Self {
        let reader =
            ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
        Self { text: text.as_bytes(), reader, number: 0 }
    }

    /// How many empty lines stand at a place where a row may begin. The reader leaves them out without a word.
    fn empty_lines_at(&self, start: usize) -> usize {
        let mut previous = start.checked_sub(1).and_then(|before| self.text.get(before)).copied();
        let mut lines = 0;
        for byte in self.text.iter().skip(start).copied() {
            match (previous, byte) {
                // The reader stops between the two bytes of a line end.
                (Some(b'\r'), b'\n') => {}
                (_, b'\r' | b'\n') => lines += 1,
                _ => break,
            }
            previous = Some(byte);
        }
        lines
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
        let mut cells = StringRecord::new();
        match self.reader.read_record(&mut cells) {
            Ok(false) => None,
            Ok(true) => {
                self.number += self.empty_lines_at(start) + 1;
                Some(Ok(Row { number: self.number, cells }))
            }
            Err(_) => Some(Err(FileError::Unreadable { row: self.number })),
        }
    }
}
