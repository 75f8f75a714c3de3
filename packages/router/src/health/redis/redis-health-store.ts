import { randomUUID } from "node:crypto";
import { type Timers, backgroundTimers } from "../../memory/timers.js";
import type { RedisConnection } from "../../redis/redis-connection.js";
import { type Cooldown, type HealthStore, LocalHealthStore } from "../health-store.js";
import * as scripts from "./scripts.js";

/** How long Redis is waited for, in milliseconds. */
const probeDeadlineMs = 250;
const tellDeadlineMs = 2000;

/** A probe comes back after this, unless whoever has it is still there. */
const probeLeaseMs = 30_000;
const renewProbeEveryMs = 10_000;

/** What gateways tell each other; see `scripts.ts`. */
interface Message {
  readonly id: string;
  readonly version: string;
  readonly recovered?: boolean;
  readonly cause: Cooldown["cause"];
  readonly reason: string;
  readonly thenProbe: boolean;
  readonly leftMs: number;
}

/**
 * What one gateway has learned of a deployment, all know. Each reads its own copy, that it keeps up by listening, and reads
 * afresh whenever it is connected again. With Redis away each gateway has its copy for itself, and tells the others afterwards.
 */
export class RedisHealthStore implements HealthStore {
  readonly #connection: RedisConnection;
  readonly #nowMs: () => number;
  readonly #timers: Timers;
  readonly #id = randomUUID();
  readonly #local = new LocalHealthStore();
  /** By deployment, by which name Redis knows its cooldown. */
  readonly #versions = new Map<string, string>();
  /** Cooldowns that have ended, and of which Redis has not been told. */
  readonly #untold = new Map<string, string>();
  readonly #probes = new Map<string, () => void>();
  readonly #stops: readonly (() => void)[];
  #count = 0;

  constructor(
    connection: RedisConnection,
    surroundings: { readonly nowMs?: () => number; readonly timers?: Timers } = {},
  ) {
    this.#connection = connection;
    this.#nowMs = surroundings.nowMs ?? (() => Date.now());
    this.#timers = surroundings.timers ?? backgroundTimers;
    this.#stops = [
      connection.listen(`${connection.keys}health`, (text) => this.#hear(text)),
      connection.onReady(() => void this.synchronize()),
    ];
  }

  cooldownOf(deploymentId: string): Cooldown | undefined {
    return this.#local.cooldownOf(deploymentId);
  }

  coolDown(deploymentId: string, cooldown: Cooldown): void {
    this.#local.coolDown(deploymentId, cooldown);
    this.#count += 1;
    this.#versions.set(deploymentId, `${this.#id}.${this.#count}`);
    this.#untold.delete(deploymentId);
    void this.#tell(deploymentId);
  }

  recover(deploymentId: string, from: Cooldown): void {
    if (this.#local.cooldownOf(deploymentId) !== from) return;
    const version = this.#versions.get(deploymentId);
    this.#local.recover(deploymentId, from);
    this.#versions.delete(deploymentId);
    if (version !== undefined) void this.#tellRecovery(deploymentId, version);
  }

  async takeProbe(deploymentId: string): Promise<boolean> {
    if (!this.#local.takeProbe(deploymentId)) return false;
    const isOurs = await this.#connection
      .run(scripts.takeProbe, [deploymentId, this.#id, `${probeLeaseMs}`], probeDeadlineMs)
      .then(
        (answer) => answer === 1,
        // With Redis away each gateway tries for itself.
        () => true,
      );
    if (isOurs) this.#renewProbe(deploymentId);
    else this.#local.giveProbeBack(deploymentId);
    return isOurs;
  }

  giveProbeBack(deploymentId: string): void {
    this.#local.giveProbeBack(deploymentId);
    this.#probes.get(deploymentId)?.();
    this.#probes.delete(deploymentId);
    this.#connection
      .run(scripts.giveProbeBack, [deploymentId, this.#id], tellDeadlineMs)
      .catch(() => undefined);
  }

  /** Tells Redis what it missed, and reads what was missed here. False if it does not answer; it comes again by itself. */
  async synchronize(): Promise<boolean> {
    for (const [deploymentId, version] of this.#untold) await this.#tellRecovery(deploymentId, version);
    for (const deploymentId of this.#versions.keys()) await this.#tell(deploymentId);
    try {
      const all = (await this.#connection.run(scripts.readAll, [], tellDeadlineMs)) as string[];
      for (const text of all) this.#hear(text);
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    for (const stop of [...this.#stops, ...this.#probes.values()]) stop();
    this.#probes.clear();
  }

  async #tell(deploymentId: string): Promise<void> {
    const version = this.#versions.get(deploymentId);
    const cooldown = this.#local.cooldownOf(deploymentId);
    if (version === undefined || cooldown === undefined) return;
    const { untilMs, cause, reason, thenProbe } = cooldown;
    const leftMs = Math.round(untilMs - this.#nowMs());
    const told = JSON.stringify({ version, cause, reason, thenProbe, leftMs });
    await this.#connection
      .run(scripts.coolDown, [deploymentId, told], tellDeadlineMs)
      .then((answer) => this.#hear(String(answer)))
      // It is told when there is a connection again.
      .catch(() => undefined);
  }

  async #tellRecovery(deploymentId: string, version: string): Promise<void> {
    this.#untold.set(deploymentId, version);
    await this.#connection
      .run(scripts.recover, [deploymentId, version], tellDeadlineMs)
      .then(() => {
        if (this.#untold.get(deploymentId) === version) this.#untold.delete(deploymentId);
      })
      .catch(() => undefined);
  }

  #hear(text: string): void {
    const { id, version, recovered, cause, reason, thenProbe, leftMs } = JSON.parse(text) as Message;
    if (this.#untold.get(id) === version) return;
    if (recovered === true) {
      if (this.#versions.get(id) !== version) return;
      const known = this.#local.cooldownOf(id);
      if (known !== undefined) this.#local.recover(id, known);
      this.#versions.delete(id);
      return;
    }
    // Its own, back again a little late.
    const isKnown = this.#versions.get(id) === version;
    if (isKnown && this.#local.cooldownOf(id)?.thenProbe === thenProbe) return;
    this.#local.coolDown(id, { cause, reason, thenProbe, untilMs: this.#nowMs() + leftMs });
    this.#versions.set(id, version);
  }

  #renewProbe(deploymentId: string): void {
    const callOff = this.#timers.after(renewProbeEveryMs, () => {
      this.#connection
        .run(scripts.takeProbe, [deploymentId, this.#id, `${probeLeaseMs}`], tellDeadlineMs)
        .catch(() => undefined);
      this.#renewProbe(deploymentId);
    });
    this.#probes.set(deploymentId, callOff);
  }
}
