//! Templates: fragments with slots. A fragment is used only when every fact it names is there, so no answer can hold an
//! unfilled slot, and facts are inserted in one pass, so a fact that looks like a slot stays text.

use std::collections::BTreeMap;

/// The facts by slot name. A fact that is blank counts as absent.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts(BTreeMap<&'static str, String>);

impl Facts {
    pub(super) fn set(&mut self, slot: &'static str, value: Option<String>) {
        if let Some(value) = value.filter(|value| value.chars().any(char::is_alphanumeric)) {
            self.0.insert(slot, value);
        }
    }

    pub(super) fn has(&self, slot: &str) -> bool {
        self.0.contains_key(slot)
    }

    pub(super) fn get(&self, slot: &str) -> Option<&str> {
        self.0.get(slot).map(String::as_str)
    }
}

/// A text split at its slots: literal, slot, literal, slot, …
fn pieces(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    text.split('}').map(|piece| match piece.split_once('{') {
        Some((literal, slot)) => (literal, Some(slot)),
        None => (piece, None),
    })
}

/// The text with its facts, or `None` when one is missing.
pub(super) fn render(text: &str, facts: &Facts) -> Option<String> {
    let mut rendered = String::new();
    for (literal, slot) in pieces(text) {
        rendered.push_str(literal);
        if let Some(slot) = slot {
            rendered.push_str(facts.get(slot)?);
        }
    }
    Some(rendered)
}

/// Among the fragments whose facts are all there, those that name the most facts say the most; the number chooses one
/// of them, and consecutive numbers choose different ones.
pub(super) fn choose<'a>(fragments: impl IntoIterator<Item = &'a str>, facts: &Facts, number: u64) -> Option<String> {
    let mut best: Vec<String> = Vec::new();
    let mut most = 0;
    for fragment in fragments {
        let Some(rendered) = render(fragment, facts) else { continue };
        let slots = pieces(fragment).filter(|(_, slot)| slot.is_some()).count();
        if slots > most {
            best.clear();
            most = slots;
        }
        if slots == most {
            best.push(rendered);
        }
    }
    let position = number.checked_rem(u64::try_from(best.len()).ok()?)?;
    best.into_iter().nth(usize::try_from(position).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let mut facts = Facts::default();
        facts.set("name", Some("{company}".to_owned()));
        facts.set("company", Some(" - ".to_owned()));
        facts
    }

    #[test]
    fn facts_are_inserted_once_and_blank_ones_are_absent() {
        assert_eq!(render("Hi {name}!", &facts()).unwrap(), "Hi {company}!");
        assert_eq!(render("Hi {company}!", &facts()), None);
    }

    #[test]
    fn the_fullest_fragments_take_turns() {
        let fragments = ["Hello", "Hi {name}", "Dear {name}", "{name} at {company}"];
        let chosen = |number| choose(fragments, &facts(), number).unwrap();
        assert_eq!([chosen(0), chosen(1), chosen(2)], ["Hi {company}", "Dear {company}", "Hi {company}"]);
        assert_eq!(choose([], &facts(), 3), None);
    }
}
