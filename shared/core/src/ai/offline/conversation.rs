//! What a conversation has been about: each message of the user with the entry that answered it.
//!
//! The assistant keeps no state, so it reads the history again each time, with the same rules by which it answered.

use std::collections::BTreeSet;

use super::arithmetic::{self, Calculation};
use super::classifier::{Aspect, Classification, Intent, classify};
use super::knowledge::{self, Entry};
use super::text::{Word, words};
use super::vocabulary::VOCABULARY;
use crate::ai::{Message, Role};

/// The most messages of the user that are read again, the newest ones.
const TURN_LIMIT: usize = 40;
/// The order in which "tell me more" goes on.
const PARTS: [Aspect; 3] = [Aspect::More, Aspect::Why, Aspect::Example];

/// What a message is answered with.
#[derive(Debug)]
pub(super) enum Subject {
    /// A part of an entry.
    Entry(&'static Entry, Aspect),
    /// An entry of which everything has been given.
    Exhausted(&'static Entry),
    /// A calculation.
    Calculation(Calculation),
    /// Nothing from the knowledge base.
    None,
}

impl Subject {
    /// The entry that "tell me more" would go on with.
    pub(super) fn entry(&self) -> Option<&'static Entry> {
        match self {
            Self::Entry(entry, _) | Self::Exhausted(entry) => Some(entry),
            Self::Calculation(calculation) => knowledge::entry(calculation.entry_id),
            Self::None => None,
        }
    }
}

/// One message of the user and what it was about.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    pub(super) text: &'a str,
    pub(super) classification: Classification,
    pub(super) subject: Subject,
    /// Whether it went on with an earlier subject by words such as "what about".
    pub(super) continued: bool,
}

impl Turn<'_> {
    fn gave(&self, entry: &Entry, aspect: Aspect) -> bool {
        matches!(&self.subject, Subject::Entry(given, part) if given.id == entry.id && *part == aspect)
    }

    /// Whether it asked for something that the knowledge base should have answered.
    pub(super) fn is_question(&self) -> bool {
        matches!(
            self.classification.intent,
            Intent::Topic(_) | Intent::Unknown | Intent::FollowUp | Intent::Calculation
        )
    }
}

/// A conversation up to the message that is to be answered.
#[derive(Debug)]
pub(super) struct Conversation<'a> {
    /// The user's earlier messages.
    pub(super) earlier: Vec<Turn<'a>>,
    /// The assistant's earlier messages.
    pub(super) answers: Vec<&'a str>,
    /// The message to answer; `None` when the user has said nothing.
    pub(super) current: Option<Turn<'a>>,
}

impl<'a> Conversation<'a> {
    pub(super) fn read(messages: &'a [Message]) -> Self {
        let of =
            |role| messages.iter().filter(move |message| message.role == role).map(|message| message.content.as_str());
        let asked: Vec<&str> = of(Role::User).collect();
        let first = asked.len().saturating_sub(TURN_LIMIT);
        let mut earlier: Vec<Turn<'a>> = Vec::new();
        for text in asked.into_iter().skip(first) {
            let turn = decide(text, &earlier);
            earlier.push(turn);
        }
        let current = earlier.pop();
        Self { earlier, answers: of(Role::Assistant).collect(), current }
    }

    /// The last thing the user asked about, with the message that asked for it.
    pub(super) fn last_subject(&self) -> Option<(&'static Entry, &Turn<'a>)> {
        last_subject(&self.earlier)
    }

    /// Each entry that was talked about, in order, with the message that first led to it.
    pub(super) fn subjects(&self) -> Vec<(&'static Entry, &Turn<'a>)> {
        let mut seen = BTreeSet::new();
        let with_entry = self.earlier.iter().filter_map(|turn| Some((turn.subject.entry()?, turn)));
        with_entry.filter(|(entry, _)| seen.insert(entry.id.as_str())).collect()
    }
}

fn last_subject<'t, 'a>(earlier: &'t [Turn<'a>]) -> Option<(&'static Entry, &'t Turn<'a>)> {
    let entry = earlier.iter().rev().find_map(|turn| turn.subject.entry())?;
    // The message that a person remembers is the one that named the subject, not the "why?" after it.
    let named = |turn: &&Turn<'a>| {
        turn.subject.entry().is_some_and(|other| other.id == entry.id) && turn.classification.intent != Intent::FollowUp
    };
    earlier.iter().rev().find(named).map(|turn| (entry, turn))
}

fn decide<'a>(text: &'a str, earlier: &[Turn<'a>]) -> Turn<'a> {
    let classification = classify(text);
    let previous = last_subject(earlier).map(|(entry, _)| entry);
    let mut continued = false;
    let subject = match classification.intent {
        Intent::Calculation => with_history(text, earlier).map_or(Subject::None, Subject::Calculation),
        Intent::Greeting | Intent::Thanks | Intent::Capabilities | Intent::Recall => Subject::None,
        Intent::FollowUp => follow_up(classification.aspect, earlier, previous),
        Intent::Topic(_) | Intent::Unknown => {
            match with_history(text, earlier).filter(|_| may_compute(&classification)) {
                Some(calculation) => Subject::Calculation(calculation),
                None => {
                    let (entry, goes_on) = find(text, &classification, previous);
                    continued = goes_on;
                    entry.map_or(Subject::None, |entry| asked(entry, classification.aspect, earlier))
                }
            }
        }
    };
    Turn { text, classification, subject, continued }
}

/// Figures from earlier messages complete a calculation only where the message is about figures.
fn may_compute(classification: &Classification) -> bool {
    use super::classifier::Topic;
    matches!(classification.intent, Intent::Unknown | Intent::Topic(Topic::Metrics | Topic::Fundraising))
}

fn with_history(text: &str, earlier: &[Turn<'_>]) -> Option<Calculation> {
    let texts: Vec<&str> = earlier.iter().map(|turn| turn.text).chain([text]).collect();
    arithmetic::calculate(&texts)
}

/// The entry that answers a question, and whether the question goes on with the previous subject. A question that has
/// an answer of its own gets that; otherwise the previous subject helps to find one.
fn find(
    text: &str,
    classification: &Classification,
    previous: Option<&'static Entry>,
) -> (Option<&'static Entry>, bool) {
    let own = knowledge::answering(text, classification);
    let Some(previous) = previous.filter(|_| goes_on(&words(text))) else { return (own, false) };
    if own.is_some() {
        return (own, true);
    }
    let joined = format!("{text} {}", previous.title);
    let widened = knowledge::answering(&joined, &classify(&joined));
    (widened, widened.is_some())
}

/// Whether a short message goes on with the previous subject: "what about larger customers?", "and for students?".
fn goes_on(words: &[Word]) -> bool {
    let written: Vec<&str> = words.iter().map(|word| word.written.as_str()).take(2).collect();
    let starts = matches!(written.as_slice(), ["what" | "how", "about"] | ["and", ..]);
    starts && words.iter().filter(|word| VOCABULARY.is_content(word)).count() <= 4
}

fn follow_up(aspect: Aspect, earlier: &[Turn<'_>], previous: Option<&'static Entry>) -> Subject {
    // After a question that had no answer, "tell me more" means that question, and there is no more of it.
    let last_failed =
        earlier.iter().rev().find(|turn| turn.is_question()).is_some_and(|turn| matches!(turn.subject, Subject::None));
    match previous.filter(|_| !last_failed) {
        Some(entry) => next_part(entry, aspect, earlier),
        None => Subject::None,
    }
}

/// A question by name: the answer at first, after that the parts not yet given.
fn asked(entry: &'static Entry, aspect: Aspect, earlier: &[Turn<'_>]) -> Subject {
    let answered = earlier.iter().any(|turn| turn.subject.entry().is_some_and(|other| other.id == entry.id));
    match (answered, aspect) {
        (true, Aspect::Answer) => next_part(entry, Aspect::More, earlier),
        (true, aspect) => next_part(entry, aspect, earlier),
        (false, aspect) => Subject::Entry(entry, aspect),
    }
}

fn next_part(entry: &'static Entry, wanted: Aspect, earlier: &[Turn<'_>]) -> Subject {
    let given = |part: Aspect| earlier.iter().any(|turn| turn.gave(entry, part));
    if matches!(wanted, Aspect::NextSteps | Aspect::Simpler) {
        return Subject::Entry(entry, wanted);
    }
    let candidates = [wanted].into_iter().chain(PARTS).filter(|part| *part != Aspect::Answer);
    let next = candidates.into_iter().find(|part| !given(*part));
    next.map_or(Subject::Exhausted(entry), |part| Subject::Entry(entry, part))
}
