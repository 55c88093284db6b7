//! Configuration from a Worker's variables and secrets.

use std::time::Duration;

use shared::config::{ConfigError, Reader, Variables};
use worker::Env;
use worker::js_sys::{Array, Object};
use worker::wasm_bindgen::JsCast;

/// Everything in the environment that is a text: variables and secrets. Other bindings are objects of their own.
pub(crate) fn variables(environment: &Env) -> Variables {
    Object::entries(environment.unchecked_ref())
        .iter()
        .filter_map(|entry| {
            let entry = Array::from(&entry);
            Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
        })
        .collect()
}

/// How far the tests have moved the time on: `TEST_CLOCK_OFFSET_SECONDS`, which counts only where `ENVIRONMENT` is `test`.
pub(crate) fn clock_offset(variables: &Variables) -> Result<Duration, ConfigError> {
    let mut reader = Reader::new(variables);
    let offset = match reader.optional("ENVIRONMENT").as_deref() {
        Some("test") => Duration::from_secs(reader.parsed("TEST_CLOCK_OFFSET_SECONDS", 0)),
        _ => Duration::ZERO,
    };
    reader.finish(offset)
}
