import { ConfigError, type GatewayConfig, loadConfig } from "../config/index.js";
import { CommandError } from "./command-error.js";

/** Loads a config file, with its problems told as a person wants them. */
export function readConfig(file: string, allowUnenforced: readonly string[]): GatewayConfig {
  return toldAsProblems(() => loadConfig({ file, environment: process.env, allowUnenforced }));
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
