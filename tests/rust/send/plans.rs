//! How a claim finds its rows, on a real PostgreSQL with a backlog beside idle endpoints: by index, and no more of them
//! than it leases. The plans are those of `auto_explain`, with the numbers of rows that were really touched.

use std::sync::{Arc, Mutex};

use mambo_webhooks::send::Postgres;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

use super::cluster::Cluster;

/// More than this in one step of a plan would be a scan that grows.
const MOST_ROWS: u64 = 1100;
const CLAIM: &str =
    "SELECT * FROM mambo_claim(64, 64, 100000000, 45000, 1, 'default' || chr(31) || 'e4', '{}', NULL, '{}', '{}')";
/// Everything that was claimed, as delivered.
const SETTLE: &str = "WITH given AS (
        SELECT array_agg(n) numbers, array_agg(l) leases, array_agg(2::bigint) nexts, array_agg(0::bigint) zeros, array_agg(q.endpoint) ids,
            array_agg(1::bigint) ones, array_agg(false) flags, array_agg(NULL::text) texts, array_agg(200::bigint) statuses,
            array_agg(NULL::bytea) bodies
        FROM unnest($1::bigint[], $2::bigint[]) g (n, l) JOIN mambo_queue q ON q.number = n
    ) SELECT s.* FROM given, LATERAL mambo_settle(numbers, leases, nexts, zeros, ids, ones, flags, zeros, texts, zeros, statuses,
        texts, texts, bodies, flags, ARRAY['default' || chr(31) || 'e1', 'default' || chr(31) || 'e2'], ARRAY[5, 5]::bigint[], ARRAY[true, true], ARRAY[0, 0]::bigint[],
        ARRAY[true, true], ARRAY[0, 0]::bigint[], ARRAY[false, false], 1, 1, '9.0.0') s";

/// A connection, and what the server says on it.
async fn listening(url: &str) -> (Client, Arc<Mutex<String>>) {
    let (client, mut connection) = url.parse::<Config>().unwrap().connect(NoTls).await.unwrap();
    let said = Arc::new(Mutex::new(String::new()));
    let notices = Arc::clone(&said);
    tokio::spawn(async move {
        while let Some(Ok(message)) = std::future::poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notice(notice) = message {
                let mut said = notices.lock().unwrap();
                said.push_str(notice.message());
                said.push('\n');
            }
        }
    });
    (client, said)
}

/// Every step of the plans that touches a table: its text, and how many rows it read.
fn steps(plans: &str) -> Vec<(String, u64)> {
    let number = |text: &str, before: &str| {
        let rest = text.split_once(before)?.1;
        rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse::<u64>().ok()
    };
    let mut found: Vec<(String, u64)> = Vec::new();
    for line in plans.lines() {
        if line.contains("Scan") && line.contains(" mambo_") {
            let rows = number(line, "actual rows=").unwrap_or(0);
            found.push((line.trim().to_owned(), rows * number(line, "loops=").unwrap_or(1)));
        } else if let (Some(removed), Some(last)) = (number(line, "Rows Removed by Filter: "), found.last_mut()) {
            last.1 += removed;
        }
    }
    found
}

async fn claim_and_settle(client: &Client, expected: usize) {
    let claimed = client.query(CLAIM, &[]).await.unwrap();
    assert_eq!(claimed.len(), expected + 1);
    client.batch_execute("SELECT mambo_reclaim(5, '9.0.0')").await.unwrap();
    let leases =
        claimed.iter().filter_map(|row| row.get::<_, Option<i64>>("number").zip(row.get::<_, Option<i64>>("lease")));
    let (numbers, leases): (Vec<i64>, Vec<i64>) = leases.unzip();
    client.query(SETTLE, &[&numbers, &leases]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_and_a_settlement_read_no_more_than_they_hand_over() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    Postgres::connect(&url).await.unwrap();
    let (client, said) = listening(&url).await;
    let endpoints = "INSERT INTO mambo_endpoint (id, settings, max_in_flight, state)
            SELECT 'default' || chr(31) || CASE WHEN n <= 8 THEN 'e' ELSE 'idle' END || n, '{}', 64, 'enabled' FROM generate_series(1, 10008) n;
        INSERT INTO mambo_status (endpoint, concurrency, latency_ms) SELECT id, 64, 5 FROM mambo_endpoint";
    client.batch_execute(endpoints).await.unwrap();
    let fill = |events: &str| {
        format!(
            "INSERT INTO mambo_event (tenant, id, event_type, version, data, created)
                SELECT 'default', n, 'Other', '9.0.0', '{{}}', 0 FROM generate_series({events}) n;
            INSERT INTO mambo_queue (event, endpoint, size, due)
                SELECT e.number, 'default' || chr(31) || 'e' || n, 2, e.number FROM mambo_event e, generate_series(1, 8) n
                WHERE NOT EXISTS (SELECT 1 FROM mambo_queue q WHERE q.event = e.number);
            INSERT INTO mambo_queue (event, endpoint, size, state, due) SELECT number, 'default' || chr(31) || 'e1', 2, 0, 9e15 FROM mambo_event"
        )
    };
    // The plans of the functions are made here, where a few wait, and kept by the connection.
    client.batch_execute(&fill("1, 1")).await.unwrap();
    client.batch_execute("ANALYZE").await.unwrap();
    claim_and_settle(&client, 8).await;
    client.batch_execute(&fill("2, 12501")).await.unwrap();
    let explain =
        "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
        SET auto_explain.log_analyze = on; SET auto_explain.log_timing = off; SET auto_explain.log_level = notice";
    // With plans of a store that is nearly empty, with its statistics, and with those of this one.
    for statistics in ["", "DISCARD PLANS", "VACUUM ANALYZE"] {
        client.batch_execute(statistics).await.unwrap();
        client.batch_execute(explain).await.unwrap();
        said.lock().unwrap().clear();
        claim_and_settle(&client, 64).await;
        let plans = said.lock().unwrap().clone();
        // What this test itself asks is not of interest.
        let plans = plans.split("duration: ").filter(|plan| !plan.contains("array_agg")).collect::<String>();
        let steps = steps(&plans);
        assert!(steps.len() > 8, "{plans}");
        for (step, rows) in steps {
            assert!(rows <= MOST_ROWS, "{statistics}: {rows} rows in {step}\n{plans}");
            assert!(!step.contains("Seq Scan"), "{statistics}: {step}");
        }
        client.batch_execute("SET auto_explain.log_min_duration = -1").await.unwrap();
    }
}
