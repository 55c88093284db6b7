//! Reading `template.yaml`: the local cloud and the tests make their tables, queues, event sources and schedules from the very file that
//! is deployed.

mod intrinsic;
mod policy;
mod provision;
mod source;

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

pub use policy::{Policies, Policy};
pub(crate) use policy::{bucket_objects_arn, table_arn};
pub use source::{EventSource, Interval, matches};

/// The stage that names carry in the local cloud.
pub const STAGE: &str = "local";

/// What of the template matters locally.
#[derive(Clone, Debug)]
pub struct Template {
    /// The tables, by logical id.
    pub tables: BTreeMap<String, Table>,
    /// The queues, by logical id.
    pub queues: BTreeMap<String, Queue>,
    /// The names of the buckets, by logical id.
    pub buckets: BTreeMap<String, String>,
    /// The functions, by their name without platform and stage, which is the name of their binary.
    pub functions: BTreeMap<String, Function>,
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name with the stage in it.
    pub name: String,
    /// Its properties as `CreateTable` takes them, in JSON.
    pub create_request: serde_json::Value,
    /// The attribute that holds the time to live.
    pub ttl_attribute: Option<String>,
}

/// A queue.
#[derive(Clone, Debug)]
pub struct Queue {
    /// Its name with the stage in it.
    pub name: String,
    /// For how long a received message is hidden.
    pub visibility_timeout_seconds: u64,
    /// For how long a message is kept.
    pub message_retention_seconds: u64,
    /// Where messages go that were received too often: logical id and how often.
    pub redrive: Option<(String, u32)>,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its logical id.
    pub logical_id: String,
    /// Seconds after which an invocation is ended.
    pub timeout_seconds: u64,
    /// Its environment: global variables and its own, with the template's references resolved to local names.
    pub environment: BTreeMap<String, String>,
    /// What starts it beside HTTP.
    pub sources: Vec<EventSource>,
    /// Whether it has a function URL.
    pub has_url: bool,
    /// Whether its URL hands answers on in pieces.
    pub streams: bool,
    /// The names of the actions its policies allow.
    pub actions: Vec<String>,
}

/// A fault of the template, with the place.
#[derive(Debug, thiserror::Error)]
#[error("template.yaml: {0}")]
pub struct TemplateError(pub(super) String);

fn fault(message: impl Into<String>) -> TemplateError {
    TemplateError(message.into())
}

impl Template {
    /// Reads a template.
    pub fn read(text: &str) -> Result<Self, TemplateError> {
        let document: Value = serde_yaml_ng::from_str(text).map_err(|error| fault(error.to_string()))?;
        let resources = mapping(&document, "Resources")?;
        let mut template = Self {
            tables: BTreeMap::new(),
            queues: BTreeMap::new(),
            buckets: BTreeMap::new(),
            functions: BTreeMap::new(),
        };
        for (id, resource) in &resources {
            let properties = resource.get("Properties").unwrap_or(&Value::Null);
            match resource.get("Type").and_then(Value::as_str) {
                Some("AWS::DynamoDB::Table") => drop(template.tables.insert(id.clone(), table(id, properties)?)),
                Some("AWS::SQS::Queue") => drop(template.queues.insert(id.clone(), queue(id, properties)?)),
                Some("AWS::S3::Bucket") => {
                    drop(template.buckets.insert(id.clone(), intrinsic::name(properties.get("BucketName"), id)));
                }
                _ => {}
            }
        }
        let globals = document.get("Globals").and_then(|globals| globals.get("Function")).cloned().unwrap_or_default();
        for (id, resource) in &resources {
            if resource.get("Type").and_then(Value::as_str) == Some("AWS::Serverless::Function") {
                let (name, function) = template.function(id, resource, &globals)?;
                template.functions.insert(name, function);
            }
        }
        Ok(template)
    }

    fn function(&self, id: &str, resource: &Value, globals: &Value) -> Result<(String, Function), TemplateError> {
        let properties = resource.get("Properties").unwrap_or(&Value::Null);
        let deployed = intrinsic::name(properties.get("FunctionName"), id);
        let name = deployed.strip_prefix(&format!("groundwork-{STAGE}-"));
        let name = name.ok_or_else(|| fault(format!("{id} is not called groundwork-${{Stage}}-…")))?.to_owned();
        let mut environment = BTreeMap::new();
        for holder in [globals, properties] {
            let variables = holder.get("Environment").and_then(|environment| environment.get("Variables")).cloned();
            for (variable, value) in entries(&variables.unwrap_or_default()) {
                environment.insert(variable.clone(), self.resolve(&value, &format!("{id}.{variable}"))?);
            }
        }
        let mut sources = Vec::new();
        for (event, value) in entries(properties.get("Events").unwrap_or(&Value::Null)) {
            sources.push(source::read(self, &format!("{id}.{event}"), &value)?);
        }
        let timeout = properties.get("Timeout").or_else(|| globals.get("Timeout")).and_then(Value::as_u64);
        let url = properties.get("FunctionUrlConfig");
        let function = Function {
            logical_id: id.to_owned(),
            timeout_seconds: timeout.unwrap_or(3),
            environment,
            sources,
            has_url: url.is_some(),
            streams: url.and_then(|url| url.get("InvokeMode")).and_then(Value::as_str) == Some("RESPONSE_STREAM"),
            actions: actions(properties),
        };
        Ok((name, function))
    }
}

fn actions(properties: &Value) -> Vec<String> {
    let policies = properties.get("Policies").and_then(Value::as_sequence).into_iter().flatten();
    let statements =
        policies.flat_map(|policy| policy.get("Statement").and_then(Value::as_sequence).into_iter().flatten());
    let actions =
        statements.flat_map(|statement| statement.get("Action").and_then(Value::as_sequence).into_iter().flatten());
    actions.filter_map(|action| action.as_str().map(str::to_owned)).collect()
}

fn table(id: &str, properties: &Value) -> Result<Table, TemplateError> {
    let name = intrinsic::name(properties.get("TableName"), id);
    let mut request = serde_json::Map::new();
    request.insert("TableName".to_owned(), name.clone().into());
    for property in
        ["BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "StreamSpecification"]
    {
        if let Some(value) = properties.get(property) {
            let value = serde_json::to_value(value).map_err(|error| fault(format!("{id}.{property}: {error}")))?;
            request.insert(property.to_owned(), value);
        }
    }
    if let Some(stream) = request.get_mut("StreamSpecification").and_then(serde_json::Value::as_object_mut) {
        // CloudFormation takes the view type as enough; the API wants the switch too.
        stream.insert("StreamEnabled".to_owned(), true.into());
    }
    let ttl = properties.get("TimeToLiveSpecification").and_then(|ttl| ttl.get("AttributeName")?.as_str());
    Ok(Table { name, create_request: request.into(), ttl_attribute: ttl.map(str::to_owned) })
}

fn queue(id: &str, properties: &Value) -> Result<Queue, TemplateError> {
    let number = |name: &str, default| properties.get(name).and_then(Value::as_u64).unwrap_or(default);
    let redrive = match properties.get("RedrivePolicy") {
        None => None,
        Some(policy) => {
            let target = policy.get("deadLetterTargetArn").and_then(intrinsic::referenced);
            let count =
                policy.get("maxReceiveCount").and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok());
            Some(target.zip(count).ok_or_else(|| fault(format!("{id}.RedrivePolicy is not understood")))?)
        }
    };
    Ok(Queue {
        name: intrinsic::name(properties.get("QueueName"), id),
        visibility_timeout_seconds: number("VisibilityTimeout", 30),
        message_retention_seconds: number("MessageRetentionPeriod", 345_600),
        redrive,
    })
}

fn mapping(value: &Value, name: &str) -> Result<Vec<(String, Value)>, TemplateError> {
    value.get(name).map(entries).ok_or_else(|| fault(format!("there is no {name}")))
}

fn entries(value: &Value) -> Vec<(String, Value)> {
    let pairs = value.as_mapping().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value.clone()))).collect()
}
