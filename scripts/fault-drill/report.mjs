/** The figures, for whoever runs the drill. */
import { formatUsd } from "../../packages/cost-calculator/dist/index.js";
import { timeoutSecondsFor } from "./system.mjs";

/** In Markdown. @returns {string[]} lines */
export function report(options, machine, figures) {
  const { rate, seconds, latencyMs, strategy } = options;
  const heads = [
    "fault",
    "edits",
    "served",
    "by the fallback",
    "added, p50",
    "p99",
    "attempts an edit",
    "uncertain",
    "calls billed",
    "paid in vain",
    "back after",
  ];
  const failures = figures.flatMap(({ name, failures }) =>
    Object.entries(failures).map(([outcome, count]) => `${name}: ${count} × ${outcome}`),
  );
  const inVain = figures.reduce((sum, { unansweredNanoUsd }) => sum + BigInt(unansweredNanoUsd), 0n);
  const misses = figures.flatMap((phase) => phase.misses);
  return [
    ...[heads, heads.map(() => "---"), ...figures.map(cells)].map((row) => `| ${row.join(" | ")} |`),
    "",
    `${rate} edits a second of ${latencyMs} ms, ${strategy}; ${seconds} s of each fault; an attempt may take ${timeoutSecondsFor(options)} s.`,
    `In the calm an edit took ${figures[0].latencyMs.p50.toFixed(0)} ms (p50). Paid in vain: ${formatUsd(inVain)} USD.`,
    `Node ${machine.node}, ${machine.cores} cores, load at the start ${machine.loadAtStart.toFixed(1)}.`,
    ...failures,
    ...(misses.length === 0 ? ["Every fault met its floor."] : [`${misses.length} MISSES`, ...misses]),
  ];
}

function cells(phase) {
  const { name, edits, served, byFallback, addedMs, attempts, ambiguous, billed, unanswered, recoveryMs } =
    phase;
  const percent = (share) => `${(share * 100).toFixed(1)} %`;
  return [
    name,
    edits,
    percent(served),
    percent(byFallback),
    `${addedMs.p50.toFixed(0)} ms`,
    `${addedMs.p99.toFixed(0)} ms`,
    attempts.toFixed(3),
    percent(ambiguous),
    billed,
    unanswered,
    recoveryMs === undefined ? "" : `${(recoveryMs / 1000).toFixed(1)} s`,
  ];
}
