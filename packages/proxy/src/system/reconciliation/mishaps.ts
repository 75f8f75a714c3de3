import type { FaultRule } from "../running-simulator.js";
import type { SeededDraws } from "./seeded-draws.js";

/** What goes wrong with one edit, once: the fault that strikes it upstream, and what its own fields need for that. */
export interface Mishap {
  readonly kind: MishapKind;
  /** Undefined: its fields alone are what is wrong. */
  readonly fault: FaultRule["fault"] | undefined;
  readonly fields?: Readonly<Record<string, string | number>>;
}

/** In a hundred edits. */
const weights = {
  none: 78,
  /** It strikes before anything is billed; the edit is served in the end, most of the time. */
  unbilled: 7,
  /** The pictures are made and billed, and their answer is lost. */
  lost: 7,
  hung: 1.5,
  refused: 1.5,
  usage: 4,
  slow: 1,
} as const;

type MishapKind = Exclude<keyof typeof weights, "none">;

/** An edit that hangs fails after so many seconds. */
const hangLimitSeconds = 0.3;

export function drawnMishap(draws: SeededDraws, stream: boolean): Mishap | undefined {
  const kind = draws.weighted(weights);
  switch (kind) {
    case "none":
      return undefined;
    case "unbilled":
      return { kind, fault: unbilledFault(draws, stream) };
    case "lost":
      return { kind, fault: losingFault(draws, stream) };
    case "hung":
      return {
        kind,
        fault: { kind: "hang", billed: draws.chance(0.5) },
        fields: { timeout: hangLimitSeconds },
      };
    case "refused":
      return draws.chance(0.5) ? { kind, fault: refusal } : { kind, fault: undefined, fields: { n: 11 } };
    case "usage":
      return { kind, fault: { kind: "usage", remains: draws.oneOf(["nothing", "incomplete", "zeros"]) } };
    case "slow":
      return {
        kind,
        fault: draws.chance(0.5) ? { kind: "delay", ms: 20 } : { kind: "drip", bytes: 500, everyMs: 1 },
      };
  }
}

const refusal = {
  kind: "status",
  status: 400,
  code: "moderation_blocked",
  type: "image_generation_user_error",
  message: "Your request was rejected by the safety system.",
} as const;

function unbilledFault(draws: SeededDraws, stream: boolean): FaultRule["fault"] {
  if (stream && draws.chance(0.3)) return { kind: "stream-error", afterPartials: draws.between(0, 2) };
  if (draws.chance(0.2)) return { kind: "reset", when: "after" };
  return { kind: "status", status: draws.oneOf([401, 408, 429, 500, 503]) };
}

function losingFault(draws: SeededDraws, stream: boolean): FaultRule["fault"] {
  if (stream && draws.chance(0.3)) {
    return { kind: "stream-error", afterPartials: draws.between(0, 2), billed: true };
  }
  const share = draws.between(0, 99) / 100;
  return draws.oneOf<FaultRule["fault"]>([
    { kind: "cut", share },
    { kind: "malformed" },
    { kind: "reset", when: "after", billed: true },
    { kind: "status", status: 500, billed: true },
  ]);
}
