import type { KeyPath } from "../config-error.js";

/** Names under which a secret may stand, whole or in part: the address of a server or a proxy may carry a password, a header a token. */
const secretName =
  /key|password|secret|token|authorization|credential|headers$|environment_variables|(^|_)(url|base|proxy)$/i;

/** Prices have names such as `input_cost_per_token`, and are no secret. */
const priceName = /_cost(_|$)/;

/** True where the value at a path must not be shown, not even one of the wrong type. */
export function isSecret(path: KeyPath): boolean {
  return path.some((part) => typeof part === "string" && secretName.test(part) && !priceName.test(part));
}
