/**
 * `node scripts/bench/reports.mjs`: how long do reports take on a large ledger, and how does the database go about them? Fills
 * a ledger and asks what the routes ask: with the sums of days that `--attempts` come to, where every key is used on every one of
 * `--days`, by each of its customers and with both of its tags; and with `--rows` of the attempts themselves. In SQLite, or with
 * `--postgres` in a PostgreSQL of its own. With `--folder` SQLite's file is kept there, and is asked without being filled where it is
 * there already.
 */
import { parseArgs } from "node:util";
import { setUp } from "../setup.mjs";
import { table } from "./report/table.mjs";
import { postgresLedger } from "./reports/postgres-ledger.mjs";
import { questionsOf } from "./reports/questions.mjs";
import { sqliteLedger } from "./reports/sqlite-ledger.mjs";

const { values } = parseArgs({
  options: {
    attempts: { type: "string", default: "10000000" },
    rows: { type: "string", default: "1000000" },
    days: { type: "string", default: "365" },
    keys: { type: "string", default: "1000" },
    customers: { type: "string", default: "5000" },
    postgres: { type: "boolean", default: false },
    folder: { type: "string" },
  },
});
const [attempts, rows, days, keys] = [values.attempts, values.rows, values.days, values.keys].map(Number);
const size = {
  ...{ attempts, rows, days, keys },
  customersOfKey: Math.max(1, Math.round(Number(values.customers) / keys)),
  teams: Math.max(1, Math.round(keys / 20)),
  users: Math.max(1, Math.round(keys / 2)),
};

setUp();
const dist = "../../packages/accounts/dist/ledger/reports";
const { listDailySpend } = await import(`${dist}/daily-spend.js`);
const { countAttempts, listAttempts } = await import(`${dist}/lists.js`);
const { listKeylessCallers } = await import(`${dist}/keyless-callers.js`);
const { spentIn } = await import(`${dist}/spent.js`);

const start = performance.now();
const ledger = values.postgres ? await postgresLedger(size) : await sqliteLedger(size, values.folder);
try {
  const [days1] = await ledger.reports.dailySpend({ scope: "proxy" }, []);
  console.log(
    `${ledger.name}: ${rows} attempts, and the sums of days of ${days1.attempts} of ${keys} keys, ${size.teams} teams and ${keys * size.customersOfKey} customers ` +
      `over ${days} days; ${(ledger.bytes / 1e9).toFixed(1)} GB; there after ${((performance.now() - start) / 1_000).toFixed(0)} s\n`,
  );
  await ask();
} finally {
  await ledger.reports.close();
  await ledger.close();
}

async function ask() {
  const { reports, watched } = ledger;
  const watchedReports = {
    dailySpend: (...given) => listDailySpend(watched, ...given),
    attempts: (...given) => listAttempts(watched, ...given),
    count: (...given) => countAttempts(watched, ...given),
    spentIn: (...given) => spentIn(watched, ...given),
    keylessCallers: () => listKeylessCallers(watched),
  };
  const asked = [];
  for (const [name, question] of questionsOf(size)) {
    const first = await timed(() => question(reports));
    const again = await timed(() => question(reports));
    await question(watchedReports);
    const plan = await ledger.plan();
    asked.push({ name, first, again, plan, rows: first.result.length ?? first.result.rows?.length ?? 1 });
  }
  console.log(
    table(
      ["", "rows", "first, ms", "again, ms", "this process' CPU of it, ms"],
      asked.map(({ name, rows: found, first, again }) => [
        name,
        String(found),
        first.ms.toFixed(0),
        again.ms.toFixed(0),
        again.cpuMs.toFixed(0),
      ]),
    ),
  );
  for (const { name, plan } of asked) console.log(`\n${name.trim()}\n  ${plan.join("\n  ")}`);
}

/** On a machine with other work the CPU's time says more than the clock's; a PostgreSQL's is its own. */
async function timed(act) {
  const begin = performance.now();
  const cpu = process.cpuUsage();
  const result = await act();
  const { user, system } = process.cpuUsage(cpu);
  return { result, ms: performance.now() - begin, cpuMs: (user + system) / 1_000 };
}
