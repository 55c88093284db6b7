//! `template.yaml`, `samconfig.toml` and `wrangler.toml` against the code.

mod alarms;
mod code;
mod document;
mod functions;
mod queues;
mod stages;

use std::collections::BTreeSet;
use std::path::Path;

use embedded::template::Template;
use testkit::TEMPLATE;

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
    let template = Template::read(TEMPLATE).expect("the template is readable");
    let deployed = template.functions.into_keys().chain(workers).collect::<BTreeSet<_>>();
    assert_eq!(deployed, folders());
}

#[test]
fn http_functions_have_urls_and_jobs_have_sources() {
    for (name, function) in Template::read(TEMPLATE).expect("the template is readable").functions {
        assert_ne!(
            function.has_url,
            !function.sources.is_empty(),
            "{name} is started by HTTP or by events, not both or neither"
        );
    }
}
