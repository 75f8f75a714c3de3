import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Deployment } from "@darkroom/router";
import { type Environment, type GatewayConfig, defaults, masterKeyFromEnvironment } from "../config/index.js";
import { CommandError } from "./command-error.js";

/** Two organisations with a key each: what a multi-key deployment looks like, in small. */
const keys = [
  { key: "sk-simulator-one", organization: "org-one" },
  { key: "sk-simulator-two", organization: "org-two" },
] as const;

const models = ["gpt-image-1", "gpt-image-2", "dall-e-2"] as const;

/** The simulator as a child process. */
export interface RunningSimulator {
  readonly url: string;
  readonly process: ChildProcess;
}

/**
 * Starts the simulator on a free port; it ends with this process, however that ends.
 * @throws CommandError if it does not come up
 */
export async function startSimulator(): Promise<RunningSimulator> {
  const program = fileURLToPath(import.meta.resolve("@darkroom/simulator/main"));
  const keyFlags = keys.flatMap(({ key, organization }) => ["--key", `${key}=${organization}`]);
  const child = spawn(
    process.execPath,
    [program, "--port", "0", "--json", "--quiet", "--exit-with-parent", ...keyFlags],
    // In a process group of its own: Ctrl-C in a terminal must not end it while edits are finished through it.
    { stdio: ["pipe", "pipe", "inherit"], detached: process.platform !== "win32" },
  );
  const ended = once(child, "exit").then(() => undefined);
  const firstLine = once(createInterface(child.stdout), "line").then(([line]) => String(line));
  const line = await Promise.race([firstLine, ended]);
  if (line === undefined) throw new CommandError("The simulator did not start; its reason is printed above.");
  const { url } = JSON.parse(line) as { url: string };
  return { url, process: child };
}

/** Every model with a deployment for each organisation, and a fallback from the first model to the second. */
export function simulatorConfig(url: string, environment: Environment): GatewayConfig {
  const deployments = models.flatMap((model) =>
    keys.map(
      ({ key, organization }): Deployment => ({
        id: `${model}-${organization}`,
        group: model,
        model,
        apiBase: `${url}/v1`,
        apiKey: key,
      }),
    ),
  );
  const masterKey = masterKeyFromEnvironment(environment);
  return {
    ...defaults,
    source: "the simulator",
    router: { deployments, defaultModel: models[0], fallbacks: new Map([[models[0], [models[1]]]]) },
    ...(masterKey === undefined ? {} : { masterKey }),
    warnings: [],
    notes: [],
    skipped: [],
    invalid: [],
  };
}
