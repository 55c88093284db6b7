//! Which account somebody gets who comes from LinkedIn.

use std::collections::BTreeSet;
use std::time::Duration;

use embedded::LinkedInMember;
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::event::Fact;
use shared::model::link::LinkPurpose;
use shared::model::user::User;
use testkit::{Cloud, FaultPlan, totp_code_at};

use super::{PROVIDER, World, member};
use crate::support::{Auth, PASSWORD, text, user_of};

#[tokio::test(start_paused = true)]
async fn somebody_new_gets_an_account_and_comes_back_to_it() {
    let Some(world) = World::new() else { return };
    let begun = world.start().await;
    assert_eq!(begun["expiresIn"], 600);
    let url = text(&begun, "authorizationUrl");
    assert!(url.starts_with("https://linkedin.example/oauth/v2/authorization?response_type=code&"), "{url}");
    assert!(!url.contains(text(&begun, "verifier")), "what the browser keeps is in no address");
    let answer = world.callback(&world.agreed(&begun, &member("ada"))).await;
    assert!(answer.header("ratelimit").is_some());
    let ada = answer.expect(201);
    let (user_id, email) = (user_of(&ada), text(&ada["user"], "email"));
    assert_eq!((email, text(&ada["user"], "name")), ("ada@example.com", "ada at LinkedIn"));
    let me = world.auth.me(&ada).await.expect(200);
    assert_eq!(me["user"]["emailVerified"], true);
    let expected = json!({"provider": "linkedin", "email": "ada@example.com", "linkedAt": "2026-11-20T09:00:00.000Z"});
    assert_eq!(world.identities(&ada).await, json!({"data": [expected], "nextCursor": null}));
    tokio::time::advance(Duration::from_secs(60)).await;
    let again = world.sign_in(&member("ada")).await.expect(200);
    assert_eq!(again["user"], ada["user"]);
    world.auth.me(&again).await.expect(200);
    let facts = world.auth.facts(user_id).await;
    assert_eq!(facts[..2], [Fact::AccountRegistered { user_id }, Fact::IdentityLinked { user_id, provider: PROVIDER }]);
    assert!(facts[2..].iter().all(|fact| matches!(fact, Fact::SessionStarted { .. })) && facts.len() == 4, "{facts:?}");
    // Both sessions are full ones.
    let refresh = json!({"refreshToken": again["refreshToken"]});
    world.auth.app.post("/api/auth/refresh").json(&refresh).send().await.expect(200);
    let sessions =
        world.auth.app.get("/api/auth/sessions").bearer(text(&again, "accessToken")).send().await.expect(200);
    assert_eq!(sessions["data"].as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_account_without_a_password_gets_one_by_mail_or_while_its_sign_in_is_recent() {
    let Some(world) = World::new() else { return };
    let ada = world.sign_in(&member("ada")).await.expect(201);
    let post = |path: &str, body: Value| world.auth.app.post(path).bearer(text(&ada, "accessToken")).json(&body).send();
    world.auth.step_up(&ada, json!({"password": PASSWORD})).await.expect_problem(403, "password_wrong");
    let login = |password: &str| {
        let body = json!({"email": "ada@example.com", "password": password});
        world.auth.app.post("/api/auth/login").json(&body).send()
    };
    login(PASSWORD).await.expect_problem(401, "invalid_credentials");
    let changed = post("/api/auth/password/change", json!({"newPassword": "kumquat marmalade seven"})).await;
    assert_eq!(changed.status, 204, "{}", changed.text);
    login("kumquat marmalade seven").await.expect(200);
    assert_eq!(post("/api/auth/password/forgot", json!({"email": "ada@example.com"})).await.status, 202);
    let token = world.auth.mailed(user_of(&ada), LinkPurpose::ResetPassword).await;
    let reset = post("/api/auth/password/reset", json!({"token": token, "password": PASSWORD})).await;
    assert_eq!(reset.status, 204, "{}", reset.text);
    login(PASSWORD).await.expect(200);
    assert_eq!(user_of(&world.sign_in(&member("ada")).await.expect(200)), user_of(&ada));
}

#[tokio::test(start_paused = true)]
async fn an_account_is_linked_where_both_have_verified_the_address() {
    let Some(world) = World::new() else { return };
    let ada = world.verified("ada").await;
    let user_id = user_of(&ada);
    let other_spelling = LinkedInMember { email: Some("Ada@Example.COM".to_owned()), ..member("ada") };
    for _ in 0..2 {
        let signed_in = world.sign_in(&other_spelling).await.expect(200);
        assert_eq!(signed_in["user"], ada["user"]);
    }
    assert_eq!(world.count(user_id, &Fact::IdentityLinked { user_id, provider: PROVIDER }).await, 1);
    world.auth.login("ada").await;
    // Whatever becomes of the address at LinkedIn, the identity is known by LinkedIn's name for it.
    for email in [Some("ada@lovelace.example".to_owned()), None] {
        let moved = LinkedInMember { email, ..member("ada") };
        assert_eq!(user_of(&world.sign_in(&moved).await.expect(200)), user_id);
    }
    assert_eq!(world.identities(&ada).await["data"][0]["email"], "ada@lovelace.example");
    // Another person at LinkedIn who has got the address does not get the account.
    let heir = LinkedInMember { subject: "another".to_owned(), ..member("ada") };
    world.sign_in(&heir).await.expect_problem(409, "identity_linked");
}

#[tokio::test(start_paused = true)]
async fn an_address_that_only_one_side_has_verified_links_nothing() {
    let Some(world) = World::new() else { return };
    let (ada, _) = (world.auth.register("ada").await, world.verified("eve").await);
    let rows = world.rows().await;
    // Ours is not verified: whoever registered may be anybody.
    let problem = world.sign_in(&member("ada")).await.expect_problem(409, "account_unverified");
    assert!(text(&problem, "detail").contains("Reset its password"), "{problem}");
    // LinkedIn's is not, or is not told.
    for member in [
        LinkedInMember { email_verified: false, ..member("eve") },
        LinkedInMember { email: None, ..member("eve") },
        LinkedInMember { email: Some("eve".to_owned()), ..member("eve") },
        LinkedInMember { email_verified: false, ..member("mary") },
    ] {
        world.sign_in(&member).await.expect_problem(409, "linkedin_email_unverified");
    }
    assert_eq!(world.rows().await, rows, "nothing was written");
    // Resetting the password shows the address to be theirs, and ends what whoever registered had.
    let forgot = world.auth.app.post("/api/auth/password/forgot").json(&json!({"email": "ada@example.com"}));
    assert_eq!(forgot.send().await.status, 202);
    let token = world.auth.mailed(user_of(&ada), LinkPurpose::ResetPassword).await;
    let reset = json!({"token": token, "password": "kumquat marmalade seven"});
    assert_eq!(world.auth.app.post("/api/auth/password/reset").json(&reset).send().await.status, 204);
    assert_eq!(user_of(&world.sign_in(&member("ada")).await.expect(200)), user_of(&ada));
    world.auth.me(&ada).await.expect_problem(401, "token_invalid");
}

#[tokio::test(start_paused = true)]
async fn a_second_factor_is_asked_for_all_the_same() {
    let Some(world) = World::new() else { return };
    let (auth, ada) = (&world.auth, world.verified("ada").await);
    let post = |path: &str, body: Value| auth.app.post(path).bearer(text(&ada, "accessToken")).json(&body).send();
    let enroll = auth.app.post("/api/auth/totp/enroll").bearer(text(&ada, "accessToken")).send().await.expect(200);
    let code = |steps| totp_code_at(&enroll["secret"], &auth.cloud.services.clock, steps);
    post("/api/auth/totp/confirm", json!({"code": code(0)})).await.expect(200);
    tokio::time::advance(Duration::from_secs(60)).await;
    let begun = world.start().await;
    let body = world.agreed(&begun, &member("ada"));
    let problem = world.callback(&body).await.expect_problem(401, "totp_required");
    assert_eq!((&problem["expiresIn"], &problem["accessToken"]), (&json!("300"), &Value::Null));
    let second = |body: Value| auth.app.post("/api/auth/login/totp").json(&body).send();
    let challenge = problem["challenge"].clone();
    second(json!({"challenge": challenge, "code": code(5)})).await.expect_problem(401, "code_wrong");
    let signed_in = second(json!({"challenge": challenge, "code": code(0)})).await.expect(200);
    assert_eq!(signed_in["user"], ada["user"]);
    // The attempt is used up by it.
    world.callback(&world.agreed(&begun, &member("ada"))).await.expect_problem(422, "linkedin_attempt_invalid");
    // A challenge ends with the sessions.
    let challenge = world.sign_in(&member("ada")).await.expect_problem(401, "totp_required")["challenge"].clone();
    let everywhere = auth.app.post("/api/auth/logout-everywhere").bearer(text(&ada, "accessToken")).send().await;
    assert_eq!(everywhere.status, 204);
    second(json!({"challenge": challenge, "code": code(1)})).await.expect_problem(401, "challenge_invalid");
}

#[tokio::test(start_paused = true)]
async fn a_suspended_account_is_refused() {
    let Some(world) = World::new() else { return };
    let ada = world.sign_in(&member("ada")).await.expect(201);
    let (services, key) = (&world.auth.cloud.services, User::key_of(user_of(&ada)));
    let user = services.store.get::<User>(&key).await.unwrap().unwrap();
    let suspended = User { suspended_at: Some(services.clock.now()), ..user.value.clone() };
    world.auth.cloud.write(|transaction| transaction.replace(&user, suspended.clone())).await;
    world.sign_in(&member("ada")).await.expect_problem(403, "account_suspended");
}

#[tokio::test(start_paused = true)]
async fn a_person_who_comes_back_in_several_tabs_at_once_gets_one_account() {
    for seed in 0..6 {
        let Some(world) = World::on(Cloud::with_timing(seed)) else { return };
        let mut bodies = Vec::new();
        for _ in 0..5 {
            bodies.push(world.agreed(&world.start().await, &member("ada")));
        }
        let answers = join_all(bodies.iter().map(|body| world.callback(body))).await;
        let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
        assert_eq!((count(201), count(200)), (1, 4), "seed {seed}: {answers:?}");
        let users = answers.iter().map(|answer| user_of(&answer.json)).collect::<BTreeSet<_>>();
        assert_eq!(users.len(), 1, "seed {seed}");
        let user_id = users.into_iter().next().unwrap();
        assert_eq!(world.count(user_id, &Fact::AccountRegistered { user_id }).await, 1);
        assert_eq!(world.count(user_id, &Fact::IdentityLinked { user_id, provider: PROVIDER }).await, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn two_people_with_one_address_at_once_get_one_account_and_one_of_them_has_it() {
    for seed in 0..6 {
        let Some(world) = World::on(Cloud::with_timing(seed)) else { return };
        let eve = LinkedInMember { subject: "subject-of-eve".to_owned(), ..member("ada") };
        let (one, other) =
            (world.agreed(&world.start().await, &member("ada")), world.agreed(&world.start().await, &eve));
        let answers = join_all([world.callback(&one), world.callback(&other)]).await;
        let mut statuses = answers.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "seed {seed}");
        let refused = answers.into_iter().find(|answer| answer.status == 409).unwrap();
        refused.expect_problem(409, "identity_linked");
    }
}

#[tokio::test(start_paused = true)]
async fn under_faults_a_person_still_has_one_account_and_one_identity() {
    for seed in 0..12 {
        let plan = FaultPlan::seeded(seed);
        let Some(world) = World::on(Cloud::with_faults(plan)) else { return };
        let mut users = BTreeSet::new();
        for _ in 0..12 {
            let begun = world.auth.app.post("/api/auth/linkedin/start").send().await;
            if begun.status != 200 {
                continue;
            }
            let answer = world.callback(&world.agreed(&begun.json, &member("ada"))).await;
            assert!(matches!(answer.status.as_u16(), 200 | 201 | 409 | 500 | 503), "seed {seed}: {}", answer.text);
            if answer.status.is_success() {
                users.insert(user_of(&answer.json));
            }
        }
        assert_eq!(users.len(), 1, "seed {seed}");
        let user_id = users.into_iter().next().unwrap();
        let calm = World { auth: Auth::on(world.auth.cloud.without_faults()), linkedin: world.linkedin.clone() };
        assert_eq!(calm.count(user_id, &Fact::AccountRegistered { user_id }).await, 1, "seed {seed}");
        assert_eq!(calm.count(user_id, &Fact::IdentityLinked { user_id, provider: PROVIDER }).await, 1, "seed {seed}");
        assert_eq!(calm.linked(user_id).await.unwrap().subject, "subject-of-ada");
    }
}
