//! Configuration: read once, checked whole.
//!
//! A host collects its variables into [`Variables`]; each concern takes its own small struct from them through a [`Reader`], which
//! remembers every missing or malformed name so that all are reported together.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::catalogue::Catalogue;

/// Names and values from the environment or a Worker's bindings.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, String>);

impl fmt::Debug for Variables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secrets.
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }
}

impl Variables {
    /// These and others beside them, which win.
    #[must_use]
    pub fn with(mut self, others: impl IntoIterator<Item = (String, String)>) -> Self {
        self.0.extend(others.into_iter().filter(|(_, value)| !value.is_empty()));
        self
    }

    /// Whether this variable is set.
    pub fn names(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// Every fault of the configuration, one per line.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("configuration is not usable:\n  {}", .0.join("\n  "))]
pub struct ConfigError(Vec<String>);

/// Takes values and remembers faults.
#[derive(Debug)]
pub struct Reader<'a> {
    variables: &'a Variables,
    faults: Vec<String>,
}

impl<'a> Reader<'a> {
    /// A reader over these variables.
    pub const fn new(variables: &'a Variables) -> Self {
        Self { variables, faults: Vec::new() }
    }

    /// The value of `name`, which must be set.
    pub fn required(&mut self, name: &str) -> String {
        self.variables.0.get(name).cloned().unwrap_or_else(|| {
            self.faults.push(format!("{name} is missing"));
            String::new()
        })
    }

    /// The value of `name`, if it is set.
    pub fn optional(&mut self, name: &str) -> Option<String> {
        self.variables.0.get(name).cloned()
    }

    /// The value of `name` read as a `T`, or `default` if it is not set.
    pub fn parsed<T: FromStr>(&mut self, name: &str, default: T) -> T
    where
        T::Err: fmt::Display,
    {
        self.optional_parsed(name).unwrap_or(default)
    }

    /// The value of `name` read as a `T`, if it is set.
    pub fn optional_parsed<T: FromStr>(&mut self, name: &str) -> Option<T>
    where
        T::Err: fmt::Display,
    {
        let parsed = self.variables.0.get(name)?.parse();
        parsed.map_err(|error| self.faults.push(format!("{name} is malformed: {error}"))).ok()
    }

    /// Remembers a fault that only the caller can see.
    pub fn fault(&mut self, fault: impl Into<String>) {
        self.faults.push(fault.into());
    }

    /// `value` if everything read so far was there and well formed.
    pub fn finish<T>(self, value: T) -> Result<T, ConfigError> {
        if self.faults.is_empty() { Ok(value) } else { Err(ConfigError(self.faults)) }
    }
}

/// What every HTTP function needs to know.
#[derive(Clone, Debug)]
pub struct PlatformConfig {
    /// `TABLE_NAME`: the platform's table.
    pub table_name: String,
    /// `LEDGER_TABLE_NAME`: the ledger's table.
    pub ledger_table_name: String,
    /// `ENVIRONMENT`: `local`, `staging` or `production`.
    pub environment: String,
    /// `FRONTEND_URL`: the origin that browsers may call from; none may when it is not set.
    pub frontend_url: Option<String>,
    /// Who issues tokens and how long they live.
    pub tokens: TokenConfig,
}

/// Who issues tokens and how long they live (CONTRACT "token lifetimes").
#[derive(Clone, Debug)]
pub struct TokenConfig {
    /// `TOKEN_ISSUER`: the `iss` of tokens.
    pub issuer: String,
    /// `TOKEN_AUDIENCE`: the `aud` of tokens.
    pub audience: String,
    /// `ACCESS_TOKEN_LIFETIME_SECONDS`: 24 hours by default.
    pub access_lifetime: Duration,
    /// `REFRESH_TOKEN_LIFETIME_SECONDS`: 30 days by default.
    pub refresh_lifetime: Duration,
}

impl PlatformConfig {
    /// Reads the configuration, or reports everything that is wrong with it.
    pub fn read(variables: &Variables) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(variables);
        let config = Self {
            table_name: reader.required("TABLE_NAME"),
            ledger_table_name: reader.required("LEDGER_TABLE_NAME"),
            environment: reader.required("ENVIRONMENT"),
            frontend_url: reader.optional("FRONTEND_URL").map(|url| url.trim_end_matches('/').to_owned()),
            tokens: TokenConfig {
                issuer: reader.optional("TOKEN_ISSUER").unwrap_or_else(|| "groundwork".to_owned()),
                audience: reader.optional("TOKEN_AUDIENCE").unwrap_or_else(|| "groundwork".to_owned()),
                access_lifetime: Duration::from_secs(reader.parsed("ACCESS_TOKEN_LIFETIME_SECONDS", 24 * 60 * 60)),
                refresh_lifetime: Duration::from_secs(
                    reader.parsed("REFRESH_TOKEN_LIFETIME_SECONDS", 30 * 24 * 60 * 60),
                ),
            },
        };
        // What is sold is configuration too, though it is part of the program.
        Catalogue::faults().into_iter().for_each(|fault| reader.fault(fault));
        reader.finish(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_reported_at_once() {
        let variables: Variables =
            [("ACCESS_TOKEN_LIFETIME_SECONDS".to_owned(), "a day".to_owned())].into_iter().collect();
        let error = PlatformConfig::read(&variables).unwrap_err().to_string();
        for name in [
            "TABLE_NAME is missing",
            "LEDGER_TABLE_NAME is missing",
            "ENVIRONMENT is missing",
            "ACCESS_TOKEN_LIFETIME_SECONDS is malformed",
        ] {
            assert!(error.contains(name), "{error}");
        }
    }
}
