//! `/api/organizations/{organizationId}/members`, `…/leave` and `…/transfer-ownership`

use serde_json::{Value, json};
use shared::access::Role;
use testkit::{Caller, Cloud, TestApp};

use crate::support::{app, owners, role, trail};

/// Ada, who owns an organisation, with an admin and a member.
struct Team {
    cloud: Cloud,
    app: TestApp,
    ada: Caller,
    adam: Caller,
    mary: Caller,
}

impl Team {
    async fn new() -> Self {
        let cloud = Cloud::new();
        let (ada, adam, mary) = (cloud.founder("Ada").await, cloud.caller("Adam").await, cloud.caller("Mary").await);
        cloud.join(&adam, ada.organization_id, Role::Admin).await;
        cloud.join(&mary, ada.organization_id, Role::Member).await;
        Self { app: app(&cloud), cloud, ada, adam, mary }
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/organizations/{}{rest}", self.ada.organization_id)
    }

    fn member(&self, member: &Caller) -> String {
        self.path(&format!("/members/{}", member.user_id))
    }

    async fn change(&self, by: &Caller, member: &Caller, role: &str) -> testkit::TestResponse {
        self.app.put(&self.member(member)).by(by).json(&json!({"role": role})).send().await
    }

    async fn transfer(&self, by: &Caller, to: &Caller) -> testkit::TestResponse {
        let body = json!({"userId": to.user_id.to_string()});
        self.app.post(&self.path("/transfer-ownership")).by(by).json(&body).send().await
    }

    async fn role(&self, caller: &Caller) -> Option<Role> {
        role(&self.cloud, caller, self.ada.organization_id).await
    }
}

#[tokio::test(start_paused = true)]
async fn members_are_listed_with_names_and_roles_page_by_page() {
    let team = Team::new().await;
    let (mut seen, mut path) = (Vec::<Value>::new(), team.path("/members?limit=2"));
    loop {
        let page = team.app.get(&path).by(&team.mary).send().await.expect(200);
        assert!(page["data"].as_array().unwrap().len() <= 2);
        seen.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = team.path(&format!("/members?limit=2&cursor={cursor}"));
    }
    let told = seen.iter().map(|member| (member["name"].as_str().unwrap(), member["role"].as_str().unwrap()));
    assert_eq!(told.collect::<Vec<_>>(), [("Ada", "owner"), ("Adam", "admin"), ("Mary", "member")]);
    assert_eq!(seen[1]["userId"], team.adam.user_id.to_string());
    assert!(!seen[0].to_string().contains('@'), "addresses are not told");
    let cursor = team.app.get(&team.path("/members?limit=1")).by(&team.ada).send().await.expect(200);
    let elsewhere = format!(
        "/api/organizations/{}/members?cursor={}",
        team.mary.organization_id,
        cursor["nextCursor"].as_str().unwrap()
    );
    team.app.get(&elsewhere).by(&team.mary).send().await.expect_problem(400, "malformed");
}

#[tokio::test(start_paused = true)]
async fn admins_change_the_roles_of_all_but_the_owner() {
    let team = Team::new().await;
    let (ada, adam, mary) = (&team.ada, &team.adam, &team.mary);
    let made = team.change(adam, mary, "admin").await.expect(200);
    assert_eq!((&made["role"], &made["name"]), (&json!("admin"), &json!("Mary")));
    team.change(adam, mary, "admin").await.expect(200);
    assert_eq!(trail(&team.cloud, ada.organization_id).await, ["organization.roleChanged"], "the same is no change");
    team.change(mary, adam, "member").await.expect(200);
    team.change(adam, mary, "member").await.expect_problem(403, "forbidden");
    team.change(mary, ada, "member").await.expect_problem(409, "owners_role");
    team.change(ada, ada, "admin").await.expect_problem(409, "owners_role");
    team.change(ada, mary, "owner").await.expect_problem(400, "malformed");
    let eve = team.cloud.caller("Eve").await;
    team.change(ada, &eve, "member").await.expect_problem(404, "not_found");
    team.change(&eve, mary, "member").await.expect_problem(404, "not_found");
    let mistaken = team.app.put(&team.path("/members/usr_no")).by(ada).json(&json!({"role": "admin"})).send().await;
    mistaken.expect_problem(404, "not_found");
    assert_eq!((team.role(ada).await, team.role(adam).await), (Some(Role::Owner), Some(Role::Member)));
}

#[tokio::test(start_paused = true)]
async fn a_removed_member_finds_the_organization_gone() {
    let team = Team::new().await;
    let (ada, adam, mary) = (&team.ada, &team.adam, &team.mary);
    team.app.get(&team.path("")).by(mary).send().await.expect(200);
    let remove = |by: &Caller, whom: &Caller| team.app.delete(&team.member(whom)).by(by).send();
    remove(adam, ada).await.expect_problem(409, "owners_role");
    remove(mary, adam).await.expect_problem(403, "forbidden");
    assert_eq!(remove(adam, mary).await.status, 204);
    team.app.get(&team.path("")).by(mary).send().await.expect_problem(404, "not_found");
    remove(adam, mary).await.expect_problem(404, "not_found");
    let list = team.app.get("/api/organizations").by(mary).send().await.expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "her own is left");
    assert_eq!(trail(&team.cloud, ada.organization_id).await, ["organization.memberRemoved"]);
}

#[tokio::test(start_paused = true)]
async fn everybody_but_the_owner_may_leave() {
    let team = Team::new().await;
    let leave = |caller: &Caller| team.app.post(&team.path("/leave")).by(caller).send();
    assert_eq!(leave(&team.mary).await.status, 204);
    leave(&team.mary).await.expect_problem(404, "not_found");
    assert_eq!(leave(&team.adam).await.status, 204);
    leave(&team.ada).await.expect_problem(409, "owner_stays");
    assert_eq!(owners(&team.cloud, team.ada.organization_id).await, [team.ada.user_id.to_string()]);
    assert_eq!(trail(&team.cloud, team.ada.organization_id).await, ["organization.memberLeft"; 2]);
}

#[tokio::test(start_paused = true)]
async fn the_ownership_passes_to_another_member_and_the_owner_becomes_an_admin() {
    let team = Team::new().await;
    let (ada, mary) = (&team.ada, &team.mary);
    let eve = team.cloud.caller("Eve").await;
    for nobody in [&eve, ada] {
        let problem = team.transfer(ada, nobody).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], "userId");
    }
    team.transfer(&team.adam, mary).await.expect_problem(403, "forbidden");
    let organization = team.transfer(ada, mary).await.expect(200);
    assert_eq!(organization["role"], "admin");
    assert_eq!((team.role(ada).await, team.role(mary).await), (Some(Role::Admin), Some(Role::Owner)));
    team.transfer(ada, mary).await.expect_problem(403, "forbidden");
    let event = team.app.get("/api/activity").by(mary).organization(ada.organization_id).send().await.expect(200);
    let data = json!({"from": ada.user_id.to_string(), "to": mary.user_id.to_string()});
    assert_eq!(
        (&event["data"][0]["type"], &event["data"][0]["data"]),
        (&json!("organization.ownershipTransferred"), &data)
    );
}

#[tokio::test(start_paused = true)]
async fn of_several_transfers_at_once_one_happens() {
    for seed in 0..10 {
        let cloud = Cloud::with_timing(seed);
        let ada = cloud.founder("Ada").await;
        let (adam, mary) = (cloud.caller("Adam").await, cloud.caller("Mary").await);
        cloud.join(&adam, ada.organization_id, Role::Admin).await;
        cloud.join(&mary, ada.organization_id, Role::Member).await;
        let team = Team { app: app(&cloud), cloud, ada, adam, mary };
        let leave = team.app.post(&team.path("/leave")).by(&team.mary).send();
        let demote = team.change(&team.adam, &team.mary, "admin");
        let (to_adam, to_mary, left, changed) =
            tokio::join!(team.transfer(&team.ada, &team.adam), team.transfer(&team.ada, &team.mary), leave, demote);
        let owners = owners(&team.cloud, team.ada.organization_id).await;
        assert_eq!(owners.len(), 1, "seed {seed}: {owners:?}");
        let done = [&to_adam, &to_mary].iter().filter(|answer| answer.status == 200).count();
        assert!(done <= 1, "seed {seed}");
        assert_eq!(owners[0] == team.ada.user_id.to_string(), done == 0, "seed {seed}");
        assert!(left.status != 204 || team.role(&team.mary).await.is_none(), "seed {seed}");
        assert!([200, 403, 404, 409].contains(&changed.status.as_u16()), "seed {seed}: {}", changed.text);
    }
}

#[tokio::test(start_paused = true)]
async fn the_personal_organization_is_its_accounts_alone() {
    let cloud = Cloud::new();
    let (app, ada, mary) = (app(&cloud), cloud.caller("Ada").await, cloud.caller("Mary").await);
    let path = |rest: &str| format!("/api/organizations/{}{rest}", ada.organization_id);
    app.post(&path("/leave")).by(&ada).send().await.expect_problem(409, "personal_organization");
    app.delete(&path("")).by(&ada).send().await.expect_problem(409, "personal_organization");
    let invite = app.post(&path("/invitations")).by(&ada).json(&json!({"email": "m@example.com", "role": "member"}));
    invite.send().await.expect_problem(409, "personal_organization");
    let transfer = app.post(&path("/transfer-ownership")).by(&ada).json(&json!({"userId": mary.user_id.to_string()}));
    transfer.send().await.expect_problem(409, "personal_organization");
    app.put(&path("")).by(&ada).json(&json!({"name": "Ada's own"})).send().await.expect(200);
    assert_eq!(trail(&cloud, ada.organization_id).await, ["organization.renamed"]);
}
