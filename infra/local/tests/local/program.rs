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
