//! Lines of log as JSON, in the fields that CloudWatch Logs Insights and Lambda's own lines use.

use std::fmt;

use serde_json::{Map, Value, json};
use tracing::Metadata;
use tracing::field::{Field, Visit};

use super::{Measures, Metric};
use crate::clock::Timestamp;

/// Where CloudWatch files our figures.
const NAMESPACE: &str = "Groundwork";

/// The fields of a span or an event, as JSON.
#[derive(Debug, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Adds the fields of a span; of two with the same name the one added later counts.
    pub fn add(&mut self, other: &Self) {
        self.0.extend(other.0.iter().map(|(name, value)| (name.clone(), value.clone())));
    }

    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, format!("{value:?}"));
    }
}

/// Who writes: the function and the stage it runs in, which are also the dimensions of its figures.
#[derive(Clone, Debug)]
pub struct Source {
    function: &'static str,
    stage: String,
}

impl Source {
    /// The function of this name in the stage of this name (`ENVIRONMENT`).
    pub fn new(function: &'static str, stage: impl Into<String>) -> Self {
        Self { function, stage: stage.into() }
    }

    /// The line, without its break, of an event with these fields, those of its spans among them.
    pub fn line(&self, now: Timestamp, metadata: &Metadata<'_>, fields: Fields) -> String {
        let mut line = fields.0;
        if let Some(measures) = line.remove(Measures::FIELD) {
            self.add_figures(&mut line, &measures, now);
        }
        // After the fields, so that none of them can pass for one of these.
        line.insert("timestamp".to_owned(), now.to_string().into());
        line.insert("level".to_owned(), metadata.level().as_str().into());
        line.insert("target".to_owned(), metadata.target().into());
        line.insert("function".to_owned(), self.function.into());
        Value::Object(line).to_string()
    }

    /// Makes the line a record of the embedded metric format.
    fn add_figures(&self, line: &mut Map<String, Value>, measures: &Value, now: Timestamp) {
        let figures: Map<String, Value> =
            measures.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let known = Metric::ALL.iter().filter(|metric| figures.contains_key(metric.name()));
        let definitions =
            known.map(|metric| json!({ "Name": metric.name(), "Unit": metric.unit().name() })).collect::<Vec<_>>();
        let directive =
            json!({ "Namespace": NAMESPACE, "Dimensions": [["Stage", "Function"]], "Metrics": definitions });
        line.extend(figures);
        line.insert("Stage".to_owned(), self.stage.as_str().into());
        line.insert("Function".to_owned(), self.function.into());
        line.insert("_aws".to_owned(), json!({ "Timestamp": now.as_milliseconds(), "CloudWatchMetrics": [directive] }));
    }
}
