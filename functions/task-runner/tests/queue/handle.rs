//! Batches from the queue.

use crate::support::{create, deps, message, stored};
use embedded::EmbeddedSqs;
use embedded::template::Template;
use serde_json::json;
use shared::model::lead::LeadStatus;
use shared::model::task::{TaskInput, TaskStatus};
use shared::store::{Store, TableNames};
use shared_lambda::{QueueSender, SqsEvent};
use task_runner::handle;
use testkit::{Cloud, ScriptedAi, TEMPLATE};

const DEAD_LETTERS: &str = "groundwork-local-tasks-dead-letters";

fn batch(bodies: &[String]) -> SqsEvent {
    let record = |(number, body): (usize, &String)| json!({"messageId": format!("m{number}"), "body": body});
    let records = bodies.iter().enumerate().map(record).collect::<Vec<_>>();
    serde_json::from_value(json!({"Records": records})).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_becomes_a_dead_letter_with_its_reason_and_stops_nothing() {
    let (cloud, ai, sqs) = (Cloud::new(), ScriptedAi::new(), EmbeddedSqs::new(|| 0));
    Template::read(TEMPLATE).unwrap().create_queues(&sqs).await.unwrap();
    let ada = cloud.caller("Ada").await;
    let grace = cloud.lead(ada.organization_id, "Grace", LeadStatus::New, 1).await;
    let task = create(&cloud, &ada, TaskInput::LeadFollowup { lead_id: grace }).await;
    let wrong = [
        "not JSON".to_owned(),
        json!({"organizationId": ada.organization_id.to_string()}).to_string(),
        json!({"organizationId": ada.organization_id.to_string(), "taskId": "led_01KAGR3V0R0000000000000000"})
            .to_string(),
        json!({"organizationId": ada.organization_id.to_string(), "taskId": task.id.to_string(), "body": "x"})
            .to_string(),
        json!({"organizationId": "org_01KAGR3V0R0000000000000000", "taskId": task.id.to_string()}).to_string(),
    ];
    let mut bodies = wrong.to_vec();
    bodies.insert(2, serde_json::to_string(&message(&task)).unwrap());
    let dead_letters = QueueSender::new(sqs.client(), sqs.queue_url(DEAD_LETTERS));
    let event = batch(&bodies);
    assert_eq!(event.records.len(), 6);
    let answer = handle(&deps(&cloud, &ai), &dead_letters, event).await;
    assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
    assert_eq!(stored(&cloud, &task).await.status, TaskStatus::Completed);
    let mut dead = sqs.messages(DEAD_LETTERS).into_iter().map(|letter| letter.body).collect::<Vec<_>>();
    dead.sort();
    let mut expected = wrong.to_vec();
    expected.sort();
    assert_eq!(dead, expected);
    let client = sqs.client();
    let receive = client.receive_message().queue_url(sqs.queue_url(DEAD_LETTERS)).message_attribute_names("All");
    let letters = receive.max_number_of_messages(10).send().await.unwrap().messages.unwrap();
    for letter in letters {
        let attributes = letter.message_attributes.unwrap();
        let text = |name: &str| attributes[name].string_value.clone().unwrap();
        assert!(text("sourceMessageId").starts_with('m') && !text("reason").is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_table_fails_messages_come_again() {
    let (cloud, ai, sqs) = (Cloud::new(), ScriptedAi::new(), EmbeddedSqs::new(|| 0));
    Template::read(TEMPLATE).unwrap().create_queues(&sqs).await.unwrap();
    let ada = cloud.caller("Ada").await;
    let task = create(&cloud, &ada, TaskInput::SocialMediaPost).await;
    let mut down = deps(&cloud, &ai);
    let (client, clock, ids) = (cloud.services.store.client(), &cloud.services.clock, &cloud.services.ids);
    down.services.store =
        Store::new(client.clone(), TableNames::new("no-such-table", "no-such-ledger"), clock.clone(), ids.clone());
    let dead_letters = QueueSender::new(sqs.client(), sqs.queue_url(DEAD_LETTERS));
    let event = batch(&[serde_json::to_string(&message(&task)).unwrap()]);
    let answer = handle(&down, &dead_letters, event).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    assert!(sqs.messages(DEAD_LETTERS).is_empty());
    assert_eq!(stored(&cloud, &task).await, task);
}
