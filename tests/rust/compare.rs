//! docs/COMPARE.md, the sender beside open-source servers: what a cell names is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const DOC: &str = include_str!("../../docs/COMPARE.md");
/// The columns after ours.
const PEERS: [&str; 4] = ["Svix", "hook0", "Convoy", "Outpost"];

fn section() -> (&'static str, &'static str) {
    let (_, rest) = DOC.split_once("\n## The sender beside open-source servers\n").unwrap();
    rest.split_once("\n### What was read\n").unwrap()
}

/// The rows of the tables: what is compared, then a cell of ours and one of each peer.
fn rows() -> Vec<Vec<&'static str>> {
    let (tables, _) = section();
    let lines = tables.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| |"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect();
    assert!(rows.iter().all(|row| row.len() == 2 + PEERS.len()), "{rows:?}");
    assert!(rows.len() >= 35, "{} rows", rows.len());
    rows
}

/// What stands in code font in a cell.
fn named(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn code(folder: &Path, found: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            code(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn each_test_that_a_cell_of_ours_names_is_there() {
    let mut tests = String::new();
    code(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rust"), &mut tests);
    let names: Vec<&str> = rows().into_iter().flat_map(|row| named(row[1])).collect();
    // Commands and files have other letters, and functions of the crate fewer words.
    let is_test =
        |name: &&str| name.matches('_').count() > 2 && name.chars().all(|at| at == '_' || at.is_alphanumeric());
    let tested: Vec<&str> = names.into_iter().filter(is_test).collect();
    assert!(tested.len() >= 20, "{tested:?}");
    for name in tested {
        assert!(tests.contains(&format!("fn {name}(")), "no test is called {name}");
    }
}

#[test]
fn each_file_that_a_cell_of_theirs_names_was_read_and_each_file_is_named() {
    let (_, list) = section();
    let mut read: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut peer = "";
    for line in list.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if let Some((name, _)) = cells[0].split_once(':') {
            peer = name;
            continue;
        }
        assert!(cells[2].len() == 10 && cells[2].bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
        read.entry(peer).or_default().insert(cells[0].trim_matches('`'));
    }
    assert_eq!(read.keys().copied().collect::<BTreeSet<_>>(), PEERS.into());
    let mut cited: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in rows() {
        for (peer, cell) in PEERS.into_iter().zip(&row[2..]) {
            let is_word = |name: &&str| !name.contains(['*', '.']) && *name != "pgp_sym_encrypt";
            cited.entry(peer).or_default().extend(named(cell).into_iter().filter(is_word));
            let is_argued = !named(cell).is_empty() || ["not found", "no", "no choice found"].contains(cell);
            assert!(is_argued, "{}: {peer}: {cell}", row[0]);
        }
    }
    assert_eq!(cited, read);
}
