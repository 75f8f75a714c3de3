/**
 * `node scripts/kill-drill.mjs [--seconds 30 | --minutes 5]`: the gateway is killed (SIGKILL) again and again under load, and
 * started anew on the same data folder. Edits of every kind go through it to a simulator: streams, faults, retries,
 * fallbacks, clients that leave and clients that send again with the same Idempotency-Key. In the end the books must equal the
 * bill: no answer was released without its row, whatever is billed has exactly one row, and certain ≤ bill ≤ certain +
 * uncertain, to the nano-dollar. Traffic goes to 127.0.0.1 alone.
 */
import { runDrill } from "./run-drill.mjs";

await runDrill(async () => {
  const { commandLine } = await import("./kill-drill/options.mjs");
  const { shown } = await import("./kill-drill/shown.mjs");
  const { drill } = await import("./kill-drill/drill.mjs");
  const { differencesOf } = await import("./kill-drill/differences.mjs");
  const { report } = await import("./kill-drill/report.mjs");
  const told = commandLine({
    name: "kill-drill",
    seconds: "30",
    does: "the gateway is killed again and again",
    fails: `Fails if an answer was released without its row, if a billed request has no row or two, if certain ≤ bill ≤ certain +
uncertain does not hold, if an Idempotency-Key was paid for twice, or if nothing was killed that matters.`,
  });
  return { ...told, run: shown({ drill, differencesOf, report }) };
});
