//! Configuration from a Worker's variables and secrets.

use shared::config::Variables;
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
