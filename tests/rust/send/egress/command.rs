//! Proxy and certificates on the command line.

use std::path::PathBuf;
use std::process::Command;

use super::OK;
use super::proxy::{TestProxy, Way};
use crate::send::program::{Program, text};
use crate::send::receiver::{Manner, Receiver};
use crate::send::scratch::Scratch;

const SEND: &str = "send --type Other --data {\"a\":1}";

/// Runs a command off the runtime, whose receivers answer meanwhile.
async fn run(mut command: Command) -> (bool, String, String) {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

fn program(scratch: &Scratch, receiver: &Receiver) -> Program {
    Program::new(scratch.file("store.db").display().to_string(), scratch.file("root.pem"), receiver)
}

/// The failure or status of the last attempt.
async fn last(program: &Program) -> String {
    let (_, log, _) = run(program.command("--json log --limit 1")).await;
    let log: serde_json::Value = serde_json::from_str(&log).unwrap();
    let line = &log.as_array().unwrap_or_else(|| panic!("{log}"))[0];
    line["failure"].as_str().map_or_else(|| line["status"].to_string(), str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_delivers_through_the_proxy_that_it_was_given() {
    const LOGIN: &str = "Proxy-Authorization: Basic bWFtYm86aG9yc2U=";
    let (scratch, receiver) = (Scratch::new(), Receiver::start(vec![Manner::Says(OK.into())]).await);
    let (proxy, other) = (TestProxy::start(Way::Asks(LOGIN)).await, TestProxy::start(Way::Connects).await);
    let program = program(&scratch, &receiver);
    std::fs::write(scratch.file("login"), "mambo:horse\n").unwrap();
    let mut command = program.command("worker --once");
    command.arg("--proxy").arg(proxy.url()).arg("--proxy-login").arg(scratch.file("login"));
    command.env("HTTPS_PROXY", other.url()).env("ALL_PROXY", other.url());
    let (is_done, stdout, stderr) = run(command).await;
    assert!(is_done && !stdout.contains("horse") && !stderr.contains("horse"), "{stderr}");
    assert_eq!((last(&program).await, proxy.heads().len(), other.heads().len()), ("200".into(), 1, 0));
    // The same from the environment, and one without a proxy, which takes none of the variables that others read.
    assert!(run(program.command(SEND)).await.0);
    let mut command = program.command("worker --once");
    command.env("MAMBO_PROXY", proxy.url()).env("MAMBO_PROXY_LOGIN", "mambo:horse");
    assert!(run(command).await.0);
    assert_eq!((last(&program).await, proxy.heads().len()), ("200".into(), 2));
    assert!(run(program.command(SEND)).await.0);
    let mut command = program.command("worker --once");
    command.env("HTTPS_PROXY", other.url()).env("https_proxy", other.url()).env("ALL_PROXY", other.url());
    assert!(run(command).await.0);
    assert_eq!((receiver.requests().len(), proxy.heads().len(), other.heads().len()), (3, 2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_authorities_are_those_of_the_file() {
    let (scratch, receiver) = (Scratch::new(), Receiver::start(vec![Manner::Says(OK.into())]).await);
    let program = program(&scratch, &receiver);
    // The system's authorities are the receiver's, those of the file another's.
    let system = scratch.file("system.pem");
    std::fs::copy(scratch.file("root.pem"), &system).unwrap();
    let other = Receiver::start(vec![Manner::Stalls]).await;
    std::fs::write(scratch.file("root.pem"), &other.authority).unwrap();
    let mut only = program.command("worker --once --only-root-certificates");
    only.env("SSL_CERT_FILE", &system);
    assert!(run(only).await.0);
    assert_eq!(last(&program).await, "tls_failed");
    assert!(run(program.command(SEND)).await.0);
    let mut beside = program.command("worker --once");
    beside.env("SSL_CERT_FILE", &system);
    assert!(run(beside).await.0);
    assert_eq!((last(&program).await, receiver.requests().len()), ("200".into(), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_used_is_named() {
    let (scratch, receiver) = (Scratch::new(), Receiver::start(vec![Manner::Says(OK.into())]).await);
    let program = program(&scratch, &receiver);
    let empty: PathBuf = scratch.file("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let said = async |words: &str, file: Option<PathBuf>| {
        let mut command = program.command("worker --once");
        command.args(words.split(' ')).args(file);
        let (is_done, _, stderr) = run(command).await;
        assert!(!is_done, "{words}");
        stderr
            .trim_start_matches("mambo-webhooks: ")
            .trim_end()
            .replace(&scratch.path().display().to_string(), "FOLDER")
    };
    assert_eq!(
        said("--client-certificate", Some(empty.clone())).await,
        "FOLDER/empty.pem: client_failed: the HTTP client could not be set up: client certificate: no certificate in PEM"
    );
    assert_eq!(
        said("--client-certificate", Some(scratch.file("none.pem"))).await,
        "FOLDER/none.pem: client_failed: the HTTP client could not be set up: No such file or directory (os error 2)"
    );
    assert_eq!(
        said("--proxy http://u:horse@proxy", None).await,
        "client_failed: the HTTP client could not be set up: the URL of the proxy holds a user name or password: give them apart"
    );
    assert_eq!(said("--proxy-resolves", None).await, "--proxy-login and --proxy-resolves need --proxy or MAMBO_PROXY");
    assert_eq!(
        said("--proxy http://127.0.0.1:1 --proxy-login", Some(empty)).await,
        "FOLDER/empty.pem: expected name:password"
    );
}
