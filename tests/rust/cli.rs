//! The command line, as a person calls it: what it prints, and its exit codes.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::messages::is_written;

const SECRET: &str = "correct horse battery staple";
const BODY: &str = r#"{"event":"Ping","id":"e-1","data":{"message":"ping"}}"#;

/// Returns an empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What the command prints on standard output and standard error, and its exit code.
fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mambo-webhooks"))
}

fn run(folder: &PathBuf, arguments: &str) -> (String, String, i32) {
    let output = program().args(arguments.split(' ')).current_dir(folder).env("MAMBO_SECRET", SECRET).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim_end().to_owned();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[test]
fn a_delivery_is_signed_verified_diagnosed_and_detected() {
    let folder = folder("delivery");
    fs::write(folder.join("body"), BODY).unwrap();
    let (value, _, code) = run(&folder, "sign --body body");
    assert_eq!(code, 0);
    fs::write(folder.join("headers"), format!("Host: localhost\nX-Mambo-Signature: {value}\n")).unwrap();
    assert_eq!(run(&folder, "verify --headers headers --body body"), ("accepted: Ping".into(), String::new(), 0));
    let json = r#"{"id":"e-1","keyId":"default","ok":true,"type":"Ping"}"#;
    assert_eq!(run(&folder, "--json verify --headers headers --body body"), (json.into(), String::new(), 0));
    fs::write(folder.join("changed"), format!("{BODY}\n")).unwrap();
    let (text, _, code) = run(&folder, "verify --headers headers --body changed");
    assert_eq!(
        (text.lines().next(), code),
        (Some("signature_mismatch: none of 1 signatures matches any of 1 keys"), 1)
    );
    let (text, _, code) = run(&folder, "diagnose --headers headers --body changed");
    let cause = "body_changed: the body is not what was signed: a line end or blank was added at the end";
    assert_eq!((text.lines().nth(1), code), (Some(cause), 1));
    let (profile, said, code) = run(&folder, "detect --headers headers --body body");
    let expected = "the secret is written in utf8\n\
                    type seems to be at /event\nid seems to be at /id\ndata seems to be at /data\n\
                    one_signature: one signature does not show how several are written: capture a delivery while two \
                    secrets are valid\nversion_unseen: no version was found in the body";
    assert_eq!((said.as_str(), code), (expected, 0));
    fs::write(folder.join("profile.json"), &profile).unwrap();
    let again = run(&folder, "verify --headers headers --body body --profile profile.json");
    assert_eq!(again, ("accepted: Ping".into(), String::new(), 0));
    let (text, said, code) = run(&folder, "detect --headers headers --body changed");
    let none = "no profile fits: compare MAMBO_SECRET with the secret in Mambo, and pass the body byte for byte";
    assert_eq!((text.as_str(), said.lines().next(), code), ("", Some(none), 1));
}

#[test]
fn registries_are_checked_printed_and_carried_out() {
    let folder = folder("registry");
    let example = include_str!("../../examples/registry/payload-9.0.0.json");
    fs::write(folder.join("registry.json"), example).unwrap();
    fs::write(folder.join("data"), r#"{ "exampleField": 12345678901234567890 }"#).unwrap();
    assert_eq!(run(&folder, "registry check registry.json"), ("no problem".into(), String::new(), 0));
    let upgrade = "upgrade --registry registry.json --type PointWalletUpdated --from 8.0.3 --to 9.0.0 --data data";
    assert_eq!(run(&folder, upgrade), (r#"{ "newExampleField": 12345678901234567890 }"#.into(), String::new(), 0));
    let (page, _, code) = run(&folder, "registry changelog registry.json");
    assert!(page.starts_with("# Payload changes\n\n## 9.0.0\n"), "{page}");
    assert_eq!(code, 0);
    fs::write(folder.join("bad.json"), r#"{"format":1,"versions":["9"]}"#).unwrap();
    let (text, _, code) = run(&folder, "registry check bad.json");
    let problem = "value_invalid: expected three numbers joined by dots, such as 8.10.2 at /versions/0 ";
    assert_eq!((text.as_str(), code), (problem.trim_end(), 1));
}

#[test]
fn what_ended_long_ago_is_forgotten() {
    let folder = folder("prune");
    fs::remove_file(folder.join("store.db")).ok();
    let (_, problem, code) = run(&folder, "stats --store store.db");
    let missing = "mambo-webhooks: store_failed: the store failed: store.db: there is no such store";
    assert_eq!((problem.as_str(), code, folder.join("store.db").exists()), (missing, 1, false));
    assert_eq!(run(&folder, "--store store.db endpoint add e https://192.0.2.1/ --allow 192.0.2.0/24").2, 0);
    assert_eq!(run(&folder, "endpoint disable e --store store.db").2, 0);
    let send = "send --type Other --id e-1 --data data --store store.db --server 9.0.0";
    fs::write(folder.join("data"), "{}").unwrap();
    let notes = "mambo-webhooks: neither Mambo's docs nor the registry name the event type `Other`\n\
                 mambo-webhooks: no enabled endpoint subscribes to it, so it is not delivered";
    assert_eq!(run(&folder, send), ("e-1".into(), notes.into(), 0));
    let prune = "prune --days 30 --store store.db";
    assert_eq!(run(&folder, prune), ("0 events are forgotten".into(), String::new(), 0));
    assert_eq!(run(&folder, &format!("--json {prune} --dead")), (r#"{"events":0}"#.into(), String::new(), 0));
    assert_eq!(run(&folder, "endpoint remove e --store store.db"), ("removed e".into(), String::new(), 0));
    assert_eq!(run(&folder, "endpoint list --store store.db"), (String::new(), String::new(), 0));
    let gone = "mambo-webhooks: endpoint_unknown: there is no endpoint `e`";
    assert_eq!(run(&folder, "endpoint remove e --store store.db"), (String::new(), gone.into(), 1));
    let (_, problem, code) = run(&folder, "prune --days 0 --store store.db");
    assert_eq!(
        (problem.lines().next(), code),
        (Some("error: invalid value '0' for '--days <DAYS>': 0 is not in 1..=65535"), 2)
    );
}

#[test]
fn wrong_calls_say_so() {
    let folder = folder("wrong");
    run(&folder, "endpoint add e https://192.0.2.1/ --allow 192.0.2.0/24 --store store.db");
    let (_, problem, code) = run(&folder, "worker --once --max-in-flight 0 --store store.db");
    assert_eq!((problem.as_str(), code), ("mambo-webhooks: limit_zero: max_in_flight is 0, needs at least 1", 1));
    let (said, _, code) = run(&folder, "retry --delivery 999 --store store.db");
    assert_eq!((said.as_str(), code), ("no such delivery is delivered or dead, so none is tried again", 1));
    let (_, problem, code) = run(&folder, "stats --timeout-seconds 0 --store store.db");
    let expected = "error: invalid value '0' for '--timeout-seconds <TIMEOUT_SECONDS>': 0 is not in 1..=300";
    assert_eq!((problem.lines().next(), code), (Some(expected), 2));
    fs::write(folder.join("headers.txt"), format!("x-token: {}\n", "x".repeat(9000))).unwrap();
    let add = "endpoint add f https://192.0.2.1/ --allow 192.0.2.0/24 --store store.db --headers headers.txt";
    let expected =
        "mambo-webhooks: headers_too_large: the endpoint's own headers: 1 with 9007 bytes, allowed 32 with 8192";
    assert_eq!(run(&folder, add), (String::new(), expected.into(), 1));
    let (_, problem, code) = run(&folder, "migrate --store store.db");
    let expected = "mambo-webhooks: a file is migrated when it is opened; --store has to be postgres://…";
    assert_eq!((problem.as_str(), code), (expected, 1));
    assert_eq!(run(&folder, "verify").2, 2);
    let (_, problem, code) = run(&folder, "registry check nowhere.json");
    assert!(problem.starts_with("mambo-webhooks: nowhere.json: "), "{problem}");
    assert_eq!(code, 1);
}

#[test]
fn blank_names_are_refused_and_make_no_event() {
    let folder = folder("blank");
    run(&folder, "endpoint add e https://192.0.2.1/ --allow 192.0.2.0/24 --store store.db");
    fs::write(folder.join("data.json"), "{}").unwrap();
    for (options, problem) in [
        (["--type", "Ping", "--key", ""], "mambo-webhooks: text_blank: the idempotency key is blank"),
        (["--type", "Ping", "--id", " "], "mambo-webhooks: text_blank: the event id is blank"),
        (["--type", "", "--key", "k"], "mambo-webhooks: text_blank: the event type is blank"),
    ] {
        let words = ["send", "--data", "data.json", "--store", "store.db"].into_iter().chain(options);
        let output = program().args(words).current_dir(&folder).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((said.trim(), output.status.code()), (problem, Some(1)));
    }
    let (said, ..) = run(&folder, "stats --json --store store.db");
    assert!(said.contains(r#""waiting":1"#), "the Ping alone: {said}");
}

#[test]
fn a_reader_that_is_gone_ends_a_command_quietly() {
    let mut child =
        program().args(["registry", "changelog"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((String::from_utf8(output.stderr).unwrap().as_str(), output.status.code()), ("", Some(0)));
}

#[test]
fn what_a_command_was_not_asked_but_has_to_be_known_is_said() {
    let folder = folder("said");
    fs::remove_file(folder.join("store.db")).ok();
    let run = |arguments: &str| run(&folder, &format!("{arguments} --store store.db --server 9.0.0"));
    assert_eq!(run("endpoint add e https://192.0.2.1/ --allow 192.0.2.1").2, 0);
    let (id, notes, code) = run(r#"send --type ActivityCraeted --data {"a":1} --key k"#);
    let unknown = "mambo-webhooks: neither Mambo's docs nor the registry name the event type `ActivityCraeted`";
    assert_eq!((notes.as_str(), code), (unknown, 0));
    let (again, notes, code) = run(r#"send --type ActivityCreated --data {"a":2} --key k"#);
    let taken = format!("mambo-webhooks: event {id} has this key, so this one was not taken");
    assert_eq!((again, notes, code), (id, taken, 0));
    let (_, problem, code) = run("endpoint add f https://192.0.2.1/ --allow 192.0.2.1 --pinned 99.0.0");
    assert_eq!((problem.as_str(), code), ("mambo-webhooks: --pinned 99.0.0 is newer than the server, 9.0.0", 1));
    let (_, problem, code) = run("endpoint add f https://192.0.2.1/");
    let expected = "mambo-webhooks: address_refused: the endpoint's host is not a public address; allow networks of your own \
                    with `--allow`, `MAMBO_ALLOW` or `AddressPolicy::allowing`";
    assert_eq!((problem.as_str(), code), (expected, 1));
    let (_, problem, code) = run("retry --dead --endpoint missing");
    assert_eq!((problem.as_str(), code), ("mambo-webhooks: endpoint_unknown: there is no endpoint `missing`", 1));
    let (_, problem, code) = run("--json retry --dead --endpoint missing");
    assert_eq!((problem.as_str(), code), (r#"{"error":"endpoint_unknown: there is no endpoint `missing`"}"#, 1));
    fs::write(folder.join("lines"), "{}\n{}\nno JSON\n{}\n").unwrap();
    let (ids, problem, code) = run("send --type Ping --lines --data lines");
    let expected =
        "mambo-webhooks: line 3: body_not_json: body is not JSON at line 1 column 2; the lines before it are taken";
    assert_eq!((ids.lines().count(), problem.as_str(), code), (2, expected, 1));
}

#[test]
fn a_wrong_call_ends_with_2_and_names_the_option() {
    let folder = folder("calls");
    for (arguments, problem) in [
        (
            "stats --server foo",
            "error: invalid value 'foo' for '--server <SERVER>': expected three numbers joined by dots, such as 8.10.2",
        ),
        (
            "endpoint add e https://example.com/ --pinned x",
            "error: invalid value 'x' for '--pinned <PINNED>': expected three numbers joined by dots, such as 8.10.2",
        ),
        (
            "endpoint add e https://example.com/ --header noColon",
            "error: invalid value 'noColon' for '--header <HEADER>': expected `Name: value`",
        ),
        ("send --type Ping --lines --id e", "error: the argument '--lines' cannot be used with '--id <ID>'"),
        (
            "stats --allow ten",
            "error: invalid value 'ten' for '--allow <ALLOW>': expected a network or an address, such as 10.1.0.0/16",
        ),
    ] {
        let (_, said, code) = run(&folder, arguments);
        assert_eq!((said.lines().next(), code), (Some(problem), 2), "{arguments}");
    }
}

#[test]
fn a_registry_may_come_from_standard_input() {
    let folder = folder("stdin");
    run(&folder, "endpoint add e https://192.0.2.1/ --allow 192.0.2.1 --store store.db");
    let registry = r#"{"format":1,"events":{"Made":{"model":"Made"}},"models":{"Made":{}}}"#;
    fs::write(folder.join("registry.json"), registry).unwrap();
    let words = ["send", "--type", "Made", "--data", "{}", "--store", "store.db", "--registry", "-"];
    let input = fs::File::open(folder.join("registry.json")).unwrap();
    let output = program().args(words).current_dir(&folder).stdin(input).output().unwrap();
    assert_eq!((String::from_utf8(output.stderr).unwrap().as_str(), output.status.code()), ("", Some(0)));
}

/// The commands that the npm package has too, as the program describes them.
fn described() -> (String, Value) {
    let output = program().arg("describe-commands").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let table = serde_json::from_str(&text).unwrap();
    (text, table)
}

#[test]
fn the_commands_of_the_npm_package_are_those_of_this_program() {
    is_written("js/src/cli/commands.json", &described().0);
}

#[test]
fn the_page_of_commands_is_the_table() {
    let (_, table) = described();
    let commands = table["commands"].as_array().unwrap();
    let mut page = concat!(
        "# Commands\n\n",
        "The command line exists twice: `npx mambo-webhooks`, which needs Node alone, and a Rust program, which\n",
        "`cargo install mambo-webhooks --features cli` installs. Both print the same results and problems, and end with the\n",
        "same exit code; wrong arguments are told in other words.\n",
        "The option `--help` behind a command prints its options; `--version` alone prints the version.\n\n",
        "- **The secret** is the environment variable `MAMBO_SECRET`, never an argument, which every user of the machine\n",
        "  can read. `listen` and `rehearse` verify no signature without it; `upgrade` and `registry` do not need it.\n",
        "- **Other variables.** `send` takes `MAMBO_SERVER` and `MAMBO_PROFILE` in place of `--server` and `--profile`.\n",
        "- **Input.** A file that is called `-` is standard input. It can be read for one option of a command.\n",
        "- **Output.** The result goes to standard output, remarks and problems to standard error. With `--json` both are\n",
        "  JSON: a result, or an object with the member `error`. Colours are for terminals, unless `NO_COLOR` is set.\n",
        "- **Exit codes:** 0 for success, 1 for a refusal or a problem, 2 for wrong arguments; of `rehearse` 2 also where it\n",
        "  cannot run. `listen` ends with 0 when it is stopped by Ctrl-C or SIGTERM.\n\n",
        "## Which program has which\n\n",
        "| command | npm | Rust | what it does |\n|---|---|---|---|\n",
    )
    .to_owned();
    let text = |value: &Value| value.as_str().unwrap_or_default().replace('|', "\\|");
    for command in commands {
        let name = text(&command["name"]);
        let rust = if name == "rehearse" { "" } else { "yes" };
        page += &format!("| [`{name}`](#{}) | yes | {rust} | {} |\n", name.replace(' ', "-"), text(&command["about"]));
    }
    page += "| `endpoint`, `send` without `--url`, `worker`, `log`, `stats`, `retry`, `prune`, `migrate` | | yes | \
             The sender: [SENDER.md](SENDER.md) |\n";
    for command in commands {
        page += &format!(
            "\n## {}\n\n{}.\n\n| option | default | what it is |\n|---|---|---|\n",
            text(&command["name"]),
            text(&command["about"])
        );
        for option in command["options"].as_array().unwrap() {
            let is_required = option["isRequired"] == true;
            let default = match &option["default"] {
                Value::String(value) => format!("`{value}`"),
                _ if is_required => "required".into(),
                _ => String::new(),
            };
            let (name, value) = (text(&option["name"]), text(&option["value"]));
            let words = if option["isPositional"] == true { value } else { format!("--{name} {value}") };
            page += &format!("| `{}` | {default} | {} |\n", words.trim_end(), text(&option["help"]));
        }
    }
    is_written("docs/COMMANDS.md", &page);
}
