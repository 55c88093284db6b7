//! Words the answers of a chat. It says where an answer comes from, and when there is none.

use super::classifier::{Aspect, Intent, Topic};
use super::conversation::{Conversation, Subject, Turn};
use super::figures::figures;
use super::knowledge::{self, Entry};
use super::recall;
use super::text::{first_sentence, quotable};
use crate::ai::Message;

/// The most characters of a person's own words that an answer quotes.
pub(super) const QUOTATION_LIMIT: usize = 140;

/// The answer to the last message of the user.
pub(super) fn reply(messages: &[Message]) -> String {
    let conversation = Conversation::read(messages);
    let Some(turn) = &conversation.current else { return greeting(&conversation) };
    match (&turn.subject, turn.classification.intent) {
        (_, Intent::Greeting) => greeting(&conversation),
        (_, Intent::Thanks) => thanks(&conversation),
        (_, Intent::Capabilities) => capabilities(),
        (_, Intent::Recall) => recall::reply(&conversation, turn),
        (Subject::Calculation(calculation), _) => {
            let source = knowledge::entry(calculation.entry_id)
                .map(|entry| {
                    format!("\n\nThe method is in my entry \"{}\"; say \"tell me more\" to go on.", entry.title)
                })
                .unwrap_or_default();
            format!("{}{source}", calculation.text)
        }
        (Subject::Exhausted(entry), _) => exhausted(&conversation, entry),
        (Subject::Entry(entry, aspect), Intent::FollowUp) => followed_up(&conversation, turn, entry, *aspect),
        (Subject::Entry(entry, aspect), _) => answered(&conversation, turn, entry, *aspect),
        (Subject::None, Intent::FollowUp) => nothing_to_follow(&conversation),
        (Subject::None, _) => noted(turn.text).unwrap_or_else(|| unknown(&conversation, turn)),
    }
}

fn greeting(conversation: &Conversation<'_>) -> String {
    match conversation.last_subject() {
        Some((entry, _)) => format!(
            "Hello again. We were on \"{}\". Say \"tell me more\" to go on with it, or ask me something else.",
            entry.title
        ),
        None => format!("Hello. {}", capabilities()),
    }
}

fn thanks(conversation: &Conversation<'_>) -> String {
    let first_step = |entry: &Entry| entry.next_steps.first().cloned().unwrap_or_default();
    match conversation.last_subject() {
        Some((entry, _)) => {
            format!("You are welcome. To make \"{}\" count, start with this: {}", entry.title, first_step(entry))
        }
        None => "You are welcome. Ask me about your startup whenever you like.".to_owned(),
    }
}

fn capabilities() -> String {
    let topics: Vec<&str> = Topic::ALL.into_iter().map(Topic::name).collect();
    format!(
        "I am Groundwork's built-in assistant. I am not a language model: I match your question against a knowledge base \
         of {} entries and quote the one that fits, in English. I cover {}. I also compute runway, share sold in a round, \
         LTV to CAC, payback and growth when you give me the figures, and I can tell you what we talked about. What I \
         do not have, I say.",
        knowledge::entries().len(),
        topics.join(", ")
    )
}

/// The words of a person as an answer quotes them.
pub(super) fn quotation(text: &str) -> String {
    format!("\"{}\"", quotable(text, QUOTATION_LIMIT))
}

fn steps(entry: &Entry) -> String {
    let numbered = entry.next_steps.iter().zip(1..).map(|(step, number)| format!("{number}. {step}"));
    numbered.collect::<Vec<_>>().join("\n")
}

fn part(entry: &Entry, aspect: Aspect) -> String {
    match aspect {
        Aspect::Answer => format!("{}\n\nNext steps:\n{}", entry.answer, steps(entry)),
        Aspect::More => entry.more.clone(),
        Aspect::Why => entry.why.clone(),
        Aspect::Example => format!("An illustration, not a real case: {}", entry.example),
        Aspect::NextSteps => format!("Do these in order:\n{}", steps(entry)),
        Aspect::Simpler => {
            let first = entry.next_steps.first().cloned().unwrap_or_default();
            format!("In one sentence: {} Start with this: {first}", first_sentence(&entry.answer))
        }
    }
}

fn answered(conversation: &Conversation<'_>, turn: &Turn<'_>, entry: &Entry, aspect: Aspect) -> String {
    let seen = conversation.subjects().into_iter().find(|(other, _)| other.id == entry.id);
    if let Some((_, earlier)) = seen {
        let link = if turn.continued { "Still on" } else { "We already looked at" };
        return format!(
            "{link} \"{}\", from your message {}; this is what I have not said yet.\n\n{}",
            entry.title,
            quotation(earlier.text),
            part(entry, aspect)
        );
    }
    let mut text = String::new();
    let related =
        conversation.subjects().into_iter().rev().find(|(other, _)| other.topic == entry.topic || turn.continued);
    if let Some((other, _)) = related {
        text.push_str(&format!("This goes with \"{}\", which we looked at before. ", other.title));
    }
    if turn.classification.confidence < 0.5 {
        text.push_str(&format!("The closest entry in my knowledge base is \"{}\":\n\n", entry.title));
    } else {
        text.push_str(&format!("From my knowledge base, \"{}\":\n\n", entry.title));
    }
    if aspect == Aspect::Simpler {
        text.push_str(&part(entry, aspect));
    } else {
        text.push_str(&part(entry, Aspect::Answer));
    }
    if matches!(aspect, Aspect::Why | Aspect::Example | Aspect::More) {
        let name = if aspect == Aspect::Why { "Why: " } else { "" };
        text.push_str(&format!("\n\n{name}{}", part(entry, aspect)));
    } else {
        text.push_str("\n\nAsk \"why?\", \"give me an example\" or \"tell me more\" to go on.");
    }
    text
}

fn followed_up(conversation: &Conversation<'_>, turn: &Turn<'_>, entry: &Entry, aspect: Aspect) -> String {
    let wanted = turn.classification.aspect;
    let origin = conversation.last_subject().map_or_else(String::new, |(_, earlier)| {
        format!(", which came up with your message {}", quotation(earlier.text))
    });
    let mut text = format!("On \"{}\"{origin}:\n\n", entry.title);
    if wanted != aspect && wanted != Aspect::More {
        text.push_str("I have given you that part already, so here is another. ");
    }
    text.push_str(&part(entry, aspect));
    text
}

fn exhausted(conversation: &Conversation<'_>, entry: &Entry) -> String {
    let seen: Vec<&str> = conversation.subjects().into_iter().map(|(other, _)| other.id.as_str()).collect();
    let fresh =
        |other: &&Entry| other.topic == entry.topic && other.id != entry.id && !seen.contains(&other.id.as_str());
    let related: Vec<String> =
        knowledge::entries().iter().filter(fresh).take(2).map(|other| format!("\"{}\"", other.title)).collect();
    let pointer = if related.is_empty() {
        "You have seen everything I have on this topic.".to_owned()
    } else {
        format!("Related entries: {}.", related.join(" and "))
    };
    format!("That is all that my knowledge base holds on \"{}\". {pointer}", entry.title)
}

fn nothing_to_follow(conversation: &Conversation<'_>) -> String {
    let open = |turn: &&Turn<'_>| {
        turn.is_question() && turn.classification.intent != Intent::FollowUp && turn.subject.entry().is_none()
    };
    let unanswered = conversation.earlier.iter().rev().find(open);
    match unanswered {
        Some(turn) => format!(
            "I had no answer to {}, so I have nothing to add to it. {}",
            quotation(turn.text),
            conversation.last_subject().map_or_else(
                || "Name a topic and I will look it up.".to_owned(),
                |(entry, _)| format!(
                    "Before that we were on \"{}\"; ask about it by name to go on with it.",
                    entry.title
                )
            )
        ),
        None => {
            "I am not sure what that refers to, as there is nothing before it that I answered. Name the topic and I \
                 will look it up."
                .to_owned()
        }
    }
}

/// Says which figures a message stated that asks nothing, and what they can be used for.
fn noted(text: &str) -> Option<String> {
    let stated: Vec<String> = figures(text)
        .iter()
        .filter_map(|figure| Some(format!("{} ({})", figure.meaning.stated()?, figure.written)))
        .collect();
    (!stated.is_empty()).then(|| {
        format!(
            "I read these figures: {}. With cash and monthly spending I compute your runway, with acquisition cost and \
             lifetime value their ratio; tell me the missing figure, or ask your question.",
            stated.join(", ")
        )
    })
}

fn unknown(conversation: &Conversation<'_>, turn: &Turn<'_>) -> String {
    let asked = quotable(turn.text, QUOTATION_LIMIT);
    let mut text = if asked.is_empty() {
        "Your message is empty.".to_owned()
    } else {
        format!(
            "I do not know. I answer only from my own knowledge base for founders, in English, and nothing in it fits \
             \"{asked}\" well enough."
        )
    };
    let near: Vec<String> = knowledge::search(turn.text, None)
        .iter()
        .filter(|hit| hit.coverage >= 0.3)
        .take(2)
        .map(|hit| format!("\"{}\"", hit.entry.title))
        .collect();
    if near.is_empty() {
        let topics: Vec<&str> = Topic::ALL.into_iter().map(Topic::name).collect();
        text.push_str(&format!(" I can help with {}.", topics.join(", ")));
    } else {
        text.push_str(&format!(" The nearest that I have: {}.", near.join(" and ")));
    }
    if let Some((entry, _)) = conversation.last_subject() {
        text.push_str(&format!(" Earlier we were on \"{}\"; ask about it by name to go on with it.", entry.title));
    }
    text
}
