//! `template.yaml` and `wrangler.toml` against the code.

use std::collections::BTreeSet;
use std::path::Path;

use embedded::template::{EventSource, Template};
use testkit::TEMPLATE;

fn template() -> Template {
    Template::read(TEMPLATE).expect("the template is readable")
}

fn folders() -> BTreeSet<String> {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let entries = std::fs::read_dir(functions).expect("there is a folder of functions");
    let folders =
        entries.map(|entry| entry.expect("a readable folder")).filter(|entry| entry.path().join("Cargo.toml").exists());
    folders.map(|entry| entry.file_name().into_string().expect("UTF-8")).collect()
}

#[test]
fn every_folder_is_a_resource_and_every_resource_a_folder() {
    let wrangler = include_str!("../wrangler.toml");
    let workers =
        folders().into_iter().filter(|name| wrangler.contains(&format!("groundwork-{name}"))).collect::<BTreeSet<_>>();
    assert_eq!(workers, BTreeSet::from(["auth".to_owned()]));
    let deployed = template().functions.into_keys().chain(workers).collect::<BTreeSet<_>>();
    assert_eq!(deployed, folders());
}

#[test]
fn every_queue_that_is_read_has_dead_letters_and_time() {
    let template = template();
    for (name, function) in &template.functions {
        for source in &function.sources {
            let EventSource::Queue { queue, .. } = source else { continue };
            let queue =
                template.queues.values().find(|candidate| candidate.name == *queue).expect("the queue is there");
            let (target, _) =
                queue.redrive.as_ref().unwrap_or_else(|| panic!("{} has no dead-letter queue", queue.name));
            assert!(
                template.queues[target].message_retention_seconds >= 1_209_600,
                "dead letters of {name} are kept 14 days"
            );
            assert!(
                queue.visibility_timeout_seconds >= 6 * function.timeout_seconds,
                "{}: messages are hidden for less than six time-outs of {name}",
                queue.name
            );
        }
    }
}

#[test]
fn every_queue_has_one_reader_at_most_and_partial_failures_are_reported() {
    let template = template();
    let reads = template.functions.values().flat_map(|function| &function.sources);
    let mut queues =
        reads.filter_map(|source| if let EventSource::Queue { queue, .. } = source { Some(queue) } else { None });
    let mut seen = BTreeSet::new();
    assert!(queues.all(|queue| seen.insert(queue.clone())), "a queue has two readers");
    let sources = TEMPLATE.matches("Type: SQS\n").count() + TEMPLATE.matches("Type: DynamoDB\n").count();
    assert_eq!(TEMPLATE.matches("FunctionResponseTypes: [ReportBatchItemFailures]").count(), sources);
}

#[test]
fn http_functions_have_urls_and_jobs_have_sources() {
    for (name, function) in template().functions {
        assert_ne!(
            function.has_url,
            !function.sources.is_empty(),
            "{name} is started by HTTP or by events, not both or neither"
        );
        let ordinary = ["ENVIRONMENT", "FRONTEND_URL", "TABLE_NAME"];
        let own =
            function.environment.keys().filter(|variable| !ordinary.contains(&variable.as_str())).collect::<Vec<_>>();
        assert!(own.iter().all(|variable| variable.ends_with("_QUEUE_URL")), "{name}: {own:?}");
    }
}

#[test]
fn no_function_may_scan() {
    for (name, function) in template().functions {
        assert!(!function.actions.is_empty(), "{name} has no policy");
        assert!(!function.actions.iter().any(|action| action.contains("Scan") || action.contains('*')), "{name}");
    }
}
