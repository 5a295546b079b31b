//! The tables of runtimes in the documentation: what the last full run saw, kept as data, printed between marks.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::step::{Done, root};

const BEGIN: &str = "<!-- the table below is written by `cargo xtask test --all` -->\n";
const END: &str = "<!-- end of the table -->";

/// Keeps the results of this run, and writes the tables.
pub fn write() -> Done {
    let mut rows = Vec::new();
    for suite in ["runtimes", "bundlers"] {
        let path = root().join(format!("tests/results/{suite}.json"));
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let found: Vec<Value> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        rows.extend(found);
    }
    if let Some(failed) = rows.iter().find(|row| row.get("ok") != Some(&Value::Bool(true))) {
        return Err(format!("not written, since a row failed: {failed}"));
    }
    let text = rows.iter().map(|row| format!("  {row}")).collect::<Vec<_>>().join(",\n");
    fs::write(kept(), format!("[\n{text}\n]\n")).map_err(|error| error.to_string())?;
    for (page, table) in tables()? {
        let (before, _, after) = parts(&page)?;
        fs::write(root().join(&page), [&before, BEGIN, &table, END, &after].concat())
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The tables that stand in the pages are those of the kept results.
pub fn check() -> Done {
    for (page, table) in tables()? {
        if parts(&page)?.1 != table {
            return Err(format!("{page} has another table than {} gives", kept().display()));
        }
    }
    Ok(())
}

fn kept() -> PathBuf {
    root().join("tests/runtimes/last-full-run.json")
}

/// Text before the table, the table, text after it.
fn parts(page: &str) -> Done<(String, String, String)> {
    let text = fs::read_to_string(root().join(page)).map_err(|error| format!("{page}: {error}"))?;
    let (before, rest) = text.split_once(BEGIN).ok_or_else(|| format!("{page} has no mark where its table begins"))?;
    let (table, after) = rest.split_once(END).ok_or_else(|| format!("{page} has no mark where its table ends"))?;
    Ok((before.to_owned(), table.to_owned(), after.to_owned()))
}

fn tables() -> Done<[(String, String); 1]> {
    let text = fs::read_to_string(kept()).map_err(|error| format!("{}: {error}", kept().display()))?;
    let rows: Vec<Value> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    Ok([("README.md".to_owned(), table(&rows))])
}

/// One line for each runtime: its versions, and the ways in which the package was run on it.
fn table(rows: &[Value]) -> String {
    let mut lines: Vec<(&str, Vec<&str>, Vec<&str>)> = Vec::new();
    let mut places = BTreeMap::new();
    for row in rows {
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let place = *places.entry(text("runtime")).or_insert_with(|| {
            lines.push((text("runtime"), Vec::new(), Vec::new()));
            lines.len().saturating_sub(1)
        });
        if let Some((_, versions, ways)) = lines.get_mut(place) {
            for (known, new) in [(versions, text("version")), (ways, text("how"))] {
                if !known.contains(&new) {
                    known.push(new);
                }
            }
        }
    }
    let lines = lines
        .iter()
        .map(|(runtime, versions, ways)| format!("| {runtime} | {} | {} |\n", versions.join(", "), ways.join("; ")));
    ["| | versions | how |\n|---|---|---|\n".to_owned()].into_iter().chain(lines).collect()
}
