/** The headers of a request with their names in lower case, as Node gives them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Most telling first; all but `authorization` hold the key itself, with or without `Bearer `. */
const headerNames = [
  "x-litellm-api-key",
  "authorization",
  "api-key",
  "x-api-key",
  "x-goog-api-key",
  "ocp-apim-subscription-key",
];

const bearer = /^Bearer\s+/i;

/**
 * The key a client shows, in whichever header its library puts it; `undefined` when there is none.
 *
 * The precedence is LiteLLM's: `x-litellm-api-key`, `Authorization`, `API-Key`, `x-api-key`, `x-goog-api-key`,
 * `Ocp-Apim-Subscription-Key`. The first one that is not empty decides: an `Authorization` that is no `Bearer` is no key,
 * and the headers after it are not looked at.
 *
 * @param configuredName The header that `litellm_key_header_name` names, in any case. Once it is set it is the only one:
 * the others may then carry credentials that are meant for somebody else.
 */
export function keyFromHeaders(headers: RequestHeaders, configuredName?: string): string | undefined {
  const names = configuredName === undefined ? headerNames : [configuredName.toLowerCase()];
  for (const name of names) {
    const value = valueOf(headers[name]);
    if (value === "") continue;
    if (name === "authorization" && !bearer.test(value)) return undefined;
    return value.replace(bearer, "");
  }
  return undefined;
}

function valueOf(header: string | readonly string[] | undefined): string {
  const first = typeof header === "string" ? header : header?.[0];
  return (first ?? "").trim();
}
