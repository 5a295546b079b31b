//! The plans of statements that run for every claim.

use alloc::string::String;
use alloc::vec::Vec;

use rusqlite::Connection;

/// Asserts that a statement finds every row by an index and sorts nothing, but for scans that end so.
pub(super) fn assert_indexed(sql: &str, scans: &[&str]) {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(include_str!("schema_1.sql")).unwrap();
    connection.execute_batch(include_str!("schema_2.sql")).unwrap();
    let mut plan = connection.prepare(&["EXPLAIN QUERY PLAN ", sql].concat()).unwrap();
    let parameters = (1..=plan.parameter_count()).map(|_| 1_i64).collect::<Vec<_>>();
    let steps = plan.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>(3)).unwrap();
    for step in steps.map(Result::unwrap) {
        let may_scan = scans.iter().any(|scan| step.ends_with(scan));
        assert!(!step.starts_with("SCAN") || may_scan, "{step}: {sql}");
        assert!(!step.contains("TEMP B-TREE"), "{step}: {sql}");
    }
}
