/** The figures, for whoever runs the drill. */
import { formatUsd } from "../../packages/cost-calculator/dist/index.js";

/** Of many differences the first say enough. */
const mostShown = 20;

/** @returns {string[]} lines */
export function report({ seconds, seed }, result, differences) {
  const { gateway, clients, bill, sum, attempts } = result;
  const { seen } = clients;
  const ended = (how) => seen.filter(({ end }) => end === how).length;
  const lost = attempts.filter(({ isLost }) => isLost).length;
  const { requests, nanoUsd } = bill.totals.overall;
  const slowestMs = Math.max(...gateway.startsMs);
  return [
    `${gateway.kills} kills in ${seconds} s of seed ${seed}, ${gateway.killsAtStart} more while it started; the slowest of ${gateway.startsMs.length} starts took ${slowestMs.toFixed(0)} ms.`,
    `${seen.length} requests: ${ended("answered")} answered, ${ended("broken")} broken off, ${ended("left")} left, ${clients.sentAgain} of them sent again with the same key.`,
    `${sum.rows} attempts: ${sum.certain_rows} certain, ${sum.uncertain_rows} uncertain (${lost} since the gateway died), ${sum.failed_rows} failed.`,
    `${requests} billed: certain ${sum.certain_usd} ≤ bill ${formatUsd(BigInt(nanoUsd))} ≤ certain + uncertain ${sum.total_usd} USD.`,
    ...(differences.length === 0
      ? ["Every answer has its row, every billed request has one row, and the books hold the bill."]
      : [`${differences.length} DIFFERENCES`, ...differences.slice(0, mostShown)]),
  ];
}
