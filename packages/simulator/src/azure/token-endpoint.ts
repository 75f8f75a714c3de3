import { sendWhole } from "../answers/send.js";
import { decoded } from "./azure-route.js";
import type { Exchange } from "../exchange.js";
import { readBody } from "../request-body.js";
import type { Services } from "../services.js";

const longestFormBytes = 64 * 1024;
const aiServices = "https://cognitiveservices.azure.com/.default";

/** The tenant of a path such as `/TENANT/oauth2/v2.0/token`. */
export function tenantIn(path: string): string | undefined {
  const tenant = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(path)?.[1];
  return tenant && decoded(tenant);
}

/**
 * Microsoft Entra's token endpoint, for client credentials:
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow. The codes are OAuth's (RFC 6749, 5.2), the
 * numbers Microsoft's.
 */
export async function serveToken(exchange: Exchange, tenant: string, services: Services): Promise<void> {
  const { configuration, entraTokens } = services;
  const read = await readBody(exchange.request, { maximumBytes: longestFormBytes });
  if (read.outcome !== "complete") return refuse(exchange, 400, "invalid_request", "AADSTS900144");
  exchange.record.bodyLength = read.body.length;
  const form = new URLSearchParams(read.body.toString("utf8"));
  const clientId = form.get("client_id");
  exchange.record.key = clientId;
  if (form.get("grant_type") !== "client_credentials") {
    return refuse(exchange, 400, "unsupported_grant_type", "AADSTS70003");
  }
  if (form.get("scope") !== aiServices) return refuse(exchange, 400, "invalid_scope", "AADSTS70011");
  const application = configuration.azure.applications.find(
    (one) => one.tenantId === tenant && one.clientId === clientId,
  );
  if (application === undefined) return refuse(exchange, 400, "unauthorized_client", "AADSTS700016");
  if (form.get("client_secret") !== application.clientSecret) {
    return refuse(exchange, 401, "invalid_client", "AADSTS7000215");
  }
  exchange.record.organization = application.organization;
  send(exchange, 200, {
    token_type: "Bearer",
    expires_in: entraTokens.lifetimeSeconds,
    ext_expires_in: entraTokens.lifetimeSeconds,
    access_token: entraTokens.issue(application),
  });
}

function refuse(exchange: Exchange, status: number, error: string, number: string): void {
  send(exchange, status, {
    error,
    error_description: `${number}: ${error}`,
    error_codes: [Number(number.slice(6))],
  });
}

function send(exchange: Exchange, status: number, body: object): void {
  const headers = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };
  sendWhole(exchange, status, headers, Buffer.from(JSON.stringify(body)));
}
