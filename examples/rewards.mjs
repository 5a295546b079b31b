// The rewards of an activity. Mambo's docs say that they are added to it, not how they are written: these names are assumed,
// after what its API answered in 2022, as a public repository shows. Look at one delivery of yours and correct them here.

/** Its achievements: `rewardsOf(data, "achievement")`; its missions: `rewardsOf(data, "mission")`. */
export function rewardsOf(data, type) {
  const awarded = Array.isArray(data?.awarded) ? data.awarded : [];
  return awarded.filter((reward) => reward?.type === type);
}
