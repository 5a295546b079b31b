//! Secrets sealed at rest: no file of a store or of its worker holds one in plain text, and keys are rotated under load.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mambo_webhooks::send::{AddressPolicy, EndpointSettings, HttpOptions, LocalKeys, Sealer, Sender, Sqlite, Store};
use mambo_webhooks::{KeyRing, Profile, Renderer, Shims, UnixMillis, Version};

use super::program::{text, until};
use super::receiver::{HOST, Manner, Receiver};
use super::scratch::Scratch;

const SECRET: &str = "correct horse battery staple";
const HEADER: &str = "Bearer 7f3a-header-token";
const PAYLOAD: &str = "alice@example.com";
const OLD: &str = "2026-01 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW: &str = "2026-11 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
const SLOW: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A folder that is searched, and one beside it for what the test itself has to write down.
struct Place {
    searched: Scratch,
    beside: Scratch,
    store: String,
}

impl Place {
    fn new(receiver: &Receiver) -> Self {
        let (searched, beside) = (Scratch::new(), Scratch::new());
        std::fs::write(beside.file("authority.pem"), &receiver.authority).unwrap();
        std::fs::write(beside.file("headers"), format!("authorization: {HEADER}\n")).unwrap();
        let store = searched.file("store.db").to_string_lossy().into_owned();
        Self { searched, beside, store }
    }

    fn command(&self, keys: &str, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mambo-webhooks"));
        command.args(words.split(' ')).args(["--store", &self.store, "--allow", "127.0.0.0/8", "--root-certificates"]);
        command.arg(self.beside.file("authority.pem")).env("MAMBO_SECRET", SECRET).env("MAMBO_SEALING_KEY", keys);
        command.current_dir(self.searched.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, keys: &str, words: &str) -> (String, String) {
        let output = self.command(keys, words).output().unwrap();
        (text(&output.stdout).trim_end().into(), text(&output.stderr).trim_end().into())
    }

    /// A worker that may write a core file of any size, with all that it logs in a file.
    fn worker(&self, keys: &str) -> Child {
        let inner = self.command(keys, "worker --lease-seconds 1");
        let log = std::fs::File::options().create(true).append(true).open(self.searched.file("worker.log")).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -c unlimited; exec \"$0\" \"$@\""]).arg(inner.get_program()).args(inner.get_args());
        command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("RUST_LOG", "debug");
        command.current_dir(self.searched.path()).stdin(Stdio::null()).stderr(log).stdout(Stdio::null());
        command.spawn().unwrap()
    }
}

/// Which of the secrets stand in a file below a folder, with the file's name.
fn found(folder: &Path, secrets: &[&str]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            all.extend(found(&entry.path(), secrets));
            continue;
        }
        let Ok(bytes) = std::fs::read(entry.path()) else { continue };
        let name = entry.file_name().to_string_lossy().into_owned();
        let holds = |secret: &&&str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        all.extend(secrets.iter().filter(holds).map(|secret| format!("{name}: {secret}")));
    }
    all
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// Kills a worker with deliveries under way, and says which secrets its files hold then.
async fn left_behind(keys: &str, kill: &str) -> BTreeSet<String> {
    let receiver = Receiver::start(vec![Manner::SaysAfter(300, SLOW)]).await;
    let place = Place::new(&receiver);
    let url = receiver.url().replace(HOST, "127.0.0.1");
    let headers = place.beside.file("headers").to_string_lossy().into_owned();
    let (_, said) = place.run(keys, &format!("endpoint add e {url} --headers {headers}"));
    let plain = "mambo-webhooks: secrets are stored in plain text; seal them with --sealing-key: see `seal --help`";
    assert_eq!(said, if keys.is_empty() { plain } else { "" });
    let payloads = if keys.is_empty() { "" } else { " --seal-payloads" };
    let data = place.beside.file("data").to_string_lossy().into_owned();
    std::fs::write(&data, format!("{{\"mail\":\"{PAYLOAD}\"}}\n").repeat(50)).unwrap();
    let (ids, problem) = place.run(keys, &format!("send --type Other --lines --data {data}{payloads}"));
    assert_eq!(ids.lines().count(), 50, "{problem}");
    let mut worker = place.worker(keys);
    until("a delivery", || receiver.requests().len() > 2);
    signal(&worker, kill);
    worker.wait().unwrap();
    assert!(receiver.requests().iter().any(|request| text(&request.body).contains(PAYLOAD)));
    found(place.searched.path(), &[SECRET, HEADER, PAYLOAD])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_leaves_no_secret_in_plain_text() {
    if std::fs::read_to_string("/proc/sys/kernel/core_pattern").is_ok_and(|pattern| pattern == "core\n") {
        let other = Scratch::new();
        let aborts = ["-c", "ulimit -c unlimited; kill -ABRT $$"];
        Command::new("sh").args(aborts).current_dir(other.path()).status().unwrap();
        assert_eq!(std::fs::read_dir(other.path()).unwrap().count(), 1, "another process leaves a dump of its memory");
    }
    for kill in ["-KILL", "-ABRT"] {
        assert_eq!(left_behind(OLD, kill).await, BTreeSet::new(), "{kill}");
    }
    let plain = left_behind("", "-KILL").await;
    for secret in [SECRET, HEADER, PAYLOAD] {
        assert!(plain.iter().any(|found| found.ends_with(secret)), "without a key it is there: {plain:?}");
    }
}

/// A store in plain text is sealed while a worker runs, the sealing key is exchanged, and endpoints' secrets are rotated: all
/// events arrive, each signed with a secret that the endpoint had.
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_under_load_and_no_event_is_lost_or_unsigned() {
    let receiver = Receiver::start(vec![Manner::Says(SLOW.into())]).await;
    let place = Place::new(&receiver);
    let url = receiver.url().replace(HOST, "127.0.0.1");
    place.run("", &format!("endpoint add e {url} --max-in-flight 16"));
    let mut acknowledged: Vec<String> = Vec::new();
    let send = |keys: &str, acknowledged: &mut Vec<String>| {
        let mut child = place.command(keys, "send --type Other --lines");
        let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all("{}\n".repeat(150).as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        acknowledged.extend(text(&output.stdout).lines().map(str::to_owned));
    };
    let both = [NEW, "\n", OLD].concat();
    let mut workers = vec![place.worker(OLD)];
    send("", &mut acknowledged);
    // A sender without the key goes on: it needs no secret.
    assert_eq!(place.run(OLD, "seal").0, "1 endpoint is sealed\n0 events are sealed");
    send("", &mut acknowledged);
    assert_eq!(place.run(OLD, "seal --payloads").0.lines().next(), Some("0 endpoints are sealed"));
    assert_eq!(found(place.searched.path(), &[SECRET]), BTreeSet::new(), "the file was written anew");
    let missing = "mambo-webhooks: seal_key_missing: sealed under key `2026-01`, which is not there; \
                   give it with `--sealing-key` or `MAMBO_SEALING_KEY`";
    assert_eq!(place.run("", "endpoint rotate e").1, missing);
    workers.push(place.worker(&both));
    signal(&workers[0], "-TERM");
    let mut secrets = vec![SECRET.to_owned()];
    for number in 0..6 {
        send(&both, &mut acknowledged);
        let secret = format!("secret number {number} of some length");
        let rotated = place.command(&both, "endpoint rotate e").env("MAMBO_SECRET", &secret).output().unwrap();
        assert_eq!(text(&rotated.stdout), "e is signed with the new secret\n", "{}", text(&rotated.stderr));
        secrets.push(secret);
        if number == 2 {
            assert!(place.run(&both, "seal --payloads").0.starts_with("0 endpoints are sealed"), "rotating sealed it");
            workers.push(place.worker(NEW));
            signal(&workers[1], "-TERM");
        }
    }
    send(NEW, &mut acknowledged);
    until("all events", || receiver.requests().len() > acknowledged.len());
    signal(&workers[2], "-TERM");
    for mut worker in workers {
        assert!(worker.wait().unwrap().success());
    }
    let known: Vec<_> = secrets.iter().map(|secret| KeyRing::single(secret).unwrap()).collect();
    let (mut seen, mut signed_by) = (BTreeSet::new(), BTreeSet::new());
    for request in receiver.requests() {
        let (_, header) = request.headers.iter().find(|(name, _)| name == "x-mambo-signature").unwrap();
        let seconds = header.strip_prefix("t=").unwrap().split(',').next().unwrap().parse().unwrap();
        let verified = known.iter().enumerate().find_map(|(number, keys)| {
            let core = mambo_webhooks::Receiver::new(keys.clone());
            let received = core.receive(&request.headers, &request.body, UnixMillis::from_seconds(seconds)).ok()?;
            Some((number, received.id.unwrap().into_owned()))
        });
        let (number, id) = verified.expect("signed with a secret of the endpoint");
        signed_by.insert(number);
        seen.insert(id);
    }
    let lost: Vec<_> = acknowledged.iter().filter(|id| !seen.contains(*id)).collect();
    assert_eq!((acknowledged.len(), lost.len()), (9 * 150, 0));
    assert!(signed_by.contains(&0), "the first secret signed first");
    let all: Vec<&str> = secrets.iter().map(String::as_str).collect();
    assert_eq!(found(place.searched.path(), &all), BTreeSet::new());
}

/// What is sealed for one endpoint does not open for another, and what cannot be opened stops nothing else.
#[tokio::test]
async fn a_sealed_value_that_was_moved_does_not_open() {
    let scratch = Scratch::new();
    let file = scratch.file("store.db");
    let sealer = |keys: &str| Sealer::new(LocalKeys::from_text(keys).unwrap());
    let sender = |keys: &str| {
        let renderer = Renderer::new(Profile::default(), Shims::default(), Version::new(9, 0, 0)).unwrap();
        let store = Sqlite::open(&file).unwrap();
        let store = if keys.is_empty() { store } else { store.sealed(sealer(keys)) };
        let allowed = AddressPolicy::allowing(vec!["192.0.2.0/24".parse().unwrap()]);
        Sender::new(store, renderer, HttpOptions::new(allowed))
    };
    let first = sender(OLD);
    for id in ["a", "b"] {
        let settings = EndpointSettings::new("https://192.0.2.1/", SECRET).header("authorization", HEADER);
        first.add_endpoint(id, settings).await.unwrap();
    }
    assert_eq!(first.endpoint("a").await.unwrap().settings.headers, [("authorization".to_owned(), HEADER.to_owned())]);
    let connection = rusqlite::Connection::open(&file).unwrap();
    let swap = "UPDATE endpoint SET settings = (SELECT settings FROM endpoint WHERE id LIKE '%a'), revision = 99 WHERE id LIKE '%b'";
    assert_eq!(connection.execute(swap, []).unwrap(), 1);
    let problem = first.endpoint("b").await.unwrap_err();
    let broken = "what is sealed under key `2026-01` does not open: it was changed or moved, or the key is another one";
    assert_eq!((problem.code(), problem.to_string().as_str()), ("seal_broken", broken));
    assert_eq!(first.endpoints().await.unwrap().len(), 1);
    assert_eq!(first.counts().await.unwrap().unreadable, 1);
    let rotated = first.rotate_secret("b", "a second secret of length", Duration::ZERO).await.unwrap_err();
    assert_eq!(rotated.code(), "seal_broken");
    for (keys, code) in [("", "seal_key_missing"), (NEW, "seal_key_missing")] {
        let other = sender(keys);
        assert_eq!(other.endpoint("a").await.unwrap_err().code(), code);
        assert_eq!(
            other.rotate_secret("a", "a second secret of length", Duration::ZERO).await.unwrap_err().code(),
            code
        );
        assert_eq!(other.store().counts(None).await.unwrap().unreadable, 2);
        assert_eq!(other.seal(false).await.unwrap_err().code(), code);
    }
}
