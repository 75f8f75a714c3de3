import { serveAdmin } from "./admin.js";
import { answerHeaders } from "./answers/answer-headers.js";
import { refuse } from "./answers/refuse.js";
import { sendWhole } from "./answers/send.js";
import { identifyAtAzure } from "./azure/azure-keys.js";
import { azureRoute } from "./azure/azure-route.js";
import { deployedEdit } from "./azure/deployed-edit.js";
import { serveToken, tenantIn } from "./azure/token-endpoint.js";
import type { Account, Exchange } from "./exchange.js";
import { readParsedBody, serveImageEdit } from "./image-edits.js";
import { identify } from "./keys.js";
import { modelList } from "./models.js";
import type { Services } from "./services.js";
import type { Refusal } from "./validation/refusal.js";
import { refusals } from "./validation/refusals.js";

const editsPath = "/v1/images/edits";
const modelsPath = "/v1/models";

export async function route(exchange: Exchange, query: URLSearchParams, services: Services): Promise<void> {
  const { path, request } = exchange;
  if (path.startsWith("/_simulator/")) return serveAdmin(exchange, query, services);
  if (path.startsWith("/files/")) return serveImageFile(exchange, services);
  if (exchange.service === "azure") return serveAzure(exchange, query, services);
  const tenant = tenantIn(path);
  if (tenant !== undefined && request.method === "POST") return serveToken(exchange, tenant, services);
  const method = request.method ?? "";
  if (path !== editsPath && path !== modelsPath) {
    return refuse(exchange, services, refusals.unknownPath(method, path));
  }
  const account = await identified(identify(request, services.configuration.keys), exchange, services);
  if (account === undefined) return;
  if (method === "POST" && path === editsPath) return serveImageEdit(exchange, account, services);
  if (method === "GET" && path === modelsPath) {
    const body = Buffer.from(JSON.stringify(modelList(services.configuration.models), null, 2));
    return sendWhole(exchange, 200, answerHeaders(exchange, services), body);
  }
  return refuse(exchange, services, refusals.wrongMethod(method, path));
}

/** Azure's two forms of the same edit. */
async function serveAzure(exchange: Exchange, query: URLSearchParams, services: Services): Promise<void> {
  const { path, request } = exchange;
  const account = await identified(identifyAtAzure(request, services), exchange, services);
  if (account === undefined) return;
  const asked = azureRoute(request.method ?? "", path, query);
  if ("status" in asked) return refuseAfterBody(exchange, services, asked);
  return serveImageEdit(exchange, account, services, (submission) =>
    deployedEdit(submission, asked, services.configuration),
  );
}

/** Who asks, for the record; refused where nobody known does. */
async function identified(
  identity: { readonly account: Account } | { readonly refusal: Refusal; readonly key: string | null },
  exchange: Exchange,
  services: Services,
): Promise<Account | undefined> {
  if ("refusal" in identity) {
    exchange.record.key = identity.key;
    await refuseAfterBody(exchange, services, identity.refusal);
    return undefined;
  }
  const { account } = identity;
  exchange.record.key = account.key;
  exchange.record.organization = account.organization;
  return account;
}

/** The body is read before the refusal, so that a client still sending sees it and no broken connection. */
async function refuseAfterBody(exchange: Exchange, services: Services, refusal: Refusal): Promise<void> {
  if ((await readParsedBody(exchange, services)) !== undefined) refuse(exchange, services, refusal);
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
