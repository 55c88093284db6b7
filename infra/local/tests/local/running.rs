//! Which platform subcommands find, and whom they tell the operator token.

use std::path::Path;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::process::{Founder, Process, operate, read};

fn plan_can_be_set(data_directory: &Path, founder: &Founder) -> bool {
    operate(data_directory, &["plan", "set", &founder.organization, "pro"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_on_the_file_and_one_in_memory_do_not_disturb_each_other() {
    let directory = tempfile::tempdir().expect("a directory");
    let on_file = Process::start(directory.path(), &[]).await;
    let in_memory = Process::start(directory.path(), &["--memory"]).await;
    let of_file = Founder::register(&on_file.url, "ada@example.com").await;
    let of_memory = Founder::register(&in_memory.url, "grace@example.com").await;
    assert!(plan_can_be_set(directory.path(), &of_file));
    assert!(!plan_can_be_set(directory.path(), &of_memory), "the platform on the file is the one that is meant");

    assert!(on_file.interrupt().await.success());
    assert!(plan_can_be_set(directory.path(), &of_memory), "the one in memory is found when it is alone");

    let on_file = Process::start(directory.path(), &[]).await;
    assert!(in_memory.interrupt().await.success());
    assert!(plan_can_be_set(directory.path(), &of_file));
    let another = Process::start(directory.path(), &["--memory"]).await;
    another.kill();
    assert!(plan_can_be_set(directory.path(), &of_file));
    assert_eq!(read(&directory.path().join("running.json")).expect("an announcement")["url"], on_file.url.as_str());
    on_file.kill();
    // Nobody runs, two files say otherwise: the subcommand opens the data itself.
    assert!(plan_can_be_set(directory.path(), &of_file));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_listens_where_a_killed_platform_did_is_not_told_its_token() {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::start(directory.path(), &[]).await;
    Founder::register(&process.url, "ada@example.com").await;
    let (address, token) = (process.url.replace("http://", ""), process.token.clone());
    process.kill();
    let listener = TcpListener::bind(&address).await.expect("the port is free again");
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a subcommand comes");
        let mut heard = vec![0; 4096];
        let length = stream.read(&mut heard).await.expect("it asks");
        let body = json!({"proof": "0".repeat(64), "message": "done"}).to_string();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await.expect("it hears");
        drop(stream);
        let again = tokio::time::timeout(std::time::Duration::from_secs(2), listener.accept()).await;
        (String::from_utf8_lossy(&heard[..length]).into_owned(), again.is_ok())
    });
    let data_directory = directory.path().to_owned();
    let granted = move || operate(&data_directory, &["role", "grant", "ada@example.com", "support"]);
    assert!(tokio::task::spawn_blocking(granted).await.expect("it ends"), "the account is in the file");
    let (heard, again) = heard.await.expect("the listener ends");
    assert!(heard.starts_with("GET /_local/instance?challenge="), "{heard}");
    assert!(!heard.contains(&token) && !again, "the stranger was told more than the question");
}
