import { sendWhole } from "./answers/send.js";
import { describeIssues } from "./configuration.js";
import type { Exchange } from "./exchange.js";
import { faultRulesSchema } from "./faults/fault.js";
import { readBody } from "./request-body.js";
import type { Services } from "./services.js";

const longestAdminBodyBytes = 1024 * 1024;

/** The routes under `/_simulator/`: what arrived, what it cost, and what shall break. No key is asked for. */
export async function serveAdmin(
  exchange: Exchange,
  query: URLSearchParams,
  services: Services,
): Promise<void> {
  const { recorder, bill, faults, clock, configuration } = services;
  switch (`${exchange.request.method} ${exchange.path.slice("/_simulator/".length)}`) {
    case "GET health":
      return sendJson(exchange, 200, {
        status: "ok",
        time: new Date(clock.now()).toISOString(),
        seed: configuration.seed,
      });
    case "GET requests": {
      const last = query.get("last");
      return sendJson(exchange, 200, { requests: recorder.list(last === null ? undefined : Number(last)) });
    }
    case "DELETE requests":
      recorder.clear();
      return sendJson(exchange, 200, {});
    case "GET bill":
      return sendJson(exchange, 200, {
        ...(query.get("lines") === "false" ? {} : { lines: bill.lines }),
        totals: bill.totals(),
      });
    case "DELETE bill":
      bill.clear();
      return sendJson(exchange, 200, {});
    case "GET faults":
      return sendJson(exchange, 200, { faults: faults.list() });
    case "POST faults":
      return addFaults(exchange, services);
    case "DELETE faults":
      faults.clear();
      return sendJson(exchange, 200, {});
    default:
      return sendJson(exchange, 404, {
        error: { message: `There is no ${exchange.request.method ?? ""} ${exchange.path}.` },
      });
  }
}

async function addFaults(exchange: Exchange, services: Services): Promise<void> {
  const read = await readBody(exchange.request, { maximumBytes: longestAdminBodyBytes });
  const written = read.outcome === "complete" ? parsedJson(read.body) : undefined;
  const rules = faultRulesSchema.safeParse(written);
  if (!rules.success) return sendJson(exchange, 400, { error: { message: describeIssues(rules.error) } });
  services.faults.add(rules.data);
  return sendJson(exchange, 200, { faults: services.faults.list() });
}

function parsedJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function sendJson(exchange: Exchange, status: number, value: unknown): void {
  sendWhole(exchange, status, { "content-type": "application/json" }, Buffer.from(JSON.stringify(value)));
}
