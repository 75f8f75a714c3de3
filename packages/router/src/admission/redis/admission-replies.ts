import type { AdmissionAnswer, AdmissionRequest, Refusal } from "../admission.js";
import type { Charge, Meter, MeterUse } from "../meter.js";
import { RedisUnavailableError } from "../../redis/redis-errors.js";

/** Redis has lost what gateways told it, or they are telling it again: nothing is admitted until they have. */
export class StateLostError extends Error {
  override readonly name = "StateLostError";
}

/** An answer, and when it was given first, by Redis' clock. */
export interface DatedAnswer {
  readonly answer: AdmissionAnswer;
  readonly atMs: number;
}

/**
 * What the script of {@link file://./scripts/admit.ts} has answered.
 * @throws StateLostError, RedisUnavailableError
 */
export function answerOf(asked: AdmissionRequest, reply: unknown): DatedAnswer {
  const [kind, ...texts] = textsOf(reply);
  const at = (index: number) => texts[index] ?? "";
  switch (kind) {
    case "admitted": {
      const candidate = Number(at(1));
      const charges = [...(asked.candidates[candidate]?.charges ?? []), ...asked.requestCharges];
      const use = charges.map(({ meter }, index) => useOf(meter, texts, 2 + index * 3));
      return { answer: { kind, candidate, use }, atMs: Number(at(0)) };
    }
    case "refused": {
      const refusals = groupsOf(texts, 6).map((group) => refusalOf(asked, group));
      return { answer: { kind, refusals }, atMs: 0 };
    }
    case "wrong period":
      return { answer: { kind, nowMs: Number(at(0)) }, atMs: 0 };
    case "unseeded": {
      const meters = groupsOf(texts, 2).map(([of, index]) => chargeOf(asked, of, index).meter);
      return { answer: { kind, meters }, atMs: 0 };
    }
    case "epoch":
      throw new StateLostError("Redis has lost its state");
    case "rebuilding":
      throw new StateLostError("Redis has lost its state, and gateways are telling it theirs");
    case "abandoned":
      throw new RedisUnavailableError("it was given up before Redis answered");
    case undefined:
    default:
      throw new RedisUnavailableError("Redis answered something else");
  }
}

export const textsOf = (reply: unknown): string[] => (Array.isArray(reply) ? reply.map(String) : []);

export function useOf(meter: Meter, texts: readonly string[], from: number): MeterUse {
  const [used = "0", reserved = "0", limit = "0"] = texts.slice(from, from + 3);
  return { meter, used: BigInt(used), reserved: BigInt(reserved), limit: BigInt(limit) };
}

function refusalOf(asked: AdmissionRequest, group: readonly string[]): Refusal {
  const [of = "", index = ""] = group;
  const charge = chargeOf(asked, of, index);
  const fits = group[5] ?? "";
  return {
    ...useOf(charge.meter, group, 2),
    candidate: of === "" ? undefined : Number(of),
    charge,
    fitsInMs: fits === "" ? undefined : Number(fits),
  };
}

/** @param of index of a candidate; empty for the request's own */
function chargeOf(asked: AdmissionRequest, of = "", index = ""): Charge {
  const charges = of === "" ? asked.requestCharges : asked.candidates[Number(of)]?.charges;
  const charge = charges?.[Number(index)];
  if (charge === undefined)
    throw new RedisUnavailableError("Redis answered of a charge that was not asked for");
  return charge;
}

function groupsOf(texts: readonly string[], size: number): string[][] {
  const groups = [];
  for (let start = 0; start < texts.length; start += size) groups.push(texts.slice(start, start + size));
  return groups;
}
