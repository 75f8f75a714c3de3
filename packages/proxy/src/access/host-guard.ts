import type { IncomingHttpHeaders } from "node:http";
import { GatewayError } from "../errors.js";

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/**
 * For a gateway without a key, which only this machine may use: a web page in its browser must not spend its user's money.
 * A page that reaches us under another name (DNS rebinding) shows it in `Host`, one that posts across origins in `Origin`.
 *
 * @throws GatewayError naming the host and the setting that would allow it
 */
export function refuseForeignPages(headers: IncomingHttpHeaders): void {
  const host = headers.host ?? "";
  if (!loopback.test(hostName(host))) throw refusal("host", host);
  const { origin } = headers;
  if (origin !== undefined && originHost(origin) !== host.toLowerCase()) throw refusal("origin", origin);
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, "");
}

/** `null` for what is no origin, the string `null` that sandboxed pages send included. */
function originHost(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

function refusal(kind: "host" | "origin", value: string): GatewayError {
  return new GatewayError({
    status: 403,
    type: "permission_error",
    code: `foreign_${kind}`,
    message:
      `Requests for ${kind} '${value.slice(0, 200)}' are refused while Darkroom runs without a key: only this machine may use it. ` +
      "Set general_settings.master_key (or DARKROOM_MASTER_KEY) to open it to others.",
  });
}
