use std::time::Duration;

use serde_json::json;
use shared::telemetry::{Measures, Metric};
use tracing::Level;

use super::Log;
use crate::logging::filter;

#[test]
fn a_line_has_the_fields_of_its_spans() {
    let (log, guard) = Log::start();
    let outer = tracing::info_span!("Lambda runtime invoke", requestId = "r-1", level = "forged");
    outer.in_scope(|| {
        let inner = tracing::info_span!("request", request_id = "req_1", user = tracing::field::Empty);
        inner.record("user", "usr_1");
        inner.in_scope(|| tracing::warn!(status = 500_u16, ok = false, path = "/a\n\"b\"", "answered {}", 1));
    });
    tracing::info!("alone");
    drop(guard);
    let lines = log.lines();
    let line = &lines[0];
    assert_eq!(
        (&line["requestId"], &line["request_id"], &line["user"]),
        (&json!("r-1"), &json!("req_1"), &json!("usr_1"))
    );
    assert_eq!((&line["status"], &line["ok"], &line["path"]), (&json!(500), &json!(false), &json!("/a\n\"b\"")));
    assert_eq!(
        (&line["message"], &line["level"], &line["function"]),
        (&json!("answered 1"), &json!("WARN"), &json!("tested"))
    );
    assert_eq!(line["target"], module_path!());
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!((&lines[1]["message"], lines[1].get("requestId")), (&json!("alone"), None));
}

#[test]
fn levels_come_from_either_variable() {
    let enabled = |rust_log, lambda, target: &str, level| filter(rust_log, lambda).0.would_enable(target, &level);
    assert!(enabled(None, None, "crm", Level::INFO) && !enabled(None, None, "crm", Level::DEBUG));
    assert!(enabled(None, Some("DEBUG"), "crm", Level::DEBUG));
    assert!(!enabled(None, Some("FATAL"), "crm", Level::WARN));
    assert!(enabled(Some("warn,crm=debug"), Some("INFO"), "crm", Level::DEBUG));
    assert!(!enabled(Some("warn,crm=debug"), Some("INFO"), "other", Level::INFO));
    let (by_level, fault) = filter(Some("crm=loud"), None);
    assert!(by_level.would_enable("crm", &Level::INFO) && fault.is_some());
}

#[test]
fn no_setting_brings_lines_that_quote_requests_into_the_log() {
    let (log, guard) = Log::start_with(filter(Some("trace"), None).0);
    tracing::debug!(target: "aws_smithy_runtime::client", request = "an item", "sending");
    tracing::trace!(target: "lambda_runtime::layers", body = "an event", "received");
    tracing::trace_span!(target: "lambda_http", "call", body = "an event").in_scope(|| tracing::debug!("ours"));
    drop(guard);
    let lines = log.lines();
    assert_eq!((lines.len(), &lines[0]["message"], lines[0].get("body")), (1, &json!("ours"), None));
}

#[test]
fn figures_make_a_line_a_record_of_the_embedded_metric_format() {
    let (log, guard) = Log::start();
    let measures = Measures::new().with(Metric::Requests, 1).with_time(Metric::ResponseTime, Duration::from_millis(12));
    tracing::info!(metrics = %measures, status = 200_u16, "answered");
    tracing::info!("no figures");
    drop(guard);
    let lines = log.lines();
    let line = &lines[0];
    assert_eq!((&line["Requests"], &line["ResponseTime"], &line["status"]), (&json!(1), &json!(12), &json!(200)));
    assert_eq!((&line["Stage"], &line["Function"], line.get("metrics")), (&json!("test"), &json!("tested"), None));
    // As CloudWatch's specification of the format has it.
    let metrics = json!([{"Name": "Requests", "Unit": "Count"}, {"Name": "ResponseTime", "Unit": "Milliseconds"}]);
    let directive = json!({"Namespace": "Groundwork", "Dimensions": [["Stage", "Function"]], "Metrics": metrics});
    assert_eq!(line["_aws"]["CloudWatchMetrics"], json!([directive]));
    assert!(line["_aws"]["Timestamp"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!((lines[1].get("_aws"), lines[1].get("Stage")), (None, None));
}
