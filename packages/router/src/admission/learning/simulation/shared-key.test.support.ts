import {
  recordedEdits,
  type RecordedEdit,
} from "../../../strategies/simulation/recorded-edits.test.support.js";
import { VirtualTime } from "../../../strategies/simulation/virtual-time.test.support.js";
import { seeded } from "../../../strategies/strategies.test.support.js";
import { EmbeddedAdmission } from "../../embedded/embedded-admission.js";
import type { AdmissionAnswer } from "../../admission.js";
import { LatestUse } from "../../latest-use.js";
import type { Meter, MeterUse } from "../../meter.js";
import { LearnedLimits } from "../learned-limits.js";

export interface SharedKeyOptions {
  readonly seed: number;
  readonly minutes: number;
  /** What the upstream allows, and what we are configured with. */
  readonly imagesPerMinute: number;
  /** How many images a minute somebody else asks for: all the time, or three times as many in every third stretch of 2 minutes. */
  readonly foreignPerMinute: number;
  readonly foreignComes: "steadily" | "in bursts";
  /** How many images a minute we are asked for. */
  readonly offeredPerMinute: number;
  /** When the headers of an answer are written: nobody knows of OpenAI's. */
  readonly headersOf: "begin" | "end";
  readonly learns: boolean;
}

export interface SharedKeyResult {
  readonly edits: number;
  readonly served: number;
  readonly calls: number;
  /** Calls that were answered 429. */
  readonly refusedCalls: number;
  readonly images: number;
  /** What the foreign user got. */
  readonly foreignImages: number;
}

/** As the router's default. */
const retries = 2;
const longestWaitMs = 60_000;
const minute = { kind: "rolling", ms: 60_000 } as const;
const imagesAnEdit = 1.6;

interface Waiting {
  readonly edit: RecordedEdit;
  readonly retry: number;
  readonly untilMs: number;
}

/**
 * One key that somebody else uses too, in virtual time: the upstream counts both, and our admission only ours. It is the
 * only deployment of its group, so that no cooldown hides what is refused.
 */
export function simulateSharedKey(options: SharedKeyOptions): SharedKeyResult {
  const clock = new VirtualTime();
  const run = new Run(options, clock);
  const edits = recordedEdits({
    seed: options.seed,
    edits: Math.ceil((options.offeredPerMinute / imagesAnEdit) * options.minutes),
    perSecond: options.offeredPerMinute / imagesAnEdit / 60,
    deployments: 1,
  });
  for (const edit of edits) clock.at(edit.atMs, () => run.begin(edit));
  for (const atMs of foreignCalls(options)) clock.at(atMs, () => run.foreignCall());
  clock.run();
  return run.result(edits.length);
}

/** By chance (a Poisson process). */
function foreignCalls({ seed, minutes, foreignPerMinute, foreignComes }: SharedKeyOptions): number[] {
  const random = seeded(seed + 1000);
  const peak = foreignComes === "steadily" ? 1 : 3;
  const calls: number[] = [];
  let atMs = 0;
  while (foreignPerMinute > 0) {
    atMs += (-Math.log(1 - random()) * 60_000) / foreignPerMinute / peak;
    if (atMs >= minutes * 60_000) break;
    if (peak === 1 || Math.floor(atMs / 120_000) % 3 === 1) calls.push(atMs);
  }
  return calls;
}

class Run {
  readonly #meter: Meter;
  readonly #upstream: UpstreamWindow;
  readonly #ours: EmbeddedAdmission;
  readonly #use: LatestUse;
  readonly #learned: LearnedLimits;
  readonly #queue: Waiting[] = [];
  #wakesAtMs = Number.POSITIVE_INFINITY;
  #admissions = 0;
  #calls = 0;
  #refusedCalls = 0;
  #served = 0;
  #images = 0;
  #foreignImages = 0;

  constructor(
    private readonly options: SharedKeyOptions,
    private readonly clock: VirtualTime,
  ) {
    const nowMs = (): number => clock.nowMs;
    this.#meter = { key: "images", window: minute, limit: BigInt(options.imagesPerMinute) };
    this.#upstream = new UpstreamWindow(options.imagesPerMinute, nowMs);
    this.#ours = new EmbeddedAdmission({ nowMs });
    this.#use = new LatestUse(new Set([this.#meter.key]), nowMs);
    this.#learned = new LearnedLimits(this.#ours, this.#use, nowMs, () => undefined);
  }

  begin(edit: RecordedEdit): void {
    this.#wait({ edit, retry: 0, untilMs: this.clock.nowMs + longestWaitMs });
  }

  foreignCall(): void {
    if (this.#upstream.take(1) === "taken") this.#foreignImages += 1;
  }

  /** First come, first served. */
  #wait(waiting: Waiting): void {
    this.#queue.push(waiting);
    this.#serveQueue();
    this.clock.at(waiting.untilMs, () => {
      const index = this.#queue.indexOf(waiting);
      if (index >= 0) this.#queue.splice(index, 1);
    });
  }

  #serveQueue(): void {
    for (let [head] = this.#queue; head !== undefined; [head] = this.#queue) {
      const answer = this.#admit(BigInt(head.edit.parameters.n));
      if (answer.kind === "admitted") {
        this.#queue.shift();
        this.#use.note(answer.use);
        this.#call(head, answer.use);
      } else {
        if (answer.kind === "refused") this.#use.note(answer.refusals);
        const [refusal] = answer.kind === "refused" ? answer.refusals : [];
        const atMs = this.clock.nowMs + (refusal?.fitsInMs ?? 1000);
        if (atMs >= this.#wakesAtMs) return;
        this.#wakesAtMs = atMs;
        this.clock.at(atMs, () => {
          if (this.#wakesAtMs === atMs) this.#wakesAtMs = Number.POSITIVE_INFINITY;
          this.#serveQueue();
        });
        return;
      }
    }
  }

  #call({ edit, retry, untilMs }: Waiting, admitted: readonly MeterUse[]): void {
    this.#calls += 1;
    const startedAtMs = this.clock.nowMs;
    const taken = this.#upstream.take(edit.parameters.n);
    const atBegin = this.#headers();
    const answered = (headers: Record<string, string>, error?: unknown): void => {
      if (!this.options.learns) return;
      const meters = [{ dimension: "images", meter: this.#meter }] as const;
      this.#learned.note({
        quota: "shared",
        meters,
        admitted,
        startedAtMs,
        headers,
        ...(error !== undefined && { rateLimited: { error } }),
      });
    };
    if (taken === "taken") {
      this.clock.after(edit.workMs, () => {
        this.#served += 1;
        this.#images += edit.parameters.n;
        answered(this.options.headersOf === "begin" ? atBegin : this.#headers());
      });
      return;
    }
    this.#refusedCalls += 1;
    const { retryAfterMs } = taken;
    this.clock.after(300, () => {
      answered({ ...atBegin, "retry-after-ms": String(retryAfterMs) }, { type: "images" });
      if (retry >= retries || this.clock.nowMs + retryAfterMs > untilMs) return;
      this.clock.after(retryAfterMs, () => this.#wait({ edit, retry: retry + 1, untilMs }));
    });
  }

  #admit(amount: bigint): AdmissionAnswer {
    const attemptId = String((this.#admissions += 1));
    const candidates = [{ id: "shared", charges: [{ meter: this.#meter, amount }] }];
    return this.#ours.admit({ attemptId, requestId: attemptId, requestCharges: [], candidates });
  }

  #headers(): Record<string, string> {
    const { limit, used, resetMs } = this.#upstream;
    return {
      "x-ratelimit-limit-images": String(limit),
      "x-ratelimit-remaining-images": String(limit - used),
      "x-ratelimit-reset-images": `${String(resetMs)}ms`,
    };
  }

  result(edits: number): SharedKeyResult {
    return {
      edits,
      served: this.#served,
      calls: this.#calls,
      refusedCalls: this.#refusedCalls,
      images: this.#images,
      foreignImages: this.#foreignImages,
    };
  }
}

/** What the upstream has taken in the last minute, to the millisecond. What it refuses takes nothing. */
class UpstreamWindow {
  readonly #taken: { readonly amount: number; readonly untilMs: number }[] = [];

  constructor(
    readonly limit: number,
    private readonly nowMs: () => number,
  ) {}

  take(amount: number): "taken" | { readonly retryAfterMs: number } {
    const { used } = this;
    if (used + amount <= this.limit) {
      this.#taken.push({ amount, untilMs: this.nowMs() + minute.ms });
      return "taken";
    }
    let over = used + amount - this.limit;
    const fits = this.#taken.find((taken) => (over -= taken.amount) <= 0);
    return { retryAfterMs: (fits?.untilMs ?? 0) - this.nowMs() };
  }

  get used(): number {
    const nowMs = this.nowMs();
    while ((this.#taken[0]?.untilMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#taken.shift();
    return this.#taken.reduce((sum, { amount }) => sum + amount, 0);
  }

  /** Until nothing is taken any more. */
  get resetMs(): number {
    return Math.ceil((this.#taken.at(-1)?.untilMs ?? this.nowMs()) - this.nowMs());
  }
}
