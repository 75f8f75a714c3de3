import { systemTimers } from "../../memory/timers.js";
import type { Client } from "../../retries/deadline.js";
import type { Admittance, EndOfVisit, Visit } from "./visit.js";

const { jest } = import.meta;

/** All time in these tests stands still until a test moves it: that of the room, of Bottleneck, and of the meter. */
export function holdTime(): void {
  jest.useFakeTimers();
}

export function letTimeGo(): void {
  jest.useRealTimers();
}

export const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

/** How many timers anything has set. */
export const timersSet = (): number => jest.getTimerCount();

export const clock = { nowMs: () => performance.now(), timers: systemTimers };

/**
 * A limit in images. Without `windowMs` they are held until they are released; with it they come back by themselves, and a
 * refusal says when.
 */
export class FakeMeter {
  /** Images, in the order of admission. */
  readonly admitted: { readonly caller: string; readonly images: number; readonly atMs: number }[] = [];
  /** Sizes asked for, in order. */
  readonly asked: number[] = [];
  used = 0;
  most = 0;
  underWay = 0;
  mostUnderWay = 0;
  /** How long the store takes to answer; what it answers is decided halfway. */
  answersInMs = 0;

  constructor(
    public limit: number,
    readonly windowMs?: number,
  ) {}

  async admit(caller: string, images: number): Promise<Admittance<Turn>> {
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    this.asked.push(images);
    await this.#halfWay();
    const answer = this.#decide(caller, images);
    await this.#halfWay();
    this.underWay -= 1;
    return answer;
  }

  #decide(caller: string, images: number): Admittance<Turn> {
    const nowMs = performance.now();
    if (this.windowMs !== undefined) this.used = this.#usedAt(nowMs);
    if (this.used + images > this.limit) return { kind: "refused", fitsInMs: this.#fitsInMs(images, nowMs) };
    this.used += images;
    this.most = Math.max(this.most, this.used);
    this.admitted.push({ caller, images, atMs: nowMs });
    return { kind: "admitted", turn: { caller, images } };
  }

  #usedAt(atMs: number): number {
    const counted = this.admitted.filter((one) => one.atMs > atMs - (this.windowMs ?? 0));
    return counted.reduce((sum, { images }) => sum + images, 0);
  }

  #fitsInMs(images: number, nowMs: number): number | undefined {
    const { windowMs } = this;
    if (windowMs === undefined) return undefined;
    const times = this.admitted.map(({ atMs }) => atMs + windowMs).filter((atMs) => atMs > nowMs);
    const fitsAtMs = times.find((atMs) => this.#usedAt(atMs) + images <= this.limit);
    return fitsAtMs === undefined ? undefined : fitsAtMs - nowMs;
  }

  async #halfWay(): Promise<void> {
    if (this.answersInMs > 0) await new Promise((resolve) => setTimeout(resolve, this.answersInMs / 2));
  }
}

export interface Turn {
  readonly caller: string;
  readonly images: number;
}

/** One who waits, as a test sees it. */
export class Visitor implements Client {
  end: EndOfVisit<Turn> | undefined;
  ends = 0;
  isGone = false;
  readonly abandoned: Turn[] = [];
  readonly #callbacks: (() => void)[] = [];
  readonly visit: Visit<Turn>;

  /** @param enter into which room */
  constructor(
    enter: (visit: Visit<Turn>) => Promise<EndOfVisit<Turn>>,
    meter: FakeMeter,
    overrides: Partial<Visit<Turn>> = {},
  ) {
    const { caller = "a", images = 1 } = overrides;
    this.visit = {
      caller,
      images,
      queueTimeoutMs: 600_000,
      client: this,
      admit: () => meter.admit(caller, images),
      abandon: (turn) => void this.abandoned.push(turn),
      ...overrides,
    };
    void enter(this.visit).then((end) => {
      this.end = end;
      this.ends += 1;
    });
  }

  whenGone(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  goAway(): void {
    this.isGone = true;
    for (const callback of this.#callbacks) callback();
  }
}
