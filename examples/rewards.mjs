// The rewards of an activity. Mambo's docs say that they are in the data, not how: these names are those of its API, and
// assumed of webhooks. Look at one delivery of yours and correct them here.

/** Its achievements: `rewardsOf(data, "achievement")`; its missions: `rewardsOf(data, "mission")`. */
export function rewardsOf(data, type) {
  const awarded = Array.isArray(data.awarded) ? data.awarded : [];
  return awarded.filter((reward) => reward.type === type);
}
