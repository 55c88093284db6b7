//! Both stages of both files: `samconfig.toml`, `wrangler.toml`, and what they have to agree upon.

use std::collections::{BTreeMap, BTreeSet};

use toml::Table;

use super::code;
use super::document::{Deployment, STAGES};

fn samconfig(stage: &str) -> Table {
    let text: Table = include_str!("../../samconfig.toml").parse().expect("samconfig.toml is TOML");
    text[stage]["deploy"]["parameters"].as_table().expect("a stage has parameters").clone()
}

fn wrangler() -> Table {
    include_str!("../../wrangler.toml").parse().expect("wrangler.toml is TOML")
}

fn texts(value: &toml::Value) -> Vec<&str> {
    value.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text")).collect()
}

/// The parameters that `stage` is deployed with.
pub(crate) fn parameters(stage: &str) -> BTreeMap<String, String> {
    let table = samconfig(stage);
    let pairs = texts(&table["parameter_overrides"]);
    let pairs = pairs.iter().map(|pair| pair.split_once('=').expect("NAME=value"));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn each_stage_gives_every_parameter_and_its_own_name() {
    let document: serde_yaml_ng::Value = serde_yaml_ng::from_str(testkit::TEMPLATE).unwrap();
    let known = document["Parameters"].as_mapping().unwrap().keys().map(|name| name.as_str().unwrap().to_owned());
    let known = known.collect::<BTreeSet<_>>();
    for stage in STAGES {
        let table = samconfig(stage);
        assert_eq!(parameters(stage).into_keys().collect::<BTreeSet<_>>(), known, "{stage}");
        assert_eq!(parameters(stage)["Stage"], stage);
        assert_eq!(table["stack_name"].as_str(), Some(format!("groundwork-{stage}").as_str()));
        assert_eq!(
            texts(&table["tags"]),
            ["Project=groundwork", &format!("Stage={stage}")],
            "what the bill is read by"
        );
    }
}

#[test]
fn staging_is_deployable_where_ten_instances_are_all_there_are() {
    let reserved = |stage| {
        let deployment = Deployment::read(stage);
        let functions = deployment.functions();
        functions.iter().filter(|(.., properties)| properties.get("ReservedConcurrentExecutions").is_some()).count()
    };
    assert_eq!((reserved("staging"), reserved("production")), (0, Deployment::read("production").functions().len()));
}

#[test]
fn the_worker_and_the_functions_mean_the_same_table_and_frontend() {
    let wrangler = wrangler();
    for stage in STAGES {
        let (variables, deployment) = (&wrangler["env"][stage]["vars"], Deployment::read(stage));
        assert_eq!(variables["ENVIRONMENT"].as_str(), Some(stage));
        assert_eq!(variables["TABLE_NAME"].as_str(), deployment.properties("PlatformTable")["TableName"].as_str());
        assert_eq!(variables["LEDGER_TABLE_NAME"].as_str(), deployment.properties("LedgerTable")["TableName"].as_str());
        assert_eq!(variables["FRONTEND_URL"].as_str(), deployment.parameters.get("FrontendUrl").map(String::as_str));
        let region = samconfig(stage)["region"].as_str().unwrap().to_owned();
        assert_eq!(variables["AWS_REGION"].as_str(), Some(region.as_str()));
        assert_eq!(wrangler["placement"]["region"].as_str(), Some(format!("aws:{region}").as_str()), "near the table");
    }
}

#[test]
fn the_worker_gets_what_its_code_reads_and_nothing_else() {
    let wrangler = wrangler();
    let known = code::names_read(&[
        "shared/core/src/config.rs",
        "shared/edge/src",
        "shared/vendors/src/breached_passwords.rs",
        "shared/vendors/src/linkedin",
        "functions/auth/src",
    ]);
    // Endpoints of our own and another time are for tests alone.
    let for_tests = ["AWS_ENDPOINT_URL_DYNAMODB", "TEST_CLOCK_OFFSET_SECONDS"];
    let may: BTreeSet<_> = known.all.iter().map(String::as_str).filter(|name| !for_tests.contains(name)).collect();
    for stage in STAGES {
        let environment = &wrangler["env"][stage];
        let mut given: BTreeSet<_> = environment["vars"].as_table().unwrap().keys().map(String::as_str).collect();
        given.extend(texts(&environment["secrets"]["required"]));
        let missing: Vec<_> = known.required.iter().filter(|name| !given.contains(name.as_str())).collect();
        assert!(missing.is_empty(), "{stage} lacks {missing:?}");
        let unknown: Vec<_> = given.difference(&may).collect();
        assert!(unknown.is_empty(), "nothing reads {unknown:?} of {stage}");
        assert!(given.contains("FRONTEND_URL"), "without it no page may call");
        for secret in texts(&environment["secrets"]["required"]) {
            assert!(environment["vars"].get(secret).is_none(), "{secret} is no variable");
        }
    }
    // What an environment does not say for itself it takes from the top.
    for stage in STAGES {
        let said = |name: &str| wrangler["env"][stage].get(name).or_else(|| wrangler.get(name)).cloned().unwrap();
        assert_eq!(said("observability")["enabled"].as_bool(), Some(true), "{stage} keeps its logs");
        assert!(said("limits")["cpu_ms"].as_integer().is_some_and(|limit| limit > 0), "{stage} bounds a request");
    }
    assert_eq!(wrangler["preview_urls"].as_bool(), Some(false));
}

#[test]
fn every_function_url_is_an_output() {
    for deployment in Deployment::all() {
        let functions = deployment.functions();
        let with_url = functions.iter().filter(|(.., properties)| properties.get("FunctionUrlConfig").is_some());
        let expected = with_url.map(|(id, ..)| (format!("{id}Url"), format!("{id}FunctionUrl.FunctionUrl")));
        let expected = expected.collect::<BTreeMap<_, _>>();
        let urls = deployment.outputs.iter().filter(|(name, _)| name.ends_with("Url"));
        let urls = urls.map(|(name, output)| (name.clone(), output["Value"].as_str().unwrap().to_owned()));
        assert_eq!(urls.collect::<BTreeMap<_, _>>(), expected);
    }
}
