//! The assistant as a whole: realistic messages, conversations, and properties that hold for any text.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::model::lead::{LeadPriority, LeadStatus};
use proptest::prelude::*;

use super::classifier::{Intent, Topic, classify};
use super::{MODEL, OfflineAssistant, count_tokens};
use crate::ai::structured::{Structured, complete_structured};
use crate::ai::{
    Ai, AiError, ChatContext, Completion, FollowUp, LeadFollowUpBrief, Message, PostDraft, Role, SocialMediaPostBrief,
    prompt,
};

/// The assistant is always ready, so one poll is enough.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the offline assistant waited"),
    }
}

/// A conversation in which the assistant answered each message.
fn talk(asked: &[&str]) -> Vec<Message> {
    let mut messages = Vec::new();
    for text in asked {
        messages.push(Message::new(Role::User, *text));
        let answer = complete(&messages).unwrap().content;
        messages.push(Message::new(Role::Assistant, answer));
    }
    messages
}

fn complete(messages: &[Message]) -> Result<Completion, AiError> {
    now(OfflineAssistant.complete(prompt::chat(&ChatContext::default(), messages.to_vec())))
}

fn last_answer(asked: &[&str]) -> String {
    talk(asked).pop().unwrap().content
}

fn intent_named(name: &str) -> Intent {
    match name {
        "greeting" => Intent::Greeting,
        "thanks" => Intent::Thanks,
        "capabilities" => Intent::Capabilities,
        "recall" => Intent::Recall,
        "follow_up" => Intent::FollowUp,
        "calculation" => Intent::Calculation,
        "unknown" => Intent::Unknown,
        topic => Intent::Topic(serde_json::from_value::<Topic>(topic.into()).unwrap()),
    }
}

#[test]
fn nine_of_ten_realistic_messages_are_understood() {
    let cases: Vec<(String, String)> = serde_json::from_str(include_str!("cases.json")).unwrap();
    assert!(cases.len() >= 40);
    let wrong: Vec<_> = cases
        .iter()
        .map(|(text, expected)| (text, intent_named(expected), classify(text)))
        .filter(|(_, expected, classification)| classification.intent != *expected)
        .collect();
    assert!(wrong.len() * 10 <= cases.len(), "{} of {} wrong: {wrong:#?}", wrong.len(), cases.len());
}

#[test]
fn evidence_and_confidence_come_from_the_message() {
    let classification = classify("How much should I charge?");
    assert_eq!(classification.intent, Intent::Topic(Topic::Pricing));
    assert!(classification.evidence.contains(&"charge".to_owned()));
    assert!(classification.confidence > classify("We sell and also charge").confidence);
}

#[test]
fn an_answer_cites_its_entry_and_an_unknown_question_is_admitted() {
    assert!(last_answer(&["How do I split equity?"]).starts_with("From my knowledge base, \"Splitting equity"));
    let unknown = last_answer(&["What's the weather in Paris?"]);
    assert!(unknown.starts_with("I do not know.") && unknown.contains("weather in Paris"), "{unknown}");
}

#[test]
fn the_same_words_mean_something_else_after_another_history() {
    let after_pricing = last_answer(&["How much should I charge?", "Why?"]);
    let after_hiring = last_answer(&["Where can I find a technical co-founder?", "Why?"]);
    let alone = last_answer(&["Why?"]);
    assert!(
        after_pricing.contains("\"Setting your first price\"") && after_pricing.contains("How much should I charge?")
    );
    assert!(after_hiring.contains("\"Finding a co-founder\""));
    assert!(alone.contains("not sure what that refers to"), "{alone}");
}

#[test]
fn tell_me_more_goes_on_until_nothing_is_left() {
    let ask = "Which KPIs should I track?";
    let mut asked = vec![ask];
    let mut answers = vec![last_answer(&asked)];
    for _ in 0..4 {
        asked.push("tell me more");
        answers.push(last_answer(&asked));
    }
    for (number, answer) in answers.iter().enumerate() {
        assert!(answer.contains("Which metrics to track"), "{answer}");
        assert_eq!(answers.iter().position(|other| other == answer), Some(number));
    }
    assert!(answers[4].starts_with("That is all that my knowledge base holds"), "{}", answers[4]);
}

#[test]
fn more_of_an_unanswered_question_is_not_made_up() {
    let answer = last_answer(&["How much should I charge?", "Who won the world cup in 2018?", "tell me more"]);
    assert!(answer.starts_with("I had no answer to \"Who won the world cup in 2018?\""), "{answer}");
    assert!(answer.contains("Setting your first price"));
}

#[test]
fn what_was_said_is_recalled_in_its_own_words() {
    let history =
        ["We sell to dentists for 49 dollars", "What belongs on a pitch deck?", "I think our pricing is too low"];
    let recalled = |question: &str| last_answer(&[&history[..], &[question]].concat());
    let pricing = recalled("what did I say about pricing?");
    assert!(pricing.contains("I think our pricing is too low") && !pricing.contains("dentists"), "{pricing}");
    assert!(recalled("What was my first question?").contains("We sell to dentists"));
    assert!(recalled("what did I say about lawyers?").starts_with("I find nothing about \"lawyers\""));
    let summary = recalled("Please summarise our conversation");
    assert!(summary.contains("\"Building a pitch deck\"") && summary.contains("too low"), "{summary}");
    assert!(recalled("What did you say about the deck?").contains("Building a pitch deck"));
    assert!(last_answer(&["What did I ask before?"]).contains("first message"));
}

#[test]
fn figures_of_earlier_messages_complete_a_calculation() {
    let answer = last_answer(&["Hi, we have $300k in the bank", "And we burn $25k a month. How long does that last?"]);
    assert!(answer.contains("= 12 months") && answer.contains("cash ($300k)"), "{answer}");
    assert!(last_answer(&["Runway with 300k cash and 25k burn?", "why?"]).contains("\"Runway, burn rate"));
}

#[test]
fn a_repeated_question_gets_what_was_not_said_yet() {
    let answer = last_answer(&["How do I run a sales call?", "How do I run a sales call?"]);
    assert!(answer.starts_with("We already looked at \"Running a founder sales call\""), "{answer}");
}

#[test]
fn a_greeting_takes_up_the_earlier_topic() {
    assert!(last_answer(&["Do I need an NDA?", "hello"]).contains("Intellectual property"));
}

#[test]
fn an_output_limit_cuts_after_a_sentence_and_usage_follows_the_rule() {
    let mut request = prompt::chat(&ChatContext::default(), vec![Message::new(Role::User, "What is a SAFE?")]);
    request.max_output_tokens = 60;
    let input: u32 = request.messages.iter().map(|message| count_tokens(&message.content)).sum();
    let completion = now(OfflineAssistant.complete(request.clone())).unwrap();
    assert!(completion.content.ends_with(['.', ':']), "{}", completion.content);
    assert!(completion.usage.output_tokens <= 60);
    assert_eq!((completion.usage.input_tokens, completion.model.as_str()), (input, MODEL));
    request.max_output_tokens = 0;
    assert!(matches!(now(OfflineAssistant.complete(request)), Err(AiError::InvalidOutput { .. })));
    assert_eq!([count_tokens(""), count_tokens("a"), count_tokens("abcd"), count_tokens("äöüßé")], [0, 1, 1, 2]);
}

#[test]
fn free_form_json_is_refused_and_a_wrong_type_is_invalid() {
    let mut request = prompt::chat(&ChatContext::default(), vec![Message::new(Role::User, "Hi")]);
    request.response_schema = Some(serde_json::json!({"type": "object"}));
    assert!(matches!(now(OfflineAssistant.complete(request)), Err(AiError::Refused { .. })));
    let request = prompt::lead_follow_up(LeadFollowUpBrief::default());
    let wrong: Result<Structured<PostDraft>, AiError> = now(complete_structured(&OfflineAssistant, request));
    assert!(wrong.unwrap_err().usage().output_tokens > 0);
}

fn any_text() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "why?",
        "price",
        "tell me more",
        "raise 500k at 5m",
        "burn 25k cash 99999999999999999999m",
        "what did I say about",
        "summarise",
        "{firstName}",
        "}{",
        "مرحبا",
        "שלום",
        "🦉👩‍👩‍👧",
        "\u{202e}abc",
        "\0\u{7f}",
        "1,,..0%",
        "ﬁ İ ß",
        "$-5k/",
        "from 0 to 5 mrr",
    ]);
    prop_oneof![any::<String>(), "\\PC{0,80}", prop::collection::vec(known, 1..8).prop_map(|parts| parts.join(" ")),]
}

fn any_fact() -> impl Strategy<Value = Option<String>> {
    prop::option::of(any_text())
}

fn any_lead() -> impl Strategy<Value = LeadFollowUpBrief> {
    use LeadPriority::{High, Low, Medium};
    use LeadStatus::{Contacted, Converted, Lost, New, Qualified};
    let status = prop::option::of(prop::sample::select(vec![New, Contacted, Qualified, Converted, Lost]));
    let priority = prop::option::of(prop::sample::select(vec![Low, Medium, High]));
    let texts = [any_fact().boxed(), any_fact().boxed(), any_fact().boxed(), any_fact().boxed(), any_fact().boxed()];
    (texts, any_fact(), status, priority, any::<Option<u32>>(), any::<Option<u32>>()).prop_map(
        |(
            [lead_name, company, title, organization_name, venture_description],
            sender_name,
            status,
            priority,
            days,
            sent,
        )| {
            LeadFollowUpBrief {
                lead_name,
                company,
                title,
                status,
                priority,
                days_since_contact: days,
                follow_ups_sent: sent,
                notes: None,
                organization_name,
                venture_description,
                sender_name,
                ..LeadFollowUpBrief::default()
            }
        },
    )
}

fn has_placeholder(text: &str) -> bool {
    text.contains(['{', '}'])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_conversation_is_answered_the_same_way_twice(texts in prop::collection::vec(any_text(), 0..6)) {
        let roles = [Role::User, Role::Assistant, Role::User, Role::System];
        let messages: Vec<Message> =
            texts.into_iter().enumerate().map(|(place, text)| Message::new(roles[place % 4], text)).collect();
        let first = complete(&messages).unwrap();
        prop_assert_eq!(&first, &complete(&messages).unwrap());
        prop_assert!(!has_placeholder(&first.content) && first.usage.output_tokens > 0);
        let classification = classify(&first.content);
        prop_assert!((0.0..=1.0).contains(&classification.confidence));
    }

    #[test]
    fn any_lead_gets_a_valid_e_mail(brief in any_lead()) {
        let request = prompt::lead_follow_up(brief);
        let follow_up: Structured<FollowUp> = now(complete_structured(&OfflineAssistant, request.clone())).unwrap();
        let FollowUp { subject, body, next_step } = &follow_up.value;
        for text in [subject, body, next_step] {
            prop_assert!(!has_placeholder(text), "{}", text);
        }
        prop_assert!(subject.chars().count() <= 150);
        prop_assert_eq!(follow_up, now(complete_structured(&OfflineAssistant, request)).unwrap());
    }

    #[test]
    fn any_brief_gets_a_valid_post(
        facts in prop::collection::vec(any_fact(), 5),
        posts_made in any::<Option<u32>>(),
    ) {
        let brief = SocialMediaPostBrief {
            organization_name: facts[0].clone(),
            industry: facts[1].clone(),
            venture_description: facts[2].clone(),
            topic: facts[3].clone(),
            audience: facts[4].clone(),
            posts_made,
            ..SocialMediaPostBrief::default()
        };
        let post: Structured<PostDraft> =
            now(complete_structured(&OfflineAssistant, prompt::social_media_post(brief))).unwrap();
        prop_assert!(!has_placeholder(&post.value.text), "{}", post.value.text);
    }
}

#[test]
fn huge_messages_are_answered() {
    for text in ["price ".repeat(500_000), "🦉".repeat(1_000_000), "9".repeat(1_000_000), "{".repeat(100_000)] {
        let answer = complete(&[Message::new(Role::User, text)]).unwrap().content;
        assert!(answer.chars().count() < 4_000 && !answer.contains('{'));
    }
}
