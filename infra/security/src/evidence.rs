//! What an answer points at, and whether it is there.

use std::fmt;
use std::path::Path;

use serde::Deserialize;

/// A place that shows something, as `<file>::<name>`: a test of a Rust file, a test of a JavaScript file by its title, a step of
/// `.ci/run`, or the heading of a page.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Evidence {
    file: String,
    name: String,
}

impl TryFrom<String> for Evidence {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts = text.split_once("::").filter(|(file, name)| !file.is_empty() && !name.is_empty());
        let (file, name) = parts.ok_or_else(|| format!("{text:?} is not of the form file::name"))?;
        Ok(Self { file: file.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}::{}", self.file, self.name)
    }
}

impl Evidence {
    /// What is wrong with it, if it is not in the repository.
    pub fn fault(&self, repository: &Path) -> Option<String> {
        let Ok(content) = std::fs::read_to_string(repository.join(&self.file)) else {
            return Some(format!("there is no file {}", self.file));
        };
        let is_there = match self.file.rsplit('.').next() {
            Some("rs") => has_test(&content, &self.name),
            Some("mjs") => ['"', '\'', '`'].iter().any(|quote| content.contains(&format!("test({quote}{}", self.name))),
            Some("md") => {
                content.lines().any(|line| line.trim_start_matches('#').trim() == self.name && line.starts_with('#'))
            }
            _ => content.contains(&format!("step_{}()", self.name)),
        };
        (!is_there).then(|| format!("{} has no {:?}", self.file, self.name))
    }
}

/// Whether there is a function of this name that is marked as a test, be it by attribute or, as for the cases that run on two hosts, by
/// the macro that lists it.
fn has_test(content: &str, name: &str) -> bool {
    let lines: Vec<&str> = content.lines().map(str::trim).collect();
    let is_function = |line: &str| {
        let line = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ").trim_start_matches("async ");
        line.strip_prefix("fn ").and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| rest.starts_with('('))
    };
    let place = lines.iter().position(|line| is_function(line));
    let before = |place: usize| {
        lines.iter().take(place).rev().take_while(|line| line.starts_with('#') || line.starts_with("//"))
    };
    place.is_some_and(|place| before(place).any(|line| line.starts_with("#[") && line.contains("test")))
}

#[cfg(test)]
mod tests {
    use super::has_test;

    #[test]
    fn a_test_is_a_function_that_is_marked_as_one() {
        let content = "#[test]\n/// Says why.\n#[cfg(unix)]\nfn it_holds() {}\n\nfn helper() {}\n#[tokio::test]\nasync fn late() {}";
        assert!(has_test(content, "it_holds") && has_test(content, "late"));
        assert!(!has_test(content, "helper") && !has_test(content, "it_hold") && !has_test(content, "gone"));
    }
}
