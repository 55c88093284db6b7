//! `/api/users/{userId}/activity` and its figures

use std::time::Duration;

use serde_json::json;
use shared::access::PlatformRole;
use shared::event::{Actor, Fact};
use shared::trace::Trace;

use crate::support::{World, path};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test(start_paused = true)]
async fn what_happened_with_an_account_is_listed_for_the_person_and_support() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    world.profile(&ada, json!({"name": "Ada Lovelace"})).await;
    world.step(&ada, "POST", &eve, "/block").await;
    let page = world.get(&ada, &path(&ada, "/activity?limit=1")).await;
    assert_eq!(page["data"][0]["type"], "user.blocked");
    assert_eq!(page["data"][0]["data"], json!({"userId": ada.user_id.to_string(), "otherId": eve.user_id.to_string()}));
    let next = path(&ada, &format!("/activity?limit=1&cursor={}", page["nextCursor"].as_str().unwrap()));
    assert_eq!(world.get(&ada, &next).await["data"][0]["type"], "user.profileChanged");
    let support = world.operator(PlatformRole::Support).await;
    assert_eq!(world.get(&support, &path(&ada, "/activity")).await["data"].as_array().unwrap().len(), 2);
    for rest in ["/activity", "/activity/analytics"] {
        world.send(&eve, "GET", &path(&ada, rest), None).await.expect_problem(403, "forbidden");
        let nobody = format!("/api/users/usr_01KAGR3V0R0000000000000000{rest}");
        world.send(&support, "GET", &nobody, None).await.expect_problem(404, "not_found");
    }
}

#[tokio::test(start_paused = true)]
async fn the_figures_are_of_thirty_days_by_day_and_kind() {
    let world = World::new();
    let (ada, services) = (world.person("Ada").await, &world.cloud.services);
    let nothing = world.get(&ada, &path(&ada, "/activity/analytics")).await;
    assert_eq!(nothing, json!({"days": [], "total": 0, "kinds": {}, "more": false}));
    let happens = async |fact: Fact| {
        let (actor, trace) = (Actor::User { user_id: ada.user_id }, Trace::begin(&services.ids));
        let event = services.event(ada.organization_id, actor, trace, fact);
        world.cloud.write(|transaction| transaction.create(event.clone())).await;
    };
    let user_id = ada.user_id;
    happens(Fact::ProfileChanged { user_id }).await;
    tokio::time::advance(DAY).await;
    happens(Fact::ProfileChanged { user_id }).await;
    happens(Fact::ProfileChanged { user_id }).await;
    let first = services.clock.now().day();
    tokio::time::advance(DAY * 20).await;
    happens(Fact::PrivacyChanged { user_id }).await;
    let second = services.clock.now().day();
    tokio::time::advance(DAY * 9).await;
    let support = world.operator(PlatformRole::Support).await;
    let figures = world.get(&support, &path(&ada, "/activity/analytics")).await;
    assert_eq!(
        figures,
        json!({
            "days": [
                {"day": first, "total": 2, "kinds": {"user.profileChanged": 2}},
                {"day": second, "total": 1, "kinds": {"user.privacyChanged": 1}},
            ],
            "total": 3, "kinds": {"user.profileChanged": 2, "user.privacyChanged": 1}, "more": false,
        })
    );
}
