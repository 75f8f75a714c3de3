import type { IncomingHttpHeaders } from "node:http";
import type { GatewayConfig } from "../config/index.js";

/** Never the client's key, under any of the names it may come by, nor what tells of the way here. */
const neverForwarded =
  /^x-(api-key|goog-api-key|litellm-|darkroom-|stainless-|forwarded-|real-ip|request-id)/;

/** The settings that decide. */
type Settings = Pick<GatewayConfig, "forwardClientHeaders" | "keyHeaderName">;

/**
 * Which client headers go upstream: none, unless `forward_client_headers_to_llm_api` is on; then the custom ones
 * (`x-...`), as with LiteLLM, but for keys and for what is meant for the gateway.
 */
export function forwardedHeaders(
  settings: Settings,
): (headers: IncomingHttpHeaders) => Record<string, string> {
  if (!settings.forwardClientHeaders) return () => ({});
  const keyHeaderName = settings.keyHeaderName?.toLowerCase();
  return (headers) => {
    const result: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) {
      const isCustom = name.startsWith("x-") && !neverForwarded.test(name) && name !== keyHeaderName;
      if (isCustom && typeof value === "string") result[name] = value;
    }
    return result;
  };
}
