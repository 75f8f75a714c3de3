import type { Payer } from "../payers/payer.js";
import type { BudgetCalendar, BudgetWindowNow } from "./calendar.js";

/** A limit of one payer at one moment, in the form of the router's meters: its admission takes it as it is. */
export interface PayerMeter {
  readonly payer: Payer;
  readonly meter: LimitMeter;
  /** What it counts. */
  readonly of: "money" | "requests" | "tokens" | "images" | "parallel requests";
  /** Where it is a limit for one model group only. */
  readonly model?: string;
  /** Of a budget: how long its period is; absent: for ever. */
  readonly duration?: string;
}

export interface LimitMeter {
  readonly key: string;
  readonly window: BudgetWindowNow | { readonly kind: "lease" };
  /** Nano-dollars, or how many. */
  readonly limit: bigint;
  readonly isMoney?: true;
}

/** Four million dollars, in nano-dollars: more than this no meter can count exactly. */
const largestLimit = 4_000_000_000_000_000n;

const atMost = (most: bigint, amount: bigint): bigint => (amount < most ? amount : most);

/** Of requests, tokens and images. */
const minute = { kind: "rolling", ms: 60_000 } as const;

/** Whether the name of a model, as somebody wrote it beside a limit, means the group that a request is for. */
export type MeansGroup = (name: string) => boolean;

/**
 * The budgets of payers that a request for a model group is held to. The key of a budget tells the payer, the model group if it
 * is for one, and the period's length: budgets of different lengths are different meters.
 *
 * @param calendar when budgets begin anew
 * @param meansGroup by its own name alone, unless it is said
 */
export function budgetMeters(
  payers: readonly Payer[],
  modelGroup: string,
  calendar: BudgetCalendar,
  nowMs: number,
  meansGroup: MeansGroup = (name) => name === modelGroup,
): readonly PayerMeter[] {
  const money = (payer: Payer, amount: Amount, model?: string): PayerMeter => ({
    payer,
    of: "money",
    meter: {
      key: keyOf(payer, model, amount.duration),
      window: calendar.windowAt(amount.duration, nowMs),
      limit: amount.limitNanoUsd,
      isMoney: true,
    },
    ...(model !== undefined && { model }),
    ...(amount.duration !== undefined && { duration: amount.duration }),
  });
  return payers.flatMap((payer) => {
    const { maxBudgetNanoUsd, budgetDuration, budgetWindows = [], modelBudgets = {} } = payer.limits;
    const amounts: Amount[] = [...budgetWindows];
    if (maxBudgetNanoUsd !== undefined) {
      amounts.unshift({
        limitNanoUsd: atMost(largestLimit, maxBudgetNanoUsd + increaseOf(payer, nowMs)),
        ...(budgetDuration !== undefined && { duration: budgetDuration }),
      });
    }
    const ofModel = named(modelBudgets, meansGroup).flatMap(({ limitNanoUsd, duration }) =>
      limitNanoUsd === undefined ? [] : [{ limitNanoUsd, ...(duration !== undefined && { duration }) }],
    );
    return [
      ...tightest(amounts).map((amount) => money(payer, amount)),
      ...tightest(ofModel).map((amount) => money(payer, amount, modelGroup)),
    ];
  });
}

/**
 * The rates of payers that a request for a model group is held to. Of a model, a key's own limit goes before the one in its
 * model budgets, and both before the team's, as with LiteLLM.
 *
 * @param meansGroup by its own name alone, unless it is said
 */
export function rateMeters(
  payers: readonly Payer[],
  modelGroup: string,
  meansGroup: MeansGroup = (name) => name === modelGroup,
): readonly PayerMeter[] {
  const general = payers.flatMap((payer) => {
    const { rpm, tpm, ipm, parallel } = payer.limits;
    return [
      ...rate(payer, "requests", rpm),
      ...rate(payer, "tokens", tpm),
      ...rate(payer, "images", ipm),
      ...rate(payer, "parallel requests", parallel),
    ];
  });
  return [
    ...general,
    ...ofModel(payers, modelGroup, "requests", ({ limits }) => [
      lowest(named(limits.modelRpm, meansGroup)),
      lowest(named(limits.modelBudgets, meansGroup).map(({ rpm }) => rpm)),
    ]),
    ...ofModel(payers, modelGroup, "tokens", ({ limits }) => [
      lowest(named(limits.modelTpm, meansGroup)),
      lowest(named(limits.modelBudgets, meansGroup).map(({ tpm }) => tpm)),
    ]),
  ];
}

function named<Limit>(
  limits: Readonly<Record<string, Limit>> | undefined,
  meansGroup: MeansGroup,
): readonly Limit[] {
  if (limits === undefined) return [];
  return Object.entries(limits).flatMap(([name, limit]) => (meansGroup(name) ? [limit] : []));
}

function lowest(limits: readonly (number | undefined)[]): number | undefined {
  const known = limits.filter((limit) => limit !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

interface Amount {
  readonly limitNanoUsd: bigint;
  readonly duration?: string;
}

/** Of budgets with one duration, the lowest: they are one meter. */
function tightest(amounts: readonly Amount[]): readonly Amount[] {
  const lowest = new Map<string | undefined, Amount>();
  for (const amount of amounts) {
    const known = lowest.get(amount.duration);
    if (known === undefined || amount.limitNanoUsd < known.limitNanoUsd) lowest.set(amount.duration, amount);
  }
  return [...lowest.values()];
}

function increaseOf({ limits: { temporaryIncrease } }: Payer, nowMs: number): bigint {
  return temporaryIncrease === undefined || temporaryIncrease.untilMs <= nowMs
    ? 0n
    : temporaryIncrease.amountNanoUsd;
}

/** Ids and models are any text, some of it a client's: whatever they are, no two limits have one key. */
function keyOf({ meter }: Payer, model: string | undefined, last: string | undefined): string {
  const parts = [
    meter,
    ...(model === undefined ? [] : [`model:${model}`]),
    ...(last === undefined ? [] : [last]),
  ];
  return parts.map(escaped).join("/");
}

function escaped(part: string): string {
  return /[%/]/.test(part) ? part.replaceAll("%", "%25").replaceAll("/", "%2F") : part;
}

const suffix = { requests: "rpm", tokens: "tpm", images: "ipm", "parallel requests": "parallel" } as const;

function rate(
  payer: Payer,
  of: keyof typeof suffix,
  limit: number | undefined,
  model?: string,
): PayerMeter[] {
  if (limit === undefined) return [];
  const key = keyOf(payer, model, suffix[of]);
  const window = of === "parallel requests" ? ({ kind: "lease" } as const) : minute;
  const meter = { key, window, limit: BigInt(limit) };
  return [{ payer, of, meter, ...(model !== undefined && { model }) }];
}

/** Of the key, the first limit that it has; the team's only where the key has none. Others each have their own. */
function ofModel(
  payers: readonly Payer[],
  model: string,
  of: "requests" | "tokens",
  limitsOf: (payer: Payer) => readonly (number | undefined)[],
): PayerMeter[] {
  const limitOf = (payer: Payer): number | undefined => limitsOf(payer).find((limit) => limit !== undefined);
  const key = payers.find(({ scope }) => scope === "key");
  const keyHasOne = key !== undefined && limitOf(key) !== undefined;
  return payers
    .filter(({ scope }) => scope !== "team" || !keyHasOne)
    .flatMap((payer) => rate(payer, of, limitOf(payer), model));
}
