//! Alarms, the dashboard and the budget: everything that can fail is watched, by metrics that exist, with a page that says what to do.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::telemetry::Metric;

use super::document::Deployment;

/// Whether functions write a metric of this name, in the namespace `Groundwork`, by `Stage` and `Function`.
fn is_ours(name: &str) -> bool {
    Metric::ALL.iter().any(|metric| metric.name() == name)
}

/// AWS's metrics that are in use, with the dimensions that they come with.
const AWS: [(&str, &str, &[&str]); 14] = [
    ("AWS/DynamoDB", "ConsumedReadCapacityUnits", &["TableName"]),
    ("AWS/DynamoDB", "ConsumedWriteCapacityUnits", &["TableName"]),
    ("AWS/DynamoDB", "SystemErrors", &["Operation", "TableName"]),
    ("AWS/DynamoDB", "ThrottledRequests", &["Operation", "TableName"]),
    ("AWS/Lambda", "Errors", &["FunctionName"]),
    ("AWS/Lambda", "Invocations", &["FunctionName"]),
    ("AWS/Lambda", "IteratorAge", &["FunctionName"]),
    ("AWS/Lambda", "Throttles", &["FunctionName"]),
    ("AWS/Lambda", "Url5xxCount", &["FunctionName"]),
    ("AWS/Lambda", "UrlRequestCount", &["FunctionName"]),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", &["QueueName"]),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", &["QueueName"]),
    ("AWS/Usage", "ResourceCount", &["Class", "Resource", "Service", "Type"]),
    ("Groundwork", "", &["Function", "Stage"]),
];

/// A metric that something looks at: namespace, name, dimensions.
#[derive(Debug)]
struct Watched {
    namespace: String,
    name: String,
    dimensions: BTreeMap<String, String>,
}

impl Watched {
    /// The metric of an alarm, or of one of its terms.
    fn of(metric: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let dimensions = metric["Dimensions"].as_array().into_iter().flatten();
        let dimensions = dimensions.map(|dimension| (text(&dimension["Name"]), text(&dimension["Value"]))).collect();
        Self { namespace: text(&metric["Namespace"]), name: text(&metric["MetricName"]), dimensions }
    }

    /// The metric of `SELECT SUM(name) FROM SCHEMA("namespace", dimension, …) WHERE dimension = 'value'`.
    fn of_query(query: &str) -> Self {
        let between = |start: &str, end: &str| {
            let rest = query.split_once(start).unwrap_or_else(|| panic!("{query} has no {start}")).1;
            rest.split_once(end).expect("a closed expression").0.to_owned()
        };
        let schema = between("SCHEMA(", ")").replace('"', "");
        let mut parts = schema.split(", ").map(str::to_owned);
        let namespace = parts.next().expect("a namespace");
        let value = between("= '", "'");
        Self { namespace, name: between("(", ")"), dimensions: parts.map(|name| (name, value.clone())).collect() }
    }

    /// Fails where nothing writes such a metric.
    fn check(&self, deployment: &Deployment) {
        let names = self.dimensions.keys().map(String::as_str).collect::<Vec<_>>();
        let ours = self.namespace == "Groundwork";
        assert!(!ours || is_ours(&self.name), "nothing writes {self:?}");
        let name = if ours { "" } else { &self.name };
        let known = AWS.iter().any(|(namespace, metric, dimensions)| {
            (*namespace, *metric) == (self.namespace.as_str(), name) && *dimensions == names.as_slice()
        });
        assert!(known, "nothing writes {self:?}");
        let functions = deployment.functions();
        if ours {
            assert_eq!(self.dimensions["Stage"], deployment.parameters["Stage"]);
            assert!(functions.iter().any(|(_, name, _)| *name == self.dimensions["Function"]), "{self:?}");
        }
        if let Some(name) = self.dimensions.get("FunctionName") {
            assert!(functions.iter().any(|(.., function)| function["FunctionName"] == name.as_str()), "{self:?}");
        }
        if let Some(name) = self.dimensions.get("QueueName") {
            assert!(
                deployment.of_kind("SQS::Queue").iter().any(|(_, queue)| queue["QueueName"] == name.as_str()),
                "{self:?}"
            );
        }
    }
}

/// What each alarm looks at, by its id.
fn alarms(deployment: &Deployment) -> BTreeMap<String, (Value, Vec<Watched>)> {
    let alarms = deployment.of_kind("CloudWatch::Alarm").into_iter().map(|(id, alarm)| {
        let watched = match alarm["Metrics"].as_array() {
            None => vec![Watched::of(alarm)],
            Some(terms) => terms
                .iter()
                .filter_map(|term| match (term.get("MetricStat"), term["Expression"].as_str()) {
                    (Some(statistic), _) => Some(Watched::of(&statistic["Metric"])),
                    (_, Some(query)) if query.starts_with("SELECT") => Some(Watched::of_query(query)),
                    _ => None,
                })
                .collect(),
        };
        (id.to_owned(), (alarm.clone(), watched))
    });
    alarms.collect()
}

#[test]
fn every_alarm_looks_at_metrics_that_exist() {
    for deployment in Deployment::all() {
        for (id, (alarm, watched)) in alarms(&deployment) {
            assert!(!watched.is_empty(), "{id} looks at nothing");
            watched.iter().for_each(|metric| metric.check(&deployment));
            // An alarm that looks at silence is breached by it; any other would ring whenever nothing happens.
            let expected = if id.ends_with("SilentAlarm") { "breaching" } else { "notBreaching" };
            assert_eq!(alarm["TreatMissingData"], expected, "{id}");
            for own in ["AlarmActions", "OKActions"] {
                assert!(alarm.get(own).is_none(), "{id} tells somebody by itself");
            }
        }
    }
}

#[test]
fn every_function_and_queue_has_the_alarms_that_concern_it() {
    let deployment = Deployment::read("production");
    let watched = alarms(&deployment);
    let watches = |name: &str, dimension: &str, value: &str| {
        watched
            .values()
            .flat_map(|(_, metrics)| metrics)
            .any(|metric| metric.name == name && metric.dimensions.get(dimension).is_some_and(|found| found == value))
    };
    for (id, name, function) in deployment.functions() {
        let deployed = function["FunctionName"].as_str().unwrap();
        assert!(watches("StoreFailures", "Function", name), "{id}: failures of the store");
        assert!(watches("Throttles", "FunctionName", deployed), "{id}: throttles");
        let events = function["Events"].as_object().cloned().unwrap_or_default();
        let started_by = |kind: &str| events.values().any(|event| event["Type"] == kind);
        if function.get("FunctionUrlConfig").is_some() {
            assert!(watches("Url5xxCount", "FunctionName", deployed), "{id}: errors");
            assert!(watches("UrlRequestCount", "FunctionName", deployed), "{id}: errors");
            assert!(watches("ResponseTime", "Function", name), "{id}: response time");
        } else {
            assert!(watches("Errors", "FunctionName", deployed), "{id}: errors");
        }
        if started_by("SQS") {
            assert!(watches("MessageFailures", "Function", name), "{id}: failed messages");
        }
        if started_by("DynamoDB") {
            assert!(watches("RecordFailures", "Function", name), "{id}: failed records");
            assert!(watches("IteratorAge", "FunctionName", deployed), "{id}: lag");
        }
        if started_by("ScheduleV2") {
            assert!(watches("Invocations", "FunctionName", deployed), "{id}: silence");
            assert!(watched.contains_key(&format!("{id}SilentAlarm")), "{id}: silence");
        }
        let code = super::code::sources(&format!("functions/{name}/src"));
        let asks_a_model = code.iter().any(|text| text.contains("dyn Ai"));
        let sends_mail = code.iter().any(|text| text.contains("vendors::email"));
        assert_eq!(watches("MailFailures", "Function", name), sends_mail, "{id}: mail");
        assert_eq!(watches("ModelFailures", "Function", name), asks_a_model, "{id}: the language model");
    }
    for (id, queue) in deployment.of_kind("SQS::Queue") {
        let name = queue["QueueName"].as_str().unwrap();
        let metric = if queue.get("RedrivePolicy").is_some() {
            "ApproximateAgeOfOldestMessage"
        } else {
            "ApproximateNumberOfMessagesVisible"
        };
        assert!(watches(metric, "QueueName", name), "{id}: {metric}");
    }
    for (_, table) in deployment.of_kind("DynamoDB::Table") {
        let name = table["TableName"].as_str().unwrap();
        assert!(watches("SystemErrors", "TableName", name) && watches("ThrottledRequests", "TableName", name));
    }
}

/// When an alarm rings, of one metric: comparison, threshold, statistic, period in seconds, windows looked at, windows that must breach.
fn rule(alarm: &Value) -> Value {
    let windows = &alarm["EvaluationPeriods"];
    let breaching = alarm.get("DatapointsToAlarm").unwrap_or(windows);
    let parts = [&alarm["ComparisonOperator"], &alarm["Threshold"], &alarm["Statistic"], &alarm["Period"], windows];
    parts.into_iter().chain([breaching]).cloned().collect()
}

/// Under three failures the share says little.
const FEW: &str = "IF(failed < 3, 0, 100 * failed / ALL)";

/// The share in percent that alone decides, and the two sums of 5 minutes that it is made of: what failed, and all there was. `ALL` in
/// the expression is the id of the latter.
fn share(expression: &str, namespace: &str, [failed, all]: [&str; 2]) -> Vec<Value> {
    let id = if all == "UrlRequestCount" { "requests".to_owned() } else { all.to_lowercase() };
    let sum = |id: &str, name: &str| json!([id, namespace, name, "Sum", 300, false]);
    vec![json!(["share", expression.replace("ALL", &id), null]), sum("failed", failed), sum(&id, all)]
}

/// What an alarm computes, in the form of [`share`].
fn terms(alarm: &Value) -> Vec<Value> {
    let terms = alarm["Metrics"].as_array().expect("the alarm computes").iter();
    let described = terms.map(|term| match term.get("MetricStat") {
        None => json!([term["Id"], term["Expression"], term.get("ReturnData")]),
        Some(sum) => {
            let metric = &sum["Metric"];
            json!([
                term["Id"],
                metric["Namespace"],
                metric["MetricName"],
                sum["Stat"],
                sum["Period"],
                term["ReturnData"]
            ])
        }
    });
    described.collect()
}

#[test]
fn the_thresholds_are_those_that_were_asked_for() {
    let deployment = Deployment::read("production");
    let functions = deployment.functions();
    let has_url = |id: &str| {
        functions.iter().any(|(name, _, function)| *name == id && function.get("FunctionUrlConfig").is_some())
    };
    let mut checked = BTreeMap::<_, usize>::new();
    for (id, (alarm, _)) in alarms(&deployment) {
        // Ends of ids, the longer first where one ends with another.
        let kinds = [
            "TableErrors",
            "RecordFailures",
            "MessageFailures",
            "Errors",
            "ResponseTime",
            "DeadLetter",
            "StoreFailures",
            "PaymentsFailed",
        ];
        let Some(kind) = kinds.into_iter().find(|kind| id.ends_with(&format!("{kind}Alarm"))) else { continue };
        let above = "GreaterThanThreshold";
        let (expected, computed) = match kind {
            "StoreFailures" => (json!([above, 0, "Sum", 60, 1, 1]), None),
            "PaymentsFailed" => (json!([above, 0, "Sum", 60, 1, 1]), None),
            "DeadLetter" => (json!([above, 0, "Maximum", 60, 1, 1]), None),
            "ResponseTime" => (json!([above, 2_000, "Average", 300, 3, 2]), None),
            "TableErrors" => continue,
            _ => {
                let function = id.strip_suffix("ErrorsAlarm");
                let computed = match kind {
                    "MessageFailures" => share(FEW, "Groundwork", ["MessageFailures", "Messages"]),
                    "RecordFailures" => share(FEW, "Groundwork", ["RecordFailures", "Records"]),
                    _ if function.is_some_and(has_url) => share(FEW, "AWS/Lambda", ["Url5xxCount", "UrlRequestCount"]),
                    _ => share("100 * failed / ALL", "AWS/Lambda", ["Errors", "Invocations"]),
                };
                // What runs once an hour or a day fails in one window of 5 minutes, and never in two of three.
                let is_rare = matches!(function, Some("AgenticRun" | "Purge" | "KeyRotation" | "Reconciliation"));
                let windows = if is_rare { [1, 1] } else { [3, 2] };
                (json!([above, 5, null, null, windows[0], windows[1]]), Some(computed))
            }
        };
        assert_eq!(rule(&alarm), expected, "{id}");
        if let Some(computed) = computed {
            assert_eq!(terms(&alarm), computed, "{id}");
        }
        *checked.entry(kind).or_default() += 1;
    }
    let urls = functions.iter().filter(|(.., function)| function.get("FunctionUrlConfig").is_some()).count();
    let all = functions.len();
    let expected = [
        ("DeadLetter", 6),
        ("Errors", all),
        ("MessageFailures", 5),
        ("PaymentsFailed", 1),
        ("RecordFailures", 1),
        ("ResponseTime", urls),
        ("StoreFailures", all),
    ];
    assert_eq!(checked, BTreeMap::from(expected), "how many alarms of each kind there are");
}

#[test]
fn every_alarm_reaches_a_person_through_one_group() {
    for deployment in Deployment::all() {
        let mut told = BTreeMap::new();
        for (id, group) in deployment.of_kind("CloudWatch::CompositeAlarm") {
            let rule = group["AlarmRule"].as_str().unwrap();
            for name in rule.split("ALARM(\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default()) {
                assert_eq!(told.insert(name.to_owned(), id), None, "{name} is in two groups");
            }
            for action in ["AlarmActions", "OKActions"] {
                assert_eq!(group[action], json!(["AlarmTopic"]), "{id}");
            }
            assert!(rule.len() <= 10_240, "{id}: CloudWatch takes no longer rule");
        }
        let names = alarms(&deployment).into_values().map(|(alarm, _)| alarm["AlarmName"].as_str().unwrap().to_owned());
        assert_eq!(told.into_keys().collect::<BTreeSet<_>>(), names.collect::<BTreeSet<_>>());
        let topic = deployment.properties("AlarmTopic");
        assert_eq!(topic["Subscription"][0]["Endpoint"], deployment.parameters["AlarmEmail"].as_str());
    }
}

#[test]
fn every_alarm_names_a_heading_that_says_what_to_do() {
    let page = include_str!("../../docs/OPERATIONS.md");
    let headings = page.lines().filter(|line| line.starts_with('#')).map(|line| {
        let text = line.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
        kept.collect::<String>().replace(' ', "-")
    });
    let headings = headings.collect::<BTreeSet<_>>();
    let deployment = Deployment::read("production");
    let kinds = ["CloudWatch::Alarm", "CloudWatch::CompositeAlarm"];
    for (id, alarm) in kinds.iter().flat_map(|kind| deployment.of_kind(kind)) {
        let description =
            alarm["AlarmDescription"].as_str().unwrap_or_else(|| panic!("{id} does not say what it means"));
        let (_, heading) =
            description.split_once("docs/OPERATIONS.md#").unwrap_or_else(|| panic!("{id} names no page"));
        assert!(headings.contains(heading), "{id}: docs/OPERATIONS.md has no heading {heading}");
    }
}

#[test]
fn the_dashboard_shows_metrics_that_exist() {
    let deployment = Deployment::read("production");
    let dashboard = deployment.of_kind("CloudWatch::Dashboard");
    let [(_, dashboard)] = dashboard.as_slice() else { panic!("there is one dashboard") };
    let mut shown = BTreeSet::new();
    for widget in dashboard["DashboardBody"]["widgets"].as_array().unwrap() {
        for line in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            let Some(expression) = line[0]["expression"].as_str() else {
                let parts: Vec<_> = line.as_array().unwrap().iter().filter_map(Value::as_str).collect();
                let [namespace, name, dimensions @ ..] = parts.as_slice() else { panic!("{line} is no metric") };
                let dimensions = dimensions.chunks(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect();
                let metric = Watched { namespace: (*namespace).to_owned(), name: (*name).to_owned(), dimensions };
                metric.check(&deployment);
                shown.insert(metric.name);
                continue;
            };
            assert!(
                expression.starts_with("SEARCH('{Groundwork,Function,Stage} Stage=\"production\" "),
                "{expression}"
            );
            let name =
                expression.split("MetricName=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a name");
            assert!(is_ours(name), "nothing writes {name}");
            // Accounts are counted once a day each, so that any shorter sum is not the day's.
            let daily = matches!(name, "ActiveUsers" | "AccountsRegistered");
            assert_eq!(expression.ends_with(", 86400)"), daily, "{expression}");
            shown.insert(name.to_owned());
        }
    }
    for needed in [
        "Requests",
        "ServerErrors",
        "ResponseTime",
        "StoreTime",
        "StoreFailures",
        "TasksCreated",
        "TasksCompleted",
        "TasksFailed",
        "ApproximateNumberOfMessagesVisible",
        "IteratorAge",
        "ModelTime",
        "ModelInputTokens",
        "ModelOutputTokens",
        "ConsumedReadCapacityUnits",
        "ConsumedWriteCapacityUnits",
        "ActiveUsers",
        "PaymentsSucceeded",
        "PaymentsFailed",
        "RevenueCents",
    ] {
        assert!(shown.contains(needed), "{needed} is not shown");
    }
}

#[test]
fn the_budget_tells_before_and_when_it_is_spent() {
    for deployment in Deployment::all() {
        let budgets = deployment.of_kind("Budgets::Budget");
        let [(_, budget)] = budgets.as_slice() else { panic!("there is one budget") };
        let told = budget["NotificationsWithSubscribers"].as_array().unwrap().iter().map(|told| {
            assert_eq!(told["Subscribers"][0]["Address"], deployment.parameters["AlarmEmail"].as_str());
            (
                told["Notification"]["NotificationType"].as_str().unwrap(),
                told["Notification"]["Threshold"].as_u64().unwrap(),
            )
        });
        assert_eq!(told.collect::<Vec<_>>(), [("FORECASTED", 80), ("ACTUAL", 100)]);
        assert_eq!(budget["Budget"]["BudgetLimit"]["Amount"], deployment.parameters["MonthlyBudget"].as_str());
    }
}
