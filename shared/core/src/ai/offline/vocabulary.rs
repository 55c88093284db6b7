//! The words that the classifier and the retrieval know, read once from `intents.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::classifier::{Aspect, Talk, Topic};
use super::text::{Word, stem, words};

/// The vocabulary. A test holds that the file is well formed; were it not, nothing would be recognised and every answer
/// would say so.
pub(super) static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(Vocabulary::read);

/// The features themselves, apart from [`VOCABULARY`] because splitting them into words needs its pairs.
pub(super) static FEATURES: LazyLock<Features> = LazyLock::new(Features::read);

/// What a feature speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Label {
    /// A kind of talk about the conversation itself.
    Talk(Talk),
    /// A topic of the knowledge base.
    Topic(Topic),
    /// The part of an entry that is asked for.
    Aspect(Aspect),
}

type Weights = BTreeMap<String, f64>;

#[derive(Debug, Default, Deserialize)]
struct File {
    conversation: BTreeMap<Talk, Weights>,
    topics: BTreeMap<Topic, Weights>,
    aspects: BTreeMap<Aspect, Weights>,
    stop_words: Vec<String>,
    recall_words: Vec<String>,
    joined: BTreeMap<String, String>,
}

static FILE: LazyLock<File> = LazyLock::new(|| serde_json::from_str(include_str!("intents.json")).unwrap_or_default());

/// Word lists.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    stop_stems: BTreeSet<String>,
    recall_stems: BTreeSet<String>,
    pairs: BTreeMap<(String, String), String>,
}

impl Vocabulary {
    fn read() -> Self {
        let stems = |list: &[String]| list.iter().map(|word| stem(word)).collect();
        let pair = |(pair, joined): (&String, &String)| {
            let (first, second) = pair.split_once(' ')?;
            Some(((stem(first), stem(second)), stem(joined)))
        };
        Self {
            stop_stems: stems(&FILE.stop_words),
            recall_stems: stems(&FILE.recall_words),
            pairs: FILE.joined.iter().filter_map(pair).collect(),
        }
    }

    /// Whether a word carries meaning of its own.
    pub(super) fn is_content(&self, word: &Word) -> bool {
        !self.stop_stems.contains(&word.stem)
    }

    /// Whether a word only says that something earlier is asked for.
    pub(super) fn is_about_recall(&self, word: &Word) -> bool {
        self.recall_stems.contains(&word.stem)
    }

    /// The stem that two neighbouring stems make together.
    pub(super) fn joined(&self, first: &str, second: &str) -> Option<&str> {
        self.pairs.get(&(first.to_owned(), second.to_owned())).map(String::as_str)
    }
}

/// A word or phrase that speaks for a label.
#[derive(Debug)]
pub(super) struct Feature {
    stems: Vec<String>,
    /// How strongly.
    pub(super) weight: f64,
    /// For what.
    pub(super) label: Label,
}

impl Feature {
    /// The words that match at the start of `rest`.
    pub(super) fn matched<'a>(&self, rest: &'a [Word]) -> Option<&'a [Word]> {
        let candidate = rest.get(..self.stems.len())?;
        candidate.iter().zip(&self.stems).all(|(word, stem)| &word.stem == stem).then_some(candidate)
    }
}

/// All features by their first stem.
#[derive(Debug, Default)]
pub(super) struct Features {
    by_first_stem: BTreeMap<String, Vec<Feature>>,
}

impl Features {
    fn read() -> Self {
        let talk = FILE.conversation.iter().map(|(talk, weights)| (Label::Talk(*talk), weights));
        let topics = FILE.topics.iter().map(|(topic, weights)| (Label::Topic(*topic), weights));
        let aspects = FILE.aspects.iter().map(|(aspect, weights)| (Label::Aspect(*aspect), weights));
        let mut features = Self::default();
        for (label, weights) in talk.chain(topics).chain(aspects) {
            for (phrase, weight) in weights {
                let stems: Vec<String> = words(phrase).into_iter().map(|word| word.stem).collect();
                let Some(first) = stems.first() else { continue };
                let same_start = features.by_first_stem.entry(first.clone()).or_default();
                same_start.push(Feature { stems, weight: *weight, label });
            }
        }
        features
    }

    /// The features that start with a stem.
    pub(super) fn starting_with(&self, stem: &str) -> &[Feature] {
        self.by_first_stem.get(stem).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_well_formed_and_complete() {
        let file: File = serde_json::from_str(include_str!("intents.json")).unwrap();
        assert_eq!(file.topics.len(), Topic::ALL.len());
        assert_eq!(file.conversation.len(), 4);
        assert_eq!(file.aspects.len(), 5);
        let weights = file.topics.values().chain(file.conversation.values()).chain(file.aspects.values());
        for (phrase, weight) in weights.flatten() {
            assert!(*weight > 0.0 && *weight <= 7.0, "{phrase} weighs {weight}");
            assert!(!words(phrase).is_empty());
        }
        let lists = file.topics.values().chain(file.conversation.values()).chain(file.aspects.values());
        for weights in lists {
            let mut seen = BTreeMap::new();
            for phrase in weights.keys() {
                let stems: Vec<String> = words(phrase).into_iter().map(|word| word.stem).collect();
                let other = seen.insert(stems, phrase);
                assert!(other.is_none(), "{phrase} repeats {other:?}");
            }
        }
    }
}
