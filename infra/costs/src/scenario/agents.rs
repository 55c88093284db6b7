//! Chat, tasks, the agentic engine on request.

use std::time::Duration;

use serde_json::{Value, json};
use shared::ai::{self, AiError};
use shared::event::Actor;
use shared::id::{LeaseId, PostId};
use shared::model::task::{Task, TaskInput, TaskOutput};
use shared::problem::Problem;
use shared::store::Transaction;
use shared::trace::Trace;

use super::Scenario;

const MINUTE: Duration = Duration::from_secs(60);
const QUESTION: &str = "How do I find my first customers for an engine that nobody has asked for yet?";

pub(super) async fn run(scenario: &mut Scenario) {
    chat(scenario).await;
    tasks(scenario).await;
    engine(scenario).await;
}

async fn chat(scenario: &mut Scenario) {
    let request = scenario.post("/api/chat/message", &json!({"message": QUESTION}));
    let answer = scenario.measure("sendMessage", "the first of a conversation", 200, request).await;
    let body = json!({"message": QUESTION, "conversationId": answer["conversationId"]});
    for _ in 0..24 {
        let request = scenario.post("/api/chat/message", &body);
        scenario.quietly(200, request).await;
    }
    let request = scenario.post("/api/chat/message", &body);
    scenario.measure("sendMessage", "", 200, request).await;
    let path = format!("/api/chat/conversations/{}/messages", answer["conversationId"].as_str().expect("an id"));
    let request = scenario.get(&path);
    scenario.measure("listMessages", "", 200, request).await;
    for number in 0..49 {
        // A person may ask 30 times a minute.
        if number % 25 == 0 {
            tokio::time::sleep(MINUTE).await;
        }
        let request = scenario.post("/api/chat/message", &json!({"message": QUESTION}));
        scenario.quietly(200, request).await;
    }
    let request = scenario.get("/api/chat/conversations");
    scenario.measure("listConversations", "", 200, request).await;
}

async fn lead_ids(scenario: &Scenario) -> Vec<Value> {
    let leads = scenario.get("/api/crm/leads?status=contacted&limit=100").send().await.expect(200);
    leads["data"].as_array().expect("a list").iter().map(|lead| lead["id"].clone()).collect()
}

async fn tasks(scenario: &mut Scenario) {
    let leads = lead_ids(scenario).await;
    let follow_up = |place: usize| json!({"kind": "lead_followup", "leadId": leads[place]});
    let request = scenario.post("/api/tasks", &follow_up(0));
    let task = scenario.measure("createTask", "", 201, request).await;
    let path = format!("/api/tasks/{}", task["id"].as_str().expect("an id"));
    let request = scenario.get(&path);
    scenario.measure("getTask", "", 200, request).await;
    let request = scenario.post("/api/tasks", &json!({"kind": "social_media_post"}));
    scenario.measure("createTask", "a post", 201, request).await;
    // A task that is called off before anybody comes to do it.
    let request = scenario.post("/api/tasks", &follow_up(1));
    let task = request.send().await.expect(201);
    scenario.stage.project().await;
    scenario.stage.receive("tasks").await;
    let path = format!("/api/tasks/{}/cancel", task["id"].as_str().expect("an id"));
    let request = scenario.dressed(scenario.stage.app.post(&path));
    let request = scenario.with_key(request);
    scenario.measure("cancelTask", "", 200, request).await;
    // One whose first attempt finds no assistant, whose second is declined, and which is then tried again.
    let ai = scenario.stage.ai.clone();
    let _ = ai.unavailable().fails(AiError::Refused { usage: ai::Usage::default() });
    let request = scenario.post("/api/tasks", &follow_up(2));
    let task = scenario.quietly(201, request).await;
    tokio::time::sleep(MINUTE).await;
    let run = scenario.stage.sweep("a task is due").await;
    let mut runs = vec![run];
    runs.extend(scenario.stage.follow().await);
    scenario.note_runs(&runs[1..]);
    let path = format!("/api/tasks/{}/retry", task["id"].as_str().expect("an id"));
    let request = scenario.dressed(scenario.stage.app.post(&path));
    let request = scenario.with_key(request);
    scenario.measure("retryTask", "", 200, request).await;
    done_tasks(scenario, 47).await;
    let request = scenario.get("/api/tasks");
    scenario.measure("listTasks", "", 200, request).await;
    let request = scenario.get("/api/tasks?status=COMPLETED");
    scenario.measure("listTasks", "of one status", 200, request).await;
}

/// Adds tasks that were done earlier; the plan's month has no room for so many.
async fn done_tasks(scenario: &Scenario, count: u32) {
    let (services, organization) = (&scenario.stage.backstage, scenario.organization_id());
    let plan = || async {
        let mut transaction = Transaction::<Problem>::new();
        for _ in 0..count {
            let now = services.clock.now();
            let input = TaskInput::SocialMediaPost;
            let (id, trace, title) = (services.ids.next(), Trace::begin(&services.ids), Task::POST_TITLE.to_owned());
            let task = Task::new(id, organization, title, input, Actor::Platform, trace, now);
            let text = QUESTION.repeat(6);
            let output =
                TaskOutput::SocialMediaPost { post_id: services.ids.next::<PostId>(), text, hashtags: Vec::new() };
            let claimed = task.claimed(services.ids.next::<LeaseId>(), now).expect("a new task is due");
            transaction.create(claimed.completed(output, now));
        }
        Ok::<_, Problem>((transaction, ()))
    };
    services.store.execute(plan).await.expect("the tasks are written");
}

async fn engine(scenario: &mut Scenario) {
    let request = scenario.post("/api/agentic/analyze", &json!({}));
    let analysis = scenario.measure("analyze", "", 200, request).await;
    assert!(!analysis["actions"].as_array().expect("a list").is_empty(), "the engine found nothing to do: {analysis}");
}
