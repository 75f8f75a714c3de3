/** Whether rows, sums, meters and the bill agree, and whether every budget has held at every moment. */
import {
  answersWithoutRow,
  billedWithoutRow,
  missing,
  paidTwice,
  proofsOfNothing,
  sumsOffTheBill,
} from "../kill-drill/differences.mjs";
import { daysOf, spendOf } from "./ledger-tables.mjs";

/**
 * At the end of a month: between an admission, by Redis' clock, and the intent, by the gateway's, on a busy machine. What lies
 * between may be in the one period or the other.
 */
const boundarySlackMs = 3_000;

/** How long before Redis was killed an attempt may have ended that is not in the ledger yet. */
const momentMs = 2_000;

/**
 * @param {import("./drill.mjs").Result} result
 * @returns {string[]} what does not agree, in words; empty when all does
 */
export function differencesOf(result) {
  return [
    ...result.calm.unrest,
    ...result.watch.crossed.values(),
    ...answersWithoutRow(result),
    ...billedWithoutRow(result),
    ...sumsOffTheBill(result),
    ...sumsOffTheRows(result),
    ...metersOffTheSums(result),
    ...budgetsCrossed(result),
    ...paidTwice(result),
    ...proofsOfNothing(result),
    ...proofsOfNoTrouble(result),
  ];
}

/** Of every meter in every period, and of every day. */
function* sumsOffTheRows({ tables }) {
  yield* unequal("the spend of", new Map(tables.spend), spendOf(tables.rows));
  yield* unequal("the day", new Map(tables.days), daysOf(tables.rows));
}

function* unequal(what, kept, summed) {
  for (const name of new Set([...kept.keys(), ...summed.keys()])) {
    const [one, other] = [kept, summed].map((sums) => sums.get(name)?.join(", ") ?? "nothing");
    if (one !== other) yield `${what} ${name}: ${one} is kept, and its rows come to ${other}`;
  }
}

/**
 * What a meter in Redis has counted is what the rows of its payer come to; but an attempt that ended in the moment in which
 * Redis lost its data may be counted twice.
 */
function* metersOffTheSums({ tables, meters, troubles }) {
  for (const { key, startMs, spent } of meters) {
    const rows = tables.rows.filter(chargedTo(key));
    const next = meters.find((other) => other.key === key && other.startMs > startMs);
    const sum = (slackMs) => sumWithin(rows, startMs - slackMs, (next?.startMs ?? Infinity) + slackMs);
    const twice = troubles.losses.flatMap(({ fromMs, untilMs }) =>
      rows.filter(({ endedAtMs }) => endedAtMs >= fromMs - momentMs && endedAtMs <= untilMs + momentMs),
    );
    const [least, most] = [sum(-boundarySlackMs), sum(boundarySlackMs) + sumWithin(twice, 0, Infinity)];
    if (spent < least || spent > most)
      yield `the meter ${key} of ${startMs} has ${spent}, its rows come to ${least === most ? least : `${least} to ${most}`}`;
  }
}

function* budgetsCrossed({ tables, payers }) {
  for (const [key, limit] of payers.limits) {
    const spent = sumWithin(tables.rows.filter(chargedTo(key)), 0, Infinity);
    if (spent > limit) yield `${key} has spent ${spent} of ${limit}`;
  }
}

/** @param {string} key of a meter: whose it is, and how long its period is */
function chargedTo(key) {
  const [payer] = key.split("/");
  return ({ charges }) => charges.some(({ meter }) => meter === payer);
}

function sumWithin(rows, fromMs, untilMs) {
  return rows
    .filter(({ atMs }) => atMs >= fromMs && atMs < untilMs)
    .reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n);
}

function proofsOfNoTrouble({ troubles, payers, watch, clients }) {
  const { redisKilled, redisFrozen, redisEmptied, postgresKilled } = troubles.counts;
  return missing({
    "kills of Redis": redisKilled,
    "times that Redis was frozen": redisFrozen,
    "times that Redis lost its data": redisEmptied,
    "kills of PostgreSQL": postgresKilled,
    "budgets that were raised": payers.raises,
    "looks at the meters": watch.looks,
    "budgets that were nearly used up": watch.nearlyUsedUp,
    "refusals of a budget": clients.seen.filter(({ error }) => error === "budget_exceeded").length,
  });
}
