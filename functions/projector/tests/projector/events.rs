//! Events from the stream to their effects.

use std::time::Duration;

use crate::bench::{Bench, MAIL, TASKS, WEBHOOKS, ulid, user, user_id};
use aws_sdk_dynamodb::types::AttributeValue;
use projector::{handle, project};
use shared::event::{Actor, Event, Fact};
use shared::id::{LeadActivityId, LeadId, MailId};
use shared::model::campaign::RECIPIENTS_MAXIMUM;
use shared::model::counter::Counter;
use shared::model::lead::{Lead, LeadDetails};
use shared::model::lead_activity::{LeadActivity, LeadActivityKind};
use shared::model::mail::{Mail, MailAbout, MailStatus};
use shared::model::task::TaskKind;
use shared::model::webhook::{WEBHOOKS_MAXIMUM, Webhook, WebhookSecret};
use shared::plan::PlanName;
use shared::queue::{MailMessage, TaskMessage};
use shared::store::{Entity, Listing};

const KIND: TaskKind = TaskKind::SocialMediaPost;

fn task_created(bench: &Bench, number: u128) -> Event {
    bench.event(Actor::Platform, Fact::TaskCreated { task_id: ulid::task(number), kind: KIND })
}

#[tokio::test(start_paused = true)]
async fn each_fact_moves_its_own_figures() {
    let bench = Bench::new().await;
    let lead = |number| ulid::of("led_", number);
    let (task_id, kind) = (ulid::task(1), KIND);
    let facts = [
        Fact::AccountRegistered { user_id: user_id(1) },
        Fact::AccountRegistered { user_id: user_id(2) },
        Fact::OrganizationCreated { owner_id: user_id(1) },
        Fact::PlanChanged { from: PlanName::Free, to: PlanName::Pro },
        Fact::PlanChanged { from: PlanName::Pro, to: PlanName::Enterprise },
        Fact::VentureCreated { venture_id: ulid::of("ven_", 1) },
        Fact::LeadsImported { imported: 25, updated: 3 },
        Fact::LeadsImported { imported: 0, updated: 28 },
        Fact::LeadCreated { lead_id: lead(1) },
        Fact::LeadUpdated { lead_id: lead(1) },
        Fact::LeadDeleted { lead_id: lead(1) },
        Fact::TaskCreated { task_id, kind },
        Fact::TaskAttemptFailed { task_id, kind, attempts: 1, code: "x".to_owned() },
        Fact::TaskFailed { task_id, kind, attempts: 5, code: "x".to_owned() },
        Fact::TaskRetried { task_id, kind },
        Fact::TaskCompleted { task_id, kind, attempts: 1 },
        Fact::ChatMessageAnswered {
            conversation_id: ulid::of("cnv_", 1),
            message_id: ulid::of("msg_", 1),
            input_tokens: 7,
            output_tokens: 9,
        },
    ];
    let events = facts.map(|fact| bench.event(Actor::Platform, fact));
    for event in &events {
        bench.happen(event).await;
    }
    assert_eq!(bench.pump(&bench.deps, 100).await, 0);
    let (counters, days) = bench.figures().await;
    assert_eq!(counters, [2, 3, 1, 1, 25, 1, 1, 0, 1]);
    assert!(days.is_empty(), "the platform itself is nobody");
    let rings = |event: &&Event| matches!(event.fact, Fact::TaskCreated { .. } | Fact::TaskRetried { .. });
    let message =
        |event: &Event| TaskMessage { organization_id: event.organization_id, task_id, trace: Some(event.trace()) };
    let wanted = events.iter().filter(rings).map(message).collect::<Vec<_>>();
    assert_eq!(wanted.len(), 2);
    assert_eq!(bench.rung(), wanted, "once when created and once when retried");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_asks_for_mails_leaves_them_once_and_rings_for_each() {
    let bench = Bench::new().await;
    let fact = Fact::EmailChangeRequested { user_id: user_id(1), link_id: ulid::of("lnk_", 1) };
    let event = bench.event(user(1), fact);
    bench.happen(&event).await;
    bench.pump(&bench.deps, 100).await;
    let rung = || {
        let bodies = bench.sqs.messages(MAIL).into_iter().map(|message| message.body);
        bodies.map(|body| serde_json::from_str::<MailMessage>(&body).unwrap()).collect::<Vec<_>>()
    };
    let names = rung().into_iter().map(|message| (message.mail_id, message.name)).collect::<Vec<_>>();
    let id = MailId::from(event.id.ulid());
    assert_eq!(names, [(id, "EMAIL_CHANGE_NOTICE".to_owned()), (id, "CHANGE_EMAIL".to_owned())]);
    let store = bench.clean_store();
    let key = Mail::key_of(id, "CHANGE_EMAIL");
    let mail = store.get::<Mail>(&key).await.unwrap().unwrap();
    assert_eq!((mail.status, mail.trace), (MailStatus::Pending, event.trace()));
    // It moves on, and the event comes again.
    let sent = mail.sent(None, bench.now());
    store.replace(&mail, sent.clone()).await.unwrap().unwrap();
    project(&bench.deps, &event).await.unwrap();
    assert_eq!(store.get::<Mail>(&key).await.unwrap().unwrap().value, sent);
    assert_eq!(rung().len(), 2);

    let event = bench.event(user(1), Fact::PasswordChanged { user_id: user_id(1) });
    bench.happen(&event).await;
    project(&bench.without_queue(), &event).await.unwrap();
    let key = Mail::key_of(MailId::from(event.id.ulid()), "PASSWORD_CHANGED");
    assert!(store.get::<Mail>(&key).await.unwrap().is_some(), "the sweep rings for it");
}

#[tokio::test(start_paused = true)]
async fn the_largest_campaign_becomes_its_mails_in_one_transaction_beside_all_endpoints() {
    let bench = Bench::new().await;
    let (services, now) = (&bench.cloud.services, bench.now());
    let lead_ids = (0..RECIPIENTS_MAXIMUM).map(|_| services.ids.next()).collect::<Vec<LeadId>>();
    let event = bench.event(user(1), Fact::CampaignWritten { task_id: ulid::task(1), lead_ids: lead_ids.clone() });
    for _ in 0..WEBHOOKS_MAXIMUM {
        let webhook = Webhook {
            id: services.ids.next(),
            organization_id: event.organization_id,
            url: "https://example.com/hook".to_owned(),
            events: vec!["campaign.*".to_owned()],
            enabled: true,
            secret: WebhookSecret::new(&services.ids),
            previous_secret: None,
            created_by: user_id(1),
            created_at: now,
            updated_at: now,
        };
        bench.cloud.write(|transaction| transaction.create(webhook.clone())).await;
    }
    bench.happen(&event).await;
    for _ in 0..3 {
        project(&bench.deps, &event).await.unwrap();
    }
    bench.pump(&bench.deps, 100).await;
    assert_eq!(bench.sqs.messages(WEBHOOKS).len(), usize::from(WEBHOOKS_MAXIMUM));
    let rung = bench.sqs.messages(MAIL).into_iter();
    let rung = rung.map(|message| serde_json::from_str::<MailMessage>(&message.body).unwrap().name);
    let mut names = lead_ids.iter().map(|lead| format!("CAMPAIGN#{lead}")).collect::<Vec<_>>();
    assert_eq!(rung.collect::<Vec<_>>(), names);
    let store = bench.clean_store();
    for (lead, name) in lead_ids.iter().zip(names.drain(..)) {
        let mail = store.get::<Mail>(&Mail::key_of(MailId::from(event.id.ulid()), &name)).await.unwrap().unwrap();
        let MailAbout::Campaign { task_id, lead_id, .. } = mail.about else { panic!("{mail:?}") };
        assert_eq!((task_id, lead_id, mail.status), (ulid::task(1), *lead, MailStatus::Pending));
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_counts_once_however_often_it_comes() {
    let bench = Bench::new().await;
    let event = bench.event(user(1), Fact::VentureCreated { venture_id: ulid::of("ven_", 1) });
    bench.happen(&event).await;
    for _ in 0..4 {
        project(&bench.deps, &event).await.unwrap();
    }
    bench.pump(&bench.deps, 100).await;
    project(&bench.deps, &event).await.unwrap();
    assert_eq!(bench.count(Counter::Ventures).await, 1);
    assert_eq!(bench.figures().await.1, [(event.at.day(), 1)].into());
    let task = task_created(&bench, 1);
    project(&bench.deps, &task).await.unwrap();
    project(&bench.deps, &task).await.unwrap();
    assert_eq!(bench.rung().len(), 1, "the marker keeps the doorbell still");
}

#[tokio::test(start_paused = true)]
async fn a_doorbell_that_cannot_be_rung_is_rung_when_the_sweep_asks() {
    let bench = Bench::new().await;
    let without_queue = bench.without_queue();
    let (task, venture) = (
        task_created(&bench, 1),
        bench.event(Actor::Platform, Fact::VentureCreated { venture_id: ulid::of("ven_", 1) }),
    );
    bench.happen(&task).await;
    bench.happen(&venture).await;
    assert_eq!(bench.pump(&without_queue, 100).await, 0, "a failed event does not hold up the stream");
    assert_eq!((bench.count(Counter::TasksCreated).await, bench.count(Counter::Ventures).await), (0, 1));
    let failure = bench.failure(&task).await.unwrap();
    assert_eq!((failure.attempts, failure.retry_at), (1, bench.now().plus(Duration::from_secs(60))));
    assert!(failure.reason.contains("queue"), "{}", failure.reason);
    assert!(!bench.touch(&task).await, "it is not due yet");

    tokio::time::advance(Duration::from_secs(61)).await;
    assert!(bench.touch(&task).await);
    assert_eq!(bench.pump(&without_queue, 100).await, 0);
    let failure = bench.failure(&task).await.unwrap();
    assert_eq!((failure.attempts, failure.touches), (2, 1), "its own record of the failure brings no further attempt");
    assert_eq!(failure.retry_at, bench.now().plus(Duration::from_secs(120)));

    tokio::time::advance(Duration::from_secs(121)).await;
    assert!(bench.touch(&task).await);
    bench.pump(&bench.deps, 100).await;
    let (organization_id, trace) = (task.organization_id, Some(task.trace()));
    assert_eq!(bench.rung(), [TaskMessage { organization_id, task_id: ulid::task(1), trace }]);
    assert_eq!(bench.count(Counter::TasksCreated).await, 1);
    let known = bench.projection(&task).await;
    assert!(known.done && known.failure.is_none());
}

#[tokio::test(start_paused = true)]
async fn only_what_cannot_even_be_recorded_comes_again() {
    let bench = Bench::new().await;
    for number in 1..=3 {
        bench.happen(&task_created(&bench, number)).await;
    }
    let (event, numbers) = bench.next_event().await;
    let response = handle(&bench.without_table(), event.clone()).await;
    let failed = response.batch_item_failures.iter().map(|failure| failure.item_identifier.clone().unwrap());
    assert_eq!(failed.collect::<Vec<_>>(), numbers[..1], "the stream goes on from there once the table is back");
    assert!(handle(&bench.deps, event).await.batch_item_failures.is_empty());
    assert_eq!(bench.count(Counter::TasksCreated).await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_projection_that_succeeds_takes_an_old_failure_with_it() {
    let bench = Bench::new().await;
    let task = task_created(&bench, 1);
    bench.happen(&task).await;
    bench.pump(&bench.without_queue(), 100).await;
    assert!(bench.failure(&task).await.is_some());
    // The record comes again, since one behind it in its batch was reported as failed.
    project(&bench.deps, &task).await.unwrap();
    assert!(bench.failure(&task).await.is_none());
    assert_eq!(bench.count(Counter::TasksCreated).await, 1);
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_event_is_kept_until_it_can_be_read() {
    let bench = Bench::new().await;
    let event = bench.event(Actor::Platform, Fact::VentureCreated { venture_id: ulid::of("ven_", 1) });
    let client = bench.cloud.dynamodb.client();
    let table = bench.cloud.services.store.table().to_owned();
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let unreadable = [
        (event.key().pk, event.key().sk),
        ("ORG#nobody#EVENT".to_owned(), event.key().sk),
        (event.key().pk, "no id".to_owned()),
    ];
    for (pk, sk) in &unreadable {
        let put = client.put_item().table_name(&table).item("pk", text(pk)).item("sk", text(sk));
        put.item("entity", text("event")).item("type", text("venture.dreamt")).send().await.unwrap();
    }
    let readable = bench.event(Actor::Platform, Fact::OrganizationCreated { owner_id: user_id(1) });
    bench.happen(&readable).await;
    assert_eq!(bench.pump(&bench.deps, 100).await, 0);
    assert_eq!(bench.count(Counter::Organizations).await, 1, "those behind it are projected");
    assert_eq!(bench.failure(&event).await.unwrap().attempts, 1);

    tokio::time::advance(Duration::from_secs(61)).await;
    assert!(bench.touch(&event).await);
    bench.pump(&bench.deps, 100).await;
    assert_eq!(bench.failure(&event).await.unwrap().attempts, 2);

    // A later version reads it; here, the event is made whole.
    let (pk, sk) = &unreadable[0];
    client.delete_item().table_name(&table).key("pk", text(pk)).key("sk", text(sk)).send().await.unwrap();
    bench.happen(&event).await;
    bench.pump(&bench.deps, 100).await;
    assert!(bench.failure(&event).await.is_none());
    assert_eq!(bench.count(Counter::Ventures).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_event_that_is_gone_is_given_up() {
    let bench = Bench::new().await;
    let task = task_created(&bench, 1);
    bench.happen(&task).await;
    bench.pump(&bench.without_queue(), 100).await;
    bench.cloud.write(|transaction| transaction.delete_key(task.key())).await;
    tokio::time::advance(Duration::from_secs(61)).await;
    assert!(bench.touch(&task).await);
    bench.pump(&bench.deps, 100).await;
    assert!(bench.failure(&task).await.is_none());
    assert!(bench.rung().is_empty() && bench.sqs.messages(TASKS).is_empty());
}

async fn note_activities(bench: &Bench, lead: &Lead, count: usize) {
    let ids = (0..count).map(|_| bench.cloud.services.ids.next::<LeadActivityId>()).collect::<Vec<_>>();
    for chunk in ids.chunks(50) {
        bench
            .cloud
            .write(|transaction| {
                for id in chunk {
                    transaction.create(LeadActivity {
                        id: *id,
                        organization_id: lead.organization_id,
                        lead_id: lead.id,
                        kind: LeadActivityKind::Note,
                        subject: "Called".to_owned(),
                        body: String::new(),
                        task_id: None,
                        actor: Actor::Platform,
                        at: lead.created_at,
                    });
                }
            })
            .await;
    }
}

async fn activities(bench: &Bench, lead: &Lead) -> usize {
    let listing = Listing::of_partition(LeadActivity::partition(lead.organization_id, lead.id)).limit(1_000);
    bench.clean_store().list_items(&listing, None).await.unwrap().data.len()
}

#[tokio::test(start_paused = true)]
async fn a_deleted_leads_activities_go_with_it() {
    let bench = Bench::new().await;
    let lead = |number| Lead {
        id: ulid::of("led_", number),
        organization_id: ulid::organization(1),
        details: LeadDetails::default(),
        open_follow_up_task_id: None,
        last_follow_up_at: None,
        created_at: bench.now(),
        updated_at: bench.now(),
    };
    let (gone, neighbour) = (lead(1), lead(2));
    note_activities(&bench, &gone, 60).await;
    note_activities(&bench, &neighbour, 3).await;
    let deleted = bench.event(user(1), Fact::LeadDeleted { lead_id: gone.id });
    bench.happen(&deleted).await;
    bench.pump(&bench.deps, 100).await;
    assert_eq!((activities(&bench, &gone).await, activities(&bench, &neighbour).await), (0, 3));
    assert_eq!(bench.count(Counter::Leads).await, -1);

    // A late event does not take what a lead of the same id gathered since.
    note_activities(&bench, &gone, 2).await;
    let late = bench.event(user(1), Fact::LeadDeleted { lead_id: gone.id });
    note_activities(&bench, &gone, 30).await;
    bench.cloud.write(|transaction| transaction.create(gone.clone())).await;
    project(&bench.deps, &late).await.unwrap();
    assert_eq!(activities(&bench, &gone).await, 30);
}
