//! Answers questions about the conversation itself, in the words that were really said.

use super::classifier::Intent;
use super::conversation::{Conversation, Turn};
use super::reply::{QUOTATION_LIMIT, quotation};
use super::text::{Word, first_sentence, quotable, words};
use super::vocabulary::VOCABULARY;

/// The most messages that one answer lists.
const LIST_LIMIT: usize = 6;

/// The answer to "what did I say about …?", "what did you suggest?", "summarise our conversation" and the like.
pub(super) fn reply(conversation: &Conversation<'_>, turn: &Turn<'_>) -> String {
    if conversation.earlier.is_empty() {
        return "This is the first message of our conversation that I have, so there is nothing before it that I could \
                repeat."
            .to_owned();
    }
    let asked = words(turn.text);
    let says = |list: &[&str]| asked.iter().any(|word| list.contains(&word.written.as_str()));
    let sought: Vec<&Word> =
        asked.iter().filter(|word| VOCABULARY.is_content(word) && !VOCABULARY.is_about_recall(word)).collect();
    let written: Vec<&str> = asked.iter().map(|word| word.written.as_str()).collect();
    let about_assistant = written.windows(2).any(|pair| {
        matches!(
            pair,
            ["did" | "have", "you"] | ["you", "said" | "told" | "suggested" | "recommended" | "advised" | "tell"]
        )
    });
    if about_assistant {
        return said_by_assistant(conversation, &sought);
    }
    if says(&["summarize", "summarise", "summary", "recap", "sum", "we", "our", "conversation", "chat"]) {
        return summary(conversation);
    }
    if says(&["first"]) {
        return statements(conversation).first().map(|turn| one("Your first message was", turn)).unwrap_or_default();
    }
    if says(&["last", "previous"]) && !sought.iter().any(|word| word.stem == "name") {
        return conversation
            .earlier
            .last()
            .map(|turn| one("Your last message before this one was", turn))
            .unwrap_or_default();
    }
    if says(&["name"]) {
        return introduction(conversation).unwrap_or_else(|| said_by_user(conversation, &[("name", "name")]));
    }
    let pairs: Vec<(&str, &str)> = sought.iter().map(|word| (word.stem.as_str(), word.written.as_str())).collect();
    if !pairs.is_empty() {
        return said_by_user(conversation, &pairs);
    }
    if says(&["company", "startup"]) {
        return said_by_user(conversation, &[("startup", "your startup"), ("company", "your company")]);
    }
    everything(conversation)
}

fn one(introduction: &str, turn: &Turn<'_>) -> String {
    let about =
        turn.subject.entry().map(|entry| format!(" I answered it from \"{}\".", entry.title)).unwrap_or_default();
    format!("{introduction} {}.{about}", quotation(turn.text))
}

/// What the user wrote, without the questions about what was written.
fn statements<'t, 'a>(conversation: &'t Conversation<'a>) -> Vec<&'t Turn<'a>> {
    conversation.earlier.iter().filter(|turn| turn.classification.intent != Intent::Recall).collect()
}

/// The message in which a person gave a name: "I'm Ana", "my name is Ana". A capital tells it from "I'm stuck".
fn introduction(conversation: &Conversation<'_>) -> Option<String> {
    let names = |text: &str| {
        let text = quotable(text, QUOTATION_LIMIT);
        ["I'm ", "I’m ", "I am ", "i'm ", "i am ", "name is ", "name's ", "call me "]
            .iter()
            .any(|words| text.split(words).skip(1).any(|rest| rest.starts_with(char::is_uppercase)))
    };
    let turn = statements(conversation).into_iter().rev().find(|turn| names(turn.text))?;
    Some(format!("You introduced yourself with {}.", quotation(turn.text)))
}

fn holds(text: &str, stems: &[&str]) -> bool {
    words(text).iter().any(|word| stems.contains(&word.stem.as_str()))
}

/// The user's messages that hold one of the sought words, each a stem and the word as it is shown.
fn said_by_user(conversation: &Conversation<'_>, sought: &[(&str, &str)]) -> String {
    let stems: Vec<&str> = sought.iter().map(|(stem, _)| *stem).collect();
    let found: Vec<&Turn<'_>> = statements(conversation)
        .into_iter()
        .filter(|turn| {
            holds(turn.text, &stems) || turn.subject.entry().is_some_and(|entry| holds(&entry.title, &stems))
        })
        .collect();
    let names = sought.iter().map(|(_, written)| *written).collect::<Vec<_>>().join(", ");
    if found.is_empty() {
        return format!(
            "I find nothing about {} in your earlier messages. {}",
            quotation(&names),
            everything(conversation)
        );
    }
    let shown = found.iter().rev().take(LIST_LIMIT).rev();
    let lines: Vec<String> = shown.map(|turn| format!("- {}", with_subject(turn))).collect();
    format!("On {} you wrote:\n{}", quotation(&names), lines.join("\n"))
}

fn with_subject(turn: &Turn<'_>) -> String {
    let about = turn.subject.entry().map(|entry| format!(" (on \"{}\")", entry.title)).unwrap_or_default();
    format!("{}{about}", quotation(turn.text))
}

fn said_by_assistant(conversation: &Conversation<'_>, sought: &[&Word]) -> String {
    let stems: Vec<&str> = sought.iter().map(|word| word.stem.as_str()).collect();
    let matching = conversation.answers.iter().rev().find(|answer| !stems.is_empty() && holds(answer, &stems));
    if let Some(answer) = matching.or_else(|| conversation.answers.last().filter(|_| stems.is_empty())) {
        return format!("I wrote: {}", quotable(answer, 600));
    }
    let subject = conversation.subjects().into_iter().rev().find(|(entry, turn)| {
        stems.is_empty() || holds(&entry.title, &stems) || holds(turn.text, &stems) || holds(&entry.answer, &stems)
    });
    match subject {
        Some((entry, _)) => format!("On \"{}\" my knowledge base says: {}", entry.title, first_sentence(&entry.answer)),
        None => format!("I find no answer of mine about that in this conversation. {}", everything(conversation)),
    }
}

fn summary(conversation: &Conversation<'_>) -> String {
    let subjects = conversation.subjects();
    if subjects.is_empty() {
        return format!("We have not been on any topic of my knowledge base yet. {}", everything(conversation));
    }
    let skipped = subjects.len().saturating_sub(LIST_LIMIT);
    let lines: Vec<String> = subjects
        .into_iter()
        .skip(skipped)
        .map(|(entry, turn)| {
            format!(
                "- \"{}\": you wrote {}. The main point: {}",
                entry.title,
                quotation(turn.text),
                first_sentence(&entry.answer)
            )
        })
        .collect();
    let omitted = if skipped > 0 { format!(" ({skipped} earlier ones left out)") } else { String::new() };
    format!("So far we talked about{omitted}:\n{}", lines.join("\n"))
}

fn everything(conversation: &Conversation<'_>) -> String {
    let statements = statements(conversation);
    let count = statements.len();
    if count == 0 {
        return "Before that you only asked what was said.".to_owned();
    }
    let skipped = count.saturating_sub(LIST_LIMIT);
    let lines: Vec<String> = statements.iter().skip(skipped).map(|turn| format!("- {}", with_subject(turn))).collect();
    let which = if skipped > 0 {
        format!("the last {LIST_LIMIT} of your {count} earlier messages")
    } else {
        "what you wrote so far".to_owned()
    };
    format!("This is {which}:\n{}", lines.join("\n"))
}
