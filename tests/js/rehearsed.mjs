// What the tests of `rehearse` upgrade: a registry from 8.10.2 to 9.0.0, and deliveries as they were saved.
import { rehearse } from "mambo-webhooks/testing";

const change = (id, on, lossy, ...ops) => ({ id, since: "9.0.0", on, lossy, summary: `${id}.`, ops });

export const registry = {
  format: 1,
  versions: ["8.10.2", "9.0.0"],
  events: { CouponExpired: { model: "Coupon" } },
  models: { Coupon: {} },
  changes: [
    change("wallet-field", { model: "PointWallet" }, "none", { op: "rename", at: "/exampleField", to: "newExampleField" }),
    change("wallet-lines", { model: "PointWallet" }, "none", { op: "rename", at: "/lines/*/label", to: "title" }),
    change("notification-awarded", { model: "Notification" }, "up", { op: "remove", at: "/awarded", default: null }),
    change("activity-name", { model: "Activity" }, "none", { op: "unwrap", at: "/name", key: "first" }),
    change("activity-verb", { model: "Activity" }, "none", { op: "move", from: "/attrs/verb", to: "/verb" }),
    change("coupon-note", { model: "Coupon" }, "down", { op: "add", at: "/note", default: "" }),
  ],
};

/** A delivery as it was saved: an old timestamp, a signature that fits no secret, and a version. */
export const saved = (type, data, { version = "8.10.2", name } = {}) => ({
  ...(name && { name }),
  headers: { "Content-Type": "application/json", "X-Mambo-Signature": `t=1600000000,v1=${"0".repeat(64)}` },
  body: JSON.stringify({ event: type, id: "evt-1", ...(version && { version }), data }),
});

export const wallet = (options) => saved("PointWalletUpdated", { exampleField: "value", lines: [{ label: "a" }, { label: "b" }] }, options);

/** Rehearses handlers from 8.10.2 to 9.0.0. */
export const upgrade = (handlers, deliveries, options) =>
  rehearse({ deliveries: [deliveries].flat(), registry, from: "8.10.2", to: "9.0.0", handlers, ...options });

/** A row in which nothing was found, but for what is given. */
export const row = (given) => ({
  delivery: "#1",
  type: "PointWalletUpdated",
  receivedVersion: "8.10.2",
  handler: 'on("PointWalletUpdated")',
  outcome: "same",
  asReceived: given.handler === null ? null : (given.outcome ?? "same"),
  differsAt: null,
  error: null,
  readButGone: [],
  listedButChanged: [],
  readsKnown: true,
  applied: ["wallet-field", "wallet-lines"],
  losses: [],
  lossesBefore: [],
  ...given,
});
