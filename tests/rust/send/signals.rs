//! How the worker ends when it is asked to: after what is in flight, and at once when it is asked again.

use std::process::{Child, Command, Stdio};

use super::program::{Program, check, text, until};
use super::receiver::{Manner, Receiver};
use super::scratch::Scratch;

const OK: &str = "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

fn terminate(child: &Child) {
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn over(scratch: &Scratch, receiver: &Receiver) -> Program {
    Program::new(scratch.file("store.db").display().to_string(), scratch.file("a.pem"), receiver)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_asked_once_records_what_is_in_flight() {
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![Manner::Says(OK.into()), Manner::SaysAfter(500, OK)]).await;
    let program = over(&scratch, &receiver);
    program.drain();
    let acknowledged = program.send(1);
    let worker = program.worker();
    until("the request", || receiver.requests().len() == 2);
    terminate(&worker);
    assert_eq!(worker.wait_with_output().unwrap().status.code(), Some(0));
    let stats = program.json("stats");
    assert_eq!((&stats["delivered"], &stats["leased"]), (&2.into(), &0.into()), "{stats}");
    assert_eq!(check(&acknowledged, &receiver), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_asked_twice_ends_at_once() {
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![Manner::Stalls]).await;
    let program = over(&scratch, &receiver);
    let mut command = program.command("worker --lease-seconds 1 --timeout-seconds 300");
    let mut worker = command.stderr(Stdio::piped()).spawn().unwrap();
    until("the Ping to be in flight", || program.json("stats")["leased"] == 1);
    // Signals that come too close together are one.
    for _ask in 0..100 {
        terminate(&worker);
        std::thread::sleep(std::time::Duration::from_millis(100));
        if worker.try_wait().unwrap().is_some() {
            break;
        }
    }
    let output = worker.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(143));
    assert!(text(&output.stderr).contains("asked twice, ending at once"), "{}", text(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn once_asked_to_stop_starts_nothing_more() {
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![Manner::Says(OK.into()), Manner::SaysAfter(300, OK)]).await;
    let program = over(&scratch, &receiver);
    program.drain();
    program.send(20);
    let worker = program.command("worker --once --max-in-flight 1").stdout(Stdio::piped()).spawn().unwrap();
    until("a request", || receiver.requests().len() >= 2);
    terminate(&worker);
    let output = worker.wait_with_output().unwrap();
    assert_eq!((text(&output.stdout).trim(), output.status.code()), ("1 attempt", Some(0)));
    let stats = program.json("stats");
    assert_eq!((&stats["waiting"], &stats["leased"]), (&19.into(), &0.into()), "{stats}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_another_process_takes_wakes_an_idle_worker() {
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![Manner::Says(OK.into())]).await;
    let program = over(&scratch, &receiver);
    let worker = program.worker();
    until("the Ping", || program.json("stats")["delivered"] == 1);
    let acknowledged = program.send(3);
    until("all of them", || program.json("stats")["delivered"] == 4);
    terminate(&worker);
    assert_eq!(worker.wait_with_output().unwrap().status.code(), Some(0));
    assert_eq!(check(&acknowledged, &receiver), 0);
}
