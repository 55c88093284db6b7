//! What the code says of itself: the variables that it reads, and how its functions answer.

use std::collections::BTreeSet;
use std::path::Path;

/// The names of variables that some code reads.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Without these it does not start.
    pub(crate) required: BTreeSet<String>,
    /// These, and those that have a default.
    pub(crate) all: BTreeSet<String>,
}

/// The text of every Rust file at a path of the repository, tests left out.
pub(crate) fn sources(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries =
                std::fs::read_dir(&path).expect("a readable folder").map(|entry| entry.expect("an entry").path());
            open.extend(entries.filter(|path| !is_test(path)));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(std::fs::read_to_string(&path).expect("a readable file"));
        }
    }
    assert!(!found.is_empty(), "there is no code at {path}");
    found
}

fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|name| name == "tests")
}

/// The names that the code at these paths reads through `shared::config::Reader`, which is how all of ours reads them, or as the URL of a
/// queue.
pub(crate) fn names_read(paths: &[&str]) -> Names {
    let mut names = Names::default();
    for text in paths.iter().flat_map(|path| sources(path)) {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (call, required) in
            [("required(\"", true), ("queue(\"", true), ("optional(\"", false), ("parsed(\"", false)]
        {
            for (position, _) in text.match_indices(call) {
                let rest = &text[position + call.len()..];
                let name = rest.split('"').next().unwrap_or_default();
                if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_') {
                    continue;
                }
                names.all.insert(name.to_owned());
                if required {
                    names.required.insert(name.to_owned());
                }
            }
        }
    }
    names
}
