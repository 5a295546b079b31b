//! A file uses only what stands above it in its list of modules: the floors in `lib.rs`, the children in a folder's
//! front. So nothing imports upwards, nothing imports in a circle, and no core file knows an edge.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A module by its path, such as `send/store/sqlite/claim`.
type Name = Vec<String>;

/// A module's file, and where it stands: for each of its ancestors and itself, its place in the list of its siblings.
struct Module {
    file: PathBuf,
    places: Vec<usize>,
}

/// The modules that a file declares, in order. Those without a blank line between have one place, and may use each
/// other.
fn declared(file: &Path) -> Vec<(String, usize)> {
    let text = fs::read_to_string(file).unwrap();
    let mut found: Vec<(String, usize)> = Vec::new();
    let mut adjacent = false;
    for line in text.lines() {
        let line = line.trim_start_matches("pub ").trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
        let name = line.strip_prefix("mod ").and_then(|name| name.strip_suffix(';'));
        if let Some(name) = name {
            let place = if adjacent { found.last().unwrap().1 } else { found.len() };
            found.push((name.to_owned(), place));
        }
        adjacent = name.is_some();
    }
    found
}

/// Every module below a front, with that front.
fn modules(front: &Path, folder: &Path, name: &Name, places: &[usize], all: &mut BTreeMap<Name, Module>) {
    for (child, place) in declared(front) {
        let file = folder.join(&child).with_extension("rs");
        let path: Name = name.iter().cloned().chain([child.clone()]).collect();
        let places: Vec<usize> = places.iter().copied().chain([place]).collect();
        modules(&file, &folder.join(&child), &path, &places, all);
        all.insert(path, Module { file, places });
    }
}

/// Each path that follows `prefix` in the code of a file, tests left out.
fn used(file: &Path, prefix: &str) -> Vec<Name> {
    let text = fs::read_to_string(file).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let path = |rest: &str| {
        let end = rest.find(|letter: char| !(letter.is_alphanumeric() || "_:".contains(letter))).unwrap_or(rest.len());
        rest.get(..end).unwrap().split("::").map(str::to_owned).collect()
    };
    // What `super::super::` names is found by the longer prefix.
    code.split(prefix).skip(1).filter(|rest| !rest.starts_with("super::")).map(path).collect()
}

/// The module that a path leads to: the longest beginning of it that is one.
fn target(all: &BTreeMap<Name, Module>, path: &Name) -> Option<Name> {
    (1..=path.len()).rev().map(|length| path[..length].to_vec()).find(|beginning| all.contains_key(beginning))
}

#[test]
fn files_use_only_what_stands_above_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = BTreeMap::new();
    modules(&source.join("lib.rs"), &source, &Vec::new(), &[], &mut all);
    assert!(all.len() > 60, "lib.rs lists its modules, and they theirs: {}", all.len());
    for (name, module) in &all {
        let file = module.file.display();
        let parent = &name[..name.len() - 1];
        let own = |path: Name| -> Name { name.iter().cloned().chain(path).collect() };
        let siblings = |path: Name| -> Name { parent.iter().cloned().chain(path).collect() };
        let mut uses = used(&module.file, "crate::");
        // A path of `self` leads down, to a module of the front itself.
        uses.extend(used(&module.file, "self::").into_iter().map(own));
        if name.len() > 1 {
            uses.extend(used(&module.file, " super::").into_iter().map(siblings));
        }
        for path in uses {
            let Some(found) = target(&all, &path) else {
                assert!(
                    name.len() > 1 || path.len() > 1 || all.contains_key(&path),
                    "{file} uses {path:?}: name its file"
                );
                continue;
            };
            if found.starts_with(name) {
                // Its own items, or its children's.
                continue;
            }
            assert!(!name.starts_with(&found), "{file} uses its front, {}", found.join("::"));
            let shared = name.iter().zip(&found).take_while(|(one, other)| one == other).count();
            let (own, theirs) = (module.places[shared], all[&found].places[shared]);
            let is_group = own == theirs && name.len() == shared + 1 && found.len() == shared + 1;
            assert!(theirs < own || is_group, "{file} uses {}", found.join("::"));
        }
    }
}

/// The files of code below some folders of the repository, with their numbers of lines.
fn code_files(folders: &[&str]) -> Vec<(PathBuf, usize)> {
    const NOT_OURS: [&str; 4] = ["node_modules", "target", "dist", "fixtures"];
    let mut folders: Vec<PathBuf> =
        folders.iter().map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if !NOT_OURS.contains(&name) {
                    folders.push(path);
                }
            } else if [".rs", ".ts", ".mjs", ".cjs", ".sql"].iter().any(|ending| name.ends_with(ending)) {
                let lines = fs::read_to_string(&path).unwrap().lines().count();
                found.push((path, lines));
            }
        }
    }
    found
}

#[test]
fn no_file_is_over_350_lines() {
    let files = code_files(&["src", "wasm/src", "xtask/src", "js/src", "js/build", "tests", "benches", "examples"]);
    assert!(files.len() > 300, "only {} files were found", files.len());
    for (file, lines) in files {
        assert!(lines <= 350, "{} has {lines} lines", file.display());
    }
}

#[test]
fn the_median_file_of_the_crate_is_under_150_lines() {
    let mut lines: Vec<usize> = code_files(&["src"]).into_iter().map(|(_, lines)| lines).collect();
    lines.sort_unstable();
    let median = lines[lines.len() / 2];
    assert!(median < 150, "the median file has {median} lines");
}

/// The module for JavaScript has no way to an event but verifying it in the same call.
#[test]
fn the_wasm_crate_opens_only_what_it_verified() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("wasm/src");
    let mut files = 0;
    for entry in fs::read_dir(source).unwrap() {
        let file = entry.unwrap().path();
        let text = fs::read_to_string(&file).unwrap();
        for way in ["assume", ".open(", "Envelope", "Event::new"] {
            assert!(!text.contains(way), "{} has `{way}`", file.display());
        }
        files += 1;
    }
    assert!(files > 5, "the crate was found");
}
