//! What starts a function: queues, schedules, a table's stream.

use std::time::Duration;

use serde_yaml_ng::Value;

use super::{Template, TemplateError, fault, intrinsic};

/// What starts a function beside HTTP.
#[derive(Clone, Debug)]
pub enum EventSource {
    /// Messages of a queue.
    Queue {
        /// The queue's name.
        queue: String,
        /// How many messages an invocation gets at most.
        batch_size: i32,
    },
    /// A schedule.
    Schedule {
        /// How often it fires.
        every: Interval,
    },
    /// The changes of a table.
    Stream {
        /// The table's name.
        table: String,
        /// How many records an invocation gets at most.
        batch_size: usize,
        /// A record is delivered if it matches one of these patterns, or if there is none.
        filters: Vec<serde_json::Value>,
        /// How often a failed record is tried again.
        maximum_retry_attempts: u32,
        /// The queue that is told of records given up, if any.
        on_failure: Option<String>,
    },
}

/// The interval of a `rate(…)` expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval(pub Duration);

impl Interval {
    /// Reads `rate(n unit)`; the unit must agree with the number, as EventBridge insists.
    pub fn read(expression: &str) -> Option<Self> {
        let inner = expression.strip_prefix("rate(")?.strip_suffix(')')?;
        let (number, unit) = inner.split_once(' ')?;
        let number: u64 = number.parse().ok().filter(|number| *number > 0)?;
        let seconds = match (unit, number) {
            ("minute", 1) | ("minutes", 2..) => 60,
            ("hour", 1) | ("hours", 2..) => 60 * 60,
            ("day", 1) | ("days", 2..) => 24 * 60 * 60,
            _ => return None,
        };
        Some(Self(Duration::from_secs(number.saturating_mul(seconds))))
    }
}

pub(super) fn read(template: &Template, place: &str, event: &Value) -> Result<EventSource, TemplateError> {
    let properties = event.get("Properties").unwrap_or(&Value::Null);
    let batch_size = properties.get("BatchSize").and_then(Value::as_u64).unwrap_or(10);
    let reference = |property: &str| {
        let id = properties.get(property).and_then(intrinsic::referenced);
        id.ok_or_else(|| fault(format!("{place} names no {property}")))
    };
    match event.get("Type").and_then(Value::as_str) {
        Some("SQS") => {
            let id = reference("Queue")?;
            let queue = template.queues.get(&id).ok_or_else(|| fault(format!("{place}: there is no queue {id}")))?;
            Ok(EventSource::Queue { queue: queue.name.clone(), batch_size: i32::try_from(batch_size).unwrap_or(10) })
        }
        Some("ScheduleV2") => {
            let expression = properties.get("ScheduleExpression").and_then(Value::as_str).unwrap_or_default();
            let every = Interval::read(expression);
            Ok(EventSource::Schedule {
                every: every.ok_or_else(|| fault(format!("{place}: {expression:?} is no rate")))?,
            })
        }
        Some("DynamoDB") => {
            let id = reference("Stream")?;
            let table = template.tables.get(&id).ok_or_else(|| fault(format!("{place}: there is no table {id}")))?;
            let filters = properties.get("FilterCriteria").and_then(|criteria| criteria.get("Filters")?.as_sequence());
            let patterns = filters.into_iter().flatten().filter_map(|filter| filter.get("Pattern")?.as_str());
            let filters = patterns.map(serde_json::from_str).collect::<Result<_, _>>();
            let destination =
                properties.get("DestinationConfig").and_then(|config| config.get("OnFailure")?.get("Destination"));
            let on_failure = destination.and_then(intrinsic::referenced).and_then(|id| template.queues.get(&id));
            let attempts = properties.get("MaximumRetryAttempts").and_then(Value::as_u64);
            Ok(EventSource::Stream {
                maximum_retry_attempts: attempts.and_then(|count| u32::try_from(count).ok()).unwrap_or(u32::MAX),
                on_failure: on_failure.map(|queue| queue.name.clone()),
                table: table.name.clone(),
                batch_size: usize::try_from(batch_size).unwrap_or(100),
                filters: filters.map_err(|error| fault(format!("{place}.FilterCriteria: {error}")))?,
            })
        }
        other => Err(fault(format!("{place}: events of type {other:?} are not known"))),
    }
}

/// Whether a record matches an event filter pattern: objects match by member, arrays list the values allowed.
pub fn matches(pattern: &serde_json::Value, record: &serde_json::Value) -> bool {
    match pattern {
        serde_json::Value::Object(members) => {
            members.iter().all(|(name, inner)| record.get(name).is_some_and(|value| matches(inner, value)))
        }
        serde_json::Value::Array(allowed) => allowed.contains(record),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rates_are_read_as_eventbridge_reads_them() {
        assert_eq!(Interval::read("rate(1 hour)"), Some(Interval(Duration::from_secs(3600))));
        assert_eq!(Interval::read("rate(5 minutes)"), Some(Interval(Duration::from_secs(300))));
        for wrong in ["rate(1 hours)", "rate(2 hour)", "rate(0 minutes)", "cron(* * * * ? *)", "rate(1  hour)"] {
            assert_eq!(Interval::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn patterns_match_by_member_and_list() {
        let pattern = json!({"eventName": ["INSERT"], "dynamodb": {"NewImage": {"entity": {"S": ["event"]}}}});
        let record =
            |name, entity| json!({"eventName": name, "dynamodb": {"NewImage": {"entity": {"S": entity}, "x": 1}}});
        assert!(matches(&pattern, &record("INSERT", "event")));
        assert!(!matches(&pattern, &record("MODIFY", "event")));
        assert!(!matches(&pattern, &record("INSERT", "lead")));
        assert!(!matches(&pattern, &json!({"eventName": "INSERT"})));
    }
}
