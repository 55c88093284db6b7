//! `POST /api/crm/leads/import` when things go wrong: races, a store that fails, rows that it does not take.

use std::time::Duration;

use crate::support::{app, counts, dump, file, import, items, leads, told};
use bytes::Bytes;
use embedded::{EmbeddedDynamoDb, WireResponse, WireService};
use serde_json::{Value, json};
use shared::model::lead::LeadIdentity;
use testkit::{Cloud, FaultPlan};

/// What a file brought about, without ids and times.
fn outcome(cloud: &Cloud) -> Vec<Value> {
    let texts = |item: &Value| json!([item["email"], item["name"], item["company"], item["status"], item["notes"]]);
    let mut leads = items(cloud, "lead").iter().map(texts).collect::<Vec<_>>();
    leads.sort_by_key(Value::to_string);
    let mut markers = items(cloud, "leadIdentity").iter().map(|item| item["identity"].clone()).collect::<Vec<_>>();
    markers.sort_by_key(Value::to_string);
    leads.extend(markers);
    leads
}

#[tokio::test(start_paused = true)]
async fn whatever_the_store_does_a_repeated_import_ends_as_if_nothing_had_happened() {
    let faultless = Cloud::new();
    let (quiet, ada) = (app(&faultless), faultless.caller("Ada").await);
    import(&quiet, &ada, file(120)).await.expect(200);
    let expected = outcome(&faultless);
    for seed in 0..20 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
        let mut requests = 0;
        loop {
            requests += 1;
            assert!(requests < 50, "seed {seed}: no end");
            let answer = import(&app, &ada, file(120)).await;
            if answer.status == 200 {
                assert_eq!(counts(&answer.json).3, 0, "seed {seed}: {}", answer.text);
                break;
            }
            assert_eq!(answer.status, 503, "seed {seed}: {}", answer.text);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(outcome(&cloud), expected, "seed {seed}");
        assert_eq!(told(&cloud), (120, 0), "seed {seed}: each lead is told of once");
    }
}

#[tokio::test(start_paused = true)]
async fn two_imports_of_one_file_at_once_make_each_lead_once() {
    for seed in 0..5 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed).often(60));
        let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
        let (first, second) = tokio::join!(import(&app, &ada, file(120)), import(&app, &ada, file(120)));
        let (first, second) = (counts(&first.expect(200)), counts(&second.expect(200)));
        assert_eq!((first.0 + second.0, first.1 + second.1, first.3 + second.3), (120, 0, 0), "seed {seed}");
        assert_eq!((items(&cloud, "lead").len(), items(&cloud, "leadIdentity").len()), (120, 120), "seed {seed}");
        assert_eq!(told(&cloud), (120, 0), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn changes_during_an_import_leave_each_lead_with_its_marker() {
    for seed in 0..10 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed).often(100));
        let (calm, app, ada) = (app(&cloud.without_faults()), app(&cloud), cloud.caller("Ada").await);
        import(&calm, &ada, file(20)).await.expect(200);
        let known = leads(&calm, &ada).await;
        let path = |number: usize| format!("/api/crm/leads/{}", known[number]["id"].as_str().unwrap());
        let body = |number: usize| json!({"name": "Moved", "email": format!("moved{number}@example.com")});
        let later = file(20).replace("Company", "Firm");
        let _ = tokio::join!(
            import(&app, &ada, later.clone()),
            app.put(&path(3)).by(&ada).json(&body(3)).send(),
            app.put(&path(4)).by(&ada).json(&body(4)).send(),
            app.delete(&path(5)).by(&ada).send(),
            import(&app, &ada, later.clone()),
        );
        let (leads, markers) = (items(&cloud, "lead"), items(&cloud, "leadIdentity"));
        let mut owners = markers.iter().map(|marker| marker["leadId"]["S"].to_string()).collect::<Vec<_>>();
        let mut ids = leads.iter().map(|lead| lead["id"]["S"].to_string()).collect::<Vec<_>>();
        owners.sort();
        ids.sort();
        assert_eq!(owners, ids, "seed {seed}");
        for lead in leads {
            let known_by = format!("email:{}", lead["email"]["S"].as_str().unwrap());
            let key = LeadIdentity::key_of(ada.organization_id, &known_by);
            let marker = markers.iter().find(|marker| marker["sk"]["S"] == key.sk).unwrap();
            assert_eq!(marker["leadId"], lead["id"], "seed {seed}: {known_by}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_marker_without_its_lead_stops_its_row_alone() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let marker = LeadIdentity::new(ada.organization_id, "email:lead7@example.com", cloud.services.ids.next());
    cloud.write(|transaction| transaction.create(marker.clone())).await;
    let answer = import(&app, &ada, file(60)).await.expect(200);
    assert_eq!(counts(&answer), (59, 0, 0, 1));
    assert_eq!((&answer["errors"][0]["row"], &answer["errors"][0]["field"]), (&json!(9), &json!("row")));
}

/// A table that takes no transaction with this text in it.
#[derive(Clone, Debug)]
struct Refusing(EmbeddedDynamoDb, &'static [&'static str]);

impl WireService for Refusing {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        let text = String::from_utf8_lossy(&body);
        if operation == "TransactWriteItems" && self.1.iter().any(|refused| text.contains(refused)) {
            let fault = json!({"__type": "com.amazon.coral.validate#ValidationException", "message": "no"});
            return WireResponse::error(400, fault.to_string());
        }
        self.0.answer(operation, body).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_that_the_store_does_not_take_is_left_out_of_its_chunk() {
    let dynamodb = Cloud::table();
    let service = Refusing(dynamodb.clone(), &["lead17@", "lead18@", "lead99@"]);
    let cloud = Cloud::through(dynamodb, service);
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let answer = import(&app, &ada, file(120)).await.expect(200);
    assert_eq!(counts(&answer), (117, 0, 0, 3));
    let errors = answer["errors"].as_array().unwrap().iter().map(|error| json!([error["row"], error["field"]]));
    assert_eq!(json!(errors.collect::<Vec<_>>()), json!([[19, "row"], [20, "row"], [101, "row"]]));
    assert_eq!(told(&cloud), (117, 0));
    let before = dump(&cloud);
    assert_eq!(counts(&import(&app, &ada, file(120)).await.expect(200)), (0, 0, 117, 3));
    assert_eq!(dump(&cloud), before);
}
