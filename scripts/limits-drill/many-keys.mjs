/** One gateway over ten keys of six organisations with limits of their own, offered more than they allow, or less. */
import { seeded } from "../../packages/router/dist/strategies/strategies.test.support.js";
import { modelEntries } from "../../packages/proxy/dist/system/model-entry.js";
import { startGateway } from "../../packages/proxy/dist/system/running-gateway.js";
import { startSimulator } from "../../packages/proxy/dist/system/running-simulator.js";
import { percentile } from "../bench/statistics.mjs";
import { countsOf, editAt, openLoop } from "./clients.mjs";
import { callsAt, exceeded, mostByOrganization, meanUse, ownWindowMs, percent } from "./windows.mjs";

/** Images a minute, as OpenAI's tiers have them, and the keys of each. */
const organizations = {
  "org-a": { ipm: 20, keys: 2 },
  "org-b": { ipm: 50, keys: 2 },
  "org-c": { ipm: 50, keys: 1 },
  "org-d": { ipm: 100, keys: 2 },
  "org-e": { ipm: 100, keys: 2 },
  "org-f": { ipm: 250, keys: 1 },
};
const callers = 20;
const latencyMs = 500;
const leastGoodput = 0.98;
const mostRefusedUpstream = 0.001;

/** @param {object} options @param {number} options.offered as a share of what all limits together allow */
export async function manyKeys({ offered }) {
  const allowed = Object.values(organizations).reduce((sum, { ipm }) => sum + ipm, 0);
  const limits = Object.fromEntries(
    Object.entries(organizations).map(([name, { ipm }]) => [name, { imagesPerMinute: ipm }]),
  );
  const keys = Object.entries(organizations).flatMap(([name, { keys: count }]) =>
    Array.from({ length: count }, (_, index) => ({ key: `sk-${name}-${index}`, name })),
  );
  const simulator = await startSimulator({
    keys: Object.fromEntries(keys.map(({ key, name }) => [key, name])),
    limits,
    latency: { meanMs: latencyMs, jitterMs: 0 },
  });
  const entry = modelEntries(simulator.url);
  const config = JSON.stringify({
    model_list: keys.map(({ key, name }) => entry("edits", key, key, { quota: name })),
    quotas: Object.fromEntries(Object.entries(organizations).map(([name, { ipm }]) => [name, { ipm }])),
    router_settings: { queue_timeout: 20, max_queue: 1000, num_retries: 0 },
  });
  const gateway = await startGateway({ config });
  const edits = await openLoop(allowed * offered, Date.now() + 3 * ownWindowMs + 2_000, seeded(1), (number) =>
    editAt(gateway.url, { model: "edits", user: `caller-${number % callers}` }),
  );
  const calls = await callsAt(simulator.url);
  const firstAtMs = Math.min(...calls.map(({ arrivedAtMs }) => arrivedAtMs));
  const time = { fromMs: firstAtMs + ownWindowMs, toMs: firstAtMs + 3 * ownWindowMs };
  const goodput = meanUse(calls, allowed, time);
  const refusedUpstream = calls.filter(({ status }) => status === 429).length / calls.length;
  const refusals = edits.filter(({ status }) => status === 429);
  const needless = refusals.filter(({ answeredAtMs }) => hadRoom(calls, answeredAtMs));
  const waits = edits
    .filter(({ status }) => status === 200)
    .map(({ askedAtMs, answeredAtMs }) => answeredAtMs - askedAtMs - latencyMs);
  const broken = exceeded(mostByOrganization(calls), limits);
  if (offered > 1 && goodput < leastGoodput) broken.push(`only ${percent(goodput)} of the limits were used`);
  if (refusedUpstream > mostRefusedUpstream) broken.push(`the upstream refused ${percent(refusedUpstream)}`);
  if (offered < 1 && refusals.length > 0) broken.push(`${refusals.length} edits were refused`);
  if (needless.length > 0) broken.push(`${needless.length} edits were refused while a quota had room`);
  return {
    lines: [
      `${keys.length} keys, ${Object.keys(organizations).length} organisations, ${allowed} images a minute together; offered ${percent(offered)}`,
      `goodput ${percent(goodput)} of the limits; the upstream refused ${percent(refusedUpstream)} of ${calls.length} calls`,
      `${refusals.length} of ${edits.length} edits were refused, ${needless.length} of them while a quota had room`,
      `added to the upstream's time: p50 ${percentile(waits, 0.5).toFixed(0)} ms, p99 ${percentile(waits, 0.99).toFixed(0)} ms`,
      `answers by status: ${JSON.stringify(countsOf(edits))}`,
    ],
    broken,
  };
}

/** Whether some organisation had room at that moment and for half a second before, by what it had got. */
function hadRoom(calls, atMs) {
  const room = (organization, ipm, momentMs) =>
    calls.filter(
      (call) =>
        call.organization === organization &&
        call.arrivedAtMs <= momentMs &&
        call.arrivedAtMs > momentMs - ownWindowMs,
    ).length < ipm;
  return Object.entries(organizations).some(
    ([organization, { ipm }]) => room(organization, ipm, atMs) && room(organization, ipm, atMs - 500),
  );
}
