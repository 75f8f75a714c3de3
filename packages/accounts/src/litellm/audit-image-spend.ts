import { costOfEdit, listPrices, pricesOf, type PriceLookup } from "@darkroom/cost-calculator";
import type { LiteLlmDatabase } from "./litellm-database.js";
import { type LiteLlmRow, nanoUsdOf } from "./litellm-row.js";

/** What LiteLLM has recorded of a team's image edits, and what they truly cost. Amounts are nano-dollars. */
export interface AuditedTeam {
  /** Absent: of keys without a team. */
  readonly teamId?: string;
  readonly edits: number;
  readonly recordedNanoUsd: bigint;
  /** Edits whose cost follows from what LiteLLM has kept. */
  readonly known: { readonly edits: number; readonly recordedNanoUsd: bigint; readonly trueNanoUsd: bigint };
  /** Edits of which totals of tokens are kept, and not which were of images: their cost is between two amounts. */
  readonly bounded: {
    readonly edits: number;
    readonly recordedNanoUsd: bigint;
    readonly leastNanoUsd: bigint;
    readonly mostNanoUsd: bigint;
  };
  /** Edits whose cost cannot be told; by why. */
  readonly unknown: Readonly<Record<UnknownCost, number>>;
  readonly unknownRecordedNanoUsd: bigint;
}

/** `no usage`: nothing is kept that a price could be reckoned from. `no price`: of a model without a price. */
export type UnknownCost = "no usage" | "no price";

export interface AuditOptions {
  /** Milliseconds since 1970: begun then or later, and before. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly prices?: PriceLookup;
}

type Verdict =
  | { readonly kind: "known"; readonly nanoUsd: bigint }
  | { readonly kind: "bounded"; readonly leastNanoUsd: bigint; readonly mostNanoUsd: bigint }
  | { readonly kind: "unknown"; readonly why: UnknownCost };

/**
 * Reckons anew what image edits cost by LiteLLM's own logs, by team, the largest sum first. Failed edits are not looked at:
 * LiteLLM keeps nothing of what an upstream has charged for them.
 * @throws LiteLlmDatabaseError
 */
export async function auditImageSpend(
  database: LiteLlmDatabase,
  { sinceMs, untilMs, prices = listPrices }: AuditOptions = {},
): Promise<readonly AuditedTeam[]> {
  const teams = new Map<string, Sums>();
  const conditions = [
    `t.call_type IN ('image_edit', 'aimage_edit')`,
    `coalesce(t.status, 'success') <> 'failure'`,
  ];
  const values: string[] = [];
  for (const [operator, ms] of [
    [">=", sinceMs],
    ["<", untilMs],
  ] as const) {
    if (ms === undefined) continue;
    values.push(new Date(ms).toISOString());
    conditions.push(`t."startTime" ${operator} ($${values.length}::timestamptz AT TIME ZONE 'UTC')`);
  }
  if (!(await database.has("LiteLLM_SpendLogs"))) return [];
  for await (const row of database.each("LiteLLM_SpendLogs", conditions.join(" AND "), values)) {
    const teamId = row.text("team_id") ?? "";
    const sums = teams.get(teamId) ?? new Sums(teamId);
    teams.set(teamId, sums);
    // A part of a nano-dollar is noise of LiteLLM's floats, and a sum of many rows would show it.
    sums.add(nanoUsdOf(Math.max(0, row.number("spend"))), verdictOn(row, prices));
  }
  return [...teams.values()]
    .map((sums) => sums.total())
    .sort((one, other) => (one.recordedNanoUsd < other.recordedNanoUsd ? 1 : -1));
}

class Sums {
  #edits = 0;
  #recorded = 0n;
  #known = { edits: 0, recordedNanoUsd: 0n, trueNanoUsd: 0n };
  #bounded = { edits: 0, recordedNanoUsd: 0n, leastNanoUsd: 0n, mostNanoUsd: 0n };
  #unknown: Record<UnknownCost, number> = { "no usage": 0, "no price": 0 };
  #unknownRecorded = 0n;

  constructor(private readonly teamId: string) {}

  add(recorded: bigint, verdict: Verdict): void {
    this.#edits += 1;
    this.#recorded += recorded;
    switch (verdict.kind) {
      case "known":
        this.#known.edits += 1;
        this.#known.recordedNanoUsd += recorded;
        this.#known.trueNanoUsd += verdict.nanoUsd;
        return;
      case "bounded":
        this.#bounded.edits += 1;
        this.#bounded.recordedNanoUsd += recorded;
        this.#bounded.leastNanoUsd += verdict.leastNanoUsd;
        this.#bounded.mostNanoUsd += verdict.mostNanoUsd;
        return;
      case "unknown":
        this.#unknown[verdict.why] += 1;
        this.#unknownRecorded += recorded;
    }
  }

  total(): AuditedTeam {
    return {
      ...(this.teamId !== "" && { teamId: this.teamId }),
      edits: this.#edits,
      recordedNanoUsd: this.#recorded,
      known: this.#known,
      bounded: this.#bounded,
      unknown: this.#unknown,
      unknownRecordedNanoUsd: this.#unknownRecorded,
    };
  }
}

function verdictOn(row: LiteLlmRow, prices: PriceLookup): Verdict {
  if (row.text("cache_hit")?.toLowerCase() === "true") return { kind: "known", nanoUsd: 0n };
  const model = [row.text("model"), row.text("model_group")].find(
    (name) => name !== undefined && pricesOf(name, prices) !== undefined,
  );
  if (model === undefined) return { kind: "unknown", why: "no price" };
  const response = row.object("response");
  const asked = row.object("proxy_server_request");
  const images = response.objects("data").length;
  const size = response.text("size") ?? asked.text("size");
  const quality = response.text("quality") ?? asked.text("quality");
  const reckon = (usage: unknown): bigint | undefined => {
    const cost = costOfEdit({ model, images, size, quality, usage }, prices);
    return cost === null || (cost.basis === "images" && images === 0) ? undefined : cost.nanoUsd;
  };
  const detailed = detailedUsageOf(row);
  if (detailed !== undefined) {
    const nanoUsd = reckon(detailed);
    if (nanoUsd !== undefined) return { kind: "known", nanoUsd };
  }
  const [input, output] = [row.number("prompt_tokens"), row.number("completion_tokens")];
  if (input + output > 0) {
    const totals = { input_tokens: input, output_tokens: output, total_tokens: input + output };
    const amounts = [{ text_tokens: input }, { image_tokens: input }].map((details) =>
      reckon({ ...totals, input_tokens_details: details }),
    );
    const [one, other] = amounts;
    if (one !== undefined && other !== undefined)
      return {
        kind: "bounded",
        leastNanoUsd: one < other ? one : other,
        mostNanoUsd: one < other ? other : one,
      };
  }
  const byImages = images > 0 ? reckon(undefined) : undefined;
  return byImages === undefined ? { kind: "unknown", why: "no usage" } : { kind: "known", nanoUsd: byImages };
}

/**
 * The usage of an answer with what its input was made of, where LiteLLM has kept it: in the answer, if it keeps answers, else
 * in its metadata, there also under the names of chat completions.
 */
function detailedUsageOf(row: LiteLlmRow): unknown {
  const metadata = row.object("metadata");
  for (const usage of [row.object("response").object("usage"), metadata.object("usage_object")]) {
    if (usage.object("input_tokens_details").names.length > 0) return usage.toJSON();
    const input = usage.object("prompt_tokens_details");
    if (input.value("image_tokens") === undefined && input.value("text_tokens") === undefined) continue;
    const [inputTokens, outputTokens] = [usage.number("prompt_tokens"), usage.number("completion_tokens")];
    return {
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
      input_tokens_details: input.toJSON(),
      output_tokens_details: usage.object("completion_tokens_details").toJSON(),
    };
  }
  return undefined;
}
