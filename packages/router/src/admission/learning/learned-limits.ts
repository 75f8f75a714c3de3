import type { IncomingHttpHeaders } from "node:http";
import { retryAfterMs } from "../../retries/backoff.js";
import type { Dimension, QuotaMeter } from "../../deployments/quotas.js";
import type { Admission } from "../admission.js";
import type { LatestUse } from "../latest-use.js";
import type { Meter, MeterUse } from "../meter.js";
import { blamedFor } from "./blamed.js";
import { LearnedMeter } from "./learned-meter.js";
import { toldLimits } from "./rate-limit-headers.js";

/** An upstream's answer, as far as it tells of its limits. */
export interface NotedAnswer {
  /** By which name it is spoken of. */
  readonly quota: string;
  readonly meters: readonly QuotaMeter[];
  /** How full they were when the attempt was admitted. */
  readonly admitted: readonly MeterUse[];
  /** When the attempt was admitted, by the clock of the constructor. */
  readonly startedAtMs: number;
  readonly headers: IncomingHttpHeaders;
  /** Present where the attempt was refused for a rate limit (and not for want of money): the answer's error. */
  readonly rateLimited?: { readonly error: unknown };
}

/** An upstream has another limit than the configuration says. */
export interface LimitDiffers {
  readonly quota: string;
  readonly dimension: Dimension;
  readonly configured: bigint;
  /** If it is lower it holds; if it is higher, more could be configured. */
  readonly told: bigint;
}

/**
 * What answers tell of an upstream's limits, told on to admission. It only ever makes limits tighter, and for a while:
 *
 * - a **lower limit** than the configured one holds in its place;
 * - **less room** than we see, because somebody else uses the same quota: no more is admitted than is ours plus what
 *   remains, less 5 % of the limit;
 * - a **refusal** of what should have fitted lowers the limit to 80 %, and each clean minute gives 5 % back.
 *
 * What has no meter is not learned: of a quota without configured limits, refusals are left to cooldowns. Answers whose
 * attempt began before that of the newest one are too old to tell how much room there is.
 */
export class LearnedLimits {
  readonly #learned = new Map<string, LearnedMeter>();

  /** @param differs called at most once for each meter that is lower, and once for each that is higher */
  constructor(
    private readonly admission: Pick<Admission, "constrain">,
    private readonly use: LatestUse,
    private readonly nowMs: () => number,
    private readonly differs: (difference: LimitDiffers) => void,
  ) {}

  note({ quota, meters, admitted, startedAtMs, headers, rateLimited }: NotedAnswer): void {
    const nowMs = this.nowMs();
    const told = toldLimits(headers);
    const blamed = rateLimited === undefined ? [] : blamedFor(rateLimited.error, told);
    const isNamed = ({ dimension }: QuotaMeter): boolean => (blamed as readonly string[]).includes(dimension);
    // What is to blame may have no meter of its own: then all are, which slows it as well.
    const isTold = meters.some(isNamed);
    for (const limited of meters) {
      const { meter, dimension } = limited;
      const isBlamed = isNamed(limited);
      const learned = this.#learnedOf(meter);
      const own = dimension === "calls" ? undefined : told.get(dimension);
      // A refusal that says no number says that nothing remains.
      const refusal = isBlamed ? { remaining: 0, resetMs: retryAfterMs(headers, Date.now()) } : {};
      const used = most(usedOf(admitted, meter), this.use.toldOf(meter.key));
      const found = learned.noteTold({ told: { ...refusal, ...own }, used, startedAtMs, nowMs });
      if (found !== undefined) this.differs({ quota, dimension, configured: meter.limit, told: found });
      if (rateLimited !== undefined && (isBlamed || !isTold)) learned.noteRefusal(startedAtMs, nowMs);
      for (const { limit, forMs } of learned.constraints(nowMs)) this.#constrain(meter, limit, forMs);
    }
  }

  #learnedOf(meter: Meter): LearnedMeter {
    let learned = this.#learned.get(meter.key);
    if (learned === undefined) {
      learned = new LearnedMeter(meter.limit);
      this.#learned.set(meter.key, learned);
    }
    return learned;
  }

  /** What could not be told is told again with one of the next answers. */
  #constrain(meter: Meter, limit: bigint, forMs: number): void {
    Promise.resolve(this.admission.constrain(meter, limit, forMs)).catch(() => {
      this.#learned.get(meter.key)?.forgetConstraints();
    });
  }
}

function usedOf(uses: readonly MeterUse[], { key }: Meter): bigint {
  return uses.find(({ meter }) => meter.key === key)?.used ?? 0n;
}

function most(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
