/**
 * `node scripts/bench/admission.mjs`: what does an admission cost? Of so many deployments, shortlisted eight a call, the first
 * or only the last has room; each takes a request, images and a slot, and with budgets from six of these. `--redis URL` asks
 * a Redis too, under a prefix of its own.
 *
 * Admissions come in blocks; between these, outside the measured time, all that was taken is given back.
 */
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { setUp } from "../setup.mjs";
import { prototypeFigure } from "./admission-prototype.mjs";
import { table } from "./report/table.mjs";
import { percentile } from "./statistics.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "1" },
    redis: { type: "string" },
    deployments: { type: "string", multiple: true, default: ["1", "10", "100"] },
    "in-flight": { type: "string", multiple: true, default: ["1", "64"] },
  },
});

const block = 1_000;
const mostCandidates = 8;
const monthMs = 30 * 86_400_000;
const plentyOf = 4_000_000_000_000_000n;
/** As long as what a gateway keeps in Redis beside reserved money. */
const note = "n".repeat(400);

setUp();
const stores = [{ name: "embedded", open: openEmbedded }];
if (values.redis !== undefined) stores.push({ name: "Redis", open: () => openRedis(values.redis) });

const rows = [];
for (const store of stores)
  for (const deployments of values.deployments.map(Number))
    for (const place of deployments === 1 ? ["first"] : ["first", "last"])
      for (const budgets of [0, 6])
        for (const inFlight of values["in-flight"].map(Number))
          rows.push(await measure(store, { deployments, place, budgets, inFlight }));
console.log(
  table(
    [
      "store",
      "deployments",
      "has room",
      "budgets",
      "in flight",
      "admits/s",
      "p50, µs",
      "p99, µs",
      "prototype in Redis: admits/s",
      "p50, µs",
      "p99, µs",
    ],
    rows,
    3,
  ),
);

async function measure({ name, open }, scenario) {
  const { deployments, place, budgets, inFlight } = scenario;
  console.error(
    `${name}: ${deployments} deployments, ${place} has room, ${budgets} budgets, ${inFlight} in flight`,
  );
  const { admission, close } = await open();
  try {
    const lists = await shortlists(admission, scenario);
    await runBlock(admission, lists, inFlight, []);
    const waits = [];
    let tookMs = 0;
    while (tookMs < Number(values.seconds) * 1000)
      tookMs += await runBlock(admission, lists, inFlight, waits);
    const figures = prototypeFigure(scenario);
    return [
      name,
      String(deployments),
      deployments === 1 ? "it" : `only the ${place}`,
      String(budgets),
      String(inFlight),
      ((waits.length / tookMs) * 1000).toFixed(0),
      (percentile(waits, 0.5) * 1000).toFixed(1),
      (percentile(waits, 0.99) * 1000).toFixed(1),
      ...figures,
    ];
  } finally {
    await close();
  }
}

/** Candidates in calls of eight. Those that have no room are full to their limit of requests. */
async function shortlists(admission, { deployments, place, budgets }) {
  const room = place === "first" ? 0 : deployments - 1;
  const scopes = Array.from({ length: budgets }, (_, index) => month(`budget ${index}`));
  await admission.seed(scopes.map((meter) => ({ meter, spent: 0n })));
  const candidates = Array.from({ length: deployments }, (_, index) => ({
    id: String(index),
    charges: [
      charge(rolling(`requests of ${index}`, index === room ? plentyOf : 1n)),
      charge(rolling(`images of ${index}`, plentyOf), 2n),
      charge({ key: `slots of ${index}`, window: { kind: "lease" }, limit: plentyOf }),
      ...scopes.map((meter) => charge(meter, 40_000_000n)),
    ],
  }));
  for (const [index, { id, charges }] of candidates.entries()) {
    if (index === room) continue;
    await admission.admit(asked(`full ${id}`, `full ${id}`, [{ id, charges: charges.slice(0, 1) }]));
  }
  const lists = [];
  for (let from = 0; from < deployments; from += mostCandidates)
    lists.push(candidates.slice(from, from + mostCandidates));
  return lists;
}

/** @returns how long it took, in milliseconds */
async function runBlock(admission, lists, inFlight, waits) {
  const requests = Array.from({ length: block }, () => randomUUID());
  const left = [...requests];
  const lane = async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop())
      waits.push(await admitSomewhere(admission, id, lists));
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: inFlight }, lane));
  const tookMs = performance.now() - begun;
  await Promise.all(
    requests.map(async (id) => {
      await admission.release(id, "never sent");
      await admission.finish(id, "never sent");
    }),
  );
  return tookMs;
}

/** @returns how long it took, in milliseconds: an answer that comes at once is not waited for */
async function admitSomewhere(admission, id, lists) {
  const begun = performance.now();
  for (const candidates of lists) {
    const given = admission.admit(asked(id, id, candidates));
    const { kind } = given instanceof Promise ? await given : given;
    if (kind === "admitted") return performance.now() - begun;
    if (kind !== "refused") throw new Error(`The answer is ${kind}.`);
  }
  throw new Error("Nobody had room.");
}

function asked(attemptId, requestId, candidates) {
  return { attemptId, requestId, requestCharges: [], candidates, note };
}

function charge(meter, amount = 1n) {
  return { meter, amount };
}

function rolling(key, limit) {
  return { key, window: { kind: "rolling", ms: 60_250 }, limit };
}

function month(key) {
  const startMs = Math.floor(Date.now() / monthMs) * monthMs;
  return {
    key,
    window: { kind: "period", startMs, endMs: startMs + monthMs },
    limit: plentyOf,
    isMoney: true,
  };
}

async function openEmbedded() {
  const { EmbeddedAdmission } = await import(
    "../../packages/router/dist/admission/embedded/embedded-admission.js"
  );
  const admission = new EmbeddedAdmission({ nowMs: Date.now });
  return { admission, close: () => admission.close() };
}

/** It keeps what was written under the prefix until that expires: give it a Redis that holds nothing else. */
async function openRedis(url) {
  const dist = "../../packages/router/dist";
  const { RedisAdmission } = await import(`${dist}/admission/redis/redis-admission.js`);
  const { RedisConnection } = await import(`${dist}/redis/redis-connection.js`);
  const { settingsFromRedisUrl } = await import(`${dist}/redis/redis-url.js`);
  const keyPrefix = `darkroom-bench-${randomUUID()}`;
  const connection = new RedisConnection({ ...settingsFromRedisUrl(url), keyPrefix });
  await connection.connect(2_000);
  const admission = new RedisAdmission(connection, {
    deadlines: { admitMs: 10_000, otherMs: 10_000 },
    journalId: "journal",
  });
  return { admission, close: () => connection.close() };
}
