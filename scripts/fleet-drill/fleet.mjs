/** Three gateways that share a Redis and a PostgreSQL, each with a folder of its own, and the way to them. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { journalIdOf } from "../../packages/accounts/dist/index.js";
import { SeededDraws } from "../../packages/proxy/dist/system/reconciliation/seeded-draws.js";
import { MortalGateway } from "../kill-drill/mortal-gateway.mjs";

const gatewayCount = 3;

export class Fleet {
  /** @type {readonly MortalGateway[]} */
  gateways;
  /** What gateways, and the command line, find their stores by. */
  environment;
  #seed;
  #masterKey;

  /**
   * @param {object} options
   * @param {() => string} options.config what it is to be at a start
   * @param {string} options.folder for the gateways' own
   * @param {Record<string, string>} options.environment
   * @param {string} options.masterKey
   * @param {number} options.seed
   */
  constructor({ config, folder, environment, masterKey, seed }) {
    this.environment = environment;
    this.#seed = seed;
    this.#masterKey = masterKey;
    this.gateways = Array.from({ length: gatewayCount }, (_, index) => {
      const own = join(folder, `gateway-${index}`);
      mkdirSync(own);
      return new MortalGateway(config, own, environment);
    });
  }

  /** As a balancer does: another one where the first choice does not listen; but what has a key goes where it is known. */
  gatewayFor(edit, isKeyed) {
    const first = new SeededDraws(this.#seed, "door", edit.id).between(0, gatewayCount - 1);
    const inTurn = [...this.gateways.slice(first), ...this.gateways.slice(0, first)];
    return (isKeyed ? undefined : inTurn.find(({ url }) => url !== undefined)) ?? inTurn[0];
  }

  /** When the last one died: milliseconds since 1970. */
  get lastDeathMs() {
    return Math.max(...this.gateways.map(({ lastDeathMs }) => lastDeathMs));
  }

  /** The gateway that writes a journal. */
  withJournal(id) {
    return this.gateways.find(({ folder }) => journalIdOf(folder) === id);
  }

  /** Nobody is to wait for any of them any more. */
  end() {
    for (const gateway of this.gateways) gateway.end();
  }

  /**
   * A call of the management API at a gateway.
   * @throws Error where it does not answer, or with anything but 200
   */
  async admin({ url }, path, body) {
    const answer = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#masterKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text);
  }

  /** What each says of itself; undefined of one that does not answer. */
  readiness() {
    return Promise.all(
      this.gateways.map(async ({ url }) => {
        if (url === undefined) return undefined;
        const signal = AbortSignal.timeout(5_000);
        const answer = await fetch(`${url}/health/readiness`, { signal }).catch(() => undefined);
        return answer?.json();
      }),
    );
  }
}
