//! Campaigns by e-mail: written once, and handed to whoever sends mail by their event.

use std::time::Duration;

use crate::support::{create, deps, message, stored, trail, usage};
use futures_util::future::join_all;
use shared::ai::{AiError, Purpose, Usage};
use shared::event::{Event, Fact};
use shared::id::LeadId;
use shared::model::ai_configuration::AiConfiguration;
use shared::model::campaign::CampaignFigures;
use shared::model::task::{Task, TaskInput, TaskOutput, TaskStatus};
use shared::store::Listing;
use task_runner::run_task;
use testkit::{Caller, Cloud, FaultPlan, ScriptedAi};
use tokio::time::advance;

const ABOUT: &str = "our beta opens for clinics in December";

/// Somebody with a campaign to three leads.
async fn campaign(cloud: &Cloud) -> (Caller, Task, Vec<LeadId>) {
    let ada = cloud.caller("Ada Lovelace").await;
    let mut lead_ids = Vec::new();
    for name in ["grace", "alan", "edsger"] {
        lead_ids.push(cloud.lead_at(ada.organization_id, name, &format!("{name}@leads.example")).await);
    }
    let input = TaskInput::EmailCampaign { lead_ids: lead_ids.clone(), about: ABOUT.to_owned() };
    let task = create(cloud, &ada, input).await;
    (ada, task, lead_ids)
}

/// To whom the organisation's events say that a campaign was written.
async fn written(cloud: &Cloud, caller: &Caller) -> Vec<Vec<LeadId>> {
    let listing = Listing::of_partition(Event::partition(caller.organization_id)).limit(100);
    let page = cloud.services.store.list::<Event>(&listing, None).await.unwrap();
    let facts = page.data.into_iter().filter_map(|event| match event.value.fact {
        Fact::CampaignWritten { lead_ids, .. } => Some(lead_ids),
        _ => None,
    });
    facts.collect()
}

#[tokio::test(start_paused = true)]
async fn a_campaign_is_written_and_its_event_says_to_whom_it_goes() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (ada, task, leads) = campaign(&cloud).await;
    let configuration = AiConfiguration {
        personality: Some("A calm engineer.".to_owned()),
        ..AiConfiguration::default_of(ada.organization_id)
    };
    cloud.write(|transaction| transaction.create(configuration.clone())).await;
    run_task(&deps(&cloud, &ai), message(&task)).await.unwrap();
    let done = stored(&cloud, &task).await;
    assert_eq!(done.status, TaskStatus::Completed);
    let Some(TaskOutput::EmailCampaign { subject, body, figures }) = done.output else { panic!("{done:?}") };
    assert!(subject.contains("Our beta opens for clinics"), "{subject}");
    assert!(body.contains("Our beta opens for clinics in December.") && !body.contains("Grace"), "{body}");
    assert_eq!(figures, CampaignFigures { recipients: 3, pending: 3, ..CampaignFigures::default() });
    assert_eq!(written(&cloud, &ada).await, [leads]);
    assert_eq!(trail(&cloud, ada.organization_id).await, ["task.created", "campaign.written", "task.completed"]);
    let used = usage(&cloud, ada.organization_id).await;
    assert_eq!((used.tasks, used.tasks_completed, used.emails), (1, 1, 3));
    let asked = ai.asked().pop().unwrap();
    assert!(asked.messages[0].content.contains("A calm engineer."));
    let Purpose::EmailCampaign(brief) = asked.purpose else { panic!("{asked:?}") };
    assert_eq!(brief.about.as_deref(), Some(ABOUT));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_comes_five_times_at_once_writes_one_campaign() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new().waits(Duration::from_millis(800)));
    let (ada, task, _) = campaign(&cloud).await;
    let deps = deps(&cloud, &ai);
    for outcome in join_all((0..5).map(|_| run_task(&deps, message(&task)))).await {
        outcome.unwrap();
    }
    run_task(&deps, message(&task)).await.unwrap();
    assert_eq!((ai.asked().len(), written(&cloud, &ada).await.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn under_every_seed_of_faults_it_is_written_once() {
    for seed in 0..10 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let calm = cloud.without_faults();
        let (ada, task, _) = campaign(&calm).await;
        let deps = deps(&cloud, &ScriptedAi::new());
        for _ in 0..30 {
            join_all([run_task(&deps, message(&task)), run_task(&deps, message(&task))]).await;
            advance(Duration::from_secs(60)).await;
        }
        assert_eq!(stored(&calm, &task).await.status, TaskStatus::Completed, "seed {seed}");
        assert_eq!(written(&calm, &ada).await.len(), 1, "seed {seed}");
        let used = usage(&calm, ada.organization_id).await;
        assert_eq!((used.tasks, used.tasks_completed, used.emails), (1, 1, 3), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_campaign_that_fails_sends_nothing_and_gives_its_emails_back() {
    let spent = Usage { input_tokens: 20, output_tokens: 5 };
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new().fails(AiError::Refused { usage: spent }));
    let (ada, task, _) = campaign(&cloud).await;
    run_task(&deps(&cloud, &ai), message(&task)).await.unwrap();
    let failed = stored(&cloud, &task).await;
    assert_eq!((failed.status, failed.error.unwrap().code.as_str()), (TaskStatus::Failed, "ai_refused"));
    assert!(written(&cloud, &ada).await.is_empty());
    let used = usage(&cloud, ada.organization_id).await;
    assert_eq!((used.tasks, used.emails, used.input_tokens), (0, 0, 20));

    let (eve, task, _) = campaign(&cloud).await;
    cloud.delete_organization(eve.organization_id).await;
    run_task(&deps(&cloud, &ScriptedAi::new()), message(&task)).await.unwrap();
    assert_eq!(stored(&cloud, &task).await.error.unwrap().code, "organization_deleted");
    assert_eq!(usage(&cloud, eve.organization_id).await.emails, 0);
    assert!(written(&cloud, &eve).await.is_empty());
}
