//! BUZ: minted, sent, staked and paid back.

use std::time::Duration;

use groundwork::operator::set_role;
use serde_json::json;
use shared::access::PlatformRole;
use shared::id::{StakeId, UserId};
use shared::ledger::{AccountId, Ledger, LedgerError, Leg, NewTransfer, Reason};
use shared::model::stake::Stake;
use shared::store::Transaction;

use super::{EMAIL, Scenario};

/// A BUZ in micro-BUZ.
const BUZ: i64 = 1_000_000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) async fn run(scenario: &mut Scenario) {
    let ada = scenario.get("/api/auth/me").send().await.expect(200)["user"]["id"].as_str().expect("an id").to_owned();
    set_role(&scenario.stage.backstage, EMAIL, Some(PlatformRole::Admin)).await.expect("the role is set");
    scenario.stage.follow().await;
    scenario.stage.platform.services.access.clear();
    let body = json!({"email": "blaise@people.example", "name": "Blaise Pascal"});
    let request = scenario.post("/api/users/create", &body);
    let blaise = scenario.quietly(201, request).await["id"].as_str().expect("an id").to_owned();
    let request = scenario.post("/api/buz/mint", &json!({"amount": 1_000 * BUZ, "reason": "Seed"}));
    scenario.quietly(201, request).await;
    let mint = json!({"userId": ada, "amount": 100_000 * BUZ, "reason": "Gift"});
    let request = scenario.post("/api/buz/mint", &mint);
    scenario.measure("mintBuz", "", 201, request).await;
    let request = scenario.post("/api/buz/burn", &json!({"amount": BUZ, "reason": "Too much"}));
    scenario.measure("burnBuz", "", 201, request).await;
    set_role(&scenario.stage.backstage, EMAIL, Some(PlatformRole::Support)).await.expect("the role is set");
    scenario.stage.follow().await;
    scenario.stage.platform.services.access.clear();

    let transfer = json!({"to": blaise, "amount": BUZ, "memo": "For the engine"});
    for _ in 0..50 {
        let request = scenario.post("/api/buz/transfer", &transfer);
        scenario.quietly(201, request).await;
    }
    let request = scenario.post("/api/buz/transfer", &transfer);
    scenario.measure("transferBuz", "", 201, request).await;
    for (operation, path) in [
        ("getBuzBalance", format!("balance/{ada}")),
        ("getPastBuzBalance", format!("balance/{ada}/past?at=2030-01-01T00:00:00Z")),
        ("listBuzHistory", format!("history/{ada}")),
        ("quoteBuzTransfer", "quote?amount=1000000".to_owned()),
        ("getRewardPool", "rewards".to_owned()),
        ("getBuzSupply", "supply".to_owned()),
    ] {
        let request = scenario.get(&format!("/api/buz/{path}"));
        scenario.measure(operation, "", 200, request).await;
    }
    let request = scenario.get(&format!("/api/buz/statement/{ada}?from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z"));
    scenario.measure("getBuzStatement", "", 200, request).await;
    stakes(scenario, &ada).await;
    time_out(scenario, &ada).await;
}

/// Stakes that were made long ago, of which one has its rewards paid in between.
async fn stakes(scenario: &mut Scenario, ada: &str) {
    let body = json!({"amount": 100 * BUZ, "days": 30});
    for _ in 0..47 {
        let request = scenario.post("/api/buz/stake", &body);
        scenario.quietly(201, request).await;
    }
    let request = scenario.post("/api/buz/stake", &body);
    scenario.measure("stakeBuz", "", 201, request).await;
    let old = [old_stake(scenario, ada).await, old_stake(scenario, ada).await];
    let request = scenario.get(&format!("/api/buz/stakes/{ada}"));
    scenario.measure("listStakes", "", 200, request).await;
    let [one, other] = old.map(|stake| json!({"stakeId": stake}));
    let request = scenario.post("/api/buz/rewards", &one);
    scenario.measure("claimRewards", "", 200, request).await;
    let request = scenario.post("/api/buz/unstake", &one);
    scenario.measure("unstakeBuz", "", 200, request).await;
    let request = scenario.post("/api/buz/unstake", &other);
    scenario.measure("unstakeBuz", "with rewards", 200, request).await;
}

/// A stake whose days are over, so that no token has to outlive them.
async fn old_stake(scenario: &Scenario, ada: &str) -> StakeId {
    let services = &scenario.stage.backstage;
    let (user_id, id, amount): (UserId, _, _) = (ada.parse().expect("an id"), services.ids.next(), 100 * BUZ);
    let legs = vec![Leg::out_of(AccountId::BuzWallet(user_id), amount), Leg::into(AccountId::BuzStakes, amount)];
    let new = NewTransfer::new(services.ids.next(), user_id.personal_organization(), Reason::Stake, legs);
    let started_at = services.clock.now().minus(DAY * 40);
    let stake =
        Stake { id, user_id, amount, days: 30, rate_basis_points: 500, started_at, rewards_paid: 0, ended_at: None };
    let plan = || async {
        let mut transaction = Transaction::<LedgerError>::new();
        Ledger::new(services).plan(&mut transaction, vec![new.clone()]).await?;
        transaction.create(stake.clone());
        Ok((transaction, ()))
    };
    services.store.execute(plan).await.expect("the table takes it");
    id
}

/// Something is held and nobody settles it.
async fn time_out(scenario: &mut Scenario, ada: &str) {
    let services = scenario.stage.backstage.clone();
    let user_id: UserId = ada.parse().expect("an id");
    let legs = vec![Leg::out_of(AccountId::BuzWallet(user_id), BUZ), Leg::into(AccountId::BuzRewards, BUZ)];
    // The id is given, so that its shard does not hang on what else drew one.
    let id = "trf_01KAGR3V0R0000000000000001".parse().expect("an id");
    let new = NewTransfer::new(id, user_id.personal_organization(), Reason::FundRewards, legs);
    let new = new.pending(Some(Duration::from_secs(60)));
    let plan = || async {
        let mut transaction = Transaction::<LedgerError>::new();
        Ledger::new(&services).plan(&mut transaction, vec![new.clone()]).await?;
        Ok((transaction, ()))
    };
    services.store.execute(plan).await.expect("the table takes it");
    tokio::time::sleep(Duration::from_secs(90)).await;
    let run = scenario.stage.sweep("a transfer timed out").await;
    scenario.note(run, Vec::new());
    for run in scenario.stage.follow().await {
        scenario.note(run, Vec::new());
    }
}
