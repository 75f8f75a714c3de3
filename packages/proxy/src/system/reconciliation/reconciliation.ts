import type { BillLine, RecordedRequest, SimulatorBill } from "../running-simulator.js";
import type { LoggedRequest } from "./gateway-log.js";
import type { ToldEdit } from "./told-edits.js";

/** All that the two sides say of the same edits. */
export interface BothSides {
  readonly told: readonly ToldEdit[];
  /** The gateway's log, by its id of the request. */
  readonly logged: ReadonlyMap<string, LoggedRequest>;
  /** The gateway's counter of spend, by group, in US dollars. */
  readonly metrics: ReadonlyMap<string, number>;
  /** The upstream's record of all that arrived. */
  readonly recorded: readonly RecordedRequest[];
  readonly bill: SimulatorBill;
}

/** A call that was billed and whose answer, or a part of it, never arrived. */
export interface LostAnswer {
  readonly line: BillLine;
  /** What became of the answer: the fault that struck it. */
  readonly fault: string;
  /** Of the line, what nobody was told. */
  readonly nanoUsd: bigint;
}

export interface ModelTotal {
  readonly calls: number;
  readonly images: number;
  readonly nanoUsd: bigint;
}

export interface Reconciliation {
  readonly edits: number;
  /** Edits that were answered with a cost, some of them in part. */
  readonly answered: number;
  readonly toldNanoUsd: bigint;
  /** What was billed for each model. */
  readonly models: ReadonlyMap<string, ModelTotal>;
  readonly lost: readonly LostAnswer[];
  readonly lostNanoUsd: bigint;
  readonly billedNanoUsd: bigint;
  /** Billed, but neither told nor lost. */
  readonly differenceNanoUsd: bigint;
  /** What does not agree, in words; empty when all does. */
  readonly differences: readonly string[];
}

/** A bill without edits agrees with anything: fewer answers than this share of the edits prove nothing. */
const leastAnswered = 0.75;

/** Faults that take an answer away, or a part of it, after its pictures were made. */
const losingFaults: ReadonlySet<string> = new Set([
  "cut",
  "hang",
  "malformed",
  "reset",
  "status",
  "stream-error",
]);

/**
 * Compares what clients were told with the bill, call by call and in all, by the upstream's ids of the calls. Each line
 * must be told to the nano-dollar; what is not told must have been lost to a fault that both sides know of.
 */
export function reconcile({ told, logged, metrics, recorded, bill }: BothSides): Reconciliation {
  const differences: string[] = [];
  const lines = new Map(bill.lines.map((line) => [line.requestId, line]));
  const records = new Map(recorded.map((record) => [record.requestId, record]));
  const lost: LostAnswer[] = [];
  const explained = new FailedAttempts(told, logged);

  const lose = (line: BillLine, nanoUsd: bigint): void => {
    const record = records.get(line.requestId);
    const fault = record?.fault ?? "none";
    const editId = record === undefined ? undefined : userOf(record);
    if (!losingFaults.has(fault)) {
      differences.push(`${nameOf(line)}: ${nanoUsd} nano-dollars were billed and not told, without a fault`);
    } else if (!explained.take(editId, line.requestId)) {
      differences.push(
        `${nameOf(line)}: lost to ${fault}, and the gateway has no failed attempt for it (${editId ?? ""})`,
      );
    }
    lost.push({ line, fault, nanoUsd });
  };

  for (const one of told) {
    const name = `${one.edit.id} (${JSON.stringify(one.edit.fields["model"])}, ${one.status})`;
    const cost = one.nanoUsd;
    if (logged.get(one.requestId)?.nanoUsd !== cost) {
      differences.push(`${name}: told ${shown(cost)}, logged ${shown(logged.get(one.requestId)?.nanoUsd)}`);
    }
    if (cost === undefined) {
      if (one.images > 0) differences.push(`${name}: ${one.images} pictures and no cost`);
      continue;
    }
    const line = lines.get(one.upstreamRequestId ?? "");
    lines.delete(one.upstreamRequestId ?? "");
    if (line === undefined) {
      differences.push(`${name}: told ${cost}, and no call ${one.upstreamRequestId ?? ""} was billed`);
      continue;
    }
    const owed = one.isStream ? sumOf(line.amounts.slice(0, one.images).map(BigInt)) : BigInt(line.nanoUsd);
    if (cost !== owed) {
      differences.push(`${name}: told ${cost}, billed ${owed} (${nameOf(line)})`);
    }
    if (owed !== BigInt(line.nanoUsd)) lose(line, BigInt(line.nanoUsd) - owed);
  }
  for (const line of lines.values()) lose(line, BigInt(line.nanoUsd));

  const answered = told.filter(({ nanoUsd }) => nanoUsd !== undefined);
  const toldNanoUsd = sumOf(answered.map(({ nanoUsd = 0n }) => nanoUsd));
  const lostNanoUsd = sumOf(lost.map(({ nanoUsd }) => nanoUsd));
  const billedNanoUsd = BigInt(bill.totals.overall.nanoUsd);
  const differenceNanoUsd = billedNanoUsd - toldNanoUsd - lostNanoUsd;
  if (differenceNanoUsd !== 0n) differences.push(`the totals differ by ${differenceNanoUsd} nano-dollars`);
  if (answered.length < leastAnswered * told.length) {
    differences.push(`only ${answered.length} of ${told.length} edits were answered`);
  }
  differences.push(...differencesOfMetrics(answered, metrics));
  return {
    edits: told.length,
    answered: answered.length,
    toldNanoUsd,
    models: totalsByModel(bill.lines),
    lost,
    lostNanoUsd,
    billedNanoUsd,
    differenceNanoUsd,
    differences,
  };
}

function totalsByModel(lines: readonly BillLine[]): Map<string, ModelTotal> {
  const totals = new Map<string, ModelTotal>();
  for (const { model, images, nanoUsd } of lines) {
    const sum = totals.get(model) ?? { calls: 0, images: 0, nanoUsd: 0n };
    totals.set(model, {
      calls: sum.calls + 1,
      images: sum.images + images,
      nanoUsd: sum.nanoUsd + BigInt(nanoUsd),
    });
  }
  return totals;
}

/** The attempts that the gateway knows to have failed; each explains one lost answer. */
class FailedAttempts {
  readonly #byEdit: Map<string, (string | undefined)[]>;

  constructor(told: readonly ToldEdit[], logged: ReadonlyMap<string, LoggedRequest>) {
    this.#byEdit = new Map(
      told.map(({ edit, requestId }) => [edit.id, [...(logged.get(requestId)?.failedAttempts ?? [])]]),
    );
  }

  /** An attempt whose answer had begun is known by the call's id; one whose had not, only by its edit. */
  take(editId: string | undefined, upstreamRequestId: string): boolean {
    const attempts = this.#byEdit.get(editId ?? "") ?? [];
    const byId = attempts.indexOf(upstreamRequestId);
    const at = byId < 0 ? attempts.indexOf(undefined) : byId;
    if (at < 0) return false;
    attempts.splice(at, 1);
    return true;
  }
}

/** The counter holds floats: its sums are exact as long as they stay below a few million dollars. */
function differencesOfMetrics(answered: readonly ToldEdit[], metrics: ReadonlyMap<string, number>): string[] {
  const byGroup = new Map<string, bigint>();
  for (const { group = "", nanoUsd = 0n } of answered) {
    byGroup.set(group, (byGroup.get(group) ?? 0n) + nanoUsd);
  }
  const groups = new Set([...byGroup.keys(), ...metrics.keys()]);
  return [...groups].flatMap((group) => {
    const counted = BigInt(Math.round((metrics.get(group) ?? 0) * 1e9));
    const sum = byGroup.get(group) ?? 0n;
    return counted === sum ? [] : [`darkroom_spend_usd_total of ${group}: counted ${counted}, told ${sum}`];
  });
}

/** The field `user` of a request, by which the upstream knows the edit. */
function userOf({ parts, json }: RecordedRequest): string | undefined {
  if (parts !== null) return parts.find(({ name }) => name === "user")?.value;
  const { user } = (json ?? {}) as { readonly user?: unknown };
  return typeof user === "string" ? user : undefined;
}

function nameOf({ requestId, model, images }: BillLine): string {
  return `${requestId}, ${images} x ${model}`;
}

function shown(nanoUsd: bigint | undefined): string {
  return nanoUsd === undefined ? "nothing" : String(nanoUsd);
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}
