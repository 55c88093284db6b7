//! Queues, schedules and the stream: nothing is lost silently, and nothing blocks the rest.

use std::collections::BTreeSet;

use embedded::template::{EventSource, Template};
use serde_json::Value;
use testkit::TEMPLATE;

use super::document::Deployment;

/// The longest that SQS keeps a message: 14 days.
const LONGEST_RETENTION_SECONDS: u64 = 1_209_600;
/// How long a DynamoDB stream keeps a record: 24 hours.
const STREAM_RETENTION_SECONDS: u64 = 86_400;

fn events(deployment: &Deployment, kind: &str) -> Vec<(String, Value)> {
    let functions = deployment.functions().into_iter();
    let events = functions.flat_map(|(id, _, function)| {
        let events = function["Events"].as_object().cloned().unwrap_or_default();
        events.into_iter().map(move |(name, event)| (format!("{id}.{name}"), event))
    });
    let found = events.filter(|(_, event)| event["Type"] == kind);
    let found = found.map(|(name, event)| (name, event["Properties"].clone())).collect::<Vec<_>>();
    assert!(!found.is_empty(), "nothing is started by {kind}");
    found
}

/// The queue that `arn` is of.
fn queue<'a>(deployment: &'a Deployment, arn: &Value) -> &'a Value {
    let id = arn.as_str().and_then(|arn| arn.strip_suffix(".Arn")).unwrap_or_else(|| panic!("{arn} is no queue's"));
    deployment.properties(id)
}

#[test]
fn every_queue_that_is_read_has_dead_letters_and_time() {
    let template = Template::read(TEMPLATE).expect("the template is readable");
    for (name, function) in &template.functions {
        for source in &function.sources {
            let EventSource::Queue { queue, .. } = source else { continue };
            let queue =
                template.queues.values().find(|candidate| candidate.name == *queue).expect("the queue is there");
            let (target, _) =
                queue.redrive.as_ref().unwrap_or_else(|| panic!("{} has no dead-letter queue", queue.name));
            assert!(
                template.queues[target].message_retention_seconds >= LONGEST_RETENTION_SECONDS,
                "dead letters of {name} are kept 14 days"
            );
            assert!(
                queue.visibility_timeout_seconds >= 6 * function.timeout_seconds,
                "{}: messages are hidden for less than six time-outs of {name}",
                queue.name
            );
        }
    }
}

#[test]
fn every_queue_has_one_reader_at_most_and_partial_failures_are_reported() {
    let deployment = Deployment::read("production");
    let mut seen = BTreeSet::new();
    for (name, source) in events(&deployment, "SQS") {
        assert!(seen.insert(source["Queue"].to_string()), "{name}: the queue has two readers");
        assert_eq!(source["FunctionResponseTypes"], serde_json::json!(["ReportBatchItemFailures"]), "{name}");
    }
}

#[test]
fn every_queue_is_encrypted_and_takes_dead_letters_of_its_own_alone() {
    let deployment = Deployment::read("production");
    let queues = deployment.of_kind("SQS::Queue");
    for (id, queue) in &queues {
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{id}");
        let policy = deployment.properties(&format!("{id}Policy"));
        assert_eq!(policy["Queues"], serde_json::json!([queue["QueueName"]]));
        let statement = &policy["PolicyDocument"]["Statement"][0];
        assert_eq!((&statement["Effect"], &statement["Resource"]), (&"Deny".into(), &format!("{id}.Arn").into()));
        assert_eq!(statement["Condition"]["Bool"]["aws:SecureTransport"], "false", "{id}");
        let Some(target) = queue.get("RedrivePolicy").map(|policy| &policy["deadLetterTargetArn"]) else { continue };
        let allowed = &self::queue(&deployment, target)["RedriveAllowPolicy"];
        let sources = allowed["sourceQueueArns"].as_array().expect("dead letters come from named queues");
        let own = format!(":{}", queue["QueueName"].as_str().unwrap());
        assert!(matches!(sources.as_slice(), [source] if source.as_str().unwrap().ends_with(&own)), "{id}");
    }
    assert_eq!(deployment.of_kind("SQS::QueuePolicy").len(), queues.len());
}

#[test]
fn every_schedule_is_retried_and_then_a_dead_letter() {
    let deployment = Deployment::read("production");
    for (name, schedule) in events(&deployment, "ScheduleV2") {
        let expression = schedule["ScheduleExpression"].as_str().unwrap();
        let every = embedded::template::Interval::read(expression).expect("a rate").0.as_secs();
        let attempts = schedule["RetryPolicy"]["MaximumRetryAttempts"].as_u64();
        let attempts = attempts.unwrap_or_else(|| panic!("{name}: 185 attempts are the default"));
        assert!(attempts > 0, "{name}: one refusal by Lambda must not be a dead letter");
        let age = schedule["RetryPolicy"]["MaximumEventAgeInSeconds"].as_u64().unwrap();
        assert!(age <= every, "{name}: what is older than the next one is of no use");
        queue(&deployment, &schedule["DeadLetterConfig"]["Arn"]);
        let (function, _) = name.split_once('.').unwrap();
        let asynchronous = &deployment.properties(&format!("{function}Function"))["EventInvokeConfig"];
        assert!(asynchronous["MaximumRetryAttempts"].is_u64(), "{name}: says how often a failed run is repeated");
        assert!(asynchronous["MaximumEventAgeInSeconds"].as_u64().is_some_and(|age| age <= every), "{name}");
    }
}

#[test]
fn the_stream_is_bisected_bounded_and_leaves_dead_letters() {
    let deployment = Deployment::read("production");
    for (name, stream) in events(&deployment, "DynamoDB") {
        assert_eq!(stream["FunctionResponseTypes"], serde_json::json!(["ReportBatchItemFailures"]), "{name}");
        assert_eq!(stream["BisectBatchOnFunctionError"], true, "{name}");
        assert!(stream["MaximumRetryAttempts"].is_u64(), "{name}: without a limit one record holds up its shard");
        let age = stream["MaximumRecordAgeInSeconds"].as_u64().expect("a limit");
        assert!(age + 3_600 <= STREAM_RETENTION_SECONDS, "{name}: somebody must have time to read what was given up");
        queue(&deployment, &stream["DestinationConfig"]["OnFailure"]["Destination"]);
        let table = stream["Stream"].as_str().unwrap().split('.').next().unwrap();
        assert_eq!(deployment.properties(table)["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
    }
}
