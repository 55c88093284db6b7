//! The hourly run and the sweep.

use std::time::Duration;

use groundwork::operator::set_plan;
use serde_json::json;
use shared::plan::PlanName;

use crate::founder::Founder;
use crate::harness::TestPlatform;
use crate::main_job::LEADS;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn follow_ups(founder: &Founder) -> usize {
    let tasks = founder.all("/api/tasks").await;
    tasks.iter().filter(|task| task["input"]["kind"] == "lead_followup").count()
}

#[tokio::test(start_paused = true)]
async fn the_hourly_run_works_for_every_organization_above_free_and_no_other() {
    let platform = TestPlatform::start().await;
    let (paid, free) =
        (Founder::register(platform.app(), "Paid").await, Founder::register(platform.app(), "Free").await);
    for founder in [&paid, &free] {
        founder.import(LEADS).await.expect(200);
    }
    set_plan(&platform.services, paid.organization.parse().unwrap(), PlanName::Pro).await.unwrap();
    platform.tick("agentic-run").await.unwrap();
    platform.settle().await;
    assert_eq!((follow_ups(&paid).await, follow_ups(&free).await), (3, 0));
    // The same hour again is the same run.
    platform.tick("agentic-run").await.unwrap();
    platform.settle().await;
    assert_eq!(follow_ups(&paid).await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_lead_is_left_alone_for_a_week_after_a_follow_up() {
    let platform = TestPlatform::start().await;
    let mut ada = Founder::register(platform.app(), "Ada").await;
    ada.import(LEADS).await.expect(200);
    set_plan(&platform.services, ada.organization.parse().unwrap(), PlanName::Pro).await.unwrap();
    // Four leads are stale; one run follows up three of them, the next the fourth, and then nobody until a week has passed.
    for expected in [3, 4, 4, 4] {
        platform.tick("agentic-run").await.unwrap();
        platform.settle().await;
        assert_eq!(follow_ups(&ada).await, expected);
        tokio::time::sleep(Duration::from_secs(60 * 60)).await;
    }
    // By then the lead that was written to yesterday in the file is stale too: five may be written to, three a run.
    tokio::time::sleep(DAY * 7).await;
    ada.sign_in().await;
    platform.tick("agentic-run").await.unwrap();
    platform.settle().await;
    assert_eq!(follow_ups(&ada).await, 7);
}

#[tokio::test(start_paused = true)]
async fn the_sweep_rings_for_tasks_whose_doorbell_was_lost() {
    let platform = TestPlatform::start().await;
    let ada = Founder::register(platform.app(), "Ada").await;
    ada.import(LEADS).await.expect(200);
    let leads = ada.all("/api/crm/leads").await;
    let body = json!({"kind": "lead_followup", "leadId": leads[0]["id"]});
    let task = ada.post("/api/tasks", "task", &body).await.expect(201);
    // The stream is read, but the message is lost.
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap());
    let url = platform.sqs.queue_url("groundwork-local-tasks");
    platform.lose_messages(&url).await;
    assert_eq!(ada.get(&path).await.expect(200)["status"], "PENDING");
    platform.tick("sweep").await.unwrap();
    platform.settle().await;
    assert_eq!(
        ada.get(&path).await.expect(200)["status"],
        "PENDING",
        "the sweep leaves it to its doorbell for two minutes"
    );
    tokio::time::sleep(Duration::from_secs(121)).await;
    platform.tick("sweep").await.unwrap();
    platform.settle().await;
    assert_eq!(ada.get(&path).await.expect(200)["status"], "COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn malformed_messages_become_dead_letters_with_a_reason() {
    let platform = TestPlatform::start().await;
    let client = platform.sqs.client();
    for (queue, body) in
        [("tasks", "{}"), ("tasks", "not json"), ("agentic", r#"{"organizationId":"org_x","slot":"now"}"#)]
    {
        let url = platform.sqs.queue_url(&format!("groundwork-local-{queue}"));
        client.send_message().queue_url(url).message_body(body).send().await.unwrap();
    }
    platform.drain().await.unwrap();
    for (queue, count) in [("tasks", 2), ("agentic", 1)] {
        let url = platform.sqs.queue_url(&format!("groundwork-local-{queue}-dead-letters"));
        let received =
            client.receive_message().queue_url(&url).max_number_of_messages(10).message_attribute_names("All");
        let letters = received.send().await.unwrap().messages.unwrap_or_default();
        assert_eq!(letters.len(), count);
        for letter in letters {
            let reason =
                letter.message_attributes.as_ref().and_then(|attributes| attributes.get("reason")?.string_value());
            assert!(reason.is_some_and(|reason| reason.contains("malformed")), "{letter:?}");
            client
                .delete_message()
                .queue_url(&url)
                .receipt_handle(letter.receipt_handle.unwrap())
                .send()
                .await
                .unwrap();
        }
    }
    let error = platform.tick("nothing").await.unwrap_err().to_string();
    assert!(error.contains("sweep") && error.contains("agentic-run"), "{error}");
}
