use std::collections::BTreeSet;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use axum::extract::FromRequestParts;
use embedded::EmbeddedSqs;
use embedded::wire::WireConnector;
use http::StatusCode;
use shared::model::user::User;
use shared::problem::Problem;
use shared::store::{Entity, IdempotencyKey, Once, StoreError, Transaction};

use super::*;
use crate::Cloud;

const TABLE: &str = "groundwork-local-platform";

/// A table on which only what is told happens.
fn told() -> (Cloud, Faults) {
    let table = Cloud::table();
    let faulty = Faulty::new(table.clone(), FaultPlan::seeded(7).often(0));
    (Cloud::through(table, faulty.clone()), faulty.faults().clone())
}

/// The SDK without its repeats.
fn once(cloud: &Cloud) -> aws_sdk_dynamodb::Client {
    let config = cloud.services.store.client().config().to_builder().retry_config(RetryConfig::disabled());
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn put(
    client: &aws_sdk_dynamodb::Client,
    sort: &str,
    value: &str,
) -> aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder {
    client.put_item().table_name(TABLE).item("pk", text("P")).item("sk", text(sort)).item("value", text(value))
}

/// What lies in the partition, without faults: sort keys and values.
async fn rows(cloud: &Cloud) -> Vec<(String, String)> {
    let query = cloud.dynamodb.client().query().table_name(TABLE).key_condition_expression("pk = :pk");
    let found = query.expression_attribute_values(":pk", text("P")).send().await.unwrap();
    let of = |item: &std::collections::HashMap<String, AttributeValue>, name: &str| item[name].as_s().unwrap().clone();
    found.items().iter().map(|item| (of(item, "sk"), of(item, "value"))).collect()
}

fn ada(cloud: &Cloud) -> User {
    let (email, name) = ("ada@example.com".to_owned(), "Ada".to_owned());
    User::new(cloud.services.ids.next(), email, name, cloud.services.clock.now())
}

fn seen<E: ProvideErrorMetadata>(error: &SdkError<E>) -> String {
    match error {
        SdkError::TimeoutError(_) => "time-out".to_owned(),
        SdkError::DispatchFailure(_) => "no answer".to_owned(),
        SdkError::ResponseError(_) => "unreadable answer".to_owned(),
        SdkError::ServiceError(context) => context.err().code().unwrap_or("unreadable answer").to_owned(),
        _ => "another error".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn the_sdk_sees_each_fault_as_it_is() {
    for (fault, expected, done) in [
        (Fault::Throttled, "ProvisionedThroughputExceededException", false),
        (Fault::FailedBefore, "InternalServerError", false),
        (Fault::FailedAfter, "InternalServerError", true),
        (Fault::ResetBefore, "no answer", false),
        (Fault::ResetAfter, "no answer", true),
        (Fault::CutShort, "unreadable answer", true),
        (Fault::Truncated, "unreadable answer", true),
        (Fault::Empty, "unreadable answer", true),
        (Fault::TooLate, "time-out", false),
    ] {
        let (cloud, faults) = told();
        faults.happens_next(fault);
        let error = put(&once(&cloud), "a", "1").send().await.expect_err("it suffers");
        assert_eq!((seen(&error).as_str(), rows(&cloud).await.len() == 1), (expected, done), "{fault:?}");
        assert_eq!(faults.counts(), [(fault, 1)].into());
    }
    for fault in [Fault::Late, Fault::Overtaken, Fault::AnswerOvertaken] {
        let (cloud, faults) = told();
        faults.happens_next(fault);
        let began = tokio::time::Instant::now();
        put(&once(&cloud), "a", "1").send().await.expect("it is only late");
        assert!(began.elapsed() > Duration::ZERO, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_happens_once_whatever_befalls_it() {
    for fault in Fault::possible_for("TransactWriteItems") {
        let (cloud, faults) = told();
        let user = ada(&cloud);
        faults.happens_next(*fault);
        cloud.write(|transaction| transaction.create(user.clone())).await;
        // What is late lands by then.
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(faults.counts(), [(*fault, 1)].into());
        let changes = cloud.dynamodb.stream(TABLE).next_batch(10).await.unwrap();
        assert_eq!(changes.len(), 1, "{fault:?}");
        assert_eq!(cloud.services.store.get::<User>(&user.key()).await.unwrap().map(|user| user.version), Some(1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_given_up_lands_after_its_repeat() {
    let (cloud, faults) = told();
    faults.happens_next(Fault::TooLate);
    let update =
        cloud.services.store.client().update_item().table_name(TABLE).key("pk", text("P")).key("sk", text("a"));
    let update = update.update_expression("ADD attempts :one SET #value = :value");
    let update = update.expression_attribute_names("#value", "value").expression_attribute_values(":value", text("1"));
    let update = update.expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
    update.send().await.expect("the SDK repeats it");
    let attempts = async || {
        let get = cloud.dynamodb.client().get_item().table_name(TABLE).key("pk", text("P")).key("sk", text("a"));
        get.send().await.unwrap().item.unwrap()["attempts"].as_n().unwrap().clone()
    };
    assert_eq!(attempts().await, "1");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(attempts().await, "2", "what has no condition happens twice");
}

#[tokio::test(start_paused = true)]
async fn requests_and_answers_overtake_each_other() {
    for (fault, last, first_answered) in
        [(Fault::Overtaken, "first", "second"), (Fault::AnswerOvertaken, "second", "second")]
    {
        let (cloud, faults) = told();
        let (client, answered) = (once(&cloud), Mutex::new(Vec::new()));
        let send = async |name: &str| {
            put(&client, "a", name).send().await.unwrap();
            lock(&answered).push(name.to_owned());
        };
        faults.happens_next(fault);
        tokio::join!(send("first"), async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            send("second").await;
        });
        assert_eq!(rows(&cloud).await, [("a".to_owned(), last.to_owned())], "{fault:?}");
        assert_eq!(lock(&answered)[0], first_answered, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn batches_are_read_to_their_end() {
    for (fault, first_answer) in [(Fault::Unprocessed, 0), (Fault::PartlyUnprocessed, 2)] {
        let (cloud, faults) = told();
        let users = (0..4).map(|_| ada(&cloud)).collect::<Vec<_>>();
        cloud
            .write(|transaction: &mut Transaction<Problem>| {
                users.iter().for_each(|user| transaction.create(user.clone()))
            })
            .await;
        let keys = users.iter().map(Entity::key).collect::<Vec<_>>();
        faults.happens_next(fault);
        let attributes =
            |user: &User| [("pk".to_owned(), text(&user.key().pk)), ("sk".to_owned(), text(&user.key().sk))].into();
        let wanted =
            KeysAndAttributes::builder().set_keys(Some(users.iter().map(attributes).collect())).build().unwrap();
        let raw = once(&cloud).batch_get_item().request_items(TABLE, wanted).send().await.unwrap();
        assert_eq!(raw.responses().and_then(|all| all.get(TABLE)).map_or(0, Vec::len), first_answer, "{fault:?}");
        assert_eq!(raw.unprocessed_keys().unwrap()[TABLE].keys().len(), 4 - first_answer, "{fault:?}");
        faults.happens_next(fault);
        assert_eq!(cloud.services.store.batch_get(&keys).await.unwrap().len(), 4, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_is_no_absence() {
    let (cloud, faults) = told();
    let user = ada(&cloud);
    cloud.write(|transaction| transaction.create(user.clone())).await;
    faults.happens_next(Fault::Empty);
    assert!(cloud.services.store.get::<User>(&user.key()).await.unwrap().is_some(), "the SDK asks again");
    (0..3).for_each(|_| faults.happens_next(Fault::Empty));
    let error = cloud.services.store.get::<User>(&user.key()).await.expect_err("nobody knows");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
}

async fn once_under_a_key() -> Once {
    let request = http::Request::post("/things").header("idempotency-key", "k").body(()).unwrap();
    let key = IdempotencyKey::from_request_parts(&mut request.into_parts().0, &()).await.unwrap();
    key.once("ada", &()).unwrap().unwrap()
}

/// A command sent twice at once: the one that comes second fails on what the first did, and cannot read that it was the first.
#[tokio::test(start_paused = true)]
async fn a_command_that_may_have_succeeded_is_not_refused() {
    let (cloud, faults) = told();
    let (calm, once) = (cloud.without_faults().services.store, once_under_a_key().await);
    let first = || async { Ok::<_, Problem>((Transaction::new(), StatusCode::OK, 1_u32)) };
    let second = || async {
        calm.execute_once(Some(&once), first).await?;
        (0..3).for_each(|_| faults.happens_next(Fault::FailedBefore));
        Err::<(Transaction<Problem>, StatusCode, u32), _>(Problem::conflict("exists", "There is one already."))
    };
    let error = cloud.services.store.execute_once(Some(&once), second).await.expect_err("nobody knows");
    assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE, "{error}");
    let reply = cloud.services.store.execute_once(Some(&once), first).await.unwrap();
    assert_eq!((reply.body, reply.replayed), (1, true));
}

#[tokio::test(start_paused = true)]
async fn queues_suffer_too() {
    let sqs = EmbeddedSqs::new(|| 0);
    let faulty = Faulty::new(sqs.clone(), FaultPlan::seeded(7).often(0));
    let config = sqs.config().http_client(WireConnector(faulty.clone()));
    let client = aws_sdk_sqs::Client::from_conf(config.build());
    client.create_queue().queue_name("work").send().await.unwrap();
    let (url, waiting) = (sqs.queue_url("work"), || sqs.messages("work").len());
    let mut before = 0;
    for (fault, messages) in [
        (Fault::ResetBefore, 1),
        (Fault::ResetAfter, 2),
        (Fault::FailedAfter, 2),
        (Fault::Doubled, 2),
        (Fault::Throttled, 1),
    ] {
        faulty.faults().happens_next(fault);
        client.send_message().queue_url(&url).message_body("hello").send().await.expect("the SDK repeats it");
        assert_eq!(waiting() - before, messages, "{fault:?}");
        before = waiting();
    }
    faulty.faults().happens_next(Fault::PartlyFailed);
    let entries = (0..5)
        .map(|id| SendMessageBatchRequestEntry::builder().id(id.to_string()).message_body("hello").build().unwrap());
    let sent = client.send_message_batch().queue_url(&url).set_entries(Some(entries.collect())).send().await.unwrap();
    assert_eq!((sent.successful().len(), sent.failed().len(), waiting() - before), (3, 2, 3));
}

#[test]
fn the_plan_follows_from_the_seed_alone_and_leaves_nothing_out() {
    let drawn = |seed| {
        let faults = Faults::new(FaultPlan::seeded(seed).often(500));
        (0..2_000).map(|_| faults.draw(&Fault::ALL)).collect::<Vec<_>>()
    };
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
    assert_eq!(drawn(3).into_iter().flatten().collect::<BTreeSet<_>>(), Fault::ALL.into());
    let faults = Faults::new(FaultPlan::seeded(1).often(1_000));
    faults.end();
    assert_eq!(faults.draw(&Fault::ALL), None);
}
