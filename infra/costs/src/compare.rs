//! Two versions of the document, figure by figure.

use std::collections::BTreeMap;

/// The rows of the document's tables: the first cell names a row, its table's head names the figures.
fn rows(document: &str) -> BTreeMap<String, Vec<(String, String)>> {
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let (mut rows, mut head) = (BTreeMap::new(), Vec::new());
    let mut lines = document.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.starts_with('|') || line.starts_with("|-") {
            continue;
        }
        if lines.peek().is_some_and(|next| next.starts_with("|-")) {
            head = cells(line);
            continue;
        }
        let cells = cells(line);
        let Some(name) = cells.first() else { continue };
        rows.insert(name.clone(), head.iter().cloned().zip(cells.iter().cloned()).skip(1).collect());
    }
    rows
}

/// What differs, a line for each row that rose, fell, came or went.
pub fn differences(committed: &str, measured: &str) -> Vec<String> {
    let (committed, measured) = (rows(committed), rows(measured));
    let mut lines = Vec::new();
    for (name, now) in &measured {
        let Some(before) = committed.get(name) else {
            lines.push(format!("{name} is new"));
            continue;
        };
        let changed = now.iter().zip(before).filter(|(now, before)| now != before);
        let changed = changed.map(|((column, now), (_, before))| {
            let number = |text: &str| text.trim_start_matches('$').parse::<f64>();
            let direction = match (number(before), number(now)) {
                (Ok(before), Ok(now)) if now > before => "rose",
                (Ok(before), Ok(now)) if now < before => "fell",
                _ => "changed",
            };
            format!("{column} {direction} from {before} to {now}")
        });
        let changed = changed.collect::<Vec<_>>();
        if !changed.is_empty() {
            lines.push(format!("{name}: {}", changed.join("; ")));
        }
    }
    lines.extend(committed.keys().filter(|name| !measured.contains_key(*name)).map(|name| format!("{name} is gone")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_rose_or_fell_are_named() {
        let document = |reads: &str, dollars: &str, name: &str| {
            format!(
                "text\n\n| operation | RRU | $/million |\n|---|---|---|\n| `getLead` | {reads} | {dollars} |\n| `{name}` | 1 | 1 |\n"
            )
        };
        let (before, now) = (document("5", "1.20", "a"), document("6", "1.10", "b"));
        assert_eq!(
            differences(&before, &now),
            ["`b` is new", "`getLead`: RRU rose from 5 to 6; $/million fell from 1.20 to 1.10", "`a` is gone"]
        );
        assert!(differences(&before, &before).is_empty());
    }
}
