import { type PostgresSettings, settingsFromPostgresUrl } from "@darkroom/accounts";
import type { Findings, KeyPath } from "../config-error.js";
import type { Environment } from "../file/environment.js";
import { type Located, positionOf } from "../file/located.js";
import type { FileSettings } from "./schema.js";

/**
 * The PostgreSQL that keys, budgets and the ledger are kept in: `general_settings.database_url`, else `DATABASE_URL`, as in
 * LiteLLM. All of it stands in a schema of its own (`general_settings.database_schema`), so that it may be LiteLLM's database.
 */
export function postgresOf(
  { general_settings: { database_url: url, database_schema: schema } }: FileSettings,
  root: Located,
  environment: Environment,
  findings: Findings,
): PostgresSettings | undefined {
  if (url === undefined) return postgresFromEnvironment(environment, findings, schema);
  const report = (message: string): void => {
    const path: KeyPath = [
      "general_settings",
      /schema's name/.test(message) ? "database_schema" : "database_url",
    ];
    findings.problem(positionOf(root, path), path, message);
  };
  return settingsFrom(url, schema, report);
}

/** Without a file, or where it names none. */
export function postgresFromEnvironment(
  { DATABASE_URL: url, DARKROOM_DATABASE_SCHEMA: named }: Environment,
  findings: Findings,
  schema?: string,
): PostgresSettings | undefined {
  if (!url) return undefined;
  return settingsFrom(url, schema ?? (named || undefined), (message) =>
    findings.problem({ file: "environment" }, ["DATABASE_URL"], message),
  );
}

function settingsFrom(
  url: string,
  schema: string | undefined,
  report: (message: string) => void,
): PostgresSettings | undefined {
  try {
    return settingsFromPostgresUrl(url, schema);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    report(error.message);
    return undefined;
  }
}
