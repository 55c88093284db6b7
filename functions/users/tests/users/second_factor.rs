//! `DELETE /api/users/{userId}/totp`

use shared::access::PlatformRole;
use shared::event::{Actor, Event};
use shared::model::totp::Totp;
use shared::model::user::User;
use shared::store::{Listing, Transaction};
use testkit::Caller;

use crate::support::World;

/// Gives somebody a second factor, confirmed or only enrolled.
async fn enroll(world: &World, person: &Caller, confirmed: bool) {
    let services = &world.cloud.services;
    let now = services.clock.now();
    let user = services.store.get::<User>(&User::key_of(person.user_id)).await.unwrap().unwrap();
    let totp = Totp {
        user_id: person.user_id,
        sealed_secret: "sealed".to_owned(),
        created_at: now,
        confirmed_at: confirmed.then_some(now),
        last_step: None,
        recovery_code_hashes: vec!["a digest".to_owned()],
    };
    let write = |transaction: &mut Transaction<_>| {
        transaction.create(totp.clone());
        if confirmed {
            transaction.replace(&user, User { second_factor_since: Some(now), ..user.value.clone() });
        }
    };
    world.cloud.write(write).await;
}

#[tokio::test(start_paused = true)]
async fn an_admin_lets_in_whoever_lost_their_authenticator() {
    let world = World::new();
    let (ada, admin) = (world.person("Ada").await, world.operator(PlatformRole::Admin).await);
    enroll(&world, &ada, true).await;
    assert_eq!(world.step(&admin, "DELETE", &ada, "/totp").await.status, 204);
    let store = &world.cloud.services.store;
    assert!(store.get::<Totp>(&Totp::key_of(ada.user_id)).await.unwrap().is_none(), "its recovery codes end with it");
    let user = store.get::<User>(&User::key_of(ada.user_id)).await.unwrap().unwrap();
    assert_eq!(user.second_factor_since, None);
    world.look(&ada, &ada).await;
    // Of this event she gets a mail, and it says who did it.
    assert_eq!(world.trail(ada.user_id).await, ["account.totpDisabled"]);
    let listing = Listing::of_partition(Event::partition(ada.user_id.personal_organization()));
    let events = store.list::<Event>(&listing, None).await.unwrap().data;
    assert_eq!(events[0].value.actor, Actor::User { user_id: admin.user_id });
    world.step(&admin, "DELETE", &ada, "/totp").await.expect_problem(409, "totp_off");
}

#[tokio::test(start_paused = true)]
async fn only_admins_of_the_platform_do_and_never_their_own() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    let (admin, support) = (world.operator(PlatformRole::Admin).await, world.operator(PlatformRole::Support).await);
    enroll(&world, &ada, true).await;
    for caller in [&ada, &eve, &support] {
        world.step(caller, "DELETE", &ada, "/totp").await.expect_problem(403, "forbidden");
    }
    enroll(&world, &admin, true).await;
    world.step(&admin, "DELETE", &admin, "/totp").await.expect_problem(409, "yourself");
    enroll(&world, &eve, false).await;
    world.step(&admin, "DELETE", &eve, "/totp").await.expect_problem(409, "totp_off");
    for id in ["usr_01KAGR3V0R0000000000000000", "org_01KAGR3V0R0000000000000000", "7"] {
        let nobody = format!("/api/users/{id}/totp");
        world.send(&admin, "DELETE", &nobody, None).await.expect_problem(404, "not_found");
    }
}
