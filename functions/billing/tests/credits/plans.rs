//! `GET /api/billing/plans`

use serde_json::json;
use testkit::Cloud;

use crate::support::app;

#[tokio::test(start_paused = true)]
async fn everybody_may_know_what_is_sold() {
    let cloud = Cloud::new();
    let catalogue = app(&cloud).get("/api/billing/plans").send().await.expect(200);
    let names = catalogue["plans"].as_array().unwrap().iter().map(|plan| plan["name"].clone());
    assert_eq!(names.collect::<Vec<_>>(), ["free", "pro", "outreach", "enterprise"]);
    let free = json!({
        "openingGrant": 200, "perDay": 50, "thenUnlimited": false,
        "costs": {"chatMessage": 10, "investorSearch": 50, "companySearch": 25},
    });
    assert_eq!(catalogue["plans"][0]["credits"], free);
    assert_eq!(catalogue["plans"][3]["priceCentsPerMonth"], json!(null));
    assert_eq!(catalogue["creditPacks"][0], json!({"credits": 4900, "priceCents": 1900}));
    assert_eq!(catalogue["fairUse"], json!({"actions": 120, "windowSeconds": 3600}));
}
