import { Findings, type KeyPath } from "../config-error.js";
import type { Environment } from "../file/environment.js";
import { find, type Located, positionOf } from "../file/located.js";

const path: KeyPath = ["general_settings", "master_key"];

/** Where the master key may stand in the environment, the first one counting most. */
const variables = ["DARKROOM_MASTER_KEY", "LITELLM_MASTER_KEY"];

const rule = 'expected a key that begins with "sk-" (LiteLLM\'s rule)';

/** The file's `master_key`; where the file does not name it, the environment's. One that is named but has no value would leave the gateway open, so it is a problem. */
export function masterKeyOf(root: Located, environment: Environment, findings: Findings): string | undefined {
  const node = find(root, path);
  if (!node) return masterKeyFrom(environment, findings);
  const at = positionOf(root, path);
  const value = node.kind === "scalar" ? node.value : undefined;
  if (node.kind === "scalar" && node.unset) {
    findings.problem(at, path, `the environment variable ${node.variable} is not set`);
  } else if (value === null || value === "") {
    findings.problem(at, path, "has no value; remove the line to run without a master key");
  } else if (typeof value !== "string") findings.problem(at, path, "expected a string");
  else if (!value.startsWith("sk-")) findings.problem(at, path, rule);
  else return value;
  return undefined;
}

function masterKeyFrom(environment: Environment, findings: Findings): string | undefined {
  const variable = variables.find((name) => environment[name]);
  const value = variable && environment[variable];
  if (!variable || !value || value.startsWith("sk-")) return value || undefined;
  findings.problem({ file: "environment" }, [variable], rule);
  return undefined;
}

/**
 * The master key of a gateway without a file.
 * @throws ConfigError where it breaks LiteLLM's rule
 */
export function masterKeyFromEnvironment(environment: Environment): string | undefined {
  const findings = new Findings();
  const masterKey = masterKeyFrom(environment, findings);
  findings.throwIfAny();
  return masterKey;
}
