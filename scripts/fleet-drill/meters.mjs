/** The meters of money in Redis, and whether they are ever above their limits. */
import { setTimeout as pause } from "node:timers/promises";

const prefix = "{darkroom}:";
const everyMs = 100;

/** All of them in one moment. */
const readAll = `
local found = {}
for _, name in ipairs(redis.call('KEYS', ARGV[1] .. 'm:*@*')) do
  local state = redis.call('HMGET', name, 's', 'r')
  found[#found + 1] = { string.sub(name, #ARGV[1] + 3), state[1] or '0', state[2] or '0' }
end
return found`;

const readOpen = `
local found = {}
for _, name in ipairs(redis.call('KEYS', ARGV[1] .. 'a:*')) do
  local state = redis.call('HMGET', name, 'settled', 'journal', 'at', 'taken')
  if state[1] ~= '1' then
    found[#found + 1] = { string.sub(name, #ARGV[1] + 3), state[2] or '', state[3] or '0', state[4] or '[]' }
  end
end
return found`;

/**
 * @typedef {object} MoneyMeter
 * @property {string} key whose it is, and the name of its period
 * @property {number} startMs when its period began
 * @property {bigint} spent
 * @property {bigint} reserved
 */

/** @returns {Promise<MoneyMeter[]>} as soon as Redis answers */
export async function metersIn(redis) {
  const found = await redis.ask((client) => client.eval(readAll, 0, prefix));
  return found.map(([name, spent, reserved]) => {
    const [, key, startMs] = /^(.*) @(\d+)$/.exec(name);
    return { key, startMs: Number(startMs), spent: BigInt(spent), reserved: BigInt(reserved) };
  });
}

/**
 * An attempt that is not settled in Redis.
 *
 * @typedef {object} OpenAttempt
 * @property {string} id as it was admitted
 * @property {string} journalId of whoever admitted it
 * @property {number} atMs when that was, in milliseconds since 1970
 * @property {readonly { meter: string, nanoUsd: bigint }[]} reserved by meter and period
 */

/** @returns {Promise<OpenAttempt[]>} */
export async function openAttemptsIn(redis) {
  const found = await redis.ask((client) => client.eval(readOpen, 0, prefix));
  return found.map(([id, journalId, atMs, taken]) => ({
    ...{ id, journalId, atMs: Number(atMs) },
    reserved: JSON.parse(taken)
      .filter(([, , , , , isMoney, , settled]) => isMoney === "1" && settled !== "settled")
      .map(([meter, , , , , , amount]) => ({ meter, nanoUsd: BigInt(amount) })),
  }));
}

/** Gateways that Redis has heard of since then. */
export async function heardOfSince(redis, sinceMs) {
  return redis.ask((client) => client.zrangebyscore(`${prefix}gateways`, `(${sinceMs}`, "+inf"));
}

/** How many gateways Redis has heard of since it has its present data. */
export function gatewaysIn(redis) {
  return redis.ask((client) => client.zcard(`${prefix}gateways`));
}

/** Looks again and again. */
export class MeterWatch {
  /** How often it has looked. */
  looks = 0;
  /** Meters that were above their limit, each once, in words. */
  crossed = new Map();
  /** How near a budget came to its limit: the most that was spent and reserved together, as a share. */
  fullest = new Map();
  #redis;
  #limits;
  #isOver = false;

  /** @param {ReadonlyMap<string, bigint>} limits by meter, without its period */
  constructor(redis, limits) {
    this.#redis = redis;
    this.#limits = limits;
  }

  /** How many budgets were used up to nine tenths and more. */
  get nearlyUsedUp() {
    return [...this.fullest.values()].filter((share) => share > 0.9).length;
  }

  async run() {
    while (!this.#isOver) {
      this.look(await metersIn(this.#redis));
      await pause(everyMs);
    }
  }

  stop() {
    this.#isOver = true;
  }

  /** @param {readonly MoneyMeter[]} meters */
  look(meters) {
    this.looks += 1;
    for (const { key, startMs, spent, reserved } of meters) {
      const limit = this.#limits.get(key);
      if (limit === undefined) continue;
      const share = Number(spent + reserved) / Number(limit);
      this.fullest.set(key, Math.max(this.fullest.get(key) ?? 0, share));
      if (spent + reserved > limit)
        this.crossed.set(
          `${key} @${startMs}`,
          `${key} of ${startMs}: ${spent} spent and ${reserved} reserved at ${new Date().toISOString()}, of ${limit}`,
        );
    }
  }
}
