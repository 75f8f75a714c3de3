/** How the upstream's records are held against limits. */
export { callsAt } from "../../packages/proxy/dist/system/limits/calls.js";
export { mostByOrganization } from "../../packages/proxy/dist/system/limits/windows.js";

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

const minuteMs = 60_000;
const sampleMs = 100;

/** Of a limit of images a minute, what was used of it on the average, over all minutes that ended in a time. */
export function meanUse(calls, limit, { fromMs, toMs }) {
  const served = calls.filter(({ status }) => status === 200);
  let sum = 0;
  let samples = 0;
  for (let endMs = fromMs; endMs < toMs; endMs += sampleMs) {
    for (const { arrivedAtMs, images } of served) {
      if (arrivedAtMs < endMs && arrivedAtMs >= endMs - minuteMs) sum += images;
    }
    samples += 1;
  }
  return sum / samples / limit;
}

export function percent(share) {
  return `${(100 * share).toFixed(2)} %`;
}
