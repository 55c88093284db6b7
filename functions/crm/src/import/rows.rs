//! From a row to a lead, or to everything that is wrong with it.

use super::columns::{Candidate, Columns, Field, Standing};
use super::csv::{Row, Table};
use super::dates::{self, DateOrder};
use super::text::{is_nothing, is_nothing_typed, multi_line, single_line};
use super::values::{self, Reading};
use shared::clock::Timestamp;
use shared::model::lead::{LeadPriority, LeadStatus};
use std::collections::HashMap;

/// The longest notes that are kept, in characters, the columns without a field of their own included.
pub(crate) const NOTES_LIMIT: usize = 10_000;

/// What a row says about a lead. Absent is what the file does not say, so that an update leaves alone what is known
/// already; that includes the name, see [`ParsedLead::display_name`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParsedLead {
    /// The full name, at most 200 characters.
    pub name: Option<String>,
    /// The e-mail address in lower case, at most 254 characters.
    pub email: Option<String>,
    /// The employer, at most 200 characters.
    pub company: Option<String>,
    /// The position there, at most 200 characters.
    pub title: Option<String>,
    /// The telephone number as it is written, at most 50 characters.
    pub phone: Option<String>,
    /// The LinkedIn profile in its one form ([`super::linkedin_address`]), at most 500 characters.
    pub linkedin_url: Option<String>,
    /// Where the lead came from, at most 100 characters.
    pub source: Option<String>,
    /// How far the lead has come.
    pub status: Option<LeadStatus>,
    /// How much the lead matters.
    pub priority: Option<LeadPriority>,
    /// When somebody last spoke with the lead; midnight UTC where the file has a date only.
    pub last_contacted_at: Option<Timestamp>,
    /// The notes, then a line "Header: value" for each cell that has no field, at most 10,000 characters.
    pub notes: Option<String>,
}

impl ParsedLead {
    /// What to call a new lead: its name, else the local part of its e-mail address, else its company.
    #[must_use]
    pub fn display_name(&self) -> Option<&str> {
        let local_part = || self.email.as_deref().and_then(|email| email.split_once('@')).map(|(local, _)| local);
        self.name.as_deref().or_else(local_part).or(self.company.as_deref())
    }
}

/// A fault of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// The row's number in a spreadsheet.
    pub row: usize,
    /// The field's name in the API, or `row` where the fault is the row's as a whole.
    pub field: &'static str,
    /// What is wrong and what to do, for the person who sent the file. Names, addresses and numbers are not repeated
    /// in it.
    pub message: String,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowOutcome {
    /// The number that a spreadsheet shows beside the row: the header's is 1 where no preamble precedes it; rows of a
    /// preamble and blank rows count, a row with line breaks inside its cells counts once.
    pub row: usize,
    /// The lead, or all faults of the row.
    pub lead: Result<ParsedLead, Vec<RowError>>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedFile {
    /// The rows below the header in the file's order, blank ones left out.
    pub rows: Vec<RowOutcome>,
    /// How many rows below the header were blank; empty lines at the end of the file are not counted.
    pub blank_rows: usize,
}

pub(super) fn read(table: &Table, columns: &Columns) -> ParsedFile {
    let order = |candidate: &Candidate| {
        let values = table.rows.iter().filter_map(|row| row.cells.get(candidate.index)).map(single_line);
        (candidate.index, DateOrder::of_column(values))
    };
    let orders: HashMap<usize, DateOrder> = columns.candidates(Field::LastContactedAt).iter().map(order).collect();
    let outcome = |row: &Row| RowOutcome { row: row.number, lead: RowReader::new(row, columns).lead(&orders) };
    ParsedFile { rows: table.rows.iter().map(outcome).collect(), blank_rows: table.blank_rows }
}

/// The reading of one row: what is taken from it, and which cells are left for the notes.
struct RowReader<'a> {
    row: &'a Row,
    columns: &'a Columns,
    used: Vec<bool>,
    errors: Vec<RowError>,
}

impl<'a> RowReader<'a> {
    fn new(row: &'a Row, columns: &'a Columns) -> Self {
        Self { row, columns, used: vec![false; row.cells.len()], errors: Vec::new() }
    }

    fn lead(mut self, orders: &HashMap<usize, DateOrder>) -> Result<ParsedLead, Vec<RowError>> {
        if let Some(fault) = self.width_fault() {
            return Err(vec![fault]);
        }
        let lead = ParsedLead {
            name: self.name(),
            email: self.take_line(Field::Email, values::email),
            company: self.take_line(Field::Company, values::line_of(values::NAME_LIMIT)),
            title: self.take_line(Field::Title, values::line_of(values::NAME_LIMIT)),
            phone: self.take_line(Field::Phone, values::phone),
            linkedin_url: self.take_line(Field::LinkedinUrl, values::linkedin),
            source: self.take_line(Field::Source, values::line_of(values::SOURCE_LIMIT)),
            status: self.status(),
            priority: self.take(Field::Priority, |line, _| values::priority(line)),
            last_contacted_at: self.take(Field::LastContactedAt, |line, index| {
                let order = orders.get(&index).copied().unwrap_or(DateOrder::MonthFirst);
                match dates::parse(line, order) {
                    _ if is_nothing_typed(line) => Reading::Nothing,
                    Ok(time) => Reading::Value(Timestamp::from_milliseconds(time.as_millisecond())),
                    Err(problem) => Reading::Wrong(problem),
                }
            }),
            // Last, since it gathers what the others have left.
            notes: self.notes(),
        };
        if self.errors.is_empty() && lead.display_name().is_none() {
            self.fault("name", "The row needs a name, an e-mail address or a company.".to_owned());
        }
        if self.errors.is_empty() { Ok(lead) } else { Err(self.errors) }
    }

    /// A row has more cells than the header: as a rule a comma that should be inside quotation marks, so that every
    /// cell after it stands in the wrong column and what is wrong with those says nothing. Fewer cells are fine:
    /// programs leave out empty ones at the end.
    fn width_fault(&self) -> Option<RowError> {
        let width = self.columns.len();
        if self.row.cells.iter().skip(width).all(|cell| single_line(cell).is_empty()) {
            return None;
        }
        let message = format!(
            "The row has more cells than the header ({width}). \
             Put a cell that contains the separator in quotation marks."
        );
        Some(RowError { row: self.row.number, field: "row", message })
    }

    fn fault(&mut self, field: &'static str, message: String) {
        self.errors.push(RowError { row: self.row.number, field, message });
    }

    fn use_up(&mut self, index: usize) {
        if let Some(used) = self.used.get_mut(index) {
            *used = true;
        }
    }

    fn line(&self, index: usize) -> String {
        self.row.cells.get(index).map(single_line).unwrap_or_default()
    }

    /// The first candidate's value that the field can take.
    fn take<T>(&mut self, field: Field, read: impl Fn(&str, usize) -> Reading<T>) -> Option<T> {
        for candidate in self.columns.candidates(field) {
            let line = self.line(candidate.index);
            if line.is_empty() {
                continue;
            }
            match read(&line, candidate.index) {
                Reading::Value(value) => {
                    self.use_up(candidate.index);
                    return Some(value);
                }
                Reading::OneOf(value) => return Some(value),
                Reading::Nothing => self.use_up(candidate.index),
                Reading::Wrong(problem) if candidate.standing == Standing::Own => {
                    self.use_up(candidate.index);
                    self.fault(field.api_name(), format!("The value {problem}."));
                    return None;
                }
                Reading::Wrong(_) | Reading::Other => {}
            }
        }
        None
    }

    /// As `take`; further columns that say the same are not repeated in the notes.
    fn take_line(&mut self, field: Field, read: impl Fn(&str) -> Reading<String>) -> Option<String> {
        let value = self.take(field, |line, _| read(line))?;
        self.use_up_where(field, |line| line.eq_ignore_ascii_case(&value));
        Some(value)
    }

    fn use_up_where(&mut self, field: Field, repeats: impl Fn(&str) -> bool) {
        for candidate in self.columns.candidates(field) {
            if repeats(&self.line(candidate.index)) {
                self.use_up(candidate.index);
            }
        }
    }

    /// The full name, else the given and the family name; parts of a full name are not repeated in the notes.
    fn name(&mut self) -> Option<String> {
        const LIMIT: usize = values::NAME_LIMIT;
        if let Some(name) = self.take_line(Field::Name, values::line_of(LIMIT)) {
            let whole = name.to_lowercase();
            for part in [Field::FirstName, Field::LastName] {
                self.use_up_where(part, |line| whole.contains(&line.to_lowercase()));
            }
            return Some(name);
        }
        let faults = self.errors.len();
        let first = self.take_line(Field::FirstName, values::line_of(LIMIT));
        let last = self.take_line(Field::LastName, values::line_of(LIMIT));
        let parts: Vec<String> = first.into_iter().chain(last).collect();
        let name = parts.join(" ");
        if name.chars().count() > LIMIT && self.errors.len() == faults {
            self.fault("name", format!("The value {}.", values::too_long(LIMIT)));
        }
        (!name.is_empty()).then_some(name)
    }

    /// The status; a customer by any column is one, whatever a stale lead status says, so that nobody courts a
    /// customer.
    fn status(&mut self) -> Option<LeadStatus> {
        let status = self.take(Field::Status, |line, _| values::status(line));
        let converted = Reading::Value(LeadStatus::Converted);
        let is_customer = |candidate: &Candidate| values::status(&self.line(candidate.index)) == converted;
        if self.columns.candidates(Field::Status).iter().any(is_customer) {
            Some(LeadStatus::Converted)
        } else {
            status
        }
    }

    /// The notes, and below them a line for each cell that has no field.
    fn notes(&mut self) -> Option<String> {
        let own = self.columns.candidates(Field::Notes).iter().find_map(|candidate| {
            let text = self.row.cells.get(candidate.index).map(multi_line)?;
            (!is_nothing(&text)).then_some((candidate.index, text))
        });
        let mut lines = Vec::new();
        if let Some((index, text)) = own {
            self.use_up(index);
            lines.push(text);
        }
        let cells = self.row.cells.iter().zip(&self.used).take(self.columns.len()).enumerate();
        lines.extend(cells.filter(|(_, (_, used))| !**used).filter_map(|(index, (cell, _))| {
            let line = single_line(cell);
            (!is_nothing(&line)).then(|| format!("{}: {line}", self.columns.label(index)))
        }));
        let notes = lines.join("\n");
        if notes.chars().count() > NOTES_LIMIT {
            let message = format!(
                "The notes, with the columns that have no field of their own, are longer than {NOTES_LIMIT} \
                 characters. Shorten them, or leave out columns."
            );
            self.fault("notes", message);
        }
        (!notes.is_empty()).then_some(notes)
    }
}
