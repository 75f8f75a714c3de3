/** What is done to gateways, Redis and PostgreSQL, to each at moments of its own, until the time is over. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { SeededDraws } from "../../packages/proxy/dist/system/reconciliation/seeded-draws.js";
import { until } from "../../packages/proxy/dist/system/until.js";
import { Deaths } from "./deaths.mjs";
import { gatewaysIn, metersIn } from "./meters.mjs";

const shares = { killedAtStart: 0.25, killedAtAnswer: 0.6 };
const longest = {
  lifeMs: 8_000,
  deathMs: 2_500,
  startMs: 1_500,
  answerMs: 3_000,
  redisLifeMs: 8_000,
  redisDeathMs: 1_500,
  redisFrozenMs: 3_500,
  postgresLifeMs: 15_000,
  postgresDeathMs: 3_000,
};
/** After so long a gateway that cannot start is given up, and so are meters that do not come back. */
const patienceMs = 120_000;

export class Troubles {
  /** How often each was done. */
  counts = { redisKilled: 0, redisFrozen: 0, redisEmptied: 0, postgresKilled: 0, startsInVain: 0 };
  /** From when to when Redis had not its data, in milliseconds since 1970. */
  losses = [];
  #deaths = new Deaths();
  #servers;
  #fleet;
  #seed;
  #endMs;
  #isEnough;

  /**
   * @param {object} options
   * @param {import("./fleet.mjs").Fleet} options.fleet
   * @param {{ redis: object, postgres: object }} options.servers
   * @param {number} options.seed
   * @param {number} options.lengthMs
   * @param {() => boolean} options.isEnough whether so much was served and refused that something is shown
   */
  constructor({ fleet, servers, seed, lengthMs, isEnough }) {
    this.#isEnough = isEnough;
    this.#fleet = fleet;
    this.#servers = servers;
    this.#seed = seed;
    this.#endMs = performance.now() + lengthMs;
  }

  get kills() {
    return this.#fleet.gateways.reduce((sum, { kills }) => sum + kills, 0);
  }

  /** The time is over, and everything has happened that has to, however slow the machine is. */
  isOver = () => {
    const { redisKilled, redisFrozen, redisEmptied, postgresKilled } = this.counts;
    const least = Math.min(redisKilled, redisFrozen, redisEmptied, postgresKilled);
    const isEachKilled = this.#fleet.gateways.every(({ kills }) => kills > 0);
    return performance.now() >= this.#endMs && isEachKilled && least > 0 && this.#isEnough();
  };

  /** Resolves when the time is over; all gateways and servers run then. */
  async run() {
    await Promise.all([
      ...this.#fleet.gateways.map((_, index) => this.#killGateway(index)),
      this.#troubleRedis(),
      this.#killPostgres(),
    ]);
  }

  async #killGateway(index) {
    const gateway = this.#fleet.gateways[index];
    const draws = new SeededDraws(this.#seed, "gateway", index);
    while (!this.isOver()) {
      await pause(draws.between(0, longest.lifeMs));
      await this.#deaths.during(async () => {
        if (draws.chance(shares.killedAtAnswer)) await gateway.killAtAnswer(longest.answerMs);
        else await gateway.kill();
        await pause(draws.between(0, longest.deathMs));
        if (draws.chance(shares.killedAtStart)) await gateway.startInVain(draws.between(0, longest.startMs));
        await this.#start(gateway);
      });
    }
  }

  /** As whoever looks after it does: again, where what it needs was not there. */
  async #start(gateway) {
    const giveUpMs = performance.now() + patienceMs;
    for (;;) {
      try {
        return await gateway.start();
      } catch (error) {
        this.counts.startsInVain += 1;
        if (performance.now() > giveUpMs) throw error;
      }
    }
  }

  async #troubleRedis() {
    const { redis } = this.#servers;
    const draws = new SeededDraws(this.#seed, "redis");
    for (let turn = draws.between(0, 2); !this.isOver(); turn += 1) {
      await pause(draws.between(1_000, longest.redisLifeMs));
      const deadMs = draws.between(0, longest.redisDeathMs);
      switch (turn % 3) {
        case 0:
          await redis.kill();
          await pause(deadMs);
          await redis.start();
          this.counts.redisKilled += 1;
          break;
        case 1:
          redis.freeze();
          await pause(draws.between(0, longest.redisFrozenMs));
          redis.thaw();
          this.counts.redisFrozen += 1;
          break;
        default:
          await this.#deaths.without(() => this.#emptyRedis(deadMs));
          this.counts.redisEmptied += 1;
      }
    }
  }

  /** Until all gateways have told it what they hold, and what was spent: whoever died before would be waited for. */
  async #emptyRedis(deadMs) {
    const { redis } = this.#servers;
    const before = (await metersIn(redis)).length;
    const fromMs = Date.now();
    await redis.kill();
    for (const name of readdirSync(redis.folder)) rmSync(join(redis.folder, name), { recursive: true });
    await pause(deadMs);
    await redis.start();
    const giveUpMs = performance.now() + patienceMs;
    await until(async () => {
      const [gateways, meters] = [await gatewaysIn(redis), (await metersIn(redis)).length];
      if (gateways >= this.#fleet.gateways.length && meters >= before) return true;
      if (performance.now() < giveUpMs) return false;
      throw new Error(`Redis came back without its data, and has ${meters} meters of ${before}.`);
    });
    this.losses.push({ fromMs, untilMs: Date.now() });
  }

  async #killPostgres() {
    const { postgres } = this.#servers;
    const draws = new SeededDraws(this.#seed, "postgres");
    while (!this.isOver()) {
      await pause(draws.between(3_000, longest.postgresLifeMs));
      await postgres.kill();
      await pause(draws.between(0, longest.postgresDeathMs));
      await postgres.start();
      this.counts.postgresKilled += 1;
    }
  }
}
