import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import type { Findings } from "../config-error.js";
import { entriesAt, type Located, type LocatedMap, mapScalars } from "./located.js";

export type Environment = Readonly<Record<string, string | undefined>>;

const reference = "os.environ/";

/** The environment with the `.env` file of a directory. What is set already counts more, as with python-dotenv. */
export function withDotEnv(environment: Environment, directory: string): Environment {
  const file = join(directory, ".env");
  if (!existsSync(file)) return environment;
  const set = Object.entries(environment).filter(([, value]) => value !== undefined);
  return { ...parseEnv(readFileSync(file, "utf8")), ...Object.fromEntries(set) };
}

/**
 * The environment with the file's own `environment_variables`, which count more than what is set, as in LiteLLM.
 * They come before any `os.environ/NAME` is looked up (LiteLLM looks up first, BerriAI/litellm#22088).
 */
export function withFileVariables(
  root: LocatedMap,
  environment: Environment,
  findings: Findings,
): Environment {
  const result: Record<string, string | undefined> = { ...environment };
  for (const [name, { value }] of entriesAt(root, ["environment_variables"])) {
    if (value.kind !== "scalar") {
      findings.problem(value.at, ["environment_variables", name], "expected a string");
      continue;
    }
    const named = variableOf(value.value);
    if (named === undefined) {
      if (value.value !== null) result[name] = String(value.value);
    } else if (result[named]) result[name] = result[named];
  }
  return result;
}

/** The tree with every `os.environ/NAME` replaced by that variable. An empty variable counts as not set. */
export function withVariables(root: Located, environment: Environment): Located {
  return mapScalars(root, (scalar) => {
    const variable = variableOf(scalar.value);
    if (variable === undefined) return scalar;
    const value = environment[variable];
    return value ? { ...scalar, variable, value } : { ...scalar, variable, value: null, unset: true };
  });
}

function variableOf(value: unknown): string | undefined {
  return typeof value === "string" && value.startsWith(reference) ? value.slice(reference.length) : undefined;
}
