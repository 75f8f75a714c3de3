/** A gateway that is killed and started anew on the same data folder, and whoever waits for it. */
import { setTimeout as pause } from "node:timers/promises";
import { spawnGateway, startGateway } from "../../packages/proxy/dist/system/running-gateway.js";

export class MortalGateway {
  kills = 0;
  /** Of them, while it was starting. */
  killsAtStart = 0;
  /** Milliseconds that each start has taken, from the process to the first edit that it would serve. */
  startsMs = [];
  #options;
  #running;
  #waiting = [];

  /**
   * @param {string} config
   * @param {string} folder
   */
  constructor(config, folder) {
    this.#options = { config, arguments: ["--data-dir", folder] };
  }

  /** Where it listens; undefined while it does not. */
  get url() {
    return this.#running?.url;
  }

  /** Resolves with its address once it listens; with undefined once it never will again. */
  async listening() {
    if (this.#running !== undefined) return this.#running.url;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async start() {
    const fromMs = performance.now();
    this.#running = await startGateway(this.#options);
    this.startsMs.push(performance.now() - fromMs);
    this.#wake(this.#running.url);
  }

  /** Starts it, and kills it after so long, wherever it is by then. */
  async startInVain(lifeMs) {
    const running = spawnGateway(this.#options);
    await pause(lifeMs);
    await running.stop();
    this.killsAtStart += 1;
  }

  /** The signal is sent before this returns; resolves when the process is gone. */
  kill() {
    const running = this.#running;
    this.#running = undefined;
    this.kills += 1;
    return running.stop();
  }

  /** Nobody is to wait for it any more. */
  end() {
    this.#wake(undefined);
  }

  #wake(url) {
    for (const resolve of this.#waiting.splice(0)) resolve(url);
  }
}
