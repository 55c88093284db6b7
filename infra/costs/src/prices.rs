//! List prices and what a call costs by them.

use std::collections::BTreeMap;

use embedded::template::Template;
use serde::Deserialize;
use serde_yaml_ng::Value;
use testkit::TEMPLATE;

use crate::behaviour::Machine;
use crate::scenario::Row;
use crate::usage::Usage;

/// `prices.yaml`: US dollars.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the file has a comment for each group, and the names carry their units")]
pub struct Prices {
    pub region: String,
    pub as_of: String,
    pub dynamodb: DynamoDb,
    pub lambda: Lambda,
    pub sqs: Sqs,
    pub ses: Ses,
    pub s3: S3,
    pub scheduler: Scheduler,
    pub cloudwatch: CloudWatch,
    pub transfer: Transfer,
    pub workers: Workers,
    pub unsure: Vec<String>,
}

macro_rules! group {
    ($($name:ident { $($field:ident),+ })+) => {$(
        /// A group of `prices.yaml`.
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(missing_docs, reason = "the file has a comment for each group, and the names carry their units")]
        pub struct $name { $(pub $field: f64),+ }
    )+};
}

group! {
    DynamoDb { read_million, write_million, storage_gb_month, storage_free_gb, pitr_gb_month }
    Lambda { request_million, gb_second, free_requests, free_gb_seconds }
    Sqs { request_million, free_requests }
    Ses { mail_thousand }
    S3 { storage_gb_month, write_thousand, read_thousand }
    Scheduler { invocation_million, free_invocations }
    CloudWatch { log_gb, log_free_gb, log_storage_gb_month, metric_month, free_metrics, alarm_month, free_alarms, composite_alarm_month }
    Transfer { gb, free_gb }
    Workers { plan_month, request_million, included_requests, cpu_million_ms, included_cpu_ms }
}

impl Prices {
    /// The prices of `prices.yaml`.
    pub fn read() -> Self {
        serde_yaml_ng::from_str(include_str!("../prices.yaml")).expect("prices.yaml is readable")
    }
}

/// The memory that each function of the template has, in GB.
pub fn memory_gb() -> BTreeMap<String, f64> {
    let functions = Template::read(TEMPLATE).expect("the template is readable").functions;
    let template: Value = serde_yaml_ng::from_str(TEMPLATE).expect("the template is YAML");
    let everybody = template["Globals"]["Function"]["MemorySize"].as_f64().expect("a size");
    let memory = functions.into_iter().map(|(name, function)| {
        let own = template["Resources"][function.logical_id.as_str()]["Properties"]["MemorySize"].as_f64();
        (name, own.unwrap_or(everybody) / 1024.0)
    });
    memory.collect()
}

/// How many resources of a type the template makes.
pub fn resource_count(kind: &str) -> usize {
    sum_of(kind, |_| 1)
}

/// How many metrics the template's alarms watch, as CloudWatch bills them: one for an alarm of a metric, and for one of an expression as
/// many as it takes. A query of Metrics Insights counts as one, see `unsure` in `prices.yaml`.
pub fn alarm_metric_count() -> usize {
    sum_of("AWS::CloudWatch::Alarm", |alarm| {
        let parts = alarm["Properties"]["Metrics"].as_sequence().into_iter().flatten();
        parts.filter(|part| part.get("MetricStat").is_some()).count().max(1)
    })
}

/// The sum of `each` over the resources of a type, the template's loops (`Fn::ForEach`: a variable, its values, resources) unrolled.
fn sum_of(kind: &str, each: impl Fn(&Value) -> usize) -> usize {
    let template: Value = serde_yaml_ng::from_str(TEMPLATE).expect("the template is YAML");
    let of_kind = |resources: &Value| -> usize {
        let resources = resources.as_mapping().into_iter().flat_map(|resources| resources.values());
        resources.filter(|resource| resource["Type"].as_str() == Some(kind)).map(&each).sum()
    };
    let resources = template["Resources"].as_mapping().expect("resources");
    let loops = resources.values().filter_map(Value::as_sequence).map(|parts| match parts.as_slice() {
        [_, values, looped] => values.as_sequence().map_or(0, Vec::len) * of_kind(looped),
        _ => 0,
    });
    of_kind(&template["Resources"]) + loops.sum::<usize>()
}

/// What calls use of everything that is billed by use; what one uses, or the sum of many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bill {
    /// Read units of DynamoDB.
    pub reads: f64,
    /// Write units of DynamoDB.
    pub writes: f64,
    /// Requests to SQS, those of Lambda's pollers among them.
    pub sqs_requests: f64,
    /// Invocations of Lambda functions.
    pub invocations: f64,
    /// Lambda's gigabytes times seconds.
    pub gb_seconds: f64,
    /// Requests to the Worker.
    pub worker_requests: f64,
    /// CPU milliseconds of the Worker.
    pub worker_cpu_ms: f64,
    /// Bytes that Lambda functions answer to the internet.
    pub transfer_bytes: f64,
    /// Billed bytes that stay.
    pub kept_bytes: f64,
    /// Billed bytes times seconds of what expires.
    pub expiring_byte_seconds: f64,
    /// Events.
    pub events: f64,
}

impl Bill {
    /// Adds another so many times.
    pub fn add(&mut self, other: &Self, times: f64) {
        let Self { reads, writes, sqs_requests, invocations, gb_seconds, worker_requests, worker_cpu_ms, .. } = other;
        self.reads += reads * times;
        self.writes += writes * times;
        self.sqs_requests += sqs_requests * times;
        self.invocations += invocations * times;
        self.gb_seconds += gb_seconds * times;
        self.worker_requests += worker_requests * times;
        self.worker_cpu_ms += worker_cpu_ms * times;
        let Self { transfer_bytes, kept_bytes, expiring_byte_seconds, events, .. } = other;
        self.transfer_bytes += transfer_bytes * times;
        self.kept_bytes += kept_bytes * times;
        self.expiring_byte_seconds += expiring_byte_seconds * times;
        self.events += events * times;
    }

    /// What a million of it costs at list prices, the free ones not taken off: DynamoDB's units, SQS, Lambda, Workers.
    pub fn dollars_per_million(&self, prices: &Prices) -> f64 {
        self.reads * prices.dynamodb.read_million
            + self.writes * prices.dynamodb.write_million
            + self.sqs_requests * prices.sqs.request_million
            + self.invocations * prices.lambda.request_million
            + self.gb_seconds * prices.lambda.gb_second * 1e6
            + self.worker_requests * prices.workers.request_million
            + self.worker_cpu_ms * prices.workers.cpu_million_ms
    }
}

/// Turns what was measured into bills.
#[derive(Clone, Debug)]
pub struct Biller {
    /// What the durations follow from.
    pub machine: Machine,
    /// The functions' memory in GB.
    pub memory_gb: BTreeMap<String, f64>,
}

impl Biller {
    /// With the memory that the template gives.
    pub fn new(machine: Machine) -> Self {
        Self { machine, memory_gb: memory_gb() }
    }

    /// What one call, or one run of a job, uses itself.
    pub fn own(&self, function: &str, name: &str, usage: &Usage) -> Bill {
        let mut bill = Bill {
            reads: usage.reads,
            writes: usage.writes(),
            sqs_requests: f64::from(usage.sqs_sends),
            kept_bytes: usage.kept_bytes,
            expiring_byte_seconds: usage.expiring_byte_seconds,
            events: usage.events.len() as f64,
            ..Bill::default()
        };
        if function == "auth" {
            let password = self.machine.worker_password_operations.iter().any(|operation| operation == name);
            bill.worker_requests = 1.0;
            bill.worker_cpu_ms =
                self.machine.worker_own_ms + if password { self.machine.worker_password_ms } else { 0.0 };
        } else {
            let smallest = self.memory_gb.values().copied().fold(f64::INFINITY, f64::min);
            let memory = self.memory_gb.get(function).copied().unwrap_or(smallest);
            bill.invocations = 1.0;
            bill.gb_seconds = memory * self.milliseconds(usage) / 1000.0;
            bill.transfer_bytes = usage.response_bytes as f64;
        }
        // A message is received and deleted by Lambda, one at a time where it comes alone.
        if matches!(function, "task-runner" | "agentic-worker" | "mailer" | "webhook-sender") {
            bill.sqs_requests += 2.0;
        }
        bill
    }

    /// How long an invocation is taken to last.
    pub fn milliseconds(&self, usage: &Usage) -> f64 {
        let requests = f64::from(usage.request_count() + usage.sqs_sends);
        self.machine.own_ms + requests * self.machine.request_ms + f64::from(usage.ai_calls) * self.machine.ai_ms
    }

    /// What one call uses with what follows it.
    pub fn whole(&self, row: &Row) -> Bill {
        let mut bill = self.own(&row.function, &row.name, &row.usage);
        for run in &row.follows {
            bill.add(&self.own(&run.function, &run.function, &run.usage), 1.0);
        }
        bill
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_s_loops_are_unrolled() {
        let functions = Template::read(TEMPLATE).unwrap().functions;
        assert_eq!(resource_count("AWS::Serverless::Function"), functions.len());
        assert_eq!(resource_count("AWS::Logs::LogGroup"), functions.len(), "a loop makes one for each function");
        assert_eq!(memory_gb().len(), functions.len());
    }

    #[test]
    fn an_alarm_of_an_expression_is_billed_for_each_metric_in_it() {
        let functions = Template::read(TEMPLATE).unwrap().functions;
        // Of each function the failures in percent are of two metrics; so are those of five queues' messages and of the stream's records.
        let of_two = functions.len() + 5 + 1;
        assert_eq!(alarm_metric_count(), resource_count("AWS::CloudWatch::Alarm") + of_two);
    }
}
