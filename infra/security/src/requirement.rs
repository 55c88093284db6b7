//! The requirements.

use crate::Error;

const TABLE: &str = include_str!("../asvs-5.0.0-levels-1-2.tsv");

/// A requirement of the standard.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// Such as `V6.2.1`.
    pub id: String,
    /// 1 or 2.
    pub level: String,
    /// The chapter's name.
    pub chapter: String,
    /// What is to be verified.
    pub text: String,
}

impl Requirement {
    /// The chapter's number, such as `V6`.
    pub fn chapter_id(&self) -> &str {
        self.id.split('.').next().unwrap_or(&self.id)
    }
}

/// All of them, in the standard's order.
///
/// # Errors
/// When a line has not four fields.
pub fn requirements() -> Result<Vec<Requirement>, Error> {
    let lines = TABLE.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    lines.map(|(index, line)| read(line).ok_or(Error::Requirement(index + 1))).collect()
}

fn read(line: &str) -> Option<Requirement> {
    let mut fields = line.split('\t').map(str::to_owned);
    let (id, level, chapter, text) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    Some(Requirement { id, level, chapter, text })
}
