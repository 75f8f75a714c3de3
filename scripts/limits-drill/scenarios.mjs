/** What is shown, by name: each gives its lines for people, and what was broken of what it promises. */
import { killedGateway } from "./killed-gateway.mjs";
import { manyKeys } from "./many-keys.mjs";
import { sharedQuota } from "./shared-quota.mjs";

/** @type {Record<string, () => Promise<{ lines: string[], broken: string[] }>>} */
export const scenarios = {
  "shared-quota": () => sharedQuota({ images: [1], leastUse: 0.98 }),
  "shared-quota-mixed": () => sharedQuota({ images: [1, 2, 3, 4], leastUse: 0.96 }),
  "many-keys-overload": () => manyKeys({ offered: 1.2 }),
  "many-keys-below": () => manyKeys({ offered: 0.9 }),
  "killed-gateway": () => killedGateway(),
};
