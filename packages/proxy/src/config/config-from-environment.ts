import type { Deployment } from "@darkroom/router";
import type { Environment } from "./file/environment.js";
import { defaults, type GatewayConfig } from "./gateway-config.js";
import { deploymentId } from "./models/deployment-id.js";
import { openAiWildcard, servedOn, shutDownWarnings } from "./models/openai-models.js";
import { apiBaseOf } from "./models/provider-variables.js";
import { Findings } from "./config-error.js";
import { postgresFromEnvironment } from "./settings/postgres.js";
import { redisFromEnvironment } from "./settings/redis.js";
import { masterKeyFromEnvironment } from "./settings/master-key.js";

const keyName = /^OPENAI_API_KEY(?:_(\d+))?$/;

/**
 * The configuration without a file: every image model of OpenAI, and whatever `gpt-image-*` a client names, with
 * `OPENAI_API_KEY`, `OPENAI_API_KEY_1`, `OPENAI_API_KEY_2` and so on sharing the load. `undefined` without a key.
 * @throws ConfigError where the master key breaks LiteLLM's rule, or `REDIS_URL` or `DATABASE_URL` is no address
 */
export function configFromEnvironment(
  environment: Environment,
  today: Date = new Date(),
): GatewayConfig | undefined {
  const keys = keysOf(environment);
  if (keys.size === 0) return undefined;
  const masterKey = masterKeyFromEnvironment(environment);
  const findings = new Findings();
  const redis = redisFromEnvironment(environment, findings);
  const postgres = postgresFromEnvironment(environment, findings);
  findings.throwIfAny();

  const names = servedOn(today).map(({ name }) => name);
  const apiBase = apiBaseOf(undefined, "openai", environment) ?? defaults.apiBase;
  const deployments = [...names, openAiWildcard].flatMap((name) =>
    [...keys].map(
      ([apiKey, variable]): Deployment => ({
        id: deploymentId(name, { model: name, api_key: `os.environ/${variable}` }),
        group: name,
        model: name,
        apiBase,
        apiKey,
      }),
    ),
  );
  return {
    source: `the environment (${[...keys.values()].join(", ")})`,
    router: { deployments },
    ...(redis !== undefined && { redis }),
    ...(postgres !== undefined && { postgres }),
    ...(masterKey !== undefined && { masterKey }),
    forwardClientHeaders: defaults.forwardClientHeaders,
    requireAuthForMetrics: defaults.requireAuthForMetrics,
    storePrompts: defaults.storePrompts,
    teamMetrics: defaults.teamMetrics,
    upload: defaults.upload,
    formats: defaults.formats,
    idempotencyMemoryBytes: defaults.idempotencyMemoryBytes,
    accounts: defaults.accounts,
    fleet: defaults.fleet,
    warnings: apiBase === defaults.apiBase ? shutDownWarnings(names, today) : [],
    notes: [],
    skipped: [],
    invalid: [],
  };
}

/** Each key with the variable it came from, in the order of their numbers; a key that is there twice counts once. */
function keysOf(environment: Environment): Map<string, string> {
  const numbered = Object.entries(environment)
    .flatMap(([variable, value]) => {
      const match = keyName.exec(variable);
      return match && value ? [{ variable, value, number: Number(match[1] ?? -1) }] : [];
    })
    .sort((a, b) => a.number - b.number);
  const keys = new Map<string, string>();
  for (const { variable, value } of numbered) if (!keys.has(value)) keys.set(value, variable);
  return keys;
}
