import { createHash } from "node:crypto";

/**
 * An id for a deployment without `model_info.id`: a hash of its group and its `litellm_params` as they are written,
 * variables by their name. So it is the same after a restart and after a change of the key in the environment, two
 * entries that differ by their key alone differ, and the hash of a key from the environment is never shown.
 */
export function deploymentId(group: string, params: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify([group, sorted(params)]))
    .digest("hex")
    .slice(0, 32);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)]);
}
