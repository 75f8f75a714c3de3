import {
  ConfigError,
  type Environment,
  type GatewayConfig,
  configFromEnvironment,
  loadConfig,
  withDotEnv,
} from "../config/index.js";
import { CommandError } from "./command-error.js";

/** Loads a config file, with its problems told as a person wants them. */
export function readConfig(file: string, allowUnenforced: readonly string[]): GatewayConfig {
  return toldAsProblems(() => loadConfig({ file, environment: process.env, allowUnenforced }));
}

/** What is configured: by the file, else by the environment; undefined: nothing is, and the simulator would be served. */
export function configuredBy(
  file: string | undefined,
  allowUnenforced: readonly string[],
): GatewayConfig | undefined {
  return file === undefined
    ? toldAsProblems(() => configFromEnvironment(environment()))
    : readConfig(file, allowUnenforced);
}

/** What is set for this process, and what `.env` beside it adds. */
export function environment(): Environment {
  return withDotEnv(process.env, process.cwd());
}

/** @throws CommandError where `read` throws ConfigError */
export function toldAsProblems<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandError(error.message);
    throw error;
  }
}

/** What the operator should know of a configuration that can be used. */
export function remarksOn(config: GatewayConfig): string[] {
  return [
    ...config.warnings,
    ...config.skipped.map(({ name, reason }) => `skipped ${name}: ${reason}`),
    ...config.invalid.map(
      ({ group, deploymentId, reason }) => `not usable: ${group} (${deploymentId}): ${reason}`,
    ),
  ];
}
