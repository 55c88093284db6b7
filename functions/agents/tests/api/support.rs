//! What the tests of this function share.

use std::sync::Arc;

use agents::{Deps, router};
use serde_json::Value;
use shared::event::Event;
use shared::id::OrganizationId;
use shared::model::usage::Usage;
use shared::services::Services;
use shared::store::Listing;
use testkit::{Cloud, ScriptedAi, TestApp};

pub(crate) fn app(cloud: &Cloud, ai: &ScriptedAi) -> TestApp {
    let deps = Deps { services: cloud.services.clone(), ai: Arc::new(ai.clone()) };
    TestApp::new(router().with_state(deps), &cloud.services)
}

/// The types of an organisation's events, the oldest first.
pub(crate) async fn trail(services: &Services, organization: OrganizationId) -> Vec<String> {
    let listing = Listing::of_partition(Event::partition(organization)).limit(100);
    let page = services.store.list::<Event>(&listing, None).await.unwrap();
    let kind = |event: &Event| serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned();
    page.data.iter().map(|event| kind(event)).collect()
}

/// This month's usage.
pub(crate) async fn usage(services: &Services, organization: OrganizationId) -> Usage {
    let key = Usage::key_of(organization, &services.clock.now().month());
    services.store.get::<Usage>(&key).await.unwrap().map(|usage| usage.value).unwrap_or_default()
}

/// The values of one field of a page's items.
pub(crate) fn column(page: &Value, field: &str) -> Vec<String> {
    let items = page["data"].as_array().unwrap();
    items.iter().map(|item| item[field].as_str().unwrap_or_default().to_owned()).collect()
}
