//! What these tests share.

use std::collections::BTreeMap;

use crm::{Deps, router};
use serde_json::{Value, json};
use testkit::{Caller, Cloud, TestApp, TestResponse};

pub(crate) fn app(cloud: &Cloud) -> TestApp {
    TestApp::new(router().with_state(Deps::new(cloud.services.clone())), &cloud.services)
}

pub(crate) async fn import(app: &TestApp, caller: &Caller, file: impl Into<Vec<u8>>) -> TestResponse {
    app.post("/api/crm/leads/import").by(caller).body("text/csv; charset=utf-8", file.into()).send().await
}

/// Every item of the table by its key.
pub(crate) fn dump(cloud: &Cloud) -> BTreeMap<String, Value> {
    let mut items = BTreeMap::new();
    let mut request = json!({"TableName": cloud.services.store.table()});
    loop {
        let answer = cloud.dynamodb.dispatch("Scan", request.to_string().as_bytes());
        let mut answer: Value = serde_json::from_str(&answer.text()).unwrap();
        for item in answer["Items"].as_array().unwrap() {
            items.insert(format!("{} {}", item["pk"]["S"], item["sk"]["S"]), item.clone());
        }
        match answer["LastEvaluatedKey"].take() {
            Value::Null => return items,
            last => request["ExclusiveStartKey"] = last,
        }
    }
}

/// The items of one type.
pub(crate) fn items(cloud: &Cloud, entity: &str) -> Vec<Value> {
    dump(cloud).into_values().filter(|item| item["entity"]["S"] == entity).collect()
}

/// How many leads the organisation's events say were imported and updated.
pub(crate) fn told(cloud: &Cloud) -> (u64, u64) {
    let count = |event: &Value, name: &str| event["data"]["M"][name]["N"].as_str().unwrap().parse::<u64>().unwrap();
    let events = items(cloud, "event");
    let imports = events.iter().filter(|event| event["type"]["S"] == "leads.imported");
    imports.fold((0, 0), |(imported, updated), event| {
        (imported + count(event, "imported"), updated + count(event, "updated"))
    })
}

/// All leads, page by page.
pub(crate) async fn leads(app: &TestApp, caller: &Caller) -> Vec<Value> {
    let (mut leads, mut path) = (Vec::new(), "/api/crm/leads?limit=100".to_owned());
    loop {
        let page = app.get(&path).by(caller).send().await.expect(200);
        leads.extend(page["data"].as_array().unwrap().clone());
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/api/crm/leads?limit=100&cursor={cursor}"),
            None => return leads,
        }
    }
}

/// A file of this many leads.
pub(crate) fn file(rows: usize) -> String {
    let row = |number| format!("Lead {number},lead{number}@example.com,Company {number},new,Knows person {number}\n");
    "Name,Email,Company,Status,Notes\n".to_owned() + &(0..rows).map(row).collect::<String>()
}

pub(crate) fn counts(answer: &Value) -> (u64, u64, u64, u64) {
    let count = |name: &str| answer[name].as_u64().unwrap();
    (count("imported"), count("updated"), count("skipped"), count("failed"))
}
