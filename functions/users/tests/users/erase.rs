//! `DELETE /api/users/{userId}`

use serde_json::json;
use shared::access::{PlatformRole, Role};
use shared::id::OrganizationId;
use shared::model::account_email::AccountEmail;
use shared::model::erasure::Erasure;
use shared::model::membership::Membership;
use shared::model::organization::Organization;
use shared::model::profile::Profile;
use shared::model::session::STEP_UP_LASTS;
use shared::model::user::User;
use shared::plan::PlanName;
use testkit::Caller;

use crate::support::{World, path};

/// An organisation that somebody owns.
async fn organization(world: &World, owner: &Caller) -> OrganizationId {
    let services = &world.cloud.services;
    let (id, created_at) = (services.ids.next(), services.clock.now());
    let organization = Organization {
        id,
        name: "Engines".to_owned(),
        industry: None,
        personal: false,
        plan: PlanName::Free,
        created_at,
        deletion: None,
        require_second_factor: false,
    };
    world.cloud.write(|transaction| transaction.create(organization.clone())).await;
    world.cloud.join(owner, id, Role::Owner).await;
    id
}

#[tokio::test(start_paused = true)]
async fn an_erased_account_is_gone_for_everybody_at_once() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    world.profile(&ada, json!({"name": "Ada Lovelace", "city": "London", "role": "founder"})).await;
    world.send(&ada, "POST", &path(&ada, "/skills"), Some(json!({"name": "Rust"}))).await.expect(201);
    world.connect(&eve, &ada).await;
    let own = organization(&world, &ada).await;
    assert_eq!(world.send(&ada, "DELETE", &path(&ada, ""), None).await.status, 202);

    world.send(&ada, "GET", &path(&ada, ""), None).await.expect_problem(401, "token_invalid");
    world.send(&eve, "GET", &path(&ada, ""), None).await.expect_problem(404, "not_found");
    world.step(&eve, "POST", &ada, "/connection").await.expect_problem(404, "not_found");
    for query in ["name=ada", "city=london", "role=founder", "skill=rust"] {
        assert!(world.search(&eve, query).await.is_empty(), "{query}");
    }
    assert_eq!(world.get(&eve, "/api/users/connections").await["data"], json!([]));

    let (store, now) = (&world.cloud.services.store, world.cloud.services.clock.now());
    let user = store.get::<User>(&User::key_of(ada.user_id)).await.unwrap().unwrap();
    assert_eq!((user.name.as_str(), user.email.as_str(), user.erased_at), ("", "", Some(now)));
    assert!(store.get::<Profile>(&Profile::key_of(ada.user_id)).await.unwrap().is_none());
    assert!(store.get::<AccountEmail>(&AccountEmail::key_of("ada@example.com")).await.unwrap().is_none());
    let work = store.get::<Erasure>(&Erasure::key_of(ada.user_id)).await.unwrap().unwrap();
    assert!(work.due_at > now);
    for id in [ada.organization_id, own] {
        let organization = store.get::<Organization>(&Organization::key_of(id)).await.unwrap().unwrap();
        assert!(organization.deletion.is_some_and(|deletion| deletion.ends_at() <= now), "there is no way back");
    }
    assert_eq!(world.trail(ada.user_id).await.last().unwrap(), "user.erasureRequested");
    let admin = world.operator(PlatformRole::Admin).await;
    world.send(&admin, "DELETE", &path(&ada, ""), None).await.expect_problem(404, "not_found");
    let again = json!({"email": "ada@example.com", "name": "Ada"});
    world.send(&admin, "POST", "/api/users/create", Some(again)).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn an_owner_transfers_what_others_are_in_first() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    let shared = organization(&world, &ada).await;
    world.cloud.join(&eve, shared, Role::Member).await;
    let problem = world.send(&ada, "DELETE", &path(&ada, ""), None).await.expect_problem(409, "owns_organization");
    assert_eq!(problem["organizationId"], shared.to_string());
    world.look(&ada, &ada).await;
    // As a member she may go.
    let store = &world.cloud.services.store;
    let membership = store.get::<Membership>(&Membership::key_of(ada.user_id, shared)).await.unwrap().unwrap();
    let next = Membership { role: Role::Admin, ..membership.value.clone() };
    world.cloud.write(|transaction| transaction.replace(&membership, next.clone())).await;
    assert_eq!(world.send(&ada, "DELETE", &path(&ada, ""), None).await.status, 202);
    let organization = store.get::<Organization>(&Organization::key_of(shared)).await.unwrap().unwrap();
    assert!(organization.is_there());
}

#[tokio::test(start_paused = true)]
async fn an_account_is_its_persons_and_the_platforms_admins_to_erase() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    world.send(&eve, "DELETE", &path(&ada, ""), None).await.expect_problem(403, "forbidden");
    let support = world.operator(PlatformRole::Support).await;
    world.send(&support, "DELETE", &path(&ada, ""), None).await.expect_problem(403, "forbidden");
    let admin = world.operator(PlatformRole::Admin).await;
    assert_eq!(world.send(&admin, "DELETE", &path(&ada, ""), None).await.status, 202);
    world.send(&ada, "GET", &path(&ada, ""), None).await.expect_problem(401, "token_invalid");
}

#[tokio::test(start_paused = true)]
async fn whoever_erases_has_presented_their_credentials_lately() {
    let world = World::new();
    let ada = world.person("Ada").await;
    tokio::time::advance(STEP_UP_LASTS).await;
    world.send(&ada, "DELETE", &path(&ada, ""), None).await.expect_problem(403, "step_up_required");
    world.look(&ada, &ada).await;
}
