import type { Charge, Meter } from "../meter.js";
import { windowBuckets } from "../window-buckets.js";

/** A charge as the scripts take it: see `scripts/meters.ts`. */
export type ChargeTexts = readonly [
  id: string,
  key: string,
  kind: string,
  first: string,
  second: string,
  money: string,
  amount: string,
  limit: string,
];

export function chargeTexts({ meter, amount }: Charge): ChargeTexts {
  return [...meterTexts(meter), `${amount}`, `${meter.limit}`];
}

/** Of a meter as such. */
export const usageTexts = (meter: Meter): ChargeTexts => chargeTexts({ meter, amount: 0n });

function meterTexts({ key, window, isMoney }: Meter): [string, string, string, string, string, string] {
  const money = isMoney === true ? "1" : "0";
  switch (window.kind) {
    case "lease":
      return [key, key, "lease", "", "", money];
    case "rolling": {
      const { bucketMs, counted } = windowBuckets(window.ms);
      return [`${key} ~${window.ms}`, key, "rolling", `${bucketMs}`, `${counted}`, money];
    }
    case "period":
      return [`${key} @${window.startMs}`, key, "period", `${window.startMs}`, `${window.endMs}`, money];
  }
}
