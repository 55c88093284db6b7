//! Who may do what: every operation of the OpenAPI document, called by everybody.
//!
//! An operation without a row here fails the suite, and so does a row without an operation.

mod table;
mod things;

use shared::access::{PlatformRole, Role};
use shared::plan::PlanName;
use testkit::Cloud;

use crate::harness::TestPlatform;
use table::{as_platform_admin, cases, open};
use things::Things;

/// Those who call: nobody, a stranger, a member, an admin and the owner of the organisation, and platform support.
const CALLERS: [&str; 6] = ["nobody", "stranger", "member", "admin", "owner", "support"];
/// Those whose expectations follow from the others': an admin of the platform, and an owner whose account is suspended.
const DERIVED: [&str; 2] = ["platform admin", "suspended"];

/// Calls one operation as one caller on a platform of its own; the status.
async fn call(operation: &str, who: &str) -> u16 {
    let platform = TestPlatform::start().await;
    let cloud = Cloud { dynamodb: platform.dynamodb.clone(), services: platform.services.clone() };
    let owner = cloud.founder("Owner").await;
    cloud.set_plan(owner.organization_id, PlanName::Enterprise).await;
    let things = Things::make(&cloud, &owner).await;
    let case = cases(&things).remove(operation).expect("the row is there");
    let (method, path) = operation.split_once(' ').expect("a method and a path");
    let mut request = platform.app().request(method, &things.path(path, &owner));
    if who != "nobody" {
        let person = if matches!(who, "owner" | "suspended") { owner.clone() } else { cloud.caller(who).await };
        match who {
            "member" => cloud.join(&person, owner.organization_id, Role::Member).await,
            "admin" => cloud.join(&person, owner.organization_id, Role::Admin).await,
            "support" => cloud.set_platform_role(&person, PlatformRole::Support).await,
            "platform admin" => cloud.set_platform_role(&person, PlatformRole::Admin).await,
            "suspended" => cloud.suspend(&person).await,
            _ => {}
        }
        request = request.by(&person).organization(owner.organization_id);
    }
    if let Some(body) = case.body {
        let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        request = request.body(case.content_type, text);
    }
    let status = request.send().await.status.as_u16();
    platform.settle().await;
    status
}

fn operations() -> Vec<String> {
    let document = serde_json::to_value(groundwork::openapi()).expect("the document is JSON");
    let paths = document["paths"].as_object().expect("paths").iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().expect("an item").keys().filter(|key| *key != "servers");
        methods.map(move |method| format!("{} {path}", method.to_uppercase())).collect::<Vec<_>>()
    });
    operations.collect()
}

#[tokio::test(start_paused = true)]
async fn every_operation_answers_every_caller_as_expected() {
    let platform = TestPlatform::start().await;
    let cloud = Cloud { dynamodb: platform.dynamodb.clone(), services: platform.services.clone() };
    let owner = cloud.founder("Owner").await;
    let cases = cases(&Things::make(&cloud, &owner).await);
    platform.settle().await;
    let operations = operations();
    for row in cases.keys() {
        assert!(operations.iter().any(|operation| operation == row), "{row} is no operation of the document");
    }
    let mut wrong = Vec::new();
    for operation in &operations {
        let Some(case) = cases.get(operation.as_str()) else {
            wrong.push(format!("{operation} has no row"));
            continue;
        };
        let [nobody, .., support] = case.expected;
        // What is open to everybody asks nobody who they are.
        let suspended = if case.expected == open(nobody) { nobody } else { 403 };
        let derived = [as_platform_admin(operation, support), suspended];
        for (caller, expected) in CALLERS.into_iter().chain(DERIVED).zip(case.expected.into_iter().chain(derived)) {
            let status = call(operation, caller).await;
            if status != expected {
                wrong.push(format!("{operation} as {caller}: {status} instead of {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
