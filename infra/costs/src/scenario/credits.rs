//! Plans, usage and credits.

use serde_json::json;

use super::Scenario;

/// After the scenario's conversations there is a page of movements.
pub(super) async fn run(scenario: &mut Scenario) {
    let request = scenario.stage.app.get("/api/billing/plans");
    scenario.measure("listPlans", "", 200, request).await;
    let request = scenario.get("/api/billing/usage");
    scenario.measure("getBillingUsage", "", 200, request).await;
    let request = scenario.get("/api/billing/credits/history");
    let page = scenario.measure("listCreditMovements", "", 200, request).await;
    assert_eq!(page["data"].as_array().expect("a list").len(), 50, "a page of movements");
}

/// What an admin of the platform does for somebody.
pub(super) async fn grant(scenario: &mut Scenario, person: &str) {
    let organization = person.replace("usr_", "org_");
    let body = json!({"organizationId": organization, "credits": 500, "reason": "For the outage of Tuesday."});
    let request = scenario.post("/api/billing/credits/grant", &body);
    scenario.measure("grantCredits", "", 201, request).await;
}
