//! How the platform answers to the Application Security Verification Standard.
//!
//! `asvs-5.0.0-levels-1-2.tsv` has the requirements as OWASP publishes them, `answers.toml` an answer to each: the tests that show it,
//! why it does not apply, or what is open. [`document`] makes docs/SECURITY.md of both, and [`faults`] finds answers that name what is
//! not there.

mod answer;
mod evidence;
mod requirement;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub use answer::{Answer, answers};
pub use evidence::Evidence;
pub use requirement::{Requirement, requirements};

/// What stands above the tables.
const PREFACE: &str = include_str!("preface.md");

/// What can be wrong with the two files.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A line of the requirements has not four fields.
    #[error("line {0} of the requirements cannot be read")]
    Requirement(usize),
    /// The answers are not TOML of the expected form.
    #[error("the answers cannot be read: {0}")]
    Answers(#[from] toml::de::Error),
    /// The document could not be written into memory.
    #[error(transparent)]
    Write(#[from] std::fmt::Error),
}

/// The repository that this crate lies in.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// docs/SECURITY.md.
///
/// # Errors
/// When one of the files cannot be read.
pub fn document() -> Result<String, Error> {
    let (requirements, answers) = (requirements()?, answers()?);
    let mut text = PREFACE.to_owned();
    summary(&mut text, &requirements, &answers)?;
    let mut chapter = "";
    for requirement in &requirements {
        if requirement.chapter != chapter {
            chapter = &requirement.chapter;
            write!(text, "\n## {} {chapter}\n\n", requirement.chapter_id())?;
            text.push_str("| requirement | level | | how | shown by |\n|---|---|---|---|---|\n");
        }
        row(&mut text, requirement, answers.get(&requirement.id))?;
    }
    Ok(text)
}

/// How many requirements of each chapter are met, do not apply, and are open.
fn summary(text: &mut String, requirements: &[Requirement], answers: &BTreeMap<String, Answer>) -> Result<(), Error> {
    let mut chapters: Vec<(String, [usize; 3])> = Vec::new();
    for requirement in requirements {
        let name = format!("{} {}", requirement.chapter_id(), requirement.chapter);
        if chapters.last().is_none_or(|(last, _)| *last != name) {
            chapters.push((name, [0; 3]));
        }
        let Some((_, [met, absent, open])) = chapters.last_mut() else { continue };
        *match answers.get(&requirement.id) {
            Some(Answer::Met { .. }) => met,
            Some(Answer::NotApplicable { .. }) => absent,
            Some(Answer::Open { .. }) | None => open,
        } += 1;
    }
    text.push_str("\n| chapter | met | does not apply | open |\n|---|---|---|---|\n");
    for (name, [met, absent, open]) in &chapters {
        writeln!(text, "| {name} | {met} | {absent} | {open} |")?;
    }
    let sum = |index: usize| chapters.iter().filter_map(|(_, counts)| counts.get(index)).sum::<usize>();
    writeln!(text, "| **all** | **{}** | **{}** | **{}** |", sum(0), sum(1), sum(2))?;
    Ok(())
}

fn row(text: &mut String, requirement: &Requirement, answer: Option<&Answer>) -> Result<(), Error> {
    let (state, how, evidence) = match answer {
        Some(Answer::Met { how, shown_by }) => ("met", how.as_str(), shown_by.as_slice()),
        Some(Answer::NotApplicable { not_applicable }) => ("does not apply", not_applicable.as_str(), [].as_slice()),
        Some(Answer::Open { open }) => ("**open**", open.as_str(), [].as_slice()),
        None => ("**open**", "not answered yet", [].as_slice()),
    };
    let evidence = evidence.iter().map(|evidence| format!("`{evidence}`")).collect::<Vec<_>>().join("<br>");
    let Requirement { id, level, text: wanted, .. } = requirement;
    writeln!(
        text,
        "| <a id=\"{id}\"></a>**{id}** {} | {level} | {state} | {} | {evidence} |",
        cell(wanted),
        cell(how)
    )?;
    Ok(())
}

/// A text as a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// What is wrong with the answers: requirements without one, answers to nothing, and evidence that is not there.
///
/// # Errors
/// When one of the files cannot be read.
pub fn faults() -> Result<Vec<String>, Error> {
    let (requirements, answers) = (requirements()?, answers()?);
    let repository = repository();
    let mut faults = Vec::new();
    for requirement in &requirements {
        if !answers.contains_key(&requirement.id) {
            faults.push(format!("{} has no answer", requirement.id));
        }
    }
    for (id, answer) in &answers {
        if !requirements.iter().any(|requirement| requirement.id == *id) {
            faults.push(format!("{id} is no requirement"));
        }
        if let Answer::Met { shown_by, .. } = answer {
            let missing = shown_by.iter().filter_map(|evidence| evidence.fault(&repository));
            faults.extend(missing.map(|fault| format!("{id}: {fault}")));
        }
    }
    Ok(faults)
}
