/**
 * The dashboard, the alerts and the rules of `deploy/`, against the real thing: loaded gateways in every kind of trouble,
 * and a Prometheus that scrapes them. No query may fail or be empty, and every alert whose trouble can be brought on here must
 * fire; that each fires at all, and is silent when all is well, promtool's tests of the rules show. Traffic goes to 127.0.0.1
 * alone.
 */
import { setTimeout as wait } from "node:timers/promises";
import { havePrograms } from "../debian-packages.mjs";
import { redisServerProgram } from "../redis-server.mjs";
import { setUp } from "../setup.mjs";

/** These need a broken disk or database, or a gateway that is gone with its disk. */
const notProvoked = [
  "DarkroomJournalStopped",
  "DarkroomLedgerBehind",
  "DarkroomEntriesSetAside",
  "DarkroomGatewayLost",
];
/** What Grafana would put in for a dashboard that shows all. */
const variables = { __rate_interval: "10s", __range: "1m", group: ".*", instance: ".*" };
const withinMs = 75_000;
/** Nobody listens there: the gateway that is down. */
const deadTarget = "127.0.0.1:1";

setUp();
const redisProgram = redisServerProgram();
// Where the programs of tests look for it.
if (redisProgram !== undefined) process.env.REDIS_SERVER_PROGRAM = redisProgram;
// These read what is compiled by now.
const { Prometheus, promtool } = await import("./dashboard/prometheus.mjs");
const { alertQueries, dashboardQueries, recordedQueries, ruleFiles, ruleTests, scrapeConfig } = await import(
  "./dashboard/queries.mjs"
);
const { masterKey, startTroubledGateways } = await import("./dashboard/troubled-gateways.mjs");
const { stopAll } = await import("../../packages/proxy/dist/system/running-process.js");

try {
  if (redisProgram === undefined && process.env.CI === "true") throw new Error("There is no redis-server.");
  if (redisProgram !== undefined && havePrograms(["prometheus", "promtool"], ["prometheus"])) await check();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function check() {
  promtool("check", "rules", ...ruleFiles);
  promtool("test", "rules", ruleTests);
  const queries = [...dashboardQueries(variables), ...recordedQueries(), ...alertQueries(notProvoked)];
  let gateways;
  let prometheus;
  try {
    gateways = await startTroubledGateways();
    prometheus = await Prometheus.start(configFor(gateways.targets), masterKey);
    await until(prometheus, [{ name: "the gateways", expr: 'count(up{job="darkroom"} == 1) == 3' }]);
    await gateways.traffic();
    const tookMs = await until(prometheus, queries);
    const errors = await prometheus.ruleErrors();
    if (errors.length > 0) throw new Error(`Rules that fail:\n${errors.join("\n")}`);
    console.log(`${queries.length} queries, none of them empty after ${(tookMs / 1000).toFixed(0)} s.`);
  } finally {
    await prometheus?.stop();
    await gateways?.stop();
    await stopAll();
  }
}

/** What is deployed, with these targets, and in a hurry. */
function configFor(targets) {
  const config = scrapeConfig();
  const [job] = config.scrape_configs;
  return {
    ...config,
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: ruleFiles,
    scrape_configs: [{ ...job, static_configs: [{ targets: [...targets, deadTarget] }] }],
  };
}

/**
 * Waits until every query has an answer.
 * @throws Error with those that have none, where that takes too long
 */
async function until(prometheus, queries) {
  const startMs = performance.now();
  let empty = queries;
  for (;;) {
    const answers = await Promise.all(empty.map(({ expr }) => prometheus.query(expr)));
    empty = empty.filter((_, index) => answers[index].length === 0);
    const tookMs = performance.now() - startMs;
    if (empty.length === 0) return tookMs;
    if (tookMs > withinMs) throw new Error(told(empty));
    await wait(500);
  }
}

function told(empty) {
  const lines = empty.map(({ name, expr }) => `- ${name}\n    ${expr.trim().replaceAll("\n", "\n    ")}`);
  return [`Empty after ${withinMs / 1000} s:`, ...lines].join("\n");
}
