import type { Admission, AdmissionAnswer, AdmissionRequest, Refusal, Settlement } from "../admission.js";
import type { Charge, Meter, MeterUse } from "../meter.js";
import { windowBuckets } from "../window-buckets.js";

/** A minute, and a quarter of a second for what jitters on the way. */
export const minuteMs = 60_250;

const buckets = windowBuckets(minuteMs);
export const { bucketMs } = buckets;

/** What is taken as a minute's bucket begins counts for so long. */
export const countedMs = bucketMs * buckets.counted;

export function minute(key: string, limit: bigint, ms = minuteMs): Meter {
  return { key, window: { kind: "rolling", ms }, limit };
}

export function calls(key: string, limit: bigint): Meter {
  return { key, window: { kind: "lease" }, limit };
}

export function period(key: string, limit: bigint, startMs: number, endMs: number): Meter {
  return { key, window: { kind: "period", startMs, endMs }, limit };
}

export function money(meter: Meter): Meter {
  return { ...meter, isMoney: true };
}

export function of(meter: Meter, amount = 1n): Charge {
  return { meter, amount };
}

/** One attempt of a request of its own, unless it is told otherwise. */
export function attempt(
  attemptId: string,
  candidates: readonly (readonly Charge[])[],
  { requestId = `request of ${attemptId}`, requestCharges = [] }: Partial<AdmissionRequest> = {},
): AdmissionRequest {
  const named = candidates.map((charges, index) => ({ id: `deployment ${index}`, charges }));
  return { attemptId, requestId, requestCharges, candidates: named };
}

/** The index of the candidate, or what else the answer was. */
export async function outcomeOf(
  admission: Admission,
  asked: AdmissionRequest,
): Promise<number | AdmissionAnswer["kind"]> {
  const answer = await admission.admit(asked);
  return answer.kind === "admitted" ? answer.candidate : answer.kind;
}

export async function refusalsOf(admission: Admission, asked: AdmissionRequest): Promise<readonly Refusal[]> {
  const answer = await admission.admit(asked);
  if (answer.kind !== "refused") throw new Error(`It was not refused but ${answer.kind}.`);
  return answer.refusals;
}

/** Of the only charge that does not fit. */
export async function fitsInMs(admission: Admission, asked: AdmissionRequest): Promise<number | undefined> {
  const refusals = await refusalsOf(admission, asked);
  if (refusals.length !== 1) throw new Error(`There are ${refusals.length} refusals.`);
  return refusals[0]?.fitsInMs;
}

/** Used and reserved. */
export async function fill(admission: Admission, meter: Meter): Promise<[bigint, bigint]> {
  const [use] = (await admission.usage([meter])) as [MeterUse];
  return [use.used, use.reserved];
}

export function settlement(
  attemptId: string,
  admittedAtMs: number,
  corrections: readonly (readonly [Meter, bigint])[],
  mark?: Settlement["mark"],
): Settlement {
  return {
    attemptId,
    admittedAtMs,
    corrections: corrections.map(([meter, used]) => ({ charge: of(meter), used })),
    ...(mark && { mark }),
  };
}
