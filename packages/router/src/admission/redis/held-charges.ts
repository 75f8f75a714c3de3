import type { AdmissionRequest, HeldLeases, Settlement } from "../admission.js";
import type { Charge } from "../meter.js";
import { chargeTexts } from "./charge-texts.js";

/** What is over counts in rolling windows for a while. Longer ones than this are not told again. */
const longestToldMs = 300_000;

/** What Redis was told so shortly before it was last heard it may have lost: a second of its file, what no replica had yet. */
const unsafeForMs = 20_000;

/** Redis knows at least for so long that an attempt is settled: `settled_remembered_ms` in `scripts/records.ts` is longer. */
const repeatedForMs = 300_000;

interface HeldCharge {
  readonly charge: Charge;
  used: bigint;
  isSettled: boolean;
}

interface HeldRequest {
  readonly charges: readonly HeldCharge[];
  readonly atMs: number;
  /** The state of Redis that is known to hold it; undefined where none is. */
  epoch: string | undefined;
  isFinished: boolean;
  attempts: number;
}

export interface HeldAttempt {
  readonly id: string;
  readonly requestId: string;
  /** Index of the candidate; -1 where none was asked for. */
  readonly candidate: number;
  readonly charges: readonly HeldCharge[];
  /** As in {@link AdmissionRequest}, for as long as its money is reserved. */
  note: string | undefined;
  /** By Redis' clock. */
  readonly atMs: number;
  epoch: string | undefined;
  isReleased: boolean;
  isSettled: boolean;
  /** When it was, by Redis' clock, if whether it was applied is told by its id. */
  settledAtMs?: number;
}

/** What is held, with what Redis needs in order to know it again: see `scripts/fleet.ts`. */
export interface Told {
  /** As it is at the moment when it is sent: what is released afterwards is told afterwards, too. */
  readonly record: () => object;
  /** It has been heard. */
  readonly markTold: (epoch: string) => void;
}

/**
 * What this gateway has taken, for as long as it counts: where Redis loses its state, or does not answer, it is told again.
 * What is open is remembered until it is over; what is over, until it has left its rolling windows.
 */
export class HeldCharges {
  readonly #attempts = new Map<string, HeldAttempt>();
  readonly #requests = new Map<string, HeldRequest>();

  attempt(id: string): HeldAttempt | undefined {
    return this.#attempts.get(id);
  }

  /**
   * @param candidate index of the one that was taken; -1 where none was asked for
   * @param epoch the state of Redis that knows it; undefined where none does
   */
  add(asked: AdmissionRequest, candidate: number, atMs: number, epoch: string | undefined): void {
    const { attemptId: id, requestId, requestCharges, candidates, note } = asked;
    let request = this.#requests.get(requestId);
    if (request === undefined) {
      const own = requestCharges.map(heldCharge);
      request = { charges: own, atMs, epoch, isFinished: false, attempts: 0 };
      this.#requests.set(requestId, request);
    }
    request.attempts += 1;
    this.#attempts.set(id, {
      ...{ id, requestId, candidate, note },
      charges: (candidates[candidate]?.charges ?? []).map(heldCharge),
      atMs,
      epoch,
      isReleased: false,
      isSettled: false,
    });
  }

  release(attemptId: string, how: "sent" | "never sent"): void {
    const attempt = this.#attempts.get(attemptId);
    if (attempt === undefined || attempt.isReleased) return;
    attempt.isReleased = true;
    if (how === "never sent" && !attempt.isSettled) this.#forget(attempt);
  }

  finish(requestId: string, how: "sent" | "never sent"): void {
    const request = this.#requests.get(requestId);
    if (request === undefined || request.isFinished) return;
    request.isFinished = true;
    if (how !== "never sent") return;
    for (const held of request.charges) held.used = 0n;
  }

  /** @param nowMs by Redis' clock */
  settle({ attemptId, corrections, money, mark }: Settlement, nowMs: number): void {
    const attempt = this.#attempts.get(attemptId);
    if (attempt === undefined || attempt.isSettled) return;
    attempt.isSettled = true;
    if (mark === undefined) attempt.settledAtMs = nowMs;
    attempt.note = undefined;
    const own = this.#requests.get(attempt.requestId)?.charges ?? [];
    const open = [...attempt.charges, ...own].filter(({ charge }) => charge.meter.window.kind !== "lease");
    for (const { charge, used } of corrections) {
      const index = open.findIndex((held) => held.charge.meter.key === charge.meter.key);
      const [held] = index < 0 ? [] : open.splice(index, 1);
      if (held === undefined) continue;
      held.used = used;
      held.isSettled = true;
    }
    for (const held of attempt.charges) {
      const isCost = money !== undefined && held.charge.meter.isMoney === true && !held.isSettled;
      if (isCost) held.used = money;
      held.isSettled = true;
    }
  }

  /** Whose leases are to be renewed. */
  get leases(): HeldLeases {
    return {
      attemptIds: [...this.#attempts.values()].filter((it) => !it.isReleased).map(({ id }) => id),
      requestIds: [...this.#requests].filter(([, it]) => !it.isFinished).map(([id]) => id),
    };
  }

  /** All that a Redis with this state may not know: what is open, and of what is over, what it has not been told. */
  toTell(epoch: string): Told[] {
    const requests = [...this.#requests]
      .filter(([, it]) => !it.isFinished || it.epoch !== epoch)
      .map(([id, it]) => told(it, () => ({ request: id, finished: it.isFinished })));
    const attempts = [...this.#attempts.values()]
      .filter((it) => !it.isReleased || it.epoch !== epoch)
      .map((it) =>
        told(it, () => {
          const { id: attempt, requestId: request, candidate, note, isReleased, isSettled } = it;
          return { attempt, request, candidate, note, released: isReleased, settled: isSettled };
        }),
      );
    return [...requests, ...attempts];
  }

  /** Whether something has come that a Redis with this state has never been told. */
  hasNews(epoch: string): boolean {
    return [...this.#requests.values(), ...this.#attempts.values()].some((it) => it.epoch !== epoch);
  }

  /**
   * What a Redis with this state has been told, and may have lost since it was not safe yet: to be settled once more, which
   * changes nothing where it is known.
   * @param heardMs when Redis was last heard; as nowMs, by its clock
   */
  settledLately(epoch: string, heardMs: number, nowMs: number): Settlement[] {
    return [...this.#attempts.values()]
      .filter((it) => it.epoch === epoch && mayBeLost(it, heardMs, nowMs))
      .map(({ id, atMs, charges }) => ({
        attemptId: id,
        admittedAtMs: atMs,
        corrections: charges.filter(({ charge }) => charge.meter.window.kind !== "lease"),
      }));
  }

  /**
   * Forgets what is over, counts nowhere any more and is safe.
   * @param heardMs when Redis was last heard; as nowMs, by its clock
   */
  sweep(nowMs: number, heardMs: number): void {
    for (const attempt of this.#attempts.values()) {
      const isOver = attempt.isReleased && !counts(attempt, nowMs);
      if (isOver && !mayBeLost(attempt, heardMs, nowMs)) this.#forget(attempt);
    }
    for (const [id, request] of this.#requests) {
      if (request.isFinished && request.attempts === 0 && !counts(request, nowMs)) this.#requests.delete(id);
    }
  }

  #forget(attempt: HeldAttempt): void {
    this.#attempts.delete(attempt.id);
    const request = this.#requests.get(attempt.requestId);
    if (request !== undefined) request.attempts -= 1;
  }
}

const heldCharge = (charge: Charge): HeldCharge => ({ charge, used: charge.amount, isSettled: false });

function mayBeLost({ settledAtMs }: HeldAttempt, heardMs: number, nowMs: number): boolean {
  if (settledAtMs === undefined) return false;
  return settledAtMs > heardMs - unsafeForMs && nowMs - settledAtMs < repeatedForMs;
}

function counts({ charges, atMs }: { charges: readonly HeldCharge[]; atMs: number }, nowMs: number): boolean {
  return charges.some(({ charge: { meter }, isSettled }) => {
    if (meter.isMoney === true) return !isSettled;
    if (meter.window.kind === "lease") return false;
    const lastsMs = meter.window.kind === "rolling" ? meter.window.ms : longestToldMs;
    return nowMs < atMs + Math.min(lastsMs, longestToldMs);
  });
}

function told(
  held: { readonly charges: readonly HeldCharge[]; readonly atMs: number; epoch: string | undefined },
  state: () => object,
): Told {
  return {
    record: () => ({ ...state(), at: held.atMs, charges: held.charges.map(takenTexts) }),
    markTold: (epoch) => (held.epoch = epoch),
  };
}

/** As Redis keeps what was taken: see `scripts/records.ts`. */
function takenTexts({ charge: { meter }, used, isSettled }: HeldCharge): string[] {
  const texts = chargeTexts({ meter, amount: used }).slice(0, -1);
  return isSettled && meter.isMoney === true ? [...texts, "settled"] : texts;
}
