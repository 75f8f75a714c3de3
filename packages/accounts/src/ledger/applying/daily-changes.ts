import type { OutcomeState } from "../../journal/records.js";
import type { CarriedSpendTable, DailySpendTable } from "../schema.js";
import type { ChargedMeter } from "./read-entry.js";

/** What of an attempt decides which sums of its day it belongs to. */
export interface DailyAttempt {
  readonly atMs: number;
  readonly model: string;
  readonly modelGroup: string;
  readonly provider: string;
  readonly charges: readonly ChargedMeter[];
}

/** What of a new attempt is summed up. */
export interface DailyAmounts {
  readonly state: OutcomeState;
  readonly costNanoUsd: bigint | null;
  readonly images: number;
  /** JSON: numbers by kind. */
  readonly tokens: string | null;
}

/** What the attempts of a batch change in the sums of days, each row's together. */
export class DailyChanges {
  readonly #changes = new Map<string, DailySpendTable>();

  /** A new attempt. */
  add(attempt: DailyAttempt, { state, costNanoUsd, images, tokens }: DailyAmounts): void {
    const counted = tokens === null ? {} : (JSON.parse(tokens) as Record<string, number>);
    for (const row of this.#rowsOf(attempt)) {
      row.attempts += 1;
      row.succeeded += Number(state === "certain");
      row.images += images;
      row.inputTokens += sumOf(counted, "Input");
      row.outputTokens += sumOf(counted, "Output");
      move(row, state, costNanoUsd ?? 0n);
    }
  }

  /** An attempt is taken out again, of which no more was known than what it was charged at. */
  takeBack(
    attempt: DailyAttempt,
    from: { readonly state: OutcomeState; readonly nanoUsd: bigint | null },
  ): void {
    for (const row of this.#rowsOf(attempt)) {
      row.attempts -= 1;
      move(row, from.state, -(from.nanoUsd ?? 0n));
    }
  }

  /** What was spent elsewhere: which models it was for is not known, and where stands in their place. */
  carry({
    source,
    meter,
    period,
    nanoUsd,
  }: Pick<CarriedSpendTable, "source" | "meter" | "period" | "nanoUsd">): void {
    const { scope, id } = payerOf(meter);
    const names = { scope, id, keyId: scope === "key" ? id : "", day: period.slice(0, "2026-11-28".length) };
    move(this.#of({ ...names, modelGroup: source, model: source, provider: source }), "certain", nanoUsd);
  }

  /** An attempt that was charged at one amount is certain to have cost another. */
  settle(
    attempt: DailyAttempt,
    from: { readonly state: OutcomeState; readonly nanoUsd: bigint | null },
    toNanoUsd: bigint,
  ): void {
    for (const row of this.#rowsOf(attempt)) {
      move(row, from.state, -(from.nanoUsd ?? 0n));
      move(row, "certain", toNanoUsd);
    }
  }

  /** The same everywhere: two who change the same rows wait for each other, and never both. */
  inOrder(): readonly DailySpendTable[] {
    const ordered = [...this.#changes].sort(([one], [other]) => (one < other ? -1 : 1));
    return ordered.map(([, change]) => change);
  }

  #rowsOf({ atMs, model, modelGroup, provider, charges }: DailyAttempt): DailySpendTable[] {
    const day = dayOf(atMs);
    const payers = payersOf(charges, modelGroup);
    const keyId = payers.find(({ scope }) => scope === "key")?.id ?? "";
    return payers.map(({ scope, id }) => this.#of({ scope, id, day, keyId, modelGroup, model, provider }));
  }

  #of(names: DailyNames): DailySpendTable {
    const key = JSON.stringify(Object.values(names));
    const known = this.#changes.get(key);
    if (known !== undefined) return known;
    const change = { ...names, ...nothing };
    this.#changes.set(key, change);
    return change;
  }
}

type DailyNames = Pick<
  DailySpendTable,
  "scope" | "id" | "day" | "keyId" | "modelGroup" | "model" | "provider"
>;

const nothing = {
  certainNanoUsd: 0n,
  uncertainNanoUsd: 0n,
  attempts: 0,
  succeeded: 0,
  images: 0,
  inputTokens: 0,
  outputTokens: 0,
};

/** The day (UTC) of a moment: `2026-11-28`. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, "2026-11-28".length);
}

/** Who pays, each once: the meters of an attempt but for those that count a payer's spend on one model group. */
function payersOf(
  charges: readonly ChargedMeter[],
  modelGroup: string,
): { readonly scope: string; readonly id: string }[] {
  const meters = new Set(charges.map(({ meter }) => meter));
  const ofGroup = `/model:${modelGroup}`;
  return [...meters]
    .filter((meter) => !(meter.endsWith(ofGroup) && meters.has(meter.slice(0, -ofGroup.length))))
    .map(payerOf);
}

function payerOf(meter: string): { readonly scope: string; readonly id: string } {
  const colon = meter.indexOf(":");
  return colon < 0 ? { scope: meter, id: "" } : { scope: meter.slice(0, colon), id: meter.slice(colon + 1) };
}

function move(row: DailySpendTable, state: OutcomeState, nanoUsd: bigint): void {
  if (state === "uncertain") row.uncertainNanoUsd += nanoUsd;
  else row.certainNanoUsd += nanoUsd;
}

/** @param end of the kinds that are meant: `textInput` and `cachedImageInput` are input */
function sumOf(tokens: Readonly<Record<string, number>>, end: string): number {
  return Object.entries(tokens).reduce((sum, [kind, count]) => (kind.endsWith(end) ? sum + count : sum), 0);
}
