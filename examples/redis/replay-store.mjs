// A replay store in Redis, for receivers in several processes. Each call is one atomic step in the server.
// `client` is one of npm `redis`, connected.

const RESERVE = `
local found = redis.call("GET", KEYS[1])
if found == "done" then return "done" end
if found then return "pending" end
redis.call("SET", KEYS[1], ARGV[2], "PX", ARGV[1])
return "yours"`;
const RELEASE = `if redis.call("GET", KEYS[1]) == ARGV[1] then redis.call("DEL", KEYS[1]) end`;

export function redisReplayStore(client, prefix = "mambo:replay:") {
  const run = (script, key, ...values) => client.eval(script, { keys: [prefix + key], arguments: values });
  return {
    reserve: (key, ttlMs, token) => run(RESERVE, key, String(ttlMs), `pending:${token}`),
    commit: async (key, ttlMs) => void (await client.set(prefix + key, "done", { PX: ttlMs })),
    release: async (key, token) => void (await run(RELEASE, key, `pending:${token}`)),
  };
}
