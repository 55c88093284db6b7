//! `template.yaml` as a stage gets it: loops unrolled, mappings looked up, conditions decided, references named.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;
use testkit::TEMPLATE;

/// The stages that are deployed.
pub(crate) const STAGES: [&str; 2] = ["staging", "production"];

/// The template with the parameters of one stage. `GetAtt X.Arn` reads `X.Arn`, `Ref X` the name of X.
pub(crate) struct Deployment {
    /// The parameters of samconfig.toml.
    pub(crate) parameters: BTreeMap<String, String>,
    /// The resources by logical id.
    pub(crate) resources: BTreeMap<String, Value>,
    /// The outputs by name.
    pub(crate) outputs: Map<String, Value>,
}

impl Deployment {
    /// Reads the template for `stage`.
    pub(crate) fn read(stage: &str) -> Self {
        let document = plain(&serde_yaml_ng::from_str(TEMPLATE).expect("the template is YAML"));
        let parameters = super::stages::parameters(stage);
        let resources = unroll(&document["Resources"], &BTreeMap::new());
        let reader = Reader { document: &document, parameters: &parameters, resources: &resources };
        let resolved = |value: &Value| reader.resolve(value).expect("a section is a value");
        Self {
            resources: resources.iter().map(|(id, value)| (id.clone(), resolved(value))).collect(),
            outputs: resolved(&document["Outputs"]).as_object().expect("outputs have names").clone(),
            parameters,
        }
    }

    /// Both stages.
    pub(crate) fn all() -> [Self; 2] {
        STAGES.map(Self::read)
    }

    /// The properties of the resource `id`.
    pub(crate) fn properties(&self, id: &str) -> &Value {
        &self.resources.get(id).unwrap_or_else(|| panic!("there is no resource {id}"))["Properties"]
    }

    /// The ids and properties of the resources of one kind, such as `SQS::Queue`.
    pub(crate) fn of_kind(&self, kind: &str) -> Vec<(&str, &Value)> {
        let kind = format!("AWS::{kind}");
        let found = self.resources.iter().filter(|(_, resource)| resource["Type"] == kind.as_str());
        found.map(|(id, resource)| (id.as_str(), &resource["Properties"])).collect()
    }

    /// The functions: what the loops call them (`AgenticRun`), their binary's name (`agentic-run`), their properties.
    pub(crate) fn functions(&self) -> Vec<(&str, &str, &Value)> {
        let stage = &self.parameters["Stage"];
        let functions = self.of_kind("Serverless::Function").into_iter();
        let described = functions.map(|(id, properties)| {
            let name =
                properties["FunctionName"].as_str().and_then(|name| name.strip_prefix(&format!("groundwork-{stage}-")));
            let id = id.strip_suffix("Function").expect("functions are called …Function");
            (id, name.expect("functions have names"), properties)
        });
        described.collect()
    }
}

/// The short forms (`!Ref x`) written out, as JSON.
fn plain(value: &Yaml) -> Value {
    match value {
        Yaml::Mapping(members) => {
            let pairs =
                members.iter().map(|(key, value)| (key.as_str().expect("keys are text").to_owned(), plain(value)));
            Value::Object(pairs.collect())
        }
        Yaml::Sequence(items) => items.iter().map(plain).collect(),
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            let argument = match (name.as_str(), &tagged.value) {
                ("!GetAtt", Yaml::String(text)) => json!(text.split_once('.').map(|(id, attribute)| [id, attribute])),
                (_, value) => plain(value),
            };
            match name.as_str() {
                "!Ref" => json!({"Ref": argument}),
                other => json!({format!("Fn::{}", other.trim_start_matches('!')): argument}),
            }
        }
        other => serde_json::to_value(other).expect("a plain value"),
    }
}

/// The members of `resources` with those of its loops, in which the loops' variables are replaced.
fn unroll(resources: &Value, variables: &BTreeMap<String, String>) -> BTreeMap<String, Value> {
    let mut unrolled = BTreeMap::new();
    for (id, resource) in resources.as_object().expect("resources have ids") {
        if !id.starts_with("Fn::ForEach::") {
            let added = unrolled.insert(replaced(id, variables), replace(resource, variables));
            assert!(added.is_none(), "{id} is there twice");
            continue;
        }
        let (variable, values) = (resource[0].as_str().expect("a variable"), resource[1].as_array().expect("a list"));
        for value in values {
            let mut inner = variables.clone();
            inner.insert(variable.to_owned(), value.as_str().expect("loops go over texts").to_owned());
            unrolled.extend(unroll(&resource[2], &inner));
        }
    }
    unrolled
}

fn replaced(text: &str, variables: &BTreeMap<String, String>) -> String {
    variables.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
}

fn replace(value: &Value, variables: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => replaced(text, variables).into(),
        Value::Array(items) => items.iter().map(|item| replace(item, variables)).collect(),
        Value::Object(members) => match members.get("Ref").and_then(|name| variables.get(name.as_str()?)) {
            Some(value) => json!(value),
            None => {
                let pairs = members.iter().map(|(key, value)| (replaced(key, variables), replace(value, variables)));
                Value::Object(pairs.collect())
            }
        },
        other => other.clone(),
    }
}

struct Reader<'a> {
    document: &'a Value,
    parameters: &'a BTreeMap<String, String>,
    resources: &'a BTreeMap<String, Value>,
}

impl Reader<'_> {
    /// The value that an expression stands for; none for `AWS::NoValue`.
    fn resolve(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Array(items) => Some(items.iter().filter_map(|item| self.resolve(item)).collect()),
            Value::Object(members) => match members.iter().next() {
                Some((name, argument)) if name == "Ref" || (name.starts_with("Fn::") && members.len() == 1) => {
                    self.call(name, argument)
                }
                _ => {
                    let pairs = members.iter().filter_map(|(key, value)| Some((key.clone(), self.resolve(value)?)));
                    Some(Value::Object(pairs.collect()))
                }
            },
            other => Some(other.clone()),
        }
    }

    fn call(&self, name: &str, argument: &Value) -> Option<Value> {
        let text = |value: &Value| match self.resolve(value) {
            Some(Value::String(text)) => text,
            other => panic!("{name} of {value} is {other:?}"),
        };
        match name {
            "Ref" if *argument == "AWS::NoValue" => None,
            "Ref" => Some(self.named(&text(argument)).into()),
            "Fn::GetAtt" => Some(self.named(&format!("{}.{}", text(&argument[0]), text(&argument[1]))).into()),
            "Fn::Sub" => Some(self.substituted(argument.as_str().expect("Fn::Sub of a text")).into()),
            "Fn::FindInMap" => {
                let (map, key, name) = (text(&argument[0]), text(&argument[1]), text(&argument[2]));
                let found = &self.document["Mappings"][&map][&key][&name];
                assert!(!found.is_null(), "the mapping {map} has no {key}.{name}");
                Some(found.clone())
            }
            "Fn::If" => {
                let condition = &self.document["Conditions"][argument[0].as_str()?]["Fn::Equals"];
                let holds = self.resolve(&condition[0]) == self.resolve(&condition[1]);
                self.resolve(&argument[if holds { 1 } else { 2 }])
            }
            "Fn::ToJsonString" => self.resolve(argument),
            other => panic!("the test does not know {other}"),
        }
    }

    /// What a reference to a parameter, a resource, an attribute of one or a pseudo parameter reads.
    fn named(&self, reference: &str) -> String {
        let (id, attribute) = reference.split_once('.').unwrap_or((reference, ""));
        if let Some(value) = self.parameters.get(reference) {
            return value.clone();
        }
        if reference.starts_with("AWS::") {
            return reference.to_owned();
        }
        // SAM makes resources besides: a function's URL, and the roles.
        let made = id.strip_suffix("Url").is_some_and(|function| self.resources.contains_key(function));
        assert!(made || self.resources.contains_key(id), "there is no {reference}");
        let properties = self
            .resources
            .get(id)
            .map(|resource| &resource["Properties"])
            .filter(|_| matches!(attribute, "" | "QueueName"));
        let names = ["FunctionName", "TableName", "QueueName", "LogGroupName", "AlarmName", "BucketName"];
        let name = properties.and_then(|properties| names.iter().find_map(|name| properties.get(*name)));
        name.and_then(|name| self.resolve(name))
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_else(|| reference.to_owned())
    }

    fn substituted(&self, text: &str) -> String {
        let mut parts = text.split("${");
        let mut result = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (reference, rest) = part.split_once('}').expect("a closed reference");
            result.push_str(&self.named(reference));
            result.push_str(rest);
        }
        result
    }
}
