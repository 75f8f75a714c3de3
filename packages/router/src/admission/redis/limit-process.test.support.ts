import { RedisConnection } from "../../redis/redis-connection.js";
import { attempt, minute, money, of, outcomeOf, period } from "../conformance/asking.test.support.js";
import { SharedAdmission } from "./shared-admission.js";

/**
 * A gateway in a process of its own, as far as limits are concerned: asks so many times at once, tells how many were admitted,
 * and holds what it has until it is killed. Arguments: Redis' port, its own name, `rpm` or `budget`, how many times.
 */
const [port, name, what, count] = process.argv.slice(2);
const connection = new RedisConnection({
  topology: { kind: "single", host: "127.0.0.1", port: Number(port) },
});
const admission = new SharedAdmission(connection, { onFailure: "local-share" });
const state = await admission.start(5000);
if (state.kind === "degraded") throw new Error(state.reason);
const rpm = of(minute("rpm", 10n));
const budget = of(money(period("budget", 57n, 0, 8_000_000_000_000)));
const charges = what === "rpm" ? [rpm] : [budget];
await admission.seed([{ meter: budget.meter, spent: 0n }]);
const outcomes = await Promise.all(
  Array.from({ length: Number(count) }, (_, index) =>
    outcomeOf(admission, attempt(`${name} ${index}`, [charges])),
  ),
);
console.log(outcomes.filter((outcome) => outcome === 0).length);
await admission.close();
connection.close();
