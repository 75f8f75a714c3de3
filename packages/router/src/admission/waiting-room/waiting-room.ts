import { AdmitLoops } from "./admit-loops.js";
import { FairQueue } from "./fair-queue.js";
import { type Clock, Stay, type Waiting } from "./stay.js";
import type { EndOfVisit, Refused, Visit } from "./visit.js";

/** `max_queue`: how many requests wait in a room. */
export const defaultMaxQueue = 100;

/** So long smaller ones may pass whoever's turn it is and who does not fit. */
const passableMs = 5_000;

/** Who is refused without a time is tried again after this, should nothing wake the room before. */
const retryMs = 1_000;

/** However soon or late something is said to fit: neither a busy loop, nor more than a timer can count. */
const leastRetryMs = 10;
const mostRetryMs = 60_000;

/** After this a loop makes place for another, long before it expires. */
const loopMs = 2_000;

/**
 * Where the requests of one model group wait that no deployment can take now.
 *
 * Whose turn it is, the head, is tried first ({@link FairQueue}), and stays the head until it is gone or somebody more urgent
 * comes. If it is refused, those that are smaller are tried, in their order, each time smaller than the last that was refused:
 * an equal or larger one would not fit either. Once the head has been it for 5 s nobody passes it any more, so that capacity
 * gathers until it fits.
 *
 * They are tried whenever that may have changed: at every arrival, departure and {@link wake}, when the earliest of the refused
 * will fit, and a second later where that is not known. Nothing runs while nobody waits.
 */
export class WaitingRoom {
  readonly #queue = new FairQueue<Waiting>();
  readonly #loops = new AdmitLoops(() => this.#tryAll());
  /** Whose turn it is; it may have ended since. */
  #head: Waiting | undefined;
  /** Counts wake-ups, so that a refusal from before one is not believed after it. */
  #wakeUps = 0;
  #retryAtMs = Infinity;
  #callOffRetry: (() => void) | undefined;

  /**
   * @param maxQueue how many may wait; at least 1
   * @param onEmpty nobody waits any more
   */
  constructor(
    private readonly maxQueue: number,
    private readonly clock: Clock,
    private readonly onEmpty: () => void,
  ) {}

  get waiting(): number {
    return this.#queue.size;
  }

  /** How many requests wait, by caller. */
  get callers(): ReadonlyMap<string, number> {
    const callers = new Map<string, number>();
    for (const { caller } of this.#queue) callers.set(caller, (callers.get(caller) ?? 0) + 1);
    return callers;
  }

  /**
   * Waits until it is admitted, or may wait no longer. Never rejects.
   * @param visit its client is still there
   */
  enter<Turn>(visit: Visit<Turn>): Promise<EndOfVisit<Turn>> {
    const stay: Stay<Turn> = new Stay(visit, this.clock, (how) => this.#leave(stay, how));
    this.#queue.add(stay);
    if (this.#queue.size > this.maxQueue) this.#makePlace(stay);
    // It was refused a moment ago, but something may have come back since, when nobody was here to be woken.
    if (this.#queue.size > 0) this.#loops.run();
    return stay.ended;
  }

  /** Something came back. */
  wake(): void {
    if (this.#queue.size === 0) return;
    this.#wakeUps += 1;
    this.#loops.run();
  }

  /** All who wait are dropped. */
  dropAll(): void {
    for (const waiting of [...this.#queue]) waiting.end("dropped");
  }

  #makePlace(newcomer: Waiting): void {
    const leaving = this.#queue.toDrop((waiting) => !waiting.isTried) ?? newcomer;
    leaving.end(leaving === newcomer ? "full" : "dropped");
  }

  #leave(waiting: Waiting, how: EndOfVisit<unknown>["kind"]): void {
    this.#queue.remove(waiting);
    if (this.#queue.size === 0) {
      this.#callOffRetry?.();
      this.#retryAtMs = Infinity;
      this.onEmpty();
    } else if (how !== "admitted") {
      // Others may have waited behind it. After one that was admitted its loop goes on by itself.
      this.#loops.run();
    }
  }

  /** One loop: tries whose turn it is until nobody who may be tried fits. */
  async #tryAll(): Promise<void> {
    const endsAtMs = this.clock.nowMs() + loopMs;
    let wakeUps = this.#wakeUps;
    let smallestRefused = Infinity;
    for (;;) {
      if (wakeUps !== this.#wakeUps) smallestRefused = Infinity;
      wakeUps = this.#wakeUps;
      const next = this.#next(smallestRefused);
      if (next === undefined) break;
      if (this.clock.nowMs() > endsAtMs) return this.#loops.run();
      const refused = await this.#try(next);
      if (refused !== undefined && refused.isOwn !== true) smallestRefused = next.images;
    }
    for (const { asideForMs } of this.#queue) if (asideForMs > 0) this.#retryIn(asideForMs);
  }

  /** Who is tried next, where others of so many images have been refused. */
  #next(smallestRefused: number): Waiting | undefined {
    const head = this.#chooseHead();
    if (head === undefined) return undefined;
    if (!head.isTried && smallestRefused === Infinity) return head;
    if (head.headForMs >= passableMs) return undefined;
    return this.#queue.next(
      (waiting) =>
        waiting !== head && !waiting.isTried && waiting.asideForMs === 0 && waiting.images < smallestRefused,
    );
  }

  #chooseHead(): Waiting | undefined {
    const next = this.#queue.next(({ asideForMs }) => asideForMs === 0);
    const head = this.#head;
    const staysHead = head !== undefined && this.#queue.has(head) && head.asideForMs === 0;
    if (!staysHead || next === undefined || next.priority < head.priority) this.#head = next;
    this.#head?.becomeHead();
    return this.#head;
  }

  async #try(waiting: Waiting): Promise<Refused | undefined> {
    if (waiting === this.#head) this.#queue.serve(waiting);
    else this.#queue.letPass(waiting);
    const refused = await waiting.tryNow();
    if (refused === undefined) return undefined;
    this.#queue.refund(waiting);
    const retryInMs = Math.min(mostRetryMs, Math.max(leastRetryMs, refused.fitsInMs ?? retryMs));
    if (refused.isOwn === true) waiting.standAside(retryInMs);
    this.#retryIn(retryInMs);
    return refused;
  }

  /** At the earliest of all such times. */
  #retryIn(ms: number): void {
    const atMs = this.clock.nowMs() + ms;
    if (atMs >= this.#retryAtMs) return;
    this.#callOffRetry?.();
    this.#retryAtMs = atMs;
    this.#callOffRetry = this.clock.timers.after(Math.ceil(ms), () => {
      this.#retryAtMs = Infinity;
      this.#loops.run();
    });
  }
}
