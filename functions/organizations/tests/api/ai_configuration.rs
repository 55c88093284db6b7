//! `/api/organizations/{organizationId}/ai-configuration`

use serde_json::{Value, json};
use shared::access::Role;
use testkit::Cloud;

use crate::support::{app, trail};

#[tokio::test(start_paused = true)]
async fn a_configuration_is_replaced_as_a_whole_and_off_by_default() {
    let cloud = Cloud::new();
    let (app, ada, mary) = (app(&cloud), cloud.founder("Ada").await, cloud.caller("Mary").await);
    cloud.join(&mary, ada.organization_id, Role::Member).await;
    let path = format!("/api/organizations/{}/ai-configuration", ada.organization_id);
    let nothing = json!({"personality": null, "tone": null, "goals": [], "industry": null, "emotionDetection": false});
    assert_eq!(app.get(&path).by(&mary).send().await.expect(200), nothing);
    let put = |body: &Value| app.put(&path).by(&ada).json(body).send();
    let said = json!({"personality": "Calm.\nSays what would not work.", "tone": "warm", "goals": ["Ten customers", "A second engine"],
        "industry": "Computing", "emotionDetection": true});
    assert_eq!(put(&said).await.expect(200), said);
    assert_eq!(put(&said).await.expect(200), said);
    assert_eq!(app.get(&path).by(&mary).send().await.expect(200), said);
    app.put(&path).by(&mary).json(&said).send().await.expect_problem(403, "forbidden");
    assert_eq!(put(&json!({})).await.expect(200), nothing, "what is absent is cleared");
    let events = app.get("/api/activity").by(&ada).organization(ada.organization_id).send().await.expect(200);
    assert_eq!(events["data"][1]["data"], json!({"emotionDetection": true}), "what was said is told by no event");
    assert_eq!(trail(&cloud, ada.organization_id).await, ["organization.aiConfigurationChanged"; 2]);
}

#[tokio::test(start_paused = true)]
async fn every_wrong_field_is_told() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.founder("Ada").await);
    let path = format!("/api/organizations/{}/ai-configuration", ada.organization_id);
    let put = |body: &Value| app.put(&path).by(&ada).json(body).send();
    let wrong = json!({"personality": "x".repeat(1001), "tone": "two\nlines", "goals": ["fine", " ", "y".repeat(201)], "industry": ""});
    let problem = put(&wrong).await.expect_problem(422, "invalid");
    let paths = problem["errors"].as_array().unwrap().iter().map(|error| error["path"].as_str().unwrap().to_owned());
    let mut paths = paths.collect::<Vec<_>>();
    paths.sort();
    assert_eq!(paths, ["goals[1]", "goals[2]", "industry", "personality", "tone"]);
    let many = put(&json!({"goals": vec!["goal"; 11]})).await.expect_problem(422, "invalid");
    assert_eq!(many["errors"][0]["path"], "goals");
    put(&json!({"emotionDetection": "yes"})).await.expect_problem(400, "malformed");
    assert!(trail(&cloud, ada.organization_id).await.is_empty());
}
