//! The program among other programs: pipes that close, directories that are open to others.

use std::process::{Command, Stdio};

use crate::process::command;

#[test]
fn a_reader_that_has_had_enough_is_no_fault() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_groundwork"))
        .arg("openapi")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_platform_that_nobody_reads_goes_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut child =
        command(directory.path(), &["--memory"]).stdout(Stdio::piped()).spawn().expect("the program starts");
    drop(child.stdout.take());
    std::thread::sleep(std::time::Duration::from_millis(500));
    let ended = child.try_wait().expect("the process can be waited for");
    child.kill().expect("the process can be killed");
    child.wait().expect("the process ends");
    assert_eq!(ended, None);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_data_is_its_owners_alone() {
    use std::fs::{Permissions, read_dir, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use crate::process::{Founder, Process};

    let directory = tempfile::tempdir().expect("a directory");
    set_permissions(directory.path(), Permissions::from_mode(0o755)).expect("the directory is ours");
    let modes = || {
        let files = read_dir(directory.path()).expect("a directory").map(|file| file.expect("a file"));
        let files = files.filter(|file| !file.file_name().to_string_lossy().ends_with(".lock"));
        let mode = |file: &std::fs::DirEntry| file.metadata().expect("a file").permissions().mode() & 0o777;
        files.map(|file| (file.file_name().into_string().expect("a name"), mode(&file))).collect::<Vec<_>>()
    };
    let process = Process::start(directory.path(), &[]).await;
    Founder::register(&process.url, "ada@example.com").await;
    assert!(modes().len() >= 4 && modes().iter().all(|(_, mode)| *mode == 0o600), "{:?}", modes());

    // Files of an earlier version, which a killed platform left open to others.
    process.kill();
    for (file, _) in modes() {
        set_permissions(directory.path().join(file), Permissions::from_mode(0o644)).expect("the file is ours");
    }
    write(directory.path().join("running.json"), "{}").expect("the file is ours");
    let process = Process::start(directory.path(), &[]).await;
    Founder::register(&process.url, "grace@example.com").await;
    assert!(modes().iter().all(|(_, mode)| *mode == 0o600), "{:?}", modes());
}

#[test]
fn a_statement_is_verified_without_a_platform() {
    use shared::ledger::entry::FIRST_PREVIOUS_HASH;
    use shared::ledger::{AccountId, Entry, Reason, statement};

    let directory = tempfile::tempdir().expect("a directory");
    let (transfer_id, at) = (ulid::Ulid::from(1).into(), shared::clock::Timestamp::from_seconds(1_800_000_000));
    let mut entries = Vec::<Entry>::new();
    for sequence in 1..=3_u64 {
        let previous_hash = entries.last().map_or(FIRST_PREVIOUS_HASH, |entry| &entry.hash).to_owned();
        let (part, balance) = (AccountId::BuzRewards.part(0), i64::try_from(sequence).expect("small") * 5);
        let (reason, hash) = (Reason::Mint, String::new());
        let mut entry = Entry { part, sequence, at, transfer_id, reason, amount: 5, balance, previous_hash, hash };
        entry.hash = entry.hash_of();
        entries.push(entry);
    }
    let run = |text: String| {
        let file = directory.path().join("statement.csv");
        std::fs::write(&file, text).expect("the file is ours");
        let command = Command::new(env!("CARGO_BIN_EXE_groundwork")).arg("verify-statement").arg(file).output();
        command.expect("the program runs")
    };
    let text = statement::to_csv(&entries);
    let sound = run(text.clone());
    let said = String::from_utf8_lossy(&sound.stdout).into_owned() + &String::from_utf8_lossy(&sound.stderr);
    assert!(sound.status.success() && said.contains("3 entries") && said.contains("from 0 to 15"), "{said}");
    let broken = run(text.replacen(",5,10,", ",6,11,", 1));
    let said = String::from_utf8_lossy(&broken.stderr).into_owned();
    assert!(!broken.status.success() && said.contains("line 3"), "{said}");
}
