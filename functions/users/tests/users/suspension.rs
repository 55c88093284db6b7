//! `POST /api/users/{userId}/suspend` and `/reinstate`

use serde_json::json;
use shared::access::PlatformRole;

use crate::support::{World, path};

#[tokio::test(start_paused = true)]
async fn a_suspended_account_is_refused_and_not_met_until_it_is_reinstated() {
    let world = World::new();
    let (ada, eve, admin) =
        (world.person("Ada").await, world.person("Eve").await, world.operator(PlatformRole::Admin).await);
    world.profile(&ada, json!({"name": "Ada Lovelace"})).await;
    assert_eq!(world.step(&admin, "POST", &ada, "/suspend").await.status, 204);
    world.send(&ada, "GET", &path(&ada, ""), None).await.expect_problem(403, "account_suspended");
    world.send(&ada, "GET", "/api/users/connections", None).await.expect_problem(403, "account_suspended");
    world.send(&eve, "GET", &path(&ada, ""), None).await.expect_problem(404, "not_found");
    world.step(&eve, "POST", &ada, "/connection").await.expect_problem(404, "not_found");
    assert!(world.search(&eve, "name=ada").await.is_empty());
    assert!(world.look(&admin, &ada).await["suspendedAt"].is_string());

    assert_eq!(world.step(&admin, "POST", &ada, "/suspend").await.status, 204, "again changes nothing");
    assert_eq!(world.step(&admin, "POST", &ada, "/reinstate").await.status, 204);
    assert_eq!(world.step(&admin, "POST", &ada, "/reinstate").await.status, 204);
    assert_eq!(world.look(&ada, &ada).await["name"], "Ada Lovelace", "her session goes on");
    assert_eq!(world.search(&eve, "name=ada").await, ["Ada Lovelace"]);
    assert_eq!(world.trail(ada.user_id).await, ["user.profileChanged", "user.suspended", "user.reinstated"]);
}

#[tokio::test(start_paused = true)]
async fn only_admins_of_the_platform_suspend_and_never_themselves() {
    let world = World::new();
    let (ada, eve, support) =
        (world.person("Ada").await, world.person("Eve").await, world.operator(PlatformRole::Support).await);
    for caller in [&eve, &support] {
        for rest in ["/suspend", "/reinstate"] {
            world.step(caller, "POST", &ada, rest).await.expect_problem(403, "forbidden");
        }
    }
    let admin = world.operator(PlatformRole::Admin).await;
    world.step(&admin, "POST", &admin, "/suspend").await.expect_problem(409, "yourself");
    let nobody = "/api/users/usr_01KAGR3V0R0000000000000000/suspend";
    world.send(&admin, "POST", nobody, None).await.expect_problem(404, "not_found");
}
