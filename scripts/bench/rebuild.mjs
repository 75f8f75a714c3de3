/**
 * How long it takes until budgets pay again after Redis came back empty: gateways tell it again what they have under way, and
 * what was spent of each meter is asked of a PostgreSQL with millions of attempts. Starts both servers itself, and ends with
 * an error where a meter is not what the books say.
 *
 *     node scripts/bench/rebuild.mjs --rows 10000000 --keys 1000 --days 30 --open 300
 */
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { postgresPrograms } from "../postgres-server.mjs";
import { redisServerProgram } from "../redis-server.mjs";
import { setUp } from "../setup.mjs";
import { measureEmptyRedis } from "./redis-came-back-empty.mjs";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    keys: { type: "string", default: "1000" },
    days: { type: "string", default: "30" },
    open: { type: "string", default: "300" },
  },
});
const [rows, keys, days, openAttempts] = [values.rows, values.keys, values.days, values.open].map(Number);

setUp();
process.env.REDIS_SERVER_PROGRAM ??= redisServerProgram() ?? process.exit(1);
process.env.POSTGRES_PROGRAMS ??= postgresPrograms() ?? process.exit(1);
const accounts = "../../packages/accounts/dist/";
const { PostgresServer } = await import(`${accounts}database/postgres/postgres-server.test.support.js`);
const { PostgresStatements } = await import(`${accounts}database/postgres/postgres-statements.js`);
const { Applier } = await import(`${accounts}ledger/applying/applier.js`);
const { Reports, preparePostgres } = await import(`${accounts}index.js`);

const server = await PostgresServer.start("-c", "shared_buffers=512MB", "-c", "max_wal_size=8GB");
// Its folder may be large: it goes whatever happens.
process.once("uncaughtException", (error) => {
  console.error(error);
  void server.stop().then(() => process.exit(1));
});
const settings = server.settings();
await preparePostgres(settings);

/** Attempts, evenly over the days and the keys, each charged to its key, its team and the proxy. */
const beginMs = Math.floor(Date.now() / 900_000) * 900_000 - days * 86_400_000;
const stepMs = (days * 86_400_000) / rows;
const quarterHour = `to_char(to_timestamp(floor(at_ms / 900000) * 900) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI')`;
await timed(`${rows} attempts written`, async () => {
  await server.query(`SET search_path = ${settings.schema}; 
    INSERT INTO attempts (attempt_id, journal, sequence, request_id, at_ms, ended_at_ms, requested_model, model_group,
      deployment_id, provider, model, retry, fallback, n, stream, input_images, prompt_bytes, charges, price_version, state,
      cost_nano_usd, images, duration_ms, revision)
    SELECT 'attempt-' || i, 1, i, 'request-' || i, ${beginMs} + floor(i::float8 * ${stepMs}), ${beginMs} + floor(i::float8 * ${stepMs}) + 9000,
      'edits', 'edits', 'one', 'openai', 'gpt-image-1', 0, 0, 1, 0, 1, 20,
      '[{"meter":"key:' || i % ${keys} || '","period":""}]', '1', CASE WHEN i % 1000 = 0 THEN 'uncertain' ELSE 'certain' END,
      42120000, 1, 9000, 0
    FROM generate_series(1, ${rows}) AS i`);
});
await timed("their sums written", async () => {
  await server.query(`SET search_path = ${settings.schema};
    CREATE TEMPORARY TABLE of_keys AS SELECT sequence % ${keys} AS key, ${quarterHour} AS period,
      coalesce(sum(cost_nano_usd) FILTER (WHERE state = 'certain'), 0) AS certain,
      coalesce(sum(cost_nano_usd) FILTER (WHERE state = 'uncertain'), 0) AS uncertain, count(*) AS attempts
    FROM attempts GROUP BY 1, 2;
    INSERT INTO spend SELECT 'key:' || key, period, certain, uncertain, attempts FROM of_keys ORDER BY period;
    INSERT INTO spend SELECT 'team:' || key % 50, period, sum(certain), sum(uncertain), sum(attempts) FROM of_keys GROUP BY 1, 2;
    INSERT INTO spend SELECT 'proxy', period, sum(certain), sum(uncertain), sum(attempts) FROM of_keys GROUP BY 2;
    ANALYZE`);
});
const [{ count }] = await server.query(`SELECT count(*) FROM ${settings.schema}.spend`);
console.log(`${count} sums`);

await timed("a start: the journal's mark, and what nobody knows", async () => {
  const statements = new PostgresStatements(settings);
  const applier = await Applier.open(statements, "journal");
  console.log(`  uncertain: ${applier.uncertain.attempts} attempts`);
  await statements.close();
});

const reports = Reports.ofPostgres(settings);
const span = { fromMs: beginMs };
await timed("the proxy's month", () => reports.spentIn("proxy", span));
await timed(`the months of ${keys} keys, one after the other`, async () => {
  for (let key = 0; key < keys; key += 1) await reports.spentIn(`key:${key}`, span);
});
const payers = Array.from({ length: keys }, (_, key) => `key:${key}`);
const { firstSeconds, allSeconds, refusals } = await measureEmptyRedis({
  reports,
  payers,
  beginMs,
  openAttempts,
});
console.log(
  `Redis came back empty, ${openAttempts} attempts under way: the first budget pays after ${firstSeconds.toFixed(3)} s, ` +
    `all ${keys} after ${allSeconds.toFixed(3)} s, each as the books say; ${refusals} look-ups had to be made again`,
);
await reports.close();
await server.stop();
process.exit(0);

async function timed(what, act) {
  const fromMs = performance.now();
  await act();
  console.log(`${what}: ${((performance.now() - fromMs) / 1000).toFixed(3)} s`);
}
