//! The knowledge base and its retrieval.
//!
//! `knowledge.json` holds the entries. Retrieval is Okapi BM25 (Robertson and Zaragoza, 2009) over stems, in which a
//! word of the title counts four times and a keyword three times, plus a bonus for a whole key phrase.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::classifier::{Classification, Intent, Topic};
use super::text::{Word, words};
use super::vocabulary::VOCABULARY;

/// One entry of the knowledge base.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// Its stable name.
    pub id: String,
    /// Where it belongs.
    pub topic: Topic,
    /// Its title, by which answers cite it.
    pub title: String,
    /// Words and phrases under which it should be found.
    pub keywords: Vec<String>,
    /// The advice, 60 to 140 words.
    pub answer: String,
    /// The reason behind it.
    pub why: String,
    /// What goes beyond the answer.
    pub more: String,
    /// An invented illustration.
    pub example: String,
    /// What to do, in order.
    pub next_steps: [String; 3],
}

/// An entry that a query found.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    /// The entry.
    pub entry: &'static Entry,
    /// How well it fits; comparable within one search only.
    pub score: f64,
    /// Which part of the query, weighted by how telling its words are, the entry holds: 0 to 1.
    pub coverage: f64,
    /// How many different words of the query it holds.
    pub matched_words: usize,
}

/// Saturation of repeated words, and the influence of an entry's length; the usual values for short texts.
const SATURATION: f64 = 1.2;
const LENGTH_INFLUENCE: f64 = 0.5;
const TITLE_WEIGHT: f64 = 4.0;
const KEYWORD_WEIGHT: f64 = 3.0;
const PHRASE_BONUS: f64 = 3.0;
const TOPIC_FACTOR: f64 = 1.5;

/// A test holds that the file is well formed; were it not, the assistant would say that it knows nothing.
static ENTRIES: LazyLock<Vec<Entry>> =
    LazyLock::new(|| serde_json::from_str(include_str!("knowledge.json")).unwrap_or_default());

static INDEX: LazyLock<Index> = LazyLock::new(|| Index::of(&ENTRIES));

/// All entries.
#[must_use]
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}

/// The entry with an id.
#[must_use]
pub fn entry(id: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.id == id)
}

/// The entries that share a word with the text, the best first.
#[must_use]
pub fn search(text: &str, topic: Option<Topic>) -> Vec<Hit> {
    INDEX.search(&words(text), topic)
}

/// The entry that answers a message, or `None` when nothing fits well enough to be called an answer.
pub(super) fn answering(text: &str, classification: &Classification) -> Option<&'static Entry> {
    let topic = match classification.intent {
        Intent::Topic(topic) => Some(topic),
        _ => None,
    };
    let best = search(text, topic).into_iter().next()?;
    let in_topic = topic == Some(best.entry.topic);
    let strong = classification.strength >= 3.0;
    let fits = if in_topic {
        let confident = classification.confidence >= 0.6 || (strong && best.coverage >= 0.2);
        confident || best.coverage >= 0.45 || best.matched_words >= 3
    } else {
        best.matched_words >= 2 && best.coverage >= 0.4 || strong && best.coverage >= 0.3
    };
    if fits {
        return Some(best.entry);
    }
    // A strong topic without a fitting entry still gets the topic's best one.
    (classification.confidence >= 0.66).then_some(())?;
    let topic = topic?;
    ENTRIES.iter().find(|entry| entry.topic == topic)
}

#[derive(Debug)]
struct Document {
    weights: BTreeMap<String, f64>,
    phrases: Vec<Vec<String>>,
    length: f64,
}

#[derive(Debug)]
struct Index {
    documents: Vec<(&'static Entry, Document)>,
    frequencies: BTreeMap<String, f64>,
    mean_length: f64,
}

fn content_stems(text: &str) -> impl Iterator<Item = String> {
    words(text).into_iter().filter(|word| VOCABULARY.is_content(word)).map(|word| word.stem)
}

fn count(value: usize) -> f64 {
    u32::try_from(value).map_or(f64::MAX, f64::from)
}

impl Document {
    fn of(entry: &Entry) -> Self {
        let mut weights: BTreeMap<String, f64> = BTreeMap::new();
        // A word counts once for all keywords, so that an entry with many variants of a phrase is not preferred.
        let keywords: BTreeSet<String> = entry.keywords.iter().flat_map(|keyword| content_stems(keyword)).collect();
        let titles = content_stems(&entry.title).map(|stem| (stem, TITLE_WEIGHT));
        let keywords = keywords.into_iter().map(|stem| (stem, KEYWORD_WEIGHT));
        for (stem, weight) in titles.chain(keywords).chain(content_stems(&entry.answer).map(|stem| (stem, 1.0))) {
            *weights.entry(stem).or_default() += weight;
        }
        let phrase = |keyword: &String| words(keyword).into_iter().map(|word| word.stem).collect::<Vec<_>>();
        let phrases = entry.keywords.iter().chain([&entry.title]).map(phrase).filter(|stems| stems.len() > 1).collect();
        let length = weights.values().sum();
        Self { weights, phrases, length }
    }

    fn phrase_bonus(&self, query: &[Word]) -> f64 {
        let occurs = |phrase: &&Vec<String>| {
            let same = |window: &[Word]| window.iter().zip(*phrase).all(|(word, stem)| &word.stem == stem);
            query.windows(phrase.len()).any(same)
        };
        count(self.phrases.iter().filter(occurs).count()) * PHRASE_BONUS
    }
}

impl Index {
    fn of(entries: &'static [Entry]) -> Self {
        let documents: Vec<_> = entries.iter().map(|entry| (entry, Document::of(entry))).collect();
        let mut frequencies: BTreeMap<String, f64> = BTreeMap::new();
        for stem in documents.iter().flat_map(|(_, document)| document.weights.keys()) {
            *frequencies.entry(stem.clone()).or_default() += 1.0;
        }
        let total: f64 = documents.iter().map(|(_, document)| document.length).sum();
        let mean_length = total / count(documents.len().max(1));
        Self { documents, frequencies, mean_length }
    }

    /// How telling a word is: the rarer, the more; one that no entry holds counts as the rarest.
    fn rarity(&self, stem: &str) -> f64 {
        let frequency = self.frequencies.get(stem).copied().unwrap_or_default();
        let all = count(self.documents.len());
        (1.0 + (all - frequency + 0.5) / (frequency + 0.5)).ln()
    }

    fn search(&self, query: &[Word], topic: Option<Topic>) -> Vec<Hit> {
        // Ordered and each once, so that the sums are the same in every run.
        let mut seen = BTreeSet::new();
        let content = query.iter().filter(|word| VOCABULARY.is_content(word));
        let terms: BTreeMap<&str, f64> = content
            .filter(|word| seen.insert(word.stem.as_str()))
            .map(|word| (word.stem.as_str(), self.rarity(&word.stem)))
            .collect();
        let total: f64 = terms.values().sum();
        let mut hits: Vec<Hit> = Vec::new();
        for (entry, document) in &self.documents {
            let mut hit = Hit { entry, score: document.phrase_bonus(query), coverage: 0.0, matched_words: 0 };
            let length = LENGTH_INFLUENCE.mul_add(document.length / self.mean_length, 1.0 - LENGTH_INFLUENCE);
            for (term, rarity) in &terms {
                let Some(weight) = document.weights.get(*term) else { continue };
                hit.score += rarity * weight * (SATURATION + 1.0) / (weight + SATURATION * length);
                hit.coverage += rarity / total;
                hit.matched_words += 1;
            }
            if topic == Some(entry.topic) {
                hit.score *= TOPIC_FACTOR;
            }
            if hit.score > 0.0 {
                hits.push(hit);
            }
        }
        // The sort is stable: equals keep the order of the file.
        hits.sort_by(|left, right| right.score.total_cmp(&left.score));
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ai::offline::classifier::classify;

    #[test]
    fn the_file_is_well_formed_and_complete() {
        let entries: Vec<Entry> = serde_json::from_str(include_str!("knowledge.json")).unwrap();
        let ids: BTreeSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids.len(), entries.len());
        assert!(entries.len() >= 30);
        for topic in Topic::ALL {
            assert!(entries.iter().filter(|entry| entry.topic == topic).count() >= 3, "{topic:?} has too few entries");
        }
        for entry in &entries {
            let length = entry.answer.split_whitespace().count();
            assert!((60..=140).contains(&length), "{} has {length} words", entry.id);
            let steps = entry.next_steps.iter().map(String::as_str);
            for text in steps.chain([entry.why.as_str(), &entry.more, &entry.example, &entry.title]) {
                assert!(!text.trim().is_empty() && !text.contains(['{', '}', '"']), "{}: {text}", entry.id);
            }
        }
    }

    #[test]
    fn each_entry_is_found_by_its_title() {
        for entry in entries() {
            assert_eq!(search(&entry.title, None)[0].entry.id, entry.id);
            assert_eq!(search(&entry.title.to_uppercase(), None)[0].entry.id, entry.id);
        }
    }

    #[test]
    fn realistic_questions_find_their_entry() {
        let questions = [
            ("How to price a mobile app for teachers?", "pricing-first-product"),
            ("should we raise our prices for existing customers", "pricing-raise"),
            ("Is it better to charge per seat or by usage?", "pricing-model"),
            ("what valuation should I ask for", "fundraising-amount"),
            ("What is a SAFE?", "fundraising-safe"),
            ("how do I reach out to VCs", "fundraising-process"),
            ("How do I get into YC?", "fundraising-accelerator"),
            ("How do I know we have product-market fit?", "pmf-signs"),
            ("they all say it's nice but nobody pays", "pmf-missing"),
            ("most users never come back after onboarding", "pmf-retention"),
            ("what should be in my MVP", "product-mvp"),
            ("how do I deal with competitors copying us", "product-idea"),
            ("how do I find my first customers", "growth-first-customers"),
            ("write a cold email", "sales-cold-email"),
            ("a lead stopped answering me", "sales-follow-up"),
            ("how do I handle objections on a sales call", "sales-call"),
            ("I want to fire my sales guy", "hiring-first-employee"),
            ("how should we split the shares 50/50", "hiring-equity"),
            ("my cofounder and I keep fighting", "planning-wellbeing"),
            ("LLC or C corp?", "legal-incorporate"),
            ("do we have to follow GDPR", "legal-privacy"),
            ("can I patent this", "legal-ip"),
            ("what is a good churn rate", "metrics-churn"),
            ("our CAC is too high", "metrics-unit-economics"),
            ("how many slides in a deck", "pitch-deck"),
            ("describe my startup in one sentence", "pitch-one-sentence"),
            ("should I quit my job", "planning-full-time"),
        ];
        let found = |question| answering(question, &classify(question)).map(|entry| entry.id.as_str());
        let wrong: Vec<_> = questions.into_iter().filter(|(question, id)| found(question) != Some(id)).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        for question in
            ["how do I raise chickens", "my landlord raised the rent", "tell me about stock markets", "press?"]
        {
            assert_eq!(found(question), None, "{question}");
        }
    }

    #[test]
    fn nothing_is_found_for_nothing() {
        assert!(search("", None).is_empty());
        assert!(search("the of and", None).is_empty());
        assert!(search("zzz qqq", Some(Topic::Sales)).is_empty());
    }
}
