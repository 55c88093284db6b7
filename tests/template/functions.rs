//! Functions: what surrounds each, what it may do and what it is told.

use std::collections::BTreeSet;

use serde_json::Value;

use super::code;
use super::document::Deployment;

/// Concurrency that Lambda insists on leaving unreserved, of the 1,000 that an account has.
const UNRESERVED: u64 = 100;
const ACCOUNT_LIMIT: u64 = 1_000;

fn source(name: &str) -> String {
    code::sources(&format!("functions/{name}/src")).join("\n")
}

/// The actions and resources of each statement.
fn statements(policy: &Value) -> Vec<(Vec<&str>, Vec<&str>)> {
    fn texts(value: &Value) -> Vec<&str> {
        match value {
            Value::Array(items) => items.iter().map(|item| item.as_str().expect("a text")).collect(),
            other => vec![other.as_str().expect("a text")],
        }
    }
    let statements = policy["Statement"].as_array().expect("a policy has statements");
    statements.iter().map(|statement| (texts(&statement["Action"]), texts(&statement["Resource"]))).collect()
}

#[test]
fn every_function_is_surrounded_by_what_it_needs() {
    for deployment in Deployment::all() {
        let functions = deployment.functions();
        for (id, name, function) in &functions {
            assert_eq!(function["CodeUri"], format!("target/lambda/{name}/bootstrap.zip"), "what infra/deploy builds");
            assert_eq!(function["PermissionsBoundary"], format!("{id}Boundary"));
            let log = deployment.properties(&format!("{id}Logs"));
            assert_eq!(function["LoggingConfig"]["LogGroup"], log["LogGroupName"], "{id}");
            let days = if deployment.parameters["Stage"] == "production" { 90 } else { 30 };
            assert_eq!(log["RetentionInDays"], days, "{id}");
            assert_eq!(deployment.resources[&format!("{id}Logs")]["DeletionPolicy"], "RetainExceptOnCreate");
        }
        let boundaries = deployment.of_kind("IAM::ManagedPolicy");
        assert_eq!(boundaries.len(), functions.len(), "a boundary is of no function");
        assert_eq!(deployment.of_kind("Logs::LogGroup").len(), functions.len(), "a log is of no function");
    }
}

#[test]
fn concurrency_is_reserved_for_all_and_leaves_what_it_must() {
    let deployment = Deployment::read("production");
    let mut sum = 0;
    for (id, _, function) in deployment.functions() {
        let reserved =
            function["ReservedConcurrentExecutions"].as_u64().unwrap_or_else(|| panic!("{id} reserves none"));
        sum += reserved;
        for (_, event) in function["Events"].as_object().into_iter().flatten() {
            if let Some(started) = event["Properties"]["ScalingConfig"]["MaximumConcurrency"].as_u64() {
                assert!(started <= reserved, "{id}: messages would be throttled and end as dead letters");
            }
        }
    }
    assert!(sum + UNRESERVED <= ACCOUNT_LIMIT, "{sum} are reserved");
    let page = include_str!("../../docs/OPERATIONS.md");
    assert!(page.contains(&format!("yes: {sum} of 1,000")), "docs/OPERATIONS.md does not say that {sum} are reserved");
}

#[test]
fn every_url_answers_as_its_function_does() {
    for (_, name, function) in Deployment::read("production").functions() {
        let Some(url) = function.get("FunctionUrlConfig") else { continue };
        // The streaming entry point is named for what it does, whatever else its name says.
        let streams = source(name).split("serve_http").any(|rest| rest.starts_with("_streaming"));
        let expected = if streams { "RESPONSE_STREAM" } else { "BUFFERED" };
        assert_eq!(url["InvokeMode"], expected, "{name}");
        assert!(url.get("Cors").is_none(), "{name}: the code answers for CORS, and two answers are none");
    }
}

#[test]
fn every_function_gets_the_variables_that_it_reads_and_no_others() {
    for deployment in Deployment::all() {
        let document: serde_yaml_ng::Value = serde_yaml_ng::from_str(testkit::TEMPLATE).unwrap();
        let everywhere = document["Globals"]["Function"]["Environment"]["Variables"].as_mapping().unwrap();
        for (_, name, function) in deployment.functions() {
            let mut given: BTreeSet<_> = function["Environment"]["Variables"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect();
            given.extend(everywhere.keys().map(|name| name.as_str().unwrap().to_owned()));
            let own = format!("functions/{name}/src");
            let mut read = code::names_read(&["shared/core/src/config.rs", &own]);
            if source(name).contains("vendors::email") {
                read.all.extend(code::names_read(&["shared/vendors/src/email"]).all);
            }
            if source(name).contains("Bucket::read(") {
                let bucket = code::names_read(&["shared/vendors/src/s3.rs"]);
                read.all.extend(bucket.all);
                // Lambda gives the others.
                read.required.insert("FILES_BUCKET".to_owned());
            }
            if source(name).contains("Payments::read(") {
                let paths = ["shared/vendors/src/stripe/config.rs", "shared/payments/src/prices.rs"];
                read.all.extend(code::names_read(&paths).all);
            }
            // What holds the variables that are secrets.
            if ["Payments::read(", "Secrets::read("].iter().any(|reads| source(name).contains(reads)) {
                read.required.insert("SECRET_ID".to_owned());
                read.all.insert("SECRET_ID".to_owned());
            }
            if source(name).contains("serve_queue(") {
                read.required.insert("DEAD_LETTER_QUEUE_URL".to_owned());
                read.all.insert("DEAD_LETTER_QUEUE_URL".to_owned());
            }
            let missing: Vec<_> = read.required.difference(&given).collect();
            assert!(missing.is_empty(), "{name} is not given {missing:?}");
            let unknown: Vec<_> = given.difference(&read.all).collect();
            assert!(unknown.is_empty(), "{name} does not read {unknown:?}");
        }
    }
}

#[test]
fn no_right_is_wider_than_one_table_index_queue_or_log() {
    let deployment = Deployment::read("production");
    let mut policies: Vec<(String, Value)> = Vec::new();
    for (id, _, function) in deployment.functions() {
        for policy in function["Policies"].as_array().expect("a function has policies") {
            assert!(policy.get("Statement").is_some(), "{id}: a policy of SAM's own hides what it grants");
            policies.push((id.to_owned(), policy.clone()));
        }
    }
    for (id, boundary) in deployment.of_kind("IAM::ManagedPolicy") {
        policies.push((id.to_owned(), boundary["PolicyDocument"].clone()));
    }
    for (id, user) in deployment.of_kind("IAM::User") {
        for policy in user["Policies"].as_array().expect("the user has policies") {
            policies.push((id.to_owned(), policy["PolicyDocument"].clone()));
        }
    }
    for (id, policy) in &policies {
        for (actions, resources) in statements(policy) {
            assert!(
                actions.iter().all(|action| !action.contains('*') && !action.contains("Scan")),
                "{id}: {actions:?}"
            );
            for resource in resources {
                // The one right outside of the stack's own resources: to send mail, from the stage's own domain.
                if actions == ["ses:SendEmail"] {
                    let domain = &deployment.parameters["EmailDomain"];
                    assert!(
                        resource.ends_with(&format!(":identity/{domain}")) && !resource.contains('*'),
                        "{resource}"
                    );
                    assert!(id.as_str() == "Mailer" || id.ends_with("Boundary"), "{id} sends mail");
                    continue;
                }
                // A secret's reference is its ARN.
                let resource_id = resource.split('.').next().expect("a resource of ours");
                let kind = deployment.resources[resource_id]["Type"].as_str().expect("a type");
                if kind == "AWS::S3::Bucket" {
                    // Every object, and nothing that concerns the bucket itself.
                    assert_eq!(resource, format!("{resource_id}.Arn/*"), "{id}");
                    let known = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];
                    assert!(actions.iter().all(|action| known.contains(action)), "{id}: {actions:?}");
                    continue;
                }
                assert!(!resource.contains('*'), "{id}: {resource}");
                let service = match kind {
                    "AWS::DynamoDB::Table" => "dynamodb:",
                    "AWS::SQS::Queue" => "sqs:",
                    "AWS::Logs::LogGroup" => "logs:",
                    "AWS::SecretsManager::Secret" => "secretsmanager:",
                    other => panic!("{id} may do something to a {other}"),
                };
                assert!(actions.iter().all(|action| action.starts_with(service)), "{id}: {actions:?} on {resource}");
            }
        }
    }
}

/// A boundary that misses an action denies it silently, on AWS alone.
#[test]
fn no_boundary_denies_what_its_function_is_granted() {
    let deployment = Deployment::read("production");
    let mut destinations = 0;
    for (id, _, function) in deployment.functions() {
        let boundary = deployment.properties(&format!("{id}Boundary"));
        let boundary = statements(&boundary["PolicyDocument"]);
        let allowed = |action: &str, resource: &str| {
            boundary.iter().any(|(actions, resources)| actions.contains(&action) && resources.contains(&resource))
        };
        for policy in function["Policies"].as_array().unwrap() {
            for (actions, resources) in statements(policy) {
                for action in actions {
                    for resource in &resources {
                        assert!(allowed(action, resource), "{id} may not {action} {resource}");
                    }
                }
            }
        }
        let log = format!("{id}Logs.Arn");
        assert!(allowed("logs:PutLogEvents", &log) && allowed("logs:CreateLogStream", &log), "{id} has no log");
        // What SAM grants besides, which stands nowhere in the template: reading what starts the function, sending what it gives up.
        let mut given_up = vec![&function["EventInvokeConfig"]];
        for (_, event) in function["Events"].as_object().into_iter().flatten() {
            let properties = &event["Properties"];
            let (source, actions): (_, &[&str]) = match event["Type"].as_str() {
                Some("SQS") => {
                    (&properties["Queue"], &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"])
                }
                Some("DynamoDB") => (
                    &properties["Stream"],
                    &[
                        "dynamodb:GetRecords",
                        "dynamodb:GetShardIterator",
                        "dynamodb:DescribeStream",
                        "dynamodb:ListStreams",
                    ],
                ),
                _ => continue,
            };
            for action in actions {
                assert!(allowed(action, source.as_str().unwrap()), "{id} may not {action} {source}");
            }
            given_up.push(properties);
        }
        for destination in given_up {
            let Some(queue) = destination["DestinationConfig"]["OnFailure"]["Destination"].as_str() else { continue };
            assert!(allowed("sqs:SendMessage", queue), "{id} may not give up to {queue}");
            destinations += 1;
        }
    }
    assert_eq!(destinations, 3, "what the agentic run, the key rotation and the projector give up goes somewhere");
}

#[test]
fn the_table_is_kept_safe() {
    for deployment in Deployment::all() {
        let production = deployment.parameters["Stage"] == "production";
        for (id, table) in deployment.of_kind("DynamoDB::Table") {
            assert_eq!(table["DeletionProtectionEnabled"], production, "{id}");
            assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true, "{id}");
            // With the key that AWS owns. Any other needs rights to it, which neither roles nor boundaries give.
            assert_eq!(table["SSESpecification"]["SSEEnabled"], false, "{id}");
            // Nothing of the ledger is ever removed.
            let removes = (id != "LedgerTable").then_some(true);
            assert_eq!(table["TimeToLiveSpecification"]["Enabled"].as_bool(), removes, "{id}");
            for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
                assert_eq!(deployment.resources[id][policy], "Retain", "{id}");
            }
        }
    }
}

#[test]
fn nobody_reads_the_bucket_but_by_a_link() {
    for deployment in Deployment::all() {
        let buckets = deployment.of_kind("S3::Bucket");
        let [(id, bucket)] = buckets.as_slice() else { panic!("there is one bucket") };
        assert_eq!(deployment.resources[*id]["DeletionPolicy"], "Retain");
        let blocked = bucket["PublicAccessBlockConfiguration"].as_object().unwrap();
        assert!(blocked.len() == 4 && blocked.values().all(|value| *value == true), "{blocked:?}");
        // What was removed is gone: people have a right to that.
        assert!(bucket.get("VersioningConfiguration").is_none());
        let pages = &bucket["CorsConfiguration"]["CorsRules"][0];
        assert_eq!(pages["AllowedOrigins"][0], deployment.parameters["FrontendUrl"]);
        let policy = deployment.properties("FilesBucketPolicy");
        let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap();
        assert!(statements.iter().all(|statement| statement["Effect"] == "Deny"), "it lets nobody in");
        let denies = |sid: &str| statements.iter().any(|statement| statement["Sid"] == sid);
        assert!(denies("OnlyEncryptedConnections") && denies("OnlyNewObjects"));
    }
}
