//! The function's binary as Lambda runs it.

use crate::support::{activities, create, lead, message, stored, trail, usage};
use serde_json::json;
use shared::model::lead::LeadStatus;
use shared::model::task::{Task, TaskInput, TaskStatus};
use shared::store::Entity;
use testkit::FunctionHost;

/// Sets what a task's row says of its status, sense or not.
fn set_status(host: &FunctionHost, task: &Task, status: &str) {
    let key = task.key();
    let request = json!({
        "TableName": host.cloud.services.store.table(),
        "Key": {"pk": {"S": key.pk}, "sk": {"S": key.sk}},
        "UpdateExpression": "SET #status = :status",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {":status": {"S": status}},
    });
    let answer = host.cloud.dynamodb.dispatch("UpdateItem", request.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn start() -> FunctionHost {
    FunctionHost::start("task-runner", env!("CARGO_BIN_EXE_task-runner")).await
}

#[tokio::test]
async fn it_works_off_its_queue() {
    let host = start().await;
    let (ada, eve) = (host.cloud.caller("Ada").await, host.cloud.caller("Eve").await);
    let grace = host.cloud.lead(ada.organization_id, "Grace", LeadStatus::Qualified, 12).await;
    let follow_up = create(&host.cloud, &ada, TaskInput::LeadFollowup { lead_id: grace }).await;
    let tasks = [
        create(&host.cloud, &ada, TaskInput::SocialMediaPost).await,
        follow_up,
        create(&host.cloud, &eve, TaskInput::SocialMediaPost).await,
    ];
    host.queue_cases(&tasks.each_ref().map(|task| serde_json::to_string(&message(task)).unwrap())).await;
    for task in &tasks {
        let done = stored(&host.cloud, task).await;
        assert_eq!((done.status, done.attempts, done.output.is_some()), (TaskStatus::Completed, 1, true), "{done:?}");
    }
    assert_eq!(activities(&host.cloud, ada.organization_id, grace).await.len(), 1);
}

#[tokio::test]
async fn of_a_batch_what_cannot_succeed_becomes_a_dead_letter_and_the_rest_is_done() {
    let host = start().await;
    let ada = host.cloud.caller("Ada").await;
    let organization = ada.organization_id;
    let grace = host.cloud.lead(organization, "Grace", LeadStatus::Qualified, 12).await;
    let good = create(&host.cloud, &ada, TaskInput::LeadFollowup { lead_id: grace }).await;
    let unreadable = create(&host.cloud, &ada, TaskInput::SocialMediaPost).await;
    set_status(&host, &unreadable, "half done");

    let body = |task| serde_json::to_string(&message(task)).unwrap();
    let bodies = [body(&good), "{\"taskId\": 7}".to_owned(), body(&unreadable)];
    let event = host.queue_event(&bodies);
    let nothing_again = json!({"batchItemFailures": []});
    assert_eq!(host.invoke(event.clone()).await, nothing_again);

    let done = stored(&host.cloud, &good).await;
    assert_eq!((done.status, done.attempts, done.output.is_some()), (TaskStatus::Completed, 1, true), "{done:?}");
    assert_eq!(activities(&host.cloud, organization, grace).await.len(), 1);
    assert_eq!(lead(&host.cloud, organization, grace).await.open_follow_up_task_id, None);
    assert_eq!(trail(&host.cloud, organization).await, ["task.created", "task.created", "task.completed"]);
    let client = host.sqs.client();
    let letters =
        client.receive_message().queue_url(host.sqs.queue_url(&host.dead_letters())).message_attribute_names("All");
    let letters = letters.max_number_of_messages(10).send().await.unwrap().messages.unwrap();
    assert_eq!(letters.len(), 2);
    for (body, source, reason) in
        [(&bodies[1], "m1", "malformed body at taskId"), (&bodies[2], "m2", "an item is corrupt: task: ")]
    {
        let letter = letters.iter().find(|letter| letter.body.as_ref() == Some(body)).unwrap();
        let attributes = letter.message_attributes.as_ref().unwrap();
        let text = |name: &str| attributes[name].string_value.clone().unwrap();
        assert!(text("reason").starts_with(reason), "{}", text("reason"));
        assert_eq!(text("sourceMessageId"), source);
    }

    let before = host.items();
    assert_eq!(host.invoke(event.clone()).await, nothing_again);
    assert_eq!(host.items(), before, "what was done is done once");

    set_status(&host, &unreadable, "PENDING");
    assert_eq!(host.invoke(event).await, nothing_again);
    assert_eq!(stored(&host.cloud, &unreadable).await.status, TaskStatus::Completed);
    let used = usage(&host.cloud, organization).await;
    assert_eq!((used.tasks, used.tasks_completed, used.posts), (2, 2, 1));
    assert_eq!(activities(&host.cloud, organization, grace).await.len(), 1);
}
