// A replay store in Redis, for receivers in several processes. Each call is one atomic step in the server.
// `client` is one of npm `redis`, connected.

const RESERVE = `
local found = redis.call("GET", KEYS[1])
if found then return found end
redis.call("SET", KEYS[1], "pending", "PX", ARGV[1])
return "yours"`;
const RELEASE = `if redis.call("GET", KEYS[1]) == "pending" then redis.call("DEL", KEYS[1]) end`;

export function redisReplayStore(client, prefix = "mambo:replay:") {
  const on = (key) => ({ keys: [prefix + key] });
  return {
    reserve: (key, ttlMs) => client.eval(RESERVE, { ...on(key), arguments: [String(ttlMs)] }),
    commit: async (key, ttlMs) => void (await client.set(prefix + key, "done", { PX: ttlMs })),
    release: async (key) => void (await client.eval(RELEASE, on(key))),
  };
}
