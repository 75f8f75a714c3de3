/** A gateway that is killed and started anew on the same data folder, and whoever waits for it. */
import { setTimeout as pause } from "node:timers/promises";
import { spawnGateway, startGateway } from "../../packages/proxy/dist/system/running-gateway.js";

export class MortalGateway {
  kills = 0;
  /** When it died the last time, while it started or later: milliseconds since 1970. */
  lastDeathMs = 0;
  /** Of them, while it was starting. */
  killsAtStart = 0;
  /** Milliseconds that each start has taken, from the process to the first edit that it would serve. */
  startsMs = [];
  folder;
  #config;
  #options;
  #running;
  #waiting = [];
  #isEnded = false;
  #onAnswer = () => undefined;

  /**
   * @param {() => string} config what it is to be at a start
   * @param {string} folder
   * @param {Record<string, string>} [environment]
   */
  constructor(config, folder, environment = {}) {
    this.folder = folder;
    this.#config = config;
    this.#options = { environment, arguments: ["--data-dir", folder] };
  }

  /** Where it listens; undefined while it does not. */
  get url() {
    return this.#running?.url;
  }

  /** Resolves with its address once it listens; with undefined once it never will again. */
  async listening() {
    if (this.#running !== undefined) return this.#running.url;
    // Whoever was told to ask again a moment later comes when nobody is started any more.
    if (this.#isEnded) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async start() {
    const fromMs = performance.now();
    this.#running = await startGateway({ ...this.#options, config: this.#config() });
    this.startsMs.push(performance.now() - fromMs);
    this.#wake(this.#running.url);
  }

  /** Starts it, and kills it after so long, wherever it is by then. */
  async startInVain(lifeMs) {
    const running = spawnGateway({ ...this.#options, config: this.#config() });
    await pause(lifeMs);
    await running.stop();
    this.lastDeathMs = Date.now();
    this.killsAtStart += 1;
  }

  /** The signal is sent before this returns; resolves when the process is gone. */
  async kill() {
    const running = this.#running;
    this.#running = undefined;
    this.kills += 1;
    await running.stop();
    this.lastDeathMs = Date.now();
  }

  /**
   * Kills it in the worst moment: a client has just got the first byte of an answer.
   * @param {number} [withinMs] in any case
   */
  killAtAnswer(withinMs) {
    return new Promise((resolve) => {
      const kill = () => {
        clearTimeout(timer);
        this.#onAnswer = () => undefined;
        resolve(this.kill());
      };
      const timer = withinMs === undefined ? undefined : setTimeout(kill, withinMs);
      this.#onAnswer = kill;
    });
  }

  /** To be called with the first byte of each of its answers. */
  answers() {
    this.#onAnswer();
  }

  /** Nobody is to wait for it any more. */
  end() {
    this.#isEnded = true;
    this.#wake(undefined);
  }

  #wake(url) {
    for (const resolve of this.#waiting.splice(0)) resolve(url);
  }
}
