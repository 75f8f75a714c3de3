import type { RefusalsRecord, RequestRecord } from "@darkroom/accounts";
import { type Timers, systemTimers } from "@darkroom/router";

/** More refusals than these in a second are folded together. */
const rowsASecond = 10;
const secondMs = 1_000;

/** Whoever makes up keys must not fill the memory: beyond so many kinds in a second, callers are not told apart. */
const mostKinds = 1_000;
const anyCaller = "others";

interface Refusals extends Omit<RefusalsRecord, "count" | "fromMs" | "toMs"> {
  count: number;
  fromMs: number;
  toMs: number;
}

/** Where refusals are written to. */
export interface RefusalsNotes {
  note(kind: "request", record: RequestRecord): void;
  note(kind: "refusals", record: RefusalsRecord): void;
}

/**
 * Requests that were refused: the first of a second have a row each, further ones are counted by caller, route, status and
 * code, so that a client that goes wild fills no disk.
 */
export class RefusedRequests {
  #rows = 0;
  readonly #kinds = new Map<string, Refusals>();
  #callOff: (() => void) | undefined;

  constructor(
    private readonly notes: RefusalsNotes,
    private readonly timers: Timers = systemTimers,
  ) {}

  note(request: RequestRecord): void {
    this.#callOff ??= this.timers.after(secondMs, () => this.flush());
    this.#rows += 1;
    if (this.#rows <= rowsASecond) this.notes.note("request", request);
    else this.#count(request);
  }

  /** Writes what is counted, and begins another second. */
  flush(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    this.#rows = 0;
    for (const refusals of this.#kinds.values()) this.notes.note("refusals", refusals);
    this.#kinds.clear();
  }

  #count({ caller = anyCaller, route, status, error = "", endedAtMs }: RequestRecord): void {
    const known = this.#kindOf(caller, route, status, error);
    known.count += 1;
    known.fromMs = Math.min(known.fromMs, endedAtMs);
    known.toMs = Math.max(known.toMs, endedAtMs);
  }

  #kindOf(caller: string, route: string, status: number, code: string): Refusals {
    const key = JSON.stringify([caller, route, status, code]);
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    if (this.#kinds.size >= mostKinds && caller !== anyCaller)
      return this.#kindOf(anyCaller, route, status, code);
    const begun = { caller, route, status, code, count: 0, fromMs: Number.MAX_SAFE_INTEGER, toMs: 0 };
    this.#kinds.set(key, begun);
    return begun;
  }
}
