import { callGateway, type GatewayOptions, gatewayAt } from "../call-gateway.js";
import { CommandError } from "../command-error.js";
import { printable } from "../printable.js";

/** An answer of the management API. */
export type Answer = Readonly<Record<string, unknown>>;

/**
 * Asks a running gateway: a `GET` with a query, or a `POST` with a body.
 * @throws CommandError with the gateway's own words where it refused
 */
export async function ask(
  options: GatewayOptions,
  method: "GET" | "POST",
  path: string,
  input: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const { base, headers } = gatewayAt(options);
  const query = new URLSearchParams(
    Object.entries(input).flatMap(([name, value]): [string, string][] =>
      ["string", "number", "boolean"].includes(typeof value) ? [[name, value as string]] : [],
    ),
  );
  const { status, text } = await callGateway(
    method === "GET" ? `${base}${path}?${query.toString()}` : `${base}${path}`,
    {
      method,
      headers: { ...headers, "content-type": "application/json" },
      ...(method === "POST" && { body: Buffer.from(JSON.stringify(input)) }),
    },
  );
  const answer = parsed(text);
  if (status === 200 && answer !== undefined) return answer;
  const { message } = ((answer as Answer | undefined)?.["error"] ?? {}) as { message?: string };
  throw new CommandError(printable(message ?? `The gateway at ${base} answered with status ${status}.`));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
