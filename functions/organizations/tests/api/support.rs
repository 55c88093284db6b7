//! What these tests share.

use organizations::{Deps, router};
use serde_json::Value;
use shared::access::{LinkSecrets, Role};
use shared::event::Event;
use shared::id::OrganizationId;
use shared::model::membership::Membership;
use shared::store::Listing;
use testkit::{Caller, Cloud, TestApp};

pub(crate) fn app(cloud: &Cloud) -> TestApp {
    let deps = Deps::new(cloud.services.clone());
    TestApp::new(router().with_state(deps), &cloud.services)
}

/// The types of an organisation's events, the first first.
pub(crate) async fn trail(cloud: &Cloud, organization: OrganizationId) -> Vec<String> {
    let listing = Listing::of_partition(Event::partition(organization)).limit(1000);
    let page = cloud.services.store.list::<Event>(&listing, None).await.unwrap();
    let name = |event: &Event| serde_json::to_value(&event.fact).unwrap()["type"].as_str().unwrap().to_owned();
    page.data.iter().map(|event| name(event)).collect()
}

/// What somebody is in an organisation, by its row.
pub(crate) async fn role(cloud: &Cloud, caller: &Caller, organization: OrganizationId) -> Option<Role> {
    let key = Membership::key_of(caller.user_id, organization);
    cloud.services.store.get::<Membership>(&key).await.unwrap().map(|membership| membership.role)
}

/// Who owns an organisation, by its rows.
pub(crate) async fn owners(cloud: &Cloud, organization: OrganizationId) -> Vec<String> {
    let page = cloud.services.store.list::<Membership>(&Membership::listing(organization), None).await.unwrap();
    let owners = page.data.iter().filter(|membership| membership.role == Role::Owner);
    owners.map(|membership| membership.user_id.to_string()).collect()
}

/// The token that the mail of an invitation carries.
pub(crate) async fn token(cloud: &Cloud, organization: OrganizationId, invitation: &Value) -> String {
    let id = invitation["id"].as_str().unwrap().parse().unwrap();
    let links = LinkSecrets::new(cloud.services.clone());
    links.invitation_token(organization, id).await.unwrap().text()
}
