//! A file uses only what stands above it in its list of modules: the floors in `lib.rs`, the children in a folder's
//! front. So nothing imports upwards, nothing imports in a circle, and no core file knows an edge.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The modules that a file declares, in order.
fn modules(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let names = text.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
    names.filter_map(|name| name.strip_suffix(';')).map(str::to_owned).collect()
}

/// The first of the modules that are declared without a blank line between, for each module: those may use each other.
fn groups(file: &Path) -> Vec<usize> {
    let text = fs::read_to_string(file).unwrap();
    let mut groups = Vec::new();
    let mut adjacent = false;
    for line in text.lines() {
        let is_module = line.trim_start_matches("pub ").starts_with("mod ");
        if is_module {
            let first = if adjacent { *groups.last().unwrap() } else { groups.len() };
            groups.push(first);
        }
        adjacent = is_module;
    }
    groups
}

/// Each word that follows `prefix` in the code of a file, tests left out.
fn used(file: &Path, prefix: &str) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let word = |rest: &str| rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    code.split(prefix).skip(1).map(word).collect()
}

#[test]
fn files_use_only_what_stands_above_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors = modules(&source.join("lib.rs"));
    assert!(floors.len() > 15, "lib.rs lists its modules");
    let place: BTreeMap<&str, usize> = floors.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let mut files = 0;
    for (at, name) in floors.iter().enumerate() {
        let front = source.join(name).with_extension("rs");
        let children = modules(&front);
        let groups = groups(&front);
        let mut all = vec![(front.clone(), 0)];
        all.extend(
            children
                .iter()
                .enumerate()
                .map(|(index, child)| (source.join(name).join(child).with_extension("rs"), index)),
        );
        for (file, index) in &all {
            files += 1;
            for word in used(file, "crate::") {
                let Some(found) = place.get(word.as_str()) else {
                    panic!("{} uses crate::{word}, which is no module: name its file", file.display());
                };
                assert!(*found < at || (word == *name && file == &front), "{} uses {word}", file.display());
            }
            if *file != front {
                for word in used(file, "super::") {
                    let sibling = children.iter().position(|child| *child == word);
                    let above = |sibling| sibling < *index || groups[sibling] == groups[*index];
                    assert!(sibling.is_some_and(above), "{} uses {word}", file.display());
                }
            }
        }
    }
    assert!(files > 25, "{files} files were read");
}

#[test]
fn no_file_is_over_350_lines() {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                lines.push((fs::read_to_string(&path).unwrap().lines().count(), path.display().to_string()));
            }
        }
    }
    lines.sort();
    let (longest, file) = lines.last().unwrap();
    assert!(*longest <= 350, "{file} has {longest} lines");
    let median = lines[lines.len() / 2].0;
    assert!(median < 150, "the median file has {median} lines");
}
