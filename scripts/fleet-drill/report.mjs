/** The figures, for whoever runs the drill. */
import { formatUsd } from "../../packages/cost-calculator/dist/index.js";

/** Of many differences the first say enough. */
const mostShown = 40;

/** @returns {string[]} lines */
export function report({ seconds, seed }, result, differences) {
  const { fleet, clients, troubles, payers, watch, calm, bill, sum, attempts, meters } = result;
  const { redisKilled, redisFrozen, redisEmptied, postgresKilled, startsInVain } = troubles.counts;
  const { seen } = clients;
  const ended = (how) => seen.filter(({ end }) => end === how).length;
  const served = seen.filter(({ status }) => status === 200).length;
  const errors = countsOf(seen.flatMap(({ error }) => error ?? []));
  const { requests, nanoUsd } = bill.totals.overall;
  const startsMs = fleet.gateways.flatMap((gateway) => gateway.startsMs);
  const killedAtStart = fleet.gateways.reduce((count, gateway) => count + gateway.killsAtStart, 0);
  const rows = [
    [
      "gateways killed",
      `${troubles.kills}, and ${killedAtStart} while they started; ${startsInVain} starts failed`,
    ],
    ["slowest start", `${Math.max(...startsMs).toFixed(0)} ms of ${startsMs.length}`],
    [
      "Redis",
      `${redisKilled} times killed, ${redisFrozen} times frozen, ${redisEmptied} times without its data`,
    ],
    ["PostgreSQL", `${postgresKilled} times killed`],
    [
      "requests",
      `${seen.length}: ${ended("answered")} answered, ${ended("broken")} broken off, ${ended("left")} left, ${clients.sentAgain} sent again`,
    ],
    ["answers", [`${served} of 200`, ...errors.map(([error, count]) => `${count} ${error}`)].join(", ")],
    [
      "attempts",
      `${sum.certain_rows} certain, ${sum.uncertain_rows} uncertain (${attempts.filter(({ isLost }) => isLost).length} since a gateway died), ${sum.failed_rows} failed`,
    ],
    [
      "bill",
      `${requests} requests: certain ${sum.certain_usd} ≤ ${formatUsd(BigInt(nanoUsd))} ≤ certain + uncertain ${sum.total_usd} USD`,
    ],
    [
      "budgets",
      `${payers.limits.size}, of which ${watch.nearlyUsedUp} were used up to nine tenths and more; ${payers.raises} times raised`,
    ],
    [
      "meters",
      `${meters.length} in the end; looked at ${watch.looks} times; ${calm.forsaken.length} reservations of killed gateways stay for what was never sent, since Redis was away at their next start`,
    ],
  ];
  return [
    `${seconds} s of seed ${seed}`,
    ...rows.map(([name, text]) => `  ${name.padEnd(16)} ${text}`),
    ...(differences.length === 0
      ? ["Rows are what was billed, sums are their rows, meters their sums, and no budget was crossed."]
      : [`${differences.length} DIFFERENCES`, ...differences.slice(0, mostShown)]),
  ];
}

/** The most frequent first. */
function countsOf(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}
