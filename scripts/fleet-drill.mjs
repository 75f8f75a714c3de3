/**
 * `node scripts/fleet-drill.mjs [--seconds 60 | --minutes 5]`: three gateways over one Redis and one PostgreSQL, under one load.
 * Gateways are killed (SIGKILL) and started anew on their folders, Redis is killed, frozen and loses its data, PostgreSQL is
 * killed and stays away for seconds, each at moments of its own, while budgets of keys, of teams and of the whole proxy are used
 * up. In the end, rows = what the simulator has billed, certain ≤ bill ≤ certain + uncertain, sums = rows, meters = sums, to the
 * nano-dollar; and at no moment was a budget crossed. Traffic goes to 127.0.0.1 alone.
 */
import { postgresPrograms } from "./postgres-server.mjs";
import { redisServerProgram } from "./redis-server.mjs";
import { runDrill } from "./run-drill.mjs";

await runDrill(async () => {
  process.env.REDIS_SERVER_PROGRAM = redisServerProgram() ?? "none";
  process.env.POSTGRES_PROGRAMS = postgresPrograms() ?? "none";
  const { commandLine } = await import("./kill-drill/options.mjs");
  const { shown } = await import("./kill-drill/shown.mjs");
  const { drill } = await import("./fleet-drill/drill.mjs");
  const { differencesOf } = await import("./fleet-drill/differences.mjs");
  const { report } = await import("./fleet-drill/report.mjs");
  const told = commandLine({
    name: "fleet-drill",
    seconds: "60",
    does: "gateways, Redis and PostgreSQL are killed again and again",
    fails: `Needs redis-server and PostgreSQL: the machine's or, on Debian and its like, some that are fetched. Not for Windows.

Fails if a row, a sum or a meter is not what it has to be, if a budget was crossed at any moment, if anything stays reserved
once all is calm, or if nothing was killed that matters.`,
  });
  return { ...told, run: shown({ drill, differencesOf, report }) };
});
