import type { Timers } from "../../memory/timers.js";
import { reasonOf } from "../../redis/redis-errors.js";
import type { AdmissionState } from "./shared-admission-settings.js";

/** How often a Redis that does not answer is tried, in milliseconds: at least, and up to twice that. */
const probeEveryMs = 250;

export interface AvailabilitySettings {
  /** Resolves when Redis answers, and has been told what it must know before it is asked. */
  readonly recover: () => Promise<void>;
  /** It does not answer any more. */
  readonly onLost: (reason: string) => void;
  /** The state is another one. */
  readonly onChange: () => void;
  readonly timers: Timers;
  readonly random: () => number;
}

/**
 * Whether Redis answers. Who finds out that it does not says so, and it is tried until it does:
 *
 *     shared ──(no answer in time, or an error)──▶ degraded ──(answers, and has been told what is held)──▶ shared
 */
export class Availability {
  readonly #listeners = new Set<(state: AdmissionState) => void>();
  #state: AdmissionState = { kind: "degraded", reason: "not connected yet" };
  #stopProbing: () => void = () => undefined;
  #isClosed = false;

  constructor(private readonly settings: AvailabilitySettings) {}

  get state(): AdmissionState {
    return this.#state;
  }

  /** The answer ends it. */
  listen(listener: (state: AdmissionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    await this.tryAgain();
    if (this.#state.kind === "degraded") this.#probeSoon();
  }

  /** There was no answer. @returns why */
  degrade(error: unknown): string {
    const reason = reasonOf(error);
    if (this.#state.kind === "degraded") return this.#state.reason;
    this.#become({ kind: "degraded", reason });
    this.settings.onLost(reason);
    this.#probeSoon();
    return reason;
  }

  async tryAgain(): Promise<void> {
    if (this.#isClosed || this.#state.kind === "shared") return;
    try {
      await this.settings.recover();
      this.#become({ kind: "shared" });
    } catch (error) {
      const reason = reasonOf(error);
      if (this.#state.reason !== reason) this.#become({ kind: "degraded", reason });
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#stopProbing();
    this.#listeners.clear();
  }

  #become(state: AdmissionState): void {
    if (this.#isClosed) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
    this.settings.onChange();
  }

  #probeSoon(): void {
    const { timers, random } = this.settings;
    this.#stopProbing();
    this.#stopProbing = timers.after(probeEveryMs * (1 + random()), () => {
      if (this.#isClosed || this.#state.kind === "shared") return;
      void this.tryAgain().then(() => {
        if (this.#state.kind === "degraded") this.#probeSoon();
      });
    });
  }
}
