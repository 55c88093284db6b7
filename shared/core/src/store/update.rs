//! A partial write of one item: counters and the conditions on them.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Item, Key};

/// An UpdateItem in the making. Names and values become placeholders, so that no attribute name can collide with a reserved word.
#[derive(Clone, Debug)]
pub struct Update {
    pub(super) key: Key,
    adds: Vec<String>,
    sets: Vec<String>,
    conditions: Vec<String>,
    pub(super) names: std::collections::HashMap<String, String>,
    pub(super) values: Item,
}

impl Update {
    /// An update of the item at `key`, which comes into being if it is not there.
    pub fn new(key: Key, entity: &str) -> Self {
        let update = Self {
            key,
            adds: Vec::new(),
            sets: Vec::new(),
            conditions: Vec::new(),
            names: std::collections::HashMap::new(),
            values: Item::new(),
        };
        update.set("entity", AttributeValue::S(entity.to_owned())).add("version", 1)
    }

    /// Adds `amount` to a number, which starts at 0.
    #[must_use]
    pub fn add(mut self, attribute: &str, amount: i64) -> Self {
        let (name, value) = self.placeholders(attribute, AttributeValue::N(amount.to_string()));
        self.adds.push(format!("{name} {value}"));
        self
    }

    /// Sets an attribute.
    #[must_use]
    pub fn set(mut self, attribute: &str, value: AttributeValue) -> Self {
        let (name, value) = self.placeholders(attribute, value);
        self.sets.push(format!("{name} = {value}"));
        self
    }

    /// Only if the number, which is 0 while it is absent, is at most `limit`.
    #[must_use]
    pub fn only_if_at_most(mut self, attribute: &str, limit: i64) -> Self {
        let (name, value) = self.placeholders(attribute, AttributeValue::N(limit.to_string()));
        self.conditions.push(if limit < 0 {
            format!("{name} <= {value}")
        } else {
            format!("(attribute_not_exists({name}) OR {name} <= {value})")
        });
        self
    }

    fn placeholders(&mut self, attribute: &str, value: AttributeValue) -> (String, String) {
        let (name, placeholder) = (format!("#{attribute}"), format!(":v{}", self.values.len()));
        self.names.insert(name.clone(), attribute.to_owned());
        self.values.insert(placeholder.clone(), value);
        (name, placeholder)
    }

    pub(super) fn expression(&self) -> String {
        format!("SET {} ADD {}", self.sets.join(", "), self.adds.join(", "))
    }

    pub(super) fn condition(&self) -> Option<String> {
        (!self.conditions.is_empty()).then(|| self.conditions.join(" AND "))
    }
}
