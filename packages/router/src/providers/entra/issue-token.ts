import http from "node:http";
import https from "node:https";
import type { EntraApplication } from "./credential.js";

/** Values of Microsoft's own clients: the public cloud, and any of Azure's AI services. */
const publicAuthority = "https://login.microsoftonline.com";
const aiServices = "https://cognitiveservices.azure.com/.default";

const longestWaitMs = 10_000;
const longestAnswerBytes = 64 * 1024;

/** A token, and how long it is good for. */
export interface IssuedToken {
  readonly value: string;
  readonly lifetimeMs: number;
}

/** No token could be had. Its message holds no secret and no identity. */
export class EntraError extends Error {
  override readonly name = "EntraError";

  constructor(reason: string) {
    super(`no token from Microsoft Entra: ${reason}`);
  }
}

/**
 * Asks for a token: OAuth 2.0 client credentials,
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow. This one call is all that an Azure SDK
 * would be here for.
 * @throws EntraError, after 10 s at the latest
 */
export async function issueToken(
  application: EntraApplication,
  agentFor: (url: URL) => http.Agent,
): Promise<IssuedToken> {
  const { status, text } = await post(tokenUrl(application), formOf(application), agentFor);
  const answer = parsed(text);
  if (status !== 200) throw new EntraError(`${String(status)} ${word(answer["error"])}`.trimEnd());
  const { access_token: value, expires_in: seconds } = answer;
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value))
    throw new EntraError("an answer without one");
  // Some issuers write the number as text.
  const lifetimeMs = Number(seconds) * 1000;
  if (!(lifetimeMs > 0)) throw new EntraError("an answer that does not say for how long it is good");
  return { value, lifetimeMs };
}

function tokenUrl({ authorityHost = publicAuthority, tenantId }: EntraApplication): URL {
  return new URL(`${authorityHost.replace(/\/+$/, "")}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`);
}

function formOf({ clientId, clientSecret, scope = aiServices }: EntraApplication): string {
  return new URLSearchParams({
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: clientSecret,
    scope,
  }).toString();
}

function post(
  url: URL,
  form: string,
  agentFor: (url: URL) => http.Agent,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? https : http).request(url, {
      method: "POST",
      agent: agentFor(url),
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    });
    const timer = setTimeout(() => fail(`no answer within ${String(longestWaitMs / 1000)} s`), longestWaitMs);
    const fail = (reason: string): void => {
      clearTimeout(timer);
      reject(new EntraError(reason));
      request.destroy();
    };
    const broken = (error: NodeJS.ErrnoException): void =>
      fail(`connection failed (${error.code ?? error.message})`);
    request.once("error", broken);
    request.once("response", (answer) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (piece: Buffer) => {
        bytes += piece.length;
        if (bytes > longestAnswerBytes) fail("an answer that is too long");
        else pieces.push(piece);
      });
      answer.once("error", broken);
      answer.once("end", () => {
        clearTimeout(timer);
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(pieces).toString("utf8") });
      });
    });
    request.end(form);
  });
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** `invalid_client`: the code of the error, never its description, which names tenant and application. */
function word(code: unknown): string {
  return typeof code === "string" && /^\w{1,64}$/.test(code) ? code : "";
}
