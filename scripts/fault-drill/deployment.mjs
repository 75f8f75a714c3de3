/** One deployment: a simulator in a process of its own, what befalls it, and what it has recorded and billed. */
import { startSimulator } from "../../packages/proxy/dist/system/running-simulator.js";

/** Below those that systems give to outgoing connections, so that nobody takes one while its simulator is down. */
const lowestPort = 20_000;
const portsToChooseFrom = 10_000;
const mostTries = 10;

/**
 * @typedef {object} Call a request as it arrived at the simulator
 * @property {string} edit the edit's id, by its field `user`
 * @property {bigint} nanoUsd what was billed for it; 0 if nothing
 */

export class Deployment {
  #configuration;
  #simulator;
  #calls = [];

  /** @param {object} configuration of the simulator; without `port` it takes a free one, and keeps it */
  static async start(configuration) {
    for (let tried = 1; ; tried += 1) {
      const port = lowestPort + Math.floor(Math.random() * portsToChooseFrom);
      try {
        return new Deployment({ ...configuration, port }, await startSimulator({ ...configuration, port }));
      } catch (error) {
        if (tried === mostTries) throw error;
      }
    }
  }

  constructor(configuration, simulator) {
    this.#configuration = configuration;
    this.#simulator = simulator;
  }

  get url() {
    return this.#simulator.url;
  }

  /** @param {"killed" | "frozen" | object} fault an object is a rule of the simulator */
  async break(fault) {
    if (fault === "killed") {
      // Its record dies with it, and so does what it knows of the calls that are under way.
      await this.#record();
      await this.#simulator.stop();
    } else if (fault === "frozen") this.#signal("SIGSTOP");
    else await this.#simulator.setFaults(fault);
  }

  async mend(fault) {
    if (fault === "killed") this.#simulator = await startSimulator(this.#configuration);
    else if (fault === "frozen") this.#signal("SIGCONT");
    else await this.#simulator.setFaults();
  }

  /** To be asked for once, at the end. @returns {Promise<Call[]>} all that arrived, but what a kill has made it forget */
  async calls() {
    await this.#record();
    return this.#calls;
  }

  async #record() {
    const [requests, { lines }] = [await this.#simulator.requests(), await this.#simulator.bill()];
    const billed = new Map(lines.map(({ requestId, nanoUsd }) => [requestId, BigInt(nanoUsd)]));
    for (const { requestId, parts } of requests) {
      const edit = parts?.find(({ name }) => name === "user")?.value;
      if (edit !== undefined) this.#calls.push({ edit, nanoUsd: billed.get(requestId) ?? 0n });
    }
  }

  #signal(signal) {
    this.#simulator.process.child.kill(signal);
  }
}
