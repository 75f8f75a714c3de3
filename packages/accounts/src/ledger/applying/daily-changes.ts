import type { OutcomeState } from "../../journal/records.js";
import type { CarriedSpendTable, DailySpendTable } from "../schema.js";
import type { AlikeAttempts } from "./alike-attempts.js";
import type { ChargedMeter } from "./read-entry.js";

/** What of an attempt decides which sums of its day it belongs to. */
export interface DailyAttempt {
  readonly atMs: number;
  readonly model: string;
  readonly modelGroup: string;
  readonly provider: string;
  readonly charges: readonly ChargedMeter[];
}

/** What the attempts of a batch change in the sums of days, each row's together. */
export class DailyChanges {
  readonly #changes = new Map<string, DailySpendTable>();

  /** New attempts. */
  add(attempts: AlikeAttempts): void {
    for (const row of this.#rowsOf(attempts)) {
      row.attempts += attempts.attempts;
      row.succeeded += attempts.state === "certain" ? attempts.attempts : 0;
      row.images += attempts.images;
      row.inputTokens += attempts.inputTokens;
      row.outputTokens += attempts.outputTokens;
      move(row, attempts.state, attempts.nanoUsd);
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
  return [...meters].filter((meter) => !countsOneModel(meter, modelGroup, meters)).map(payerOf);
}

const ofModel = "/model:";

/** A wildcard's spend is counted by the model that was asked for. Of a payer's own name anything may be a part. */
function countsOneModel(meter: string, modelGroup: string, meters: ReadonlySet<string>): boolean {
  for (let end = meter.indexOf(ofModel); end >= 0; end = meter.indexOf(ofModel, end + 1)) {
    const model = meter.slice(end + ofModel.length);
    const isOfGroup = modelGroup.endsWith("*")
      ? model.startsWith(modelGroup.slice(0, -1))
      : model === modelGroup;
    if (isOfGroup && meters.has(meter.slice(0, end))) return true;
  }
  return false;
}

function payerOf(meter: string): { readonly scope: string; readonly id: string } {
  const colon = meter.indexOf(":");
  return colon < 0 ? { scope: meter, id: "" } : { scope: meter.slice(0, colon), id: meter.slice(colon + 1) };
}

function move(row: DailySpendTable, state: OutcomeState, nanoUsd: bigint): void {
  if (state === "uncertain") row.uncertainNanoUsd += nanoUsd;
  else row.certainNanoUsd += nanoUsd;
}
