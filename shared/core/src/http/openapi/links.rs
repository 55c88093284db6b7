//! Where an id of an answer leads: an OpenAPI link to each operation whose path takes it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{Components, RefOr};

use super::{has_parameter, parameters};

/// An operation whose path takes an id.
pub(super) struct Target {
    operation_id: String,
    parameter: String,
    /// The reference to the id's type.
    id: String,
    scoped: bool,
}

impl Target {
    /// The id that this operation's path takes, if it takes one.
    pub(super) fn of(operation: &Operation) -> Option<Self> {
        let parameter = parameters(operation).find(|parameter| parameter.parameter_in == ParameterIn::Path)?;
        let Some(RefOr::Ref(id)) = &parameter.schema else { return None };
        Some(Self {
            operation_id: operation.operation_id.clone()?,
            parameter: parameter.name.clone(),
            id: id.ref_location.clone(),
            scoped: has_parameter(operation, ACTING),
        })
    }
}

/// The parameters that a list's next page is asked for with, as the page before was, each with where it stands in a request.
fn again(operation: &Operation) -> Vec<(String, &'static str)> {
    let place = |location: &ParameterIn| match location {
        ParameterIn::Path => Some("path"),
        ParameterIn::Header => Some("header"),
        ParameterIn::Query => Some("query"),
        _ => None,
    };
    let others = parameters(operation).filter(|parameter| parameter.name != "cursor");
    others.filter_map(|parameter| Some((parameter.name.clone(), place(&parameter.parameter_in)?))).collect()
}

const ACTING: &str = "X-Organization-Id";

/// The schemas that answers refer to, as JSON.
pub(super) struct Answers(BTreeMap<String, Value>);

impl Answers {
    pub(super) fn of(components: &Components) -> Self {
        let schemas = components.schemas.iter();
        let json = schemas.map(|(name, schema)| (format!("#/components/schemas/{name}"), json!(schema)));
        Self(json.collect())
    }

    /// Adds to each success of `operation` the links that its ids allow.
    pub(super) fn link(&self, operation: &mut Operation, targets: &[Target]) {
        let scoped = has_parameter(operation, ACTING);
        let (again, pages) = (again(operation), has_parameter(operation, "cursor"));
        let successes = operation.responses.responses.iter_mut().filter(|(status, _)| status.starts_with('2'));
        for (_, response) in successes {
            let RefOr::T(response) = response else { continue };
            let Some(content) = response.content.get("application/json") else { continue };
            let Some(schema) = json!(content).get("schema").cloned() else { continue };
            for target in targets {
                let Some(place) = self.place(&schema, target) else { continue };
                let link = LinkBuilder::new()
                    .operation_id(&target.operation_id)
                    .parameter(&target.parameter, format!("$response.body#{place}"));
                let link = if scoped && target.scoped {
                    link.parameter(ACTING, format!("$request.header.{ACTING}"))
                } else {
                    link
                };
                response.links.insert(target.operation_id.clone(), link.build().into());
            }
            if let Some(id) = &operation.operation_id
                && pages
                && self.is_page(&schema)
            {
                let again = again.iter().map(|(name, place)| (name, format!("$request.{place}.{name}")));
                let link =
                    again.fold(LinkBuilder::new().operation_id(id), |link, (name, value)| link.parameter(name, value));
                let link = link.parameter("cursor", "$response.body#/nextCursor").description("The next page.");
                response.links.insert("nextPage".to_owned(), link.build().into());
            }
        }
    }

    fn is_page(&self, schema: &Value) -> bool {
        let page = reference(schema).and_then(|reference| self.0.get(reference));
        page.is_some_and(|page| page.pointer("/properties/nextCursor").is_some())
    }

    /// Where an answer has an id that `target` takes: its own, one named as the parameter is, or that of a list's first item.
    fn place(&self, schema: &Value, target: &Target) -> Option<String> {
        if let Some(reference) = reference(schema) {
            return self.0.get(reference).and_then(|schema| self.place(schema, target));
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return parts.iter().find_map(|part| self.place(part, target));
        }
        let properties = schema.get("properties")?;
        let is_id = |name: &&str| properties.get(*name).and_then(reference) == Some(&target.id);
        if let Some(name) = ["id", target.parameter.as_str()].iter().find(|name| is_id(name)) {
            return Some(format!("/{name}"));
        }
        self.place(properties.pointer("/data/items")?, target).map(|place| format!("/data/0{place}"))
    }
}

/// What a schema refers to, if it is a reference.
fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str)
}
