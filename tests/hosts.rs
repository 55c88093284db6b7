//! Every folder of `functions/` has a test that runs what is deployed: the binary under Lambda's Runtime API, or the Worker under workerd.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use embedded::template::{EventSource, Function, Template};
use testkit::TEMPLATE;

/// What is wrong with the functions below `root`.
fn faults(root: &Path, template: &Template, wrangler: &str) -> Vec<String> {
    let folders = folders(&root.join("functions"));
    assert!(!folders.is_empty(), "{} has no functions", root.display());
    let faults = folders.iter().filter_map(|name| {
        let fault = match template.functions.get(name) {
            Some(function) => host_test(root, name, function),
            None if wrangler.contains(&format!("name = \"groundwork-{name}\"")) => worker_test(root, name),
            None => Err("is neither a function of template.yaml nor the Worker of wrangler.toml".to_owned()),
        };
        fault.err().map(|fault| format!("functions/{name} {fault}"))
    });
    faults.collect()
}

fn folders(functions: &Path) -> BTreeSet<String> {
    let entries =
        fs::read_dir(functions).expect("there is a folder of functions").map(|entry| entry.expect("readable"));
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.file_name().into_string().expect("UTF-8")).collect()
}

/// The function's `host.rs` is a test, or a module of one, and runs the cases of what starts the function.
fn host_test(root: &Path, name: &str, function: &Function) -> Result<(), String> {
    let tests = root.join("functions").join(name).join("tests");
    let file = host_file(&tests).ok_or("has no host test: tests/host.rs, or a module host of one of its tests")?;
    let text = fs::read_to_string(&file).map_err(|error| format!("has a host test that cannot be read: {error}"))?;
    // What is in a comment runs nothing.
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    if code.contains("#[ignore") || code.contains("#![cfg") {
        return Err("has a host test of which something is left out".to_owned());
    }
    let binary = format!("CARGO_BIN_EXE_{name}\"");
    let mut wanted = vec!["#[tokio::test", binary.as_str()];
    if function.has_url {
        wanted.push("FunctionHost::http_cases(");
    }
    wanted.extend(function.sources.iter().map(|source| match source {
        EventSource::Queue { .. } => ".queue_cases(",
        EventSource::Stream { .. } => ".stream_cases(",
        EventSource::Schedule { .. } => ".schedule_cases(",
    }));
    match wanted.into_iter().find(|part| !code.contains(part)) {
        None => Ok(()),
        Some(part) => Err(format!("has a host test without {part}")),
    }
}

/// `tests/host.rs`, or `tests/<test>/host.rs` where `tests/<test>/main.rs` has the module.
fn host_file(tests: &Path) -> Option<PathBuf> {
    let alone = tests.join("host.rs");
    if alone.exists() {
        return Some(alone);
    }
    let folders = fs::read_dir(tests).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let mut modules = folders.filter(|folder| {
        let main = fs::read_to_string(folder.join("main.rs")).unwrap_or_default();
        main.lines().any(|line| line == "mod host;")
    });
    modules.next().map(|folder| folder.join("host.rs"))
}

/// The Worker is run by tests under workerd, which the gate runs.
fn worker_test(root: &Path, name: &str) -> Result<(), String> {
    let file = format!("infra/edge/{name}.test.mjs");
    let text = fs::read_to_string(root.join(&file)).map_err(|_| format!("has no host test: {file}"))?;
    // What is in a comment runs nothing.
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    if ["skip", "todo", "only"].iter().any(|word| has_option(&code, word)) {
        return Err(format!("has a host test of which something is left out: {file}"));
    }
    let code = format!("\n{code}");
    let tests = code.match_indices("test(").filter(|(place, _)| code[..*place].trim_end_matches(' ').ends_with('\n'));
    let tests = tests.map(|(place, _)| place).collect::<Vec<_>>();
    let ends = tests.iter().copied().skip(1).chain([code.len()]);
    match tests.iter().zip(ends).find(|(place, end)| !has_body(&code[**place..*end])) {
        _ if tests.is_empty() => Err(format!("has a host test without tests: {file}")),
        Some((place, _)) => {
            let test = code[*place..].lines().next().unwrap_or_default();
            Err(format!("has a host test with an empty test: {file}: {test}"))
        }
        None => Ok(()),
    }
}

/// Whether JavaScript calls a word as a method or sets it as a property, rather than having it in a text.
fn has_option(code: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(word).any(|(place, _)| {
        let (before, after) = (&code[..place], &code[place + word.len()..]);
        let whole = !before.ends_with(is_part) && !after.starts_with(is_part);
        let after = after.trim_start_matches(['"', '\'']).trim_start();
        whole && (before.ends_with('.') || before.ends_with("[\"") || after.starts_with([':', '}', '(']))
    })
}

/// Whether the function of a test of JavaScript has a statement.
fn has_body(test: &str) -> bool {
    let Some((_, function)) = test.split_once("=>") else { return false };
    let mut body = function.trim_start();
    if let Some(block) = body.strip_prefix('{') {
        body = block.trim_start();
        while body.starts_with("//") || body.starts_with("/*") {
            let end = if body.starts_with("//") { "\n" } else { "*/" };
            body = body.split_once(end).map_or("", |(_, rest)| rest.trim_start());
        }
    }
    !body.is_empty() && !body.starts_with('}')
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn template() -> Template {
    Template::read(TEMPLATE).expect("the template is readable")
}

#[test]
fn every_function_has_its_host_test() {
    let faults = faults(&root(), &template(), include_str!("../wrangler.toml"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_function_without_its_host_test_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder above it")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let faults = || faults(folder.path(), &template(), "name = \"groundwork-auth\"").join("\n");
    let full = "#[tokio::test]\nasync fn it_runs() {\n    env!(\"CARGO_BIN_EXE_sweep\");\n    host.schedule_cases(time).await;\n}\n";

    write("functions/sweep/Cargo.toml", "");
    assert!(faults().starts_with("functions/sweep has no host test"), "{}", faults());
    write("functions/sweep/tests/host.rs", "// #[tokio::test] CARGO_BIN_EXE_sweep .schedule_cases(\n");
    assert_eq!(faults(), "functions/sweep has a host test without #[tokio::test");
    write("functions/sweep/tests/host.rs", &full.replace("schedule_cases", "queue_cases"));
    assert_eq!(faults(), "functions/sweep has a host test without .schedule_cases(");
    write("functions/sweep/tests/host.rs", &format!("#[ignore]\n{full}"));
    assert_eq!(faults(), "functions/sweep has a host test of which something is left out");
    write("functions/sweep/tests/host.rs", full);
    assert_eq!(faults(), "");

    // As a module, once the test has it.
    fs::remove_file(folder.path().join("functions/sweep/tests/host.rs")).expect("the file was there");
    write("functions/sweep/tests/sweep/host.rs", full);
    write("functions/sweep/tests/sweep/main.rs", "mod rings;\n");
    assert!(faults().starts_with("functions/sweep has no host test"), "{}", faults());
    write("functions/sweep/tests/sweep/main.rs", "#[cfg(test)]\nmod host;\n");
    assert_eq!(faults(), "");

    write("functions/auth/Cargo.toml", "");
    assert_eq!(faults(), "functions/auth has no host test: infra/edge/auth.test.mjs");
    write("infra/edge/auth.test.mjs", "// test(\n");
    assert_eq!(faults(), "functions/auth has a host test without tests: infra/edge/auth.test.mjs");
    let full = "test('it answers', { timeout: 9 }, async () => {\n  await answers();\n});\n";
    let left_out = "functions/auth has a host test of which something is left out: infra/edge/auth.test.mjs";
    for option in ["skip: true", "\"todo\": 'later'", "only: true"] {
        write("infra/edge/auth.test.mjs", &full.replace("timeout: 9", option));
        assert_eq!(faults(), left_out, "{option}");
    }
    for way in ["test.skip(", "test.only(", "describe.todo("] {
        write("infra/edge/auth.test.mjs", &format!("{full}{}", full.replace("test(", way)));
        assert_eq!(faults(), left_out, "{way}");
    }
    write("infra/edge/auth.test.mjs", &full.replace("  await answers();\n", "  t.skip();\n"));
    assert_eq!(faults(), left_out);
    for empty in ["test('it', () => {});\n", "test('it', () => {\n  // later\n  /* or not */\n});\n", "test('it');\n"] {
        for text in [format!("{empty}{full}"), format!("{full}{empty}")] {
            write("infra/edge/auth.test.mjs", &text);
            let fault = "functions/auth has a host test with an empty test: infra/edge/auth.test.mjs: test('it'";
            assert!(faults().starts_with(fault), "{text}{}", faults());
        }
    }
    write("infra/edge/auth.test.mjs", &full.replace("answers", "only once"));
    assert_eq!(faults(), "");
    write("infra/edge/auth.test.mjs", full);
    assert_eq!(faults(), "");
    write("functions/news/Cargo.toml", "");
    assert_eq!(faults(), "functions/news is neither a function of template.yaml nor the Worker of wrangler.toml");
}
