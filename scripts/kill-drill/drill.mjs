/** The drill itself: kills, at moments of every kind, under a load that never ceases. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { houseModel } from "../../packages/proxy/dist/system/reconciliation/house-model.js";
import { reconciledConfig } from "../../packages/proxy/dist/system/reconciliation/reconciled-config.js";
import { startReconciledSimulator } from "../../packages/proxy/dist/system/reconciliation/reconciled-system.js";
import { SeededDraws } from "../../packages/proxy/dist/system/reconciliation/seeded-draws.js";
import { variedEdits } from "../../packages/proxy/dist/system/reconciliation/varied-edits.js";
import { send } from "../../packages/proxy/dist/system/form-request.js";
import { Progress } from "../bench/progress.mjs";
import { attemptsIn, sumIn } from "./books.mjs";
import { Clients } from "./clients.mjs";
import { MortalGateway } from "./mortal-gateway.mjs";

/** However slow the machine is. */
const leastKills = 8;
const longestLifeMs = 1_500;
/** A start takes about as long. */
const longestStartMs = 500;
const shares = { killedAtStart: 0.3, killedAtAnswer: 0.6 };

/**
 * @typedef {object} Result
 * @property {MortalGateway} gateway
 * @property {Clients} clients
 * @property {object} bill the simulator's
 * @property {readonly object[]} recorded what arrived at the simulator
 * @property {object} sum what `darkroom ledger sum --json` says
 * @property {object} sumAfterStart what the gateway says when it is started once more
 * @property {readonly object[]} attempts what `darkroom ledger export` says
 */

/**
 * @param {import("./options.mjs").Options} options
 * @returns {Promise<Result>}
 */
export async function drill({ seconds, seed, concurrency, latencyMs }) {
  // More than are ever sent: a client waits for the simulator, and half of the time for the gateway to come back.
  const edits = boundedEdits(seed, Math.ceil(((seconds + 10) * concurrency * 1000) / latencyMs));
  const latency = { meanMs: latencyMs, jitterMs: latencyMs / 2 };
  const simulator = await startReconciledSimulator(seed, edits, { latency });
  const folder = mkdtempSync(join(tmpdir(), "darkroom-kill-drill-"));
  try {
    const config = reconciledConfig(simulator.url);
    const gateway = new MortalGateway(() => config, folder);
    const door = { gatewayFor: () => gateway, end: () => gateway.end() };
    const clients = new Clients({ door, edits, keyOf, seed, count: concurrency });
    const killing = killAgainAndAgain(gateway, clients, new SeededDraws(seed, "kills"), seconds * 1000);
    await Promise.race([killing, clients.ended]);
    await clients.stop();
    const bill = await finalBill(simulator);

    const sum = sumIn({ folder });
    const attempts = attemptsIn({ folder });
    await gateway.start();
    const sumAfterStart = JSON.parse((await send(`${gateway.url}/ledger/sum`)).body.toString());
    const recorded = await simulator.requests();
    return { gateway, clients, bill, recorded, sum, sumAfterStart, attempts };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What an unknown model of the config's own costs at most nobody knows, so that no sum can hold it, and no budget. */
export function boundedEdits(seed, count) {
  return variedEdits(seed, count).filter(({ group }) => group !== houseModel.name);
}

async function killAgainAndAgain(gateway, clients, draws, lengthMs) {
  const progress = new Progress(lengthMs);
  const endMs = performance.now() + lengthMs;
  let lastMs = performance.now();
  while (performance.now() < endMs || gateway.kills < leastKills) {
    if (draws.chance(shares.killedAtStart)) await gateway.startInVain(draws.between(0, longestStartMs));
    await gateway.start();
    await pause(draws.between(0, longestLifeMs));
    await (draws.chance(shares.killedAtAnswer) ? gateway.killAtAnswer() : gateway.kill());
    progress.done(performance.now() - lastMs);
    lastMs = performance.now();
    progress.tell(`${gateway.kills} kills, ${clients.seen.length} requests`);
  }
  progress.clear();
}

/** Of a caller of its own for each edit. */
function keyOf({ id }) {
  return `sk-${id}`;
}

/** What the simulator was still at work on when a gateway was killed the last time is billed within moments. */
export async function finalBill(simulator) {
  for (let last; ; ) {
    const bill = await simulator.bill();
    if (bill.totals.overall.nanoUsd === last?.totals.overall.nanoUsd) return bill;
    last = bill;
    await pause(500);
  }
}
