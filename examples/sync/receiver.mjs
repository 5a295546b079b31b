// What users did, in PostgreSQL: DATABASE_URL=postgres://… MAMBO_SECRET=… node sync/receiver.mjs [port]
// The same in Rust with SQLite: examples/axum_receiver.rs.
import { createServer } from "node:http";
import { createReceiver } from "mambo-webhooks";
import { nodeHandler } from "mambo-webhooks/node";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
// A connection that breaks while it is idle is replaced by the next query.
pool.on("error", (error) => console.error(error.message));
await pool.query(`
  CREATE TABLE IF NOT EXISTS activities (event_key text PRIMARY KEY, uuid text, type text NOT NULL, body json NOT NULL,
                                         seen timestamptz NOT NULL DEFAULT now());
  CREATE INDEX IF NOT EXISTS activities_by_user ON activities (uuid)`);

const receiver = createReceiver({ secret: process.env.MAMBO_SECRET ?? "" }).onAny(async ({ type, data }, { eventKey, raw }) => {
  if (type === "Ping") return;
  // The key is the same for every delivery of an event, so no replay store is needed beside the database. Without an id in
  // the envelope it is a digest of the body: two events with equal bodies then count as one.
  await pool.query(
    "INSERT INTO activities (event_key, uuid, type, body) VALUES ($1, $2, $3, $4) ON CONFLICT (event_key) DO NOTHING",
    [eventKey, data?.uuid ?? null, type ?? "unknown", Buffer.from(raw).toString()], // as it came: jsonb would refuse \u0000, and JavaScript rounds big numbers
  );
});

const server = createServer(nodeHandler(receiver, { onError: console.error }));
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => console.error(`listening on ${server.address().port}`));
