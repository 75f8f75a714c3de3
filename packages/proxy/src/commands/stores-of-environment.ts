import type { PostgresSettings } from "@darkroom/accounts";
import { Findings } from "../config/config-error.js";
import { postgresFromEnvironment } from "../config/settings/postgres.js";
import { type RedisConfig, redisFromEnvironment } from "../config/settings/redis.js";
import { environment, toldAsProblems } from "./configuration.js";

/** The stores that `DATABASE_URL` and `REDIS_URL` name, for commands that read no configuration. */
export interface NamedStores {
  readonly postgres: PostgresSettings | undefined;
  readonly redis: RedisConfig | undefined;
}

/** @throws CommandError where one is no address */
export function storesOfEnvironment(): NamedStores {
  return toldAsProblems(() => {
    const findings = new Findings();
    const stores = {
      postgres: postgresFromEnvironment(environment(), findings),
      redis: redisFromEnvironment(environment(), findings),
    };
    findings.throwIfAny();
    return stores;
  });
}
