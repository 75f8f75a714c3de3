import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { sendWhole } from "./answers/send.js";
import { describeIssues } from "./configuration.js";
import type { Exchange } from "./exchange.js";
import { faultRulesSchema } from "./faults/fault.js";
import { limitsByNameSchema } from "./rate-limits.js";
import { readBody } from "./request-body.js";
import type { Services } from "./services.js";

/** So many of the answers that are held; without it all. */
const releaseSchema = z.strictObject({ count: z.int().min(1).optional() }).prefault({});

const longestAdminBodyBytes = 1024 * 1024;

/** The routes under `/_simulator/`: what arrived, what it cost, and what shall break. No key is asked for. */
export async function serveAdmin(
  exchange: Exchange,
  query: URLSearchParams,
  services: Services,
): Promise<void> {
  const { recorder, calls, rateLimits, bill, faults, holds, clock, configuration } = services;
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
    case "GET calls":
      return sendCalls(exchange, services);
    case "DELETE calls":
      calls.clear();
      return sendJson(exchange, 200, {});
    case "GET limits":
      return sendJson(exchange, 200, { limits: rateLimits.limits });
    case "PUT limits":
      return accept(exchange, limitsByNameSchema, (limits) => {
        rateLimits.change(limits);
        return { limits };
      });
    case "GET release":
      return sendJson(exchange, 200, { held: holds.held });
    case "POST release":
      return accept(exchange, releaseSchema, ({ count }) => ({
        released: holds.release(count),
        held: holds.held,
      }));
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
      return accept(exchange, faultRulesSchema, (rules) => {
        faults.add(rules);
        return { faults: faults.list() };
      });
    case "DELETE faults":
      faults.clear();
      return sendJson(exchange, 200, {});
    default:
      return sendJson(exchange, 404, {
        error: { message: `There is no ${exchange.request.method ?? ""} ${exchange.path}.` },
      });
  }
}

/** Takes a body that fits, and answers with what came of it. */
async function accept<Shape extends z.ZodType>(
  exchange: Exchange,
  shape: Shape,
  take: (value: z.output<Shape>) => unknown,
): Promise<void> {
  const read = await readBody(exchange.request, { maximumBytes: longestAdminBodyBytes });
  const written = read.outcome === "complete" ? parsedJson(read.body) : undefined;
  const result = shape.safeParse(written);
  if (!result.success) return sendJson(exchange, 400, { error: { message: describeIssues(result.error) } });
  return sendJson(exchange, 200, take(result.data));
}

/** As lines of JSON: of millions of calls one text would be too long. */
async function sendCalls({ response }: Exchange, { calls }: Services): Promise<void> {
  response.writeHead(200, {
    "content-type": "application/x-ndjson",
    "x-simulator-dropped": String(calls.dropped),
  });
  // A client that leaves before the end needs no answer.
  await pipeline(Readable.from(calls.lines()), response).catch(() => undefined);
}

/** Undefined where there is nothing, null where it is no JSON. */
function parsedJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return null;
  }
}

function sendJson(exchange: Exchange, status: number, value: unknown): void {
  sendWhole(exchange, status, { "content-type": "application/json" }, Buffer.from(JSON.stringify(value)));
}
