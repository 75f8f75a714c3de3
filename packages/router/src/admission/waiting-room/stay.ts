import type { Timers } from "../../memory/timers.js";
import type { Place } from "./fair-queue.js";
import type { EndOfVisit, Refused, Visit } from "./visit.js";

export interface Clock {
  /** A clock that never goes back. */
  readonly nowMs: () => number;
  readonly timers: Timers;
}

/** One who waits, as the room sees it. */
export interface Waiting extends Place {
  /** It is being tried now. */
  readonly isTried: boolean;
  /** How long it is not tried again, since what refused it is its own; 0 where it may be. */
  readonly asideForMs: number;
  /** How long it has been its turn. */
  readonly headForMs: number;
  /** @returns undefined where the visit has ended */
  tryNow(): Promise<Refused | undefined>;
  becomeHead(): void;
  standAside(ms: number): void;
  end(how: "full" | "dropped"): void;
}

/** A visit from its entrance to its end: admitted, refused for good, out of time, or left alone by its client. */
export class Stay<Turn> implements Waiting {
  readonly caller: string;
  readonly weight: number;
  readonly priority: number;
  readonly images: number;
  readonly ended: Promise<EndOfVisit<Turn>>;
  isTried = false;
  readonly #visit: Visit<Turn>;
  readonly #clock: Clock;
  readonly #enteredAtMs: number;
  readonly #callOff: () => void;
  #fitsAtMs: number | undefined;
  #asideUntilMs = -Infinity;
  #headSinceMs: number | undefined;
  /** Undefined once it has ended. */
  #end: ((how: EndOfVisit<Turn>) => void) | undefined;

  /**
   * @param visit its client is still there
   * @param onEnd called once, before the visitor learns of it
   */
  constructor(visit: Visit<Turn>, clock: Clock, onEnd: (how: EndOfVisit<Turn>["kind"]) => void) {
    const { caller, weight = 1, priority = 0, images } = visit;
    this.caller = caller;
    this.weight = weight;
    this.priority = priority;
    this.images = images;
    this.#visit = visit;
    this.#clock = clock;
    this.#enteredAtMs = clock.nowMs();
    this.#fitsAtMs = this.#after(visit.fitsInMs);
    this.ended = new Promise((resolve) => {
      this.#end = (how) => {
        this.#end = undefined;
        this.#callOff();
        onEnd(how.kind);
        resolve(how);
      };
    });
    this.#callOff = clock.timers.after(visit.queueTimeoutMs, () => this.#timeOut());
    visit.client.whenGone(() => this.#end?.({ kind: "gone" }));
  }

  get asideForMs(): number {
    return Math.max(0, this.#asideUntilMs - this.#clock.nowMs());
  }

  get headForMs(): number {
    return this.#headSinceMs === undefined ? 0 : this.#clock.nowMs() - this.#headSinceMs;
  }

  async tryNow(): Promise<Refused | undefined> {
    this.isTried = true;
    try {
      const answer = await this.#visit.admit();
      if (answer.kind === "admitted") this.#take(answer.turn);
      else if (answer.kind === "failed") this.#end?.(answer);
      else return this.#refuse(answer);
    } catch (error) {
      this.#end?.({ kind: "failed", error });
    } finally {
      this.isTried = false;
    }
    return undefined;
  }

  becomeHead(): void {
    this.#headSinceMs ??= this.#clock.nowMs();
  }

  standAside(ms: number): void {
    this.#asideUntilMs = this.#clock.nowMs() + ms;
    this.#headSinceMs = undefined;
  }

  end(how: "full" | "dropped"): void {
    this.#end?.({ kind: how });
  }

  #take(turn: Turn): void {
    if (this.#end === undefined) this.#visit.abandon(turn);
    else this.#end({ kind: "admitted", turn, waitedMs: this.#clock.nowMs() - this.#enteredAtMs });
  }

  #refuse(answer: Refused): Refused | undefined {
    this.#fitsAtMs = this.#after(answer.fitsInMs);
    return this.#end === undefined ? undefined : answer;
  }

  #timeOut(): void {
    const fitsInMs =
      this.#fitsAtMs === undefined ? undefined : Math.max(0, this.#fitsAtMs - this.#clock.nowMs());
    this.#end?.({ kind: "timed out", fitsInMs });
  }

  #after(ms: number | undefined): number | undefined {
    return ms === undefined ? undefined : this.#clock.nowMs() + ms;
  }
}
