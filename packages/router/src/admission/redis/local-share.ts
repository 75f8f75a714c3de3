import type {
  AdmissionAnswer,
  AdmissionCandidate,
  AdmissionRequest,
  Refusal,
  Settlement,
} from "../admission.js";
import { Constraints } from "../embedded/constraints.js";
import { EmbeddedAdmission } from "../embedded/embedded-admission.js";
import type { OnRedisFailure } from "./shared-admission-settings.js";
import { type Charge, largestLimit, type Meter, type MeterUse } from "../meter.js";

/** A gateway divides limits by two at least: one that was cut off may not know of the others. */
const fewestGateways = 2;

/** Money needs the books that all share: no answer of one gateway alone is right. */
const isMoney = ({ meter }: Charge): boolean => meter.isMoney === true;

/**
 * What this gateway takes of each limit, counted here as well: what Redis admits is written down, so that when Redis is away
 * the gateway knows its own part, and goes on within a share of each limit.
 */
export class LocalShare {
  readonly #admission: EmbeddedAdmission;
  readonly #constraints = new Constraints();
  readonly #nowMs: () => number;

  constructor(
    private readonly onFailure: OnRedisFailure,
    nowMs: () => number,
  ) {
    this.#nowMs = nowMs;
    this.#admission = new EmbeddedAdmission({ nowMs });
  }

  /** Writes down what Redis has admitted. */
  note(asked: AdmissionRequest, candidate: number): void {
    const charges = asked.candidates[candidate]?.charges ?? [];
    this.#admission.admit({
      ...asked,
      requestCharges: withLimits(asked.requestCharges, () => largestLimit),
      candidates: [{ id: "", charges: withLimits(charges, () => largestLimit) }],
    });
  }

  /**
   * Admits what the policy lets through.
   * @param gateways among whom limits are divided
   * @returns undefined where that is nothing, or money is asked for, and nobody here can tell whether there is any
   */
  admit(asked: AdmissionRequest, gateways: number): AdmissionAnswer | undefined {
    return this.onFailure === "deny"
      ? this.#admitUnlimited(asked)
      : this.#admitShare(asked, this.#parts(gateways));
  }

  /** @param parts into which limits are divided; 0: they are not looked at */
  #admitShare(asked: AdmissionRequest, parts: number): AdmissionAnswer | undefined {
    const candidates = [...asked.candidates.entries()].filter(([, { charges }]) => !charges.some(isMoney));
    const hasNone = candidates.length === 0 && asked.candidates.length > 0;
    if (hasNone || asked.requestCharges.some(isMoney)) return undefined;
    const nowMs = this.#nowMs();
    const limitOf = (meter: Meter) =>
      parts === 0 ? largestLimit : shareOf(this.#constraints.limitOf(meter, nowMs), parts);
    const answer = this.#admission.admit({
      ...asked,
      requestCharges: withLimits(asked.requestCharges, limitOf),
      candidates: candidates.map(
        ([, { id, charges }]): AdmissionCandidate => ({ id, charges: withLimits(charges, limitOf) }),
      ),
    });
    return withIndices(answer, asked, (index) => candidates[index]?.[0] ?? -1);
  }

  /** Admits what no limit concerns, and nothing else. */
  #admitUnlimited(asked: AdmissionRequest): AdmissionAnswer | undefined {
    if (asked.requestCharges.length > 0) return undefined;
    const candidate = asked.candidates.findIndex(({ charges }) => charges.length === 0);
    if (candidate < 0 && asked.candidates.length > 0) return undefined;
    return { kind: "admitted", candidate, use: [] };
  }

  constrain(meter: Meter, limit: bigint, forMs: number): void {
    const nowMs = this.#nowMs();
    this.#constraints.add(meter, limit, nowMs + forMs, nowMs);
    this.#constraints.sweep(nowMs);
  }

  usage(meters: readonly Meter[], gateways: number): MeterUse[] {
    const nowMs = this.#nowMs();
    const parts = this.#parts(gateways);
    return this.#admission.usage(meters).map((use, index) => {
      const meter = meters[index] ?? use.meter;
      const limit = this.#constraints.limitOf(meter, nowMs);
      return { ...use, meter, limit: parts === 0 ? limit : shareOf(limit, parts) };
    });
  }

  #parts(gateways: number): number {
    return this.onFailure === "open" ? 0 : Math.max(gateways, fewestGateways);
  }

  settle({ attemptId, admittedAtMs, corrections }: Settlement): void {
    const withoutMoney = corrections.filter(({ charge }) => !isMoney(charge));
    this.#admission.settle([{ attemptId, admittedAtMs, corrections: withoutMoney }]);
  }

  /** The rest is as it is. */
  get books(): Pick<EmbeddedAdmission, "release" | "finish" | "renew" | "onReturned" | "close"> {
    return this.#admission;
  }
}

/** Rounded down, so that all together take no more than there is; but nobody is shut out by that. */
function shareOf(limit: bigint, gateways: number): bigint {
  const share = limit / BigInt(gateways);
  return share === 0n && limit > 0n ? 1n : share;
}

function withLimits(charges: readonly Charge[], limitOf: (meter: Meter) => bigint): Charge[] {
  return charges
    .filter((charge) => !isMoney(charge))
    .map(({ meter, amount }) => ({ meter: { ...meter, limit: limitOf(meter) }, amount }));
}

/** The answer as to what was asked, and not to what was made of it. */
function withIndices(
  answer: AdmissionAnswer,
  asked: AdmissionRequest,
  indexOf: (index: number) => number,
): AdmissionAnswer {
  switch (answer.kind) {
    case "admitted": {
      const candidate = indexOf(answer.candidate);
      const charges = [...(asked.candidates[candidate]?.charges ?? []), ...asked.requestCharges];
      const use = answer.use.map((one, index) => ({ ...one, meter: charges[index]?.meter ?? one.meter }));
      return { ...answer, candidate, use };
    }
    case "refused": {
      const refusals = answer.refusals.map((refusal): Refusal => {
        const candidate = refusal.candidate === undefined ? undefined : indexOf(refusal.candidate);
        const charges =
          candidate === undefined ? asked.requestCharges : (asked.candidates[candidate]?.charges ?? []);
        const charge = charges.find(({ meter }) => meter.key === refusal.charge.meter.key) ?? refusal.charge;
        return { ...refusal, candidate, charge, meter: charge.meter };
      });
      return { ...answer, refusals };
    }
    case "wrong period":
    case "unseeded":
    case "unavailable":
      return answer;
  }
}
