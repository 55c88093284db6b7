//! `GET /api/billing/credits/history`

use serde_json::{Value, json};
use shared::plan::CreditAction;
use testkit::Cloud;

use crate::support::{Purse, app};

const PATH: &str = "/api/billing/credits/history";

#[tokio::test(start_paused = true)]
async fn everything_that_came_and_went_is_told_the_latest_first_by_page() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let purse = Purse::of(&cloud, &ada);
    purse.spend(CreditAction::InvestorSearch).await.unwrap();
    purse.spend(CreditAction::CompanySearch).await.unwrap();
    purse.purchase(100).await;
    purse.take_back(120).await;
    let first = app.get(&format!("{PATH}?limit=3")).by(&ada).send().await.expect(200);
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = app.get(&format!("{PATH}?limit=3&cursor={cursor}")).by(&ada).send().await.expect(200);
    let of = |page: &Value| page["data"].as_array().unwrap().clone();
    let all = of(&first).into_iter().chain(of(&second)).collect::<Vec<_>>();
    let told =
        all.iter().map(|movement| (movement["cause"]["type"].as_str().unwrap(), movement["credits"].as_i64().unwrap()));
    let expected = [("takenBack", -120), ("purchase", 100), ("action", -25), ("grant", 200), ("action", -50)];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(all[0]["cause"], json!({"type": "takenBack", "paymentId": "pi_1", "owed": 20}));
    let grant = ada.organization_id.to_string().replace("org_", "crg_");
    assert_eq!(all[2]["cause"]["burned"], json!([{"source": {"kind": "grant", "grantId": grant}, "credits": 25}]));
    assert_eq!(all[3]["cause"]["kind"], "opening");
    assert_eq!(all[4]["cause"]["action"], "investorSearch");
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_wrongly_is_refused() {
    let cloud = Cloud::new();
    let (app, ada, eve) = (app(&cloud), cloud.founder("Ada").await, cloud.caller("Eve").await);
    app.get(&format!("{PATH}?limit=0")).by(&ada).send().await.expect_problem(422, "invalid");
    app.get(&format!("{PATH}?limit=101")).by(&ada).send().await.expect_problem(422, "invalid");
    app.get(&format!("{PATH}?cursor=x")).by(&ada).send().await.expect_problem(400, "malformed");
    app.get(PATH).by(&eve).organization(ada.organization_id).send().await.expect_problem(404, "not_found");
}
