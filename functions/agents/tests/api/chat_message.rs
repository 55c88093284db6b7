//! `/api/chat/message`

use std::time::Duration;

use crate::support::{app, column, trail, usage};
use futures_util::future::join_all;
use serde_json::json;
use shared::access::Role;
use shared::ai::{AiError, Usage};
use shared::id::VentureId;
use shared::model::ai_configuration::AiConfiguration;
use shared::model::venture::{Venture, VentureStage};
use shared::plan::PlanName;
use testkit::{Caller, Cloud, FaultPlan, Request, ScriptedAi, TestApp};
use tokio::time::{advance, timeout};

const PATH: &str = "/api/chat/message";

fn say(app: &TestApp, caller: &Caller, message: &str) -> Request {
    app.post(PATH).by(caller).json(&json!({"message": message}))
}

fn go_on(app: &TestApp, caller: &Caller, conversation: &serde_json::Value, message: &str) -> Request {
    app.post(PATH).by(caller).json(&json!({"message": message, "conversationId": conversation}))
}

fn messages_path(answer: &serde_json::Value) -> String {
    format!("/api/chat/conversations/{}/messages", answer["conversationId"].as_str().unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn a_message_is_answered_saved_and_counted() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (app, ada) = (app(&cloud, &ai), cloud.caller("Ada").await);
    let answered = say(&app, &ada, "  How do I find my first customers? ").send().await;
    assert_eq!(answered.header("ratelimit-policy"), Some("\"chat\";q=30;w=60"));
    let answer = answered.expect(200);
    assert_eq!(answer["message"]["role"], "assistant");
    assert!(answer["message"]["id"].as_str().unwrap().starts_with("msg_"));
    let page = app.get(&messages_path(&answer)).by(&ada).send().await.expect(200);
    assert_eq!(column(&page, "role"), ["user", "assistant"]);
    assert_eq!(page["data"][0]["content"], "How do I find my first customers?");
    assert_eq!(page["data"][1], answer["message"]);
    assert_eq!(trail(&cloud.services, ada.organization_id).await, ["chat.messageSent", "chat.messageAnswered"]);
    let used = usage(&cloud.services, ada.organization_id).await;
    assert_eq!((used.chat_messages, json!(used.input_tokens)), (1, answer["usage"]["inputTokens"].clone()));
    assert!(used.output_tokens > 0);
}

#[tokio::test(start_paused = true)]
async fn the_assistant_knows_who_asks_and_what_was_said() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (app, ada) = (app(&cloud, &ai), cloud.caller("Ada Lovelace").await);
    for (number, description) in ["We sell looms.", "We book dental appointments."].into_iter().enumerate() {
        let venture = Venture {
            id: cloud.services.ids.next::<VentureId>(),
            organization_id: ada.organization_id,
            name: format!("V{number}"),
            stage: VentureStage::Idea,
            category: "software".to_owned(),
            description: description.to_owned(),
            created_by: ada.user_id,
            created_at: cloud.services.clock.now(),
        };
        cloud.write(|transaction| transaction.create(venture.clone())).await;
    }
    let configuration = AiConfiguration {
        personality: Some("A calm engineer.".to_owned()),
        goals: vec!["Ten customers by spring".to_owned()],
        ..AiConfiguration::default_of(ada.organization_id)
    };
    cloud.write(|transaction| transaction.create(configuration.clone())).await;
    let first = say(&app, &ada, "What is a SAFE?").send().await.expect(200);
    advance(Duration::from_secs(1)).await;
    let more = go_on(&app, &ada, &first["conversationId"], "Tell me more").send().await.expect(200);
    let bare = say(&app, &ada, "Tell me more").send().await.expect(200);
    assert_ne!(more["message"]["content"], bare["message"]["content"], "the conversation decides what \"more\" is");
    assert_eq!(more["conversationId"], first["conversationId"]);
    let asked = ai.asked();
    let contents = asked[1].messages.iter().skip(1).map(|message| message.content.as_str()).collect::<Vec<_>>();
    assert_eq!(contents, ["What is a SAFE?", first["message"]["content"].as_str().unwrap(), "Tell me more"]);
    for fact in ["Ada Lovelace", "We book dental appointments.", "A calm engineer.", "Ten customers by spring"] {
        assert!(asked[0].messages[0].content.contains(fact), "{fact}");
    }
    assert!(!asked[0].messages[0].content.contains("looms"), "the newest venture counts");
}

#[tokio::test(start_paused = true)]
async fn the_last_twenty_messages_are_shown() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (app, ada) = (app(&cloud, &ai), cloud.caller("Ada").await);
    let first = say(&app, &ada, "Question 0").send().await.expect(200);
    for number in 1..12 {
        advance(Duration::from_secs(1)).await;
        go_on(&app, &ada, &first["conversationId"], &format!("Question {number}")).send().await.expect(200);
    }
    let last = ai.asked().pop().unwrap();
    assert_eq!(last.messages.len(), 1 + 20);
    assert_eq!(last.messages.last().unwrap().content, "Question 11");
    assert!(last.messages.iter().any(|message| message.content == "Question 2"));
    assert!(!last.messages.iter().any(|message| message.content == "Question 1"));
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_the_message_stays_and_a_repeat_does_not_save_it_again() {
    let cloud = Cloud::new();
    let ai = ScriptedAi::new().fails(AiError::Unavailable { retry_after_seconds: Some(7) });
    let (app, ada) = (app(&cloud, &ai), cloud.caller("Ada").await);
    let send = || say(&app, &ada, "What is a SAFE?").header("idempotency-key", "k1").send();
    let failed = send().await;
    assert_eq!(failed.header("retry-after"), Some("7"));
    let problem = failed.expect_problem(503, "ai_unavailable");
    assert_eq!(trail(&cloud.services, ada.organization_id).await, ["chat.messageSent"]);
    advance(Duration::from_secs(7)).await;
    let answer = send().await.expect(200);
    assert_eq!(problem["conversationId"], answer["conversationId"]);
    let page = app.get(&messages_path(&answer)).by(&ada).send().await.expect(200);
    assert_eq!(column(&page, "role"), ["user", "assistant"]);
    assert_eq!(trail(&cloud.services, ada.organization_id).await, ["chat.messageSent", "chat.messageAnswered"]);
    assert_eq!(
        app.get("/api/chat/conversations").by(&ada).send().await.expect(200)["data"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_and_a_key_one_goes_on_in_the_conversation_that_the_problem_names() {
    let cloud = Cloud::new();
    let ai = ScriptedAi::new().fails(AiError::Unavailable { retry_after_seconds: None });
    let (app, ada) = (app(&cloud, &ai), cloud.caller("Ada").await);
    let problem = say(&app, &ada, "What is a SAFE?").send().await.expect_problem(503, "ai_unavailable");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("Idempotency-Key") && detail.contains("`conversationId`"), "{detail}");
    let answer = go_on(&app, &ada, &problem["conversationId"], "What is a SAFE?").send().await.expect(200);
    let page = app.get(&messages_path(&answer)).by(&ada).send().await.expect(200);
    assert_eq!(column(&page, "role"), ["user", "user", "assistant"]);
    let conversations = app.get("/api/chat/conversations").by(&ada).send().await.expect(200);
    assert_eq!(column(&conversations, "id"), [problem["conversationId"].as_str().unwrap()]);
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_question_and_answer_is_taken_over_after_the_lease() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new().waits(Duration::from_secs(3600)).waits(Duration::from_secs(1)));
    let (app, ada) = (app(&cloud, &ai), cloud.caller("Ada").await);
    let send = || say(&app, &ada, "What is a SAFE?").header("idempotency-key", "k1").send();
    timeout(Duration::from_secs(5), send()).await.expect_err("the instance dies while the assistant thinks");
    let waiting = send().await;
    assert!(waiting.header("retry-after").is_some());
    waiting.expect_problem(409, "in_progress");
    advance(Duration::from_secs(60)).await;
    let takers = join_all((0..4).map(|_| send())).await;
    let answers = takers.into_iter().filter(|answer| answer.status == 200).collect::<Vec<_>>();
    assert_eq!(answers.len(), 1, "one takes over, the others wait");
    let answer = send().await.expect(200);
    assert_eq!(answer, answers[0].json);
    assert_eq!(ai.asked().len(), 2);
    let page = app.get(&messages_path(&answer)).by(&ada).send().await.expect(200);
    assert_eq!(column(&page, "role"), ["user", "assistant"]);
}

#[tokio::test(start_paused = true)]
async fn a_repeat_answers_as_the_first_time_and_costs_nothing() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (app, ada) = (app(&cloud, &ai), cloud.caller("Ada").await);
    let send = |message: &str| say(&app, &ada, message).header("idempotency-key", "k1").send();
    let (first, second) = (send("What is a SAFE?").await, send("What is a SAFE?").await);
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), (None, Some("true")));
    assert_eq!(first.expect(200), second.expect(200));
    send("What is a term sheet?").await.expect_problem(422, "invalid");
    assert_eq!((ai.asked().len(), usage(&cloud.services, ada.organization_id).await.chat_messages), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn two_messages_at_once_are_both_answered() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (app, ada) = (app(&cloud, &ai), cloud.caller("Ada").await);
    let first = say(&app, &ada, "Hello").send().await.expect(200);
    let send = |text: &'static str| go_on(&app, &ada, &first["conversationId"], text).send();
    for answer in join_all([send("What is a SAFE?"), send("What is churn?"), send("What is runway?")]).await {
        answer.expect(200);
    }
    let page = app.get(&messages_path(&first)).by(&ada).send().await.expect(200);
    assert_eq!(page["data"].as_array().unwrap().len(), 8);
}

#[tokio::test(start_paused = true)]
async fn anothers_conversation_is_not_there() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (app, ada, eve) = (app(&cloud, &ai), cloud.caller("Ada").await, cloud.caller("Eve").await);
    let answer = say(&app, &ada, "Our figures are secret").send().await.expect(200);
    go_on(&app, &eve, &answer["conversationId"], "Tell me").send().await.expect_problem(404, "not_found");
    cloud.join(&eve, ada.organization_id, Role::Admin).await;
    let as_colleague = go_on(&app, &eve, &answer["conversationId"], "Tell me").organization(ada.organization_id);
    as_colleague.send().await.expect_problem(404, "not_found");
    let elsewhere = go_on(&app, &ada, &answer["conversationId"], "Tell me").organization(eve.organization_id);
    elsewhere.send().await.expect_problem(404, "not_found");
    assert_eq!(ai.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_apart_and_paid_for() {
    let spent = Usage { input_tokens: 12, output_tokens: 3 };
    let ai = ScriptedAi::new()
        .fails(AiError::Refused { usage: spent })
        .fails(AiError::InvalidOutput { reason: "too long".to_owned(), usage: spent });
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ai), cloud.caller("Ada").await);
    say(&app, &ada, "Something vile").send().await.expect_problem(422, "ai_refused");
    say(&app, &ada, "Something long").send().await.expect_problem(503, "ai_unavailable");
    let used = usage(&cloud.services, ada.organization_id).await;
    assert_eq!((used.chat_messages, used.input_tokens, used.output_tokens), (0, 24, 6));
}

#[tokio::test(start_paused = true)]
async fn thirty_messages_a_minute_are_enough() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (app, ada, bob) = (app(&cloud, &ai), cloud.caller("Ada").await, cloud.caller("Bob").await);
    // Credits run out before that on Free.
    cloud.set_plan(ada.organization_id, PlanName::Outreach).await;
    for number in 0..30 {
        say(&app, &ada, &format!("Hello {number}")).send().await.expect(200);
    }
    let refused = say(&app, &ada, "Hello").send().await;
    assert!(refused.header("retry-after").is_some());
    refused.expect_problem(429, "too_many_requests");
    say(&app, &bob, "Hello").send().await.expect(200);
    advance(Duration::from_secs(60)).await;
    say(&app, &ada, "Hello").send().await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_refused_and_nothing_is_saved() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (app, ada) = (app(&cloud, &ai), cloud.caller("Ada").await);
    let send = |body: String| app.post(PATH).by(&ada).body("application/json", body).send();
    for (body, path) in [
        ("", ""),
        ("[", ""),
        ("{}", ""),
        (r#"{"message": null}"#, "message"),
        (r#"{"message": "x", "conversationId": "ven_01KAGR3V0R0000000000000000"}"#, "conversationId"),
        (r#"{"message": "x", "role": "system"}"#, "role"),
    ] {
        let problem = send(body.to_owned()).await.expect_problem(400, "malformed");
        assert_eq!(problem["errors"][0]["path"], path, "{body}");
    }
    for message in [String::new(), " \n".to_owned(), "é".repeat(4001)] {
        let problem = send(json!({"message": message}).to_string()).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], "message");
    }
    app.post(PATH).json(&json!({"message": "x"})).send().await.expect_problem(401, "token_missing");
    assert!(trail(&cloud.services, ada.organization_id).await.is_empty() && ai.asked().is_empty());
    send(json!({"message": "é".repeat(4000)}).to_string()).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn whatever_the_table_does_a_repeated_message_is_saved_once_and_answered_once() {
    for seed in 0..20 {
        let (cloud, ai) = (Cloud::with_faults(FaultPlan::seeded(seed)), ScriptedAi::new().unavailable());
        let calm = cloud.without_faults();
        let (app, ada) = (app(&cloud, &ai), calm.caller("Ada").await);
        let mut answer = None;
        for _ in 0..20 {
            let sent = say(&app, &ada, "What is a SAFE?").header("idempotency-key", "k1").send().await;
            if sent.status == 200 {
                answer = Some(sent.expect(200));
                break;
            }
            assert!([409, 503].contains(&sent.status.as_u16()), "seed {seed}: {}", sent.text);
            advance(Duration::from_secs(20)).await;
        }
        let answer = answer.unwrap_or_else(|| panic!("seed {seed}: no answer"));
        let page = crate::support::app(&calm, &ai).get(&messages_path(&answer)).by(&ada).send().await.expect(200);
        assert_eq!(column(&page, "role"), ["user", "assistant"], "seed {seed}");
        assert_eq!(usage(&calm.services, ada.organization_id).await.chat_messages, 1, "seed {seed}");
    }
}
