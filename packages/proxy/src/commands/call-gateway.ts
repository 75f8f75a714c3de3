import http from "node:http";
import https from "node:https";
import { CommandError } from "./command-error.js";
import { printable } from "./printable.js";

export interface GatewayOptions {
  readonly url?: string;
  readonly key?: string;
}

/** A gateway's whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** Where the gateway is, without a slash at the end, and the headers that carry its key: the options, else the environment. */
export function gatewayAt({ url, key }: GatewayOptions): { base: string; headers: Record<string, string> } {
  const base = (url ?? process.env["DARKROOM_URL"] ?? "http://localhost:4000").replace(/\/+$/, "");
  const sent = key ?? process.env["DARKROOM_KEY"];
  return { base, headers: sent === undefined ? {} : { authorization: `Bearer ${sent}` } };
}

/** Without a timeout: an edit may take minutes, and the gateway has a deadline of its own. */
export async function callGateway(
  url: string,
  { method, headers, body }: { method: string; headers: Record<string, string>; body?: Buffer },
): Promise<Answer> {
  const client = url.startsWith("https:") ? https : http;
  return new Promise((resolveAnswer, reject) => {
    const outgoing = client.request(
      url,
      {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { "content-length": String(body.length) }) },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.once("error", reject);
        answer.once("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolveAnswer({ status: answer.statusCode ?? 0, headers: answer.headers, text });
        });
      },
    );
    outgoing.once("error", (error) => {
      reject(
        new CommandError(`No gateway answers at ${url} (${error.message}). Start one with \`npm start\`.`),
      );
    });
    outgoing.end(body);
  });
}

/**
 * What a gateway answers in JSON.
 * @throws CommandError with the gateway's own words where it refuses
 */
export async function jsonFromGateway<Shape = Readonly<Record<string, unknown>>>(
  url: string,
  request: { method: string; headers: Record<string, string>; body?: Buffer },
): Promise<Shape> {
  const { status, text } = await callGateway(url, request);
  const answer = parsed(text);
  if (status === 200 && answer !== undefined) return answer as Shape;
  const { message } = (answer?.["error"] ?? {}) as { message?: string };
  const { origin } = new URL(url);
  throw new CommandError(printable(message ?? `The gateway at ${origin} answered with status ${status}.`));
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
