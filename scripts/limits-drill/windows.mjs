/** How the upstream's records are held against limits. */
export { callsAt } from "../../packages/proxy/dist/system/limits/calls.js";
export { mostByOrganization, utilisation } from "../../packages/proxy/dist/system/limits/windows.js";

/** A window of the gateway's: a minute and its guard, and two buckets, which is the longest that capacity takes to come back. */
export const ownWindowMs = 60_000 + 250 + 2 * 253;

/** What organisations got beyond their limits, in words. @param limits by organisation, as the simulator's configuration has them */
export function exceeded(most, limits) {
  const names = {
    requests: "requestsPerMinute",
    images: "imagesPerMinute",
    parallel: "parallelRequests",
  };
  return [...most].flatMap(([organization, got]) =>
    Object.entries(names).flatMap(([what, name]) => {
      const limit = limits[organization]?.[name];
      return limit === undefined || got[what] <= limit
        ? []
        : [`${organization} got ${got[what]} ${what}, and its limit is ${limit}`];
    }),
  );
}

export function percent(share) {
  return `${(100 * share).toFixed(2)} %`;
}
