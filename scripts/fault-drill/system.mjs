/** What is drilled: a gateway over a group of four deployments and a fallback of one, each a process of its own. */
import { modelEntries } from "../../packages/proxy/dist/system/model-entry.js";
import { startGateway } from "../../packages/proxy/dist/system/running-gateway.js";
import { simulatorKeys } from "../../packages/proxy/dist/system/running-simulator.js";
import { Deployment } from "./deployment.mjs";

export const group = "edits";
export const fallback = "spare";
export const names = ["one", "two", "three", "four"];

/** The gateway's id of a deployment of the group. */
export function idOf(name) {
  return `${group}-${name}`;
}

/** How long one attempt may take, in seconds: a slow deployment is within it, a frozen one is not. */
export function timeoutSecondsFor({ latencyMs }) {
  return Math.max(1, (20 * latencyMs) / 1000);
}

/** @param {import("./options.mjs").Options} options */
export async function startSystem(options) {
  const { latencyMs } = options;
  const latency = { meanMs: latencyMs, jitterMs: latencyMs / 3 };
  // Each is of an organisation of its own: those of one are limited together, and without money together.
  const start = (seed) =>
    Deployment.start({ latency, seed, keys: { [simulatorKeys.one]: `org-${String(seed)}` } });
  const [spare, ...members] = await Promise.all([fallback, ...names].map((_, seed) => start(seed)));
  const deployments = new Map(names.map((name, index) => [name, members[index]]));
  const gateway = await startGateway({ config: configOver(deployments, spare, options) });
  return { deployments, spare, gateway };
}

function configOver(deployments, spare, options) {
  // Defaults otherwise. Whoever failed comes back within the drill: an ejection lasts a fifth of a fault and grows with each,
  // where it is 30 s by default, and a lockout as long, where it is ten minutes.
  const cooldown = { cooldown_time: options.seconds / 5 };
  const lockedOut = ["three", "four"];
  const entry = (model, name, { url }, more = {}) =>
    modelEntries(url, { timeout: timeoutSecondsFor(options), ...more })(model, name, simulatorKeys.one);
  // JSON is YAML.
  return JSON.stringify({
    model_list: [
      ...[...deployments].map(([name, deployment]) =>
        entry(group, name, deployment, lockedOut.includes(name) ? cooldown : {}),
      ),
      entry(fallback, "one", spare),
    ],
    router_settings: {
      ...cooldown,
      routing_strategy: options.strategy,
      fallbacks: [{ [group]: [fallback] }],
    },
  });
}
