import { serveAdmin } from "./admin.js";
import { answerHeaders } from "./answers/answer-headers.js";
import { refuse } from "./answers/refuse.js";
import { sendWhole } from "./answers/send.js";
import type { Exchange } from "./exchange.js";
import { readParsedBody, serveImageEdit } from "./image-edits.js";
import { identify } from "./keys.js";
import { modelList } from "./models.js";
import type { Services } from "./services.js";
import { refusals } from "./validation/refusals.js";

const editsPath = "/v1/images/edits";
const modelsPath = "/v1/models";

export async function route(exchange: Exchange, query: URLSearchParams, services: Services): Promise<void> {
  const { path, request } = exchange;
  if (path.startsWith("/_simulator/")) return serveAdmin(exchange, query, services);
  if (path.startsWith("/files/")) return serveImageFile(exchange, services);
  const method = request.method ?? "";
  if (path !== editsPath && path !== modelsPath) {
    return refuse(exchange, services, refusals.unknownPath(method, path));
  }
  const identity = identify(request, services.configuration.keys);
  if ("refusal" in identity) {
    exchange.record.key = identity.key;
    // The body is read before the refusal, so that a client still sending sees the 401 and no broken connection.
    if ((await readParsedBody(exchange, services)) === undefined) return;
    return refuse(exchange, services, identity.refusal);
  }
  const { account } = identity;
  exchange.record.key = account.key;
  exchange.record.organization = account.organization;
  if (method === "POST" && path === editsPath) return serveImageEdit(exchange, account, services);
  if (method === "GET" && path === modelsPath) {
    const body = Buffer.from(JSON.stringify(modelList(services.configuration.models), null, 2));
    return sendWhole(exchange, 200, answerHeaders(exchange, services), body);
  }
  return refuse(exchange, services, refusals.wrongMethod(method, path));
}

/** The pictures behind the URLs of dall-e-2's answers. Like OpenAI's, they need no key and they expire. */
function serveImageFile(exchange: Exchange, services: Services): void {
  const id = /^\/files\/([\w-]+)\.png$/.exec(exchange.path)?.[1];
  const png = id === undefined ? undefined : services.imageFiles.read(id);
  if (exchange.request.method !== "GET" || png === undefined) {
    return refuse(exchange, services, refusals.unknownPath(exchange.request.method ?? "", exchange.path));
  }
  return sendWhole(exchange, 200, { "content-type": "image/png" }, png);
}
