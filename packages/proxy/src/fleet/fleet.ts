import { hostname } from "node:os";
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { GatewayRegister, type PostgresSettings } from "@darkroom/accounts";
import type { LostReservations } from "@darkroom/router";
import type { Logger } from "pino";
import type { Books } from "../books/books.js";
import type { FleetSettings } from "../config/gateway-config.js";
import type { LimitsStore } from "../limits/limits-store.js";
import { DeadGateways } from "./dead-gateways.js";

/** A gateway says that it is there at least so often; several times before it is taken for silent. */
const longestBetweenBeatsMs = 10_000;
const beatsBeforeSilence = 6;

/** The others are looked after at least so often. */
const longestBetweenLooksMs = 30_000;

/** For so long a gateway that ends waits until its journal is shipped; what is left then is somebody else's. */
const shippedWithinMs = 5_000;

export interface FleetParts {
  readonly folder: string;
  readonly postgres: PostgresSettings;
  readonly books: Books;
  readonly limits: LimitsStore;
  readonly reservations: LostReservations;
  readonly settings: FleetSettings;
  readonly log: Logger;
}

/** One of several gateways that share Redis and PostgreSQL: says that it is there, and looks after those that say so no more. */
export class Fleet {
  readonly dead: DeadGateways;
  readonly #register: GatewayRegister;
  readonly #parts: FleetParts;
  readonly #journalId: string;
  readonly #ending = new AbortController();
  readonly #running: Promise<unknown>[] = [];

  constructor(parts: FleetParts) {
    const { postgres, books, limits, reservations, settings, log } = parts;
    this.#parts = parts;
    this.#journalId = books.ledger.journalId;
    this.#register = new GatewayRegister(postgres);
    const register = this.#register;
    this.dead = new DeadGateways({
      ...{ register, postgres, limits, reservations, settings, log },
      journalId: this.#journalId,
    });
  }

  /** Says once that this gateway is there, and goes on in the background. */
  async start(): Promise<void> {
    const { adopts, silentAfterMs } = this.#parts.settings;
    await this.#beat();
    this.#running.push(
      this.#again(Math.min(longestBetweenBeatsMs, silentAfterMs / beatsBeforeSilence), () => this.#beat()),
    );
    if (!adopts) return;
    const everyMs = Math.min(longestBetweenLooksMs, silentAfterMs / 2);
    this.#running.push(this.dead.look().then(() => this.#again(everyMs, () => this.dead.look())));
  }

  /** The gateway ends. It is forgotten if nothing of it is left to be shipped or settled. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.dead.end();
    await Promise.all(this.#running);
    try {
      if (await this.#isDone()) await this.#register.forget(this.#journalId);
    } catch {
      // The others take it for silent, and look what there is.
    }
    await this.#register.close();
  }

  async #isDone(): Promise<boolean> {
    const { books, limits, reservations } = this.#parts;
    const late = wait(shippedWithinMs, false, { ref: false });
    if (!(await Promise.race([books.areShipped(), late])) || limits.owedSettlements > 0) return false;
    return (await reservations.of(this.#journalId, 0)).open.length === 0;
  }

  /** Where the database is away, there is nobody either who could take this gateway for silent. */
  async #beat(): Promise<void> {
    const folder = resolve(this.#parts.folder);
    await this.#register
      .seen({ journalId: this.#journalId, host: hostname(), folder })
      .catch(() => undefined);
  }

  async #again(everyMs: number, what: () => Promise<void>): Promise<void> {
    const { signal } = this.#ending;
    for (;;) {
      await wait(everyMs, undefined, { ref: false, signal }).catch(() => undefined);
      if (signal.aborted) return;
      await what();
    }
  }
}
