//! `POST /api/users/create`

use serde_json::json;
use shared::access::{PlatformRole, Role};
use shared::id::UserId;
use shared::model::account_email::AccountEmail;
use shared::model::credential::Credential;
use shared::model::membership::Membership;
use shared::model::organization::Organization;

use crate::support::{World, wrong};

const PATH: &str = "/api/users/create";

#[tokio::test(start_paused = true)]
async fn an_account_is_made_as_registration_makes_it_without_a_password() {
    let world = World::new();
    let admin = world.operator(PlatformRole::Admin).await;
    let body = json!({"email": " Grace@Example.com ", "name": " Grace  Hopper "});
    let made = world.send(&admin, "POST", PATH, Some(body)).await.expect(201);
    assert_eq!((&made["email"], &made["name"]), (&json!("Grace@Example.com"), &json!("Grace Hopper")));
    let id: UserId = made["id"].as_str().unwrap().parse().unwrap();
    let (store, personal) = (&world.cloud.services.store, id.personal_organization());
    let marker = store.get::<AccountEmail>(&AccountEmail::key_of("grace@example.com")).await.unwrap().unwrap();
    assert_eq!(marker.user_id, id);
    let organization = store.get::<Organization>(&Organization::key_of(personal)).await.unwrap().unwrap();
    assert_eq!((organization.name.as_str(), organization.personal), ("Grace Hopper", true));
    let membership = store.get::<Membership>(&Membership::key_of(id, personal)).await.unwrap().unwrap();
    assert_eq!(membership.role, Role::Owner);
    assert!(store.get::<Credential>(&Credential::key_of(id)).await.unwrap().is_none());
    assert_eq!(world.trail(id).await, ["account.registered"]);
}

#[tokio::test(start_paused = true)]
async fn one_address_has_one_account_also_in_a_race() {
    let world = World::new();
    let admin = world.operator(PlatformRole::Admin).await;
    let create = |email: &str| world.app.post(PATH).by(&admin).json(&json!({"email": email, "name": "Grace"})).send();
    let answers = futures_util::future::join_all((0..5).map(|_| create("grace@example.com"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    create("GRACE@example.com").await.expect_problem(409, "email_taken");
    let once = || {
        let request = world.app.post(PATH).by(&admin).header("idempotency-key", "once");
        request.json(&json!({"email": "mary@example.com", "name": "Mary"})).send()
    };
    let first = once().await.expect(201);
    let again = once().await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(201), first);
}

#[tokio::test(start_paused = true)]
async fn it_is_for_admins_of_the_platform_and_for_values_that_are_right() {
    let world = World::new();
    let body = Some(json!({"email": "grace@example.com", "name": "Grace"}));
    let (ada, support) = (world.person("Ada").await, world.operator(PlatformRole::Support).await);
    for caller in [&ada, &support] {
        world.send(caller, "POST", PATH, body.clone()).await.expect_problem(403, "forbidden");
    }
    let admin = world.operator(PlatformRole::Admin).await;
    let body = Some(json!({"email": "grace", "name": "Grаce"}));
    let problem = world.send(&admin, "POST", PATH, body).await.expect_problem(422, "invalid");
    assert_eq!(wrong(&problem), ["email", "name"]);
}
