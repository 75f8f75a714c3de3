import { setTimeout as wait } from "node:timers/promises";
import type { DeploymentLine, LimitLine, QuotaAnswer, QuotaLine } from "../quota/quota-answer.js";
import { type GatewayOptions, gatewayAt, jsonFromGateway } from "./call-gateway.js";
import { printable } from "./printable.js";
import { table } from "./table.js";

export interface QuotaOptions extends GatewayOptions {
  readonly json: boolean;
  readonly watch: boolean;
}

const watchEveryMs = 1_000;

/** Clears the terminal, and goes to its first line. */
const clear = "\u001b[2J\u001b[H";

/** `darkroom quota`: what is used of every limit of the upstreams, what is free, waiting and cooling, and until when. */
export async function quota(options: QuotaOptions): Promise<void> {
  const { json, watch } = options;
  const { base, headers } = gatewayAt(options);
  for (;;) {
    const answer = await jsonFromGateway<QuotaAnswer>(`${base}/quota`, { method: "GET", headers });
    if (json) console.log(JSON.stringify(answer));
    else console.log(`${watch ? clear : ""}${shown(answer)}`);
    if (!watch) return;
    await wait(watchEveryMs);
  }
}

/** One line for each limit of a quota, or one that says that it has none; the first one says whose they are. */
interface Row {
  readonly name: string;
  readonly limit: LimitLine | undefined;
  readonly state: string;
}

function rowsOf({ quota: name, limits, deployments }: QuotaLine): Row[] {
  const state = deployments.map(stateOf).join(", ");
  const [first, ...others] = limits;
  return [{ name, limit: first, state }, ...others.map((limit) => ({ name: "", limit, state: "" }))];
}

function shown({ quotas, waiting }: QuotaAnswer): string {
  const lines = [
    table(
      [
        ["quota", ({ name }) => printable(name)],
        ["limit", ({ limit }) => (limit === undefined ? "none" : limitText(limit))],
        ["used", ({ limit }) => String(limit?.used ?? "")],
        ["free", ({ limit }) => String(limit?.free ?? "")],
        ["deployments", ({ state }) => printable(state)],
      ],
      quotas.flatMap(rowsOf),
    ),
  ];
  for (const { group, requests, callers } of waiting) {
    lines.push(`${printable(group)}: ${requests} requests of ${callers} callers wait.`);
  }
  return lines.join("\n");
}

/** `250 images a minute`, `200 of 250 images a minute` where less holds at present. */
function limitText({ of, limit, configured }: LimitLine): string {
  const most = limit < configured ? `${limit} of ${configured}` : String(limit);
  return of === "calls" ? `${most} calls at once` : `${most} ${of} a minute`;
}

function stateOf({ deployment, standing, cooling_for_seconds, reason }: DeploymentLine): string {
  if (standing === "well") return deployment;
  if (standing === "half-open") return `${deployment} (being tried out after ${reason ?? "failures"})`;
  return `${deployment} (cooling for ${Math.ceil(cooling_for_seconds ?? 0)} s: ${reason ?? ""})`;
}
