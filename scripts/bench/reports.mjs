/**
 * `node scripts/bench/reports.mjs`: how long do reports take on a large ledger, and how does the database go about them? Fills
 * a ledger and asks: with the sums of days that `--attempts` come to, where every key is used on every one of `--days`, by each of its customers and
 * with both of its tags; and with `--rows` of the attempts themselves, which are only ever looked for by an index. With `--folder` the ledger is kept there, and
 * is asked without being filled where it is there already.
 */
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setUp } from "../setup.mjs";
import { table } from "./report/table.mjs";

const { values } = parseArgs({
  options: {
    attempts: { type: "string", default: "10000000" },
    rows: { type: "string", default: "1000000" },
    days: { type: "string", default: "365" },
    keys: { type: "string", default: "1000" },
    customers: { type: "string", default: "5000" },
    folder: { type: "string" },
  },
});
const [attempts, rows, days, keys] = [values.attempts, values.rows, values.days, values.keys].map(Number);
const customersOfKey = Math.max(1, Math.round(Number(values.customers) / keys));
const teams = Math.max(1, Math.round(keys / 20));

setUp();
const dist = "../../packages/accounts/dist";
const { openForWriting, openForReading } = await import(`${dist}/database/open-database.js`);
const { queryBuilder } = await import(`${dist}/database/query-builder.js`);
const { migrate } = await import(`${dist}/database/migrate.js`);
const { ledgerMigrations } = await import(`${dist}/ledger/schema.js`);
const { listDailySpend } = await import(`${dist}/ledger/reports/daily-spend.js`);
const { countAttempts, listAttempts } = await import(`${dist}/ledger/reports/lists.js`);
const { spentIn } = await import(`${dist}/ledger/reports/spent.js`);
const { Reports } = await import(`${dist}/index.js`);

const dayMs = 86_400_000;
/** 2026-01-01. */
const beginMs = Date.UTC(2026, 0, 1);
const endMs = beginMs + days * dayMs;
const dayOf = (atMs) => new Date(atMs).toISOString().slice(0, 10);

const folder = values.folder ?? mkdtempSync(join(tmpdir(), "darkroom-reports-"));
try {
  const path = join(folder, "ledger.sqlite");
  if (!existsSync(path)) fill(path);
  console.log(`${(statSync(path).size / 1e6).toFixed(0)} MB\n`);
  await ask(path);
} finally {
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
}

/** By SQL alone, which takes a hundredth of the time that the applier would. */
function fill(path) {
  const database = openForWriting(path);
  // What a power cut would lose here can be made again.
  database.pragma("synchronous = OFF");
  migrate(database, path, ledgerMigrations);
  const start = performance.now();
  const payers = [
    "'key:' || key_id",
    "'team:team-' || team",
    "'customer:customer-' || customer",
    "'tag:tag-' || tag",
  ];
  const charged = [
    "'proxy'",
    "'provider:openai'",
    "'deployment:' || deployment_id",
    ...payers,
    ...payers.map((payer) => `${payer} || '/model:' || model_group`),
  ].map((meter) => `json_object('meter', ${meter}, 'period', period)`);
  database.exec(`
    WITH RECURSIVE numbers (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number < ${rows} - 1),
    drawn AS (
      SELECT number, ${beginMs} + CAST(number AS REAL) / ${rows} * ${days * dayMs} AS at, (number * 2654435761 % 4294967296) * ${keys} / 4294967296 AS key
      FROM numbers
    ),
    named AS (
      SELECT number, CAST(at AS INTEGER) AS at_ms, strftime('%Y-%m-%dT%H:%M', CAST(at AS INTEGER) / 900000 * 900, 'unixepoch') AS period,
        printf('%016x%048d', key, 0) AS key_id, key % ${teams} AS team, 'edits/' || (key % 10) AS deployment_id,
        key + ${keys} * (number % ${customersOfKey}) AS customer, (key + number % 2) % 20 AS tag,
        iif(key % 3 = 0, 'edits-mini', 'edits') AS model_group
      FROM drawn
    )
    INSERT INTO attempts (
      number, attempt_id, journal, sequence, request_id, at_ms, ended_at_ms, caller, requested_model, model_group, deployment_id,
      provider, model, retry, fallback, n, stream, input_images, prompt_bytes, charges, estimate_nano_usd, price_version, state,
      cost_nano_usd, tokens, images, duration_ms, status, revision
    )
    SELECT number + 1, 'attempt-' || number, 1, number + 1, 'request-' || number, at_ms, at_ms + 12000, 'key-' || substr(key_id, 1, 16),
      model_group, model_group, deployment_id, 'openai', iif(model_group = 'edits', 'gpt-image-1', 'gpt-image-1-mini'), 0, 0, 1, 0, 1, 100,
      json_array(${charged.join(", ")}), 250000000, '2026-01-01', iif(number % 1000 = 0, 'uncertain', 'certain'),
      40000000 + number * 7919 % 100000000, '{"textInput":24,"imageInput":200,"imageOutput":1000}', 1, 12000, 200, 0
    FROM named;
  `);
  database.exec(`
    WITH RECURSIVE days (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM days WHERE number < ${days} - 1),
    keys (key) AS (SELECT 0 UNION ALL SELECT key + 1 FROM keys WHERE key < ${keys} - 1),
    scopes (scope) AS (VALUES ('customer'), ('deployment'), ('key'), ('provider'), ('proxy'), ('tag'), ('team')),
    parts (part) AS (SELECT 0 UNION ALL SELECT part + 1 FROM parts WHERE part < ${customersOfKey} - 1),
    rows AS (
      SELECT scope, strftime('%Y-%m-%d', ${beginMs / 1_000} + number * 86400, 'unixepoch') AS day, key, part,
        CASE scope WHEN 'customer' THEN ${customersOfKey} WHEN 'tag' THEN 2 ELSE 1 END AS parts
      FROM scopes CROSS JOIN days CROSS JOIN keys CROSS JOIN parts
    )
    INSERT INTO daily_spend
    SELECT scope,
      CASE scope WHEN 'customer' THEN 'customer-' || (key + ${keys} * part) WHEN 'deployment' THEN 'edits/' || (key % 10)
        WHEN 'key' THEN printf('%016x%048d', key, 0) WHEN 'provider' THEN 'openai' WHEN 'proxy' THEN ''
        WHEN 'tag' THEN 'tag-' || ((key + part) % 20) ELSE 'team-' || (key % ${teams}) END,
      day, printf('%016x%048d', key, 0), iif(key % 3 = 0, 'edits-mini', 'edits'), iif(key % 3 = 0, 'gpt-image-1-mini', 'gpt-image-1'), 'openai',
      ${attempts} * 90000000 / ${days} / ${keys} / parts + key * part, 90000 * key, ${attempts} / ${days} / ${keys} / parts,
      ${attempts} / ${days} / ${keys} / parts, ${attempts} / ${days} / ${keys} / parts, 224000, 1000000
    FROM rows WHERE part < parts;

    WITH RECURSIVE quarters (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM quarters WHERE number < ${days * 96} - 1)
    INSERT INTO spend
    SELECT 'team:team-3', strftime('%Y-%m-%dT%H:%M', ${beginMs / 1_000} + number * 900, 'unixepoch'), 90000000, 0, 1 FROM quarters;
    INSERT INTO journals VALUES (1, 'journal-1', ${rows});
  `);
  database.pragma("wal_checkpoint(TRUNCATE)");
  const [{ sums }] = database.prepare("SELECT count(*) AS sums FROM daily_spend").all();
  database.close();
  const seconds = (performance.now() - start) / 1_000;
  console.log(
    `${sums} sums of days, as of ${attempts} attempts of ${keys} keys, ${teams} teams and ${keys * customersOfKey} customers over ${days} days; ${rows} rows of attempts; made in ${seconds.toFixed(0)} s`,
  );
}

function idOf(key) {
  return key.toString(16).padStart(16, "0").padEnd(64, "0");
}

async function ask(path) {
  const reports = Reports.ofFolder(folder);
  const database = openForReading(path);
  const statements = [];
  const watched = queryBuilder({
    prepare: (sql) => {
      statements.push(sql);
      return database.prepare(sql);
    },
    close: () => undefined,
  });
  const watchedReports = {
    dailySpend: (...given) => listDailySpend(watched, ...given),
    attempts: (...given) => listAttempts(watched, ...given),
    count: (...given) => countAttempts(watched, ...given),
    spentIn: (...given) => spentIn(watched, ...given),
  };
  const month = { from: dayOf(endMs - 30 * dayMs), until: dayOf(endMs) };
  const lastMonth = { sinceMs: endMs - 30 * dayMs, untilMs: endMs };
  const ofKey = { caller: `key-${idOf(7).slice(0, 16)}`, chargedTo: `key:${idOf(7)}` };
  const questions = [
    ["30 days by day and team", (of) => of.dailySpend({ scope: "team", ...month }, ["day", "id"])],
    [
      "30 days by day, team, key and model, a page",
      (of) => of.dailySpend({ scope: "team", ...month }, ["day", "id", "keyId", "model"], { limit: 1_001 }),
    ],
    ["30 days by day and key", (of) => of.dailySpend({ scope: "key", ...month }, ["day", "id"])],
    [
      "30 days by day and deployment",
      (of) => of.dailySpend({ scope: "deployment", ...month }, ["day", "id"]),
    ],
    [
      "30 days, 10 dearest customers",
      (of) => of.dailySpend({ scope: "customer", ...month }, ["id"], { order: "spend", limit: 10 }),
    ],
    ["30 days by tag", (of) => of.dailySpend({ scope: "tag", ...month }, ["id"])],
    [
      "a team's month by day, key and model",
      (of) => of.dailySpend({ scope: "team", ids: ["team-3"], ...month }, ["day", "keyId", "model"]),
    ],
    ["all time by team", (of) => of.dailySpend({ scope: "team" }, ["id"])],
    [
      "all time by key, 1,000 dearest",
      (of) => of.dailySpend({ scope: "key" }, ["id"], { order: "spend", limit: 1_000 }),
    ],
    ["all time by model", (of) => of.dailySpend({ scope: "proxy" }, ["model"])],
    ["all time of a key", (of) => of.dailySpend({ scope: "key", ids: [idOf(7)] }, [])],
    ["a budget's month", (of) => of.spentIn("team:team-3", { fromMs: endMs - 30 * dayMs })],
    ["50 newest attempts of 30 days", (of) => of.attempts(lastMonth, { limit: 50 })],
    ["how many attempts of 30 days", (of) => of.count(lastMonth)],
    ["50 newest attempts of a key", (of) => of.attempts(ofKey, { limit: 50 })],
    ["an attempt's request", (of) => of.attempts({ requestId: "request-77" }, { limit: 50 })],
  ];
  const asked = [];
  for (const [name, question] of questions) {
    const first = await timed(() => question(reports));
    const again = await timed(() => question(reports));
    asked.push({ name, first, again, rows: first.result.length ?? first.result.rows?.length ?? 1 });
    statements.length = 0;
    await question(watchedReports);
    asked.at(-1).plan = statements.flatMap((sql) =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => detail),
    );
  }
  console.log(
    table(
      ["", "rows", "first, ms", "again, ms", "CPU of it, ms"],
      asked.map(({ name, rows: found, first, again }) => [
        name,
        String(found),
        first.ms.toFixed(0),
        again.ms.toFixed(0),
        again.cpuMs.toFixed(0),
      ]),
    ),
  );
  for (const { name, plan } of asked) console.log(`\n${name}\n  ${plan.join("\n  ")}`);
  database.close();
  await reports.close();
}

/** On a machine with other work the CPU's time says more than the clock's. */
async function timed(act) {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const result = await act();
  const { user, system } = process.cpuUsage(cpu);
  return { result, ms: performance.now() - start, cpuMs: (user + system) / 1_000 };
}
