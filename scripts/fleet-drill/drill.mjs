/** The drill itself: a load that never ceases, and troubles of every kind, until all is calm again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PostgresServer } from "../../packages/accounts/dist/database/postgres/postgres-server.test.support.js";
import { reconciledConfig } from "../../packages/proxy/dist/system/reconciliation/reconciled-config.js";
import { startReconciledSimulator } from "../../packages/proxy/dist/system/reconciliation/reconciled-system.js";
import { RedisServer } from "../../packages/router/dist/redis/redis-server.test.support.js";
import { Progress } from "../bench/progress.mjs";
import { attemptsIn, sumIn } from "../kill-drill/books.mjs";
import { Clients } from "../kill-drill/clients.mjs";
import { boundedEdits, finalBill } from "../kill-drill/drill.mjs";
import { calmOf } from "./calm.mjs";
import { Fleet } from "./fleet.mjs";
import { ledgerTables } from "./ledger-tables.mjs";
import { MeterWatch, metersIn } from "./meters.mjs";
import { Payers } from "./payers.mjs";
import { Troubles } from "./troubles.mjs";

const masterKey = "sk-master-of-the-drill";

/** Some wait for what others have reserved, and nobody for long. */
const queueSeconds = 0.3;

/** For so long a slow machine may go on until everything has happened. */
const longestDelaySeconds = 120;

/** However slow the machine is. */
const leastServed = 40;

/**
 * @typedef {object} Result
 * @property {Fleet} fleet
 * @property {Clients} clients
 * @property {Troubles} troubles
 * @property {Payers} payers
 * @property {MeterWatch} watch
 * @property {import("./calm.mjs").Calm} calm
 * @property {object} bill the simulator's
 * @property {readonly object[]} recorded what arrived at the simulator
 * @property {object} sum what `darkroom ledger sum --json` says
 * @property {readonly import("../kill-drill/books.mjs").Attempt[]} attempts what `darkroom ledger export` says
 * @property {Awaited<ReturnType<typeof ledgerTables>>} tables
 * @property {readonly import("./meters.mjs").MoneyMeter[]} meters
 */

/**
 * @param {import("../kill-drill/options.mjs").Options} options
 * @returns {Promise<Result>}
 */
export async function drill({ seconds, seed, concurrency, latencyMs }) {
  const folder = mkdtempSync(join(tmpdir(), "darkroom-fleet-drill-"));
  // What the AOF has is not synced: a killed process, unlike a lost machine, loses nothing of it.
  const [redis, postgres] = await Promise.all([
    RedisServer.start("--appendonly", "yes", "--appendfsync", "no"),
    PostgresServer.start(),
  ]);
  try {
    const edits = boundedEdits(
      seed,
      Math.ceil(((seconds + longestDelaySeconds) * concurrency * 1000) / latencyMs),
    );
    const latency = { meanMs: latencyMs, jitterMs: latencyMs / 2 };
    const simulator = await startReconciledSimulator(seed, edits, { latency });
    const environment = { REDIS_URL: `redis://127.0.0.1:${redis.port}`, DATABASE_URL: postgres.url };
    const payers = new Payers(seed);
    const config = () => configOver(simulator.url, payers.raisedProxyBudget());
    const fleet = new Fleet({ config, folder, environment, masterKey, seed });
    for (const gateway of fleet.gateways) await gateway.start();
    await payers.make(fleet);

    const watch = new MeterWatch(redis, payers.limits);
    const watching = watch.run();
    const clients = new Clients({ door: fleet, edits, keyOf: payers.keyOf, seed, count: concurrency });
    const isEnough = () => watch.nearlyUsedUp > 0 && hasShown(clients.seen);
    const troubles = new Troubles({
      ...{ fleet, servers: { redis, postgres }, seed, isEnough },
      lengthMs: seconds * 1000,
    });
    const raising = payers.raise(fleet, troubles.isOver);
    const telling = tell(troubles, clients, seconds * 1000);
    await Promise.race([Promise.all([troubles.run(), raising]), clients.ended]);
    await Promise.all([clients.stop(), telling]);
    const calm = await calmOf({ fleet, redis, postgres, simulator });
    watch.stop();
    await watching;

    const meters = await metersIn(redis);
    watch.look(meters);
    return {
      ...{ fleet, clients, troubles, payers, watch, calm, meters },
      bill: await finalBill(simulator),
      recorded: await simulator.requests(),
      sum: sumIn({ environment }),
      attempts: attemptsIn({ environment }),
      tables: await ledgerTables(postgres),
    };
  } finally {
    await Promise.all([redis.stop(), postgres.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function hasShown(seen) {
  const served = seen.filter(({ status }) => status === 200).length;
  return served >= leastServed && seen.some(({ error }) => error === "budget_exceeded");
}

function configOver(simulatorUrl, ofProxy) {
  return reconciledConfig(simulatorUrl, {
    router_settings: { queue_timeout: queueSeconds },
    litellm_settings: ofProxy,
    general_settings: { master_key: masterKey },
  });
}

async function tell(troubles, clients, lengthMs) {
  const progress = new Progress(lengthMs);
  for (let lastMs = performance.now(); !troubles.isOver(); lastMs = performance.now()) {
    await pause(1_000);
    progress.done(performance.now() - lastMs);
    progress.tell(`${troubles.kills} gateways killed, ${clients.seen.length} requests`);
  }
  progress.clear();
}
