/**
 * The load generator, a process of its own: `load-process.mjs` starts it with its settings as JSON and reads its result from
 * standard output. Figures are of the answers that arrive within a window; before it the target warms up, after it what is
 * in flight is awaited. Every answer is checked, those outside the window too.
 */
import { setTimeout as pause } from "node:timers/promises";
import { ClientConnection } from "./client-connection.mjs";
import { cpuTimeMs, peakMemory, resetPeakMemory } from "./measure.mjs";
import { ClosedLoop, OpenLoop } from "./pacing.mjs";
import { answerOf, parsePayload, uploadOf } from "./payloads.mjs";
import { percentile } from "./statistics.mjs";

/** For the answers that are in flight at the end of the window. */
const lastAnswersLimitMs = 15_000;
const reconnectPauseMs = 50;

/**
 * @typedef {object} LoadSettings
 * @property {number} port
 * @property {Record<string, string>} headers
 * @property {string} payload
 * @property {number} [connections] of a closed loop
 * @property {number} [rate] requests a second of an open loop
 * @property {number} warmUpMs
 * @property {number} windowMs
 * @property {number} upstreamPid
 * @property {number} [targetPid]
 */

/**
 * @typedef {object} LoadResult
 * @property {number} right all answers that were checked and right, those outside the window too
 * @property {number} wrong
 * @property {string} [firstFault]
 * @property {number} answers within the window; right ones, as all below
 * @property {number} perSecond
 * @property {{ p50: number, p99: number }} latencyMs
 * @property {number} firstByteMs p50
 * @property {number} waiting requests that were due at the end of the window and not sent
 * @property {number} [targetCpuMs] over the window, as the two below
 * @property {number} [upstreamCpuMs]
 * @property {number} generatorCpuMs
 * @property {number} windowMs as it really was
 * @property {number} [peakBytes]
 * @property {number} windowStartUs for the profile: the clock of `process.hrtime`
 */

/** @param {LoadSettings} settings */
class Load {
  #settings;
  #exchange;
  #loop;
  #connections = new Set();
  #isOver = false;
  #isMeasuring = false;
  #right = 0;
  #wrong = 0;
  #firstFault;
  #latenciesMs = [];
  #firstBytesMs = [];

  constructor(settings) {
    this.#settings = settings;
    this.#exchange = exchangeOf(settings);
    this.#loop =
      settings.rate === undefined ? new ClosedLoop(settings.connections) : new OpenLoop(settings.rate);
  }

  /** @returns {Promise<LoadResult>} */
  async run() {
    const { warmUpMs, windowMs } = this.#settings;
    this.#loop.start(this.#open);
    await pause(warmUpMs);
    const finish = this.#measure();
    await pause(windowMs);
    const figures = finish();
    await this.#end();
    return { right: this.#right, wrong: this.#wrong, firstFault: this.#firstFault, ...figures };
  }

  #open = () => {
    if (this.#isOver) return;
    const connection = new ClientConnection(this.#exchange, {
      onFree: (free) => (this.#isOver ? free.close() : this.#loop.free(free)),
      onAnswer: (answer) => this.#take(answer),
      onClosed: (closed) => this.#closed(closed),
    });
    this.#connections.add(connection);
  };

  #take({ dueAtMs, firstByteAtMs, endedAtMs, fault }) {
    if (fault !== undefined) {
      this.#wrong += 1;
      this.#firstFault ??= fault;
      return;
    }
    this.#right += 1;
    if (!this.#isMeasuring) return;
    this.#latenciesMs.push(endedAtMs - dueAtMs);
    this.#firstBytesMs.push(firstByteAtMs - dueAtMs);
  }

  #closed(connection) {
    this.#connections.delete(connection);
    setTimeout(() => this.#isOver || this.#loop.closed(connection, this.#open), reconnectPauseMs);
  }

  /** Begins the window. @returns what ends it and gives its figures */
  #measure() {
    const { targetPid, upstreamPid } = this.#settings;
    const cpu = () => ({
      targetCpuMs: targetPid === undefined ? undefined : cpuTimeMs(targetPid),
      upstreamCpuMs: cpuTimeMs(upstreamPid),
    });
    if (targetPid !== undefined) resetPeakMemory(targetPid);
    const windowStartUs = Number(process.hrtime.bigint() / 1000n);
    const generatorBefore = process.cpuUsage();
    const before = cpu();
    const startedAtMs = performance.now();
    this.#isMeasuring = true;
    return () => {
      this.#isMeasuring = false;
      const windowMs = performance.now() - startedAtMs;
      const after = cpu();
      const { user, system } = process.cpuUsage(generatorBefore);
      return {
        answers: this.#latenciesMs.length,
        perSecond: (this.#latenciesMs.length * 1000) / windowMs,
        latencyMs: { p50: percentile(this.#latenciesMs, 0.5), p99: percentile(this.#latenciesMs, 0.99) },
        firstByteMs: percentile(this.#firstBytesMs, 0.5),
        waiting: this.#loop.waiting,
        targetCpuMs: difference(after.targetCpuMs, before.targetCpuMs),
        upstreamCpuMs: difference(after.upstreamCpuMs, before.upstreamCpuMs),
        generatorCpuMs: (user + system) / 1000,
        windowMs,
        windowStartUs,
        ...(targetPid === undefined ? {} : { peakBytes: peakMemory(targetPid) }),
      };
    };
  }

  async #end() {
    this.#isOver = true;
    this.#loop.stop();
    for (const connection of this.#connections) if (!connection.isBusy) connection.close();
    const deadline = performance.now() + lastAnswersLimitMs;
    while (this.#connections.size > 0 && performance.now() < deadline) await pause(5);
    for (const connection of this.#connections)
      connection.close(`none within ${lastAnswersLimitMs / 1000} s`);
    while (this.#connections.size > 0) await pause(5);
  }
}

function exchangeOf({ port, headers, payload }) {
  const parsed = parsePayload(payload);
  const { body, contentType } = uploadOf(parsed);
  const all = {
    Host: `127.0.0.1:${port}`,
    ...headers,
    "Content-Type": contentType,
    "Content-Length": body.length,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`POST /v1/images/edits HTTP/1.1\r\n${lines.join("")}\r\n`);
  return { port, request: [head, body], expected: Buffer.concat(answerOf(parsed).pieces) };
}

/** Undefined where one is. */
function difference(after, before) {
  return after === undefined || before === undefined ? undefined : after - before;
}

const result = await new Load(JSON.parse(process.argv[2])).run();
process.stdout.write(JSON.stringify(result));
