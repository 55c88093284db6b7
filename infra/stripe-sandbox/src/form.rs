//! Stripe's parameters as they come.

use std::collections::BTreeMap;

use crate::error::Refusal;
use crate::state::Metadata;

/// Parameters by their names with brackets.
#[derive(Debug, Default)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    pub(crate) fn read(text: &[u8]) -> Self {
        Self(serde_urlencoded::from_bytes(text).unwrap_or_default())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| Refusal::missing(name))
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let invalid = |_| Refusal::invalid("parameter_invalid_integer", name, "Invalid integer");
        self.get(name).map(|value| value.parse().map_err(invalid)).transpose()
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| value == "true")
    }

    /// The entries of a map: `name[key]=value`.
    pub(crate) fn map(&self, name: &str) -> Metadata {
        let key = |full: &str| full.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']').map(str::to_owned);
        self.0.iter().filter_map(|(full, value)| Some((key(full)?, value.clone()))).collect()
    }

    /// The values of a list: `name[0]`, `name[]`.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let below = format!("{name}[");
        self.0.iter().filter(|(full, _)| full.starts_with(&below)).map(|(_, value)| value.as_str()).collect()
    }

    /// Refuses parameters whose first part is none of these, as Stripe does.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        for name in self.0.keys() {
            let first = name.split('[').next().unwrap_or(name);
            if first == "payment_method_types" {
                let message = "payment_method_types is no longer supported.";
                return Err(Refusal::invalid("payment_method_types_no_longer_supported", name, message));
            }
            if !known.contains(&first) && first != "expand" {
                let message = format!("Received unknown parameter: {name}");
                return Err(Refusal::invalid("parameter_unknown", name, &message));
            }
        }
        Ok(())
    }
}
