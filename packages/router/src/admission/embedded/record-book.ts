import { rememberedMs, settledRememberedMs } from "../admission.js";
import type { Taking } from "./meter-state.js";
import { RecentIds } from "./recent-ids.js";
import { AttemptRecord, RequestRecord } from "./records.js";
import { Sweep } from "./sweep.js";

/** Attempts and requests of which something may still change. */
export class RecordBook {
  readonly #attempts = new Map<string, AttemptRecord>();
  readonly #requests = new Map<string, RequestRecord>();
  readonly #settled = new RecentIds(settledRememberedMs);
  readonly #attemptSweep = new Sweep(this.#attempts, (record, nowMs) => {
    if (isForgotten(record, nowMs)) this.#endAttempt(record, nowMs);
    return this.#attempts.has(record.id);
  });
  readonly #requestSweep = new Sweep(this.#requests, (record, nowMs) => {
    if (isSilent(record, nowMs)) this.endRequest(record, nowMs);
    return this.#requests.has(record.id);
  });

  get size(): { readonly attempts: number; readonly requests: number } {
    return { attempts: this.#attempts.size, requests: this.#requests.size };
  }

  attempt(id: string): AttemptRecord | undefined {
    return this.#attempts.get(id);
  }

  request(id: string): RequestRecord | undefined {
    return this.#requests.get(id);
  }

  addRequest(id: string, takings: readonly Taking[], nowMs: number): RequestRecord {
    const record = new RequestRecord(id, takings, nowMs);
    this.#requests.set(id, record);
    return record;
  }

  addAttempt(record: AttemptRecord): void {
    this.#attempts.set(record.id, record);
    record.request.heardAtMs = record.heardAtMs;
  }

  noteSettled(attemptId: string, nowMs: number): void {
    this.#settled.add(attemptId, nowMs);
  }

  wasSettled(attemptId: string, nowMs: number): boolean {
    return this.#attempts.get(attemptId)?.isSettled === true || this.#settled.has(attemptId, nowMs);
  }

  /** Drops an attempt of which nothing will change any more. */
  endIfOver(record: AttemptRecord, nowMs: number): void {
    if (!record.isNeeded) this.#endAttempt(record, nowMs);
  }

  /** Its attempts keep what it took for as long as they may correct it. */
  endRequest(record: RequestRecord, nowMs: number): void {
    this.#requests.delete(record.id);
    for (const taking of record.takings) {
      taking.state.release(taking, nowMs);
      // Money that nothing corrects was used as it was taken.
      if (taking.state.kind === "money" && !taking.isSettled) taking.state.settle(taking, undefined, nowMs);
    }
  }

  sweep(nowMs: number): void {
    this.#attemptSweep.run(2, nowMs);
    this.#requestSweep.run(2, nowMs);
  }

  #endAttempt(record: AttemptRecord, nowMs: number): void {
    this.#attempts.delete(record.id);
    for (const taking of record.takings) taking.state.release(taking, nowMs);
  }
}

function isSilent({ heardAtMs }: AttemptRecord | RequestRecord, nowMs: number): boolean {
  return nowMs - heardAtMs > rememberedMs;
}

/** Nothing has been heard of it for long, and no money waits for it. */
function isForgotten(record: AttemptRecord, nowMs: number): boolean {
  if (!isSilent(record, nowMs)) return false;
  return record.isSettled || !record.takings.some(({ state }) => state.kind === "money");
}
