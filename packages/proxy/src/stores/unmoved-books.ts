import { type PostgresSettings, hasUnmovedBooks, postgresName } from "@darkroom/accounts";

/**
 * Why a PostgreSQL cannot be used yet with a data folder: it has keys or spend of its own, which would be left behind.
 * @returns undefined where nothing would be
 */
export function unmovedBooks(folder: string, postgres: PostgresSettings): string | undefined {
  if (!hasUnmovedBooks(folder)) return undefined;
  return (
    `The keys and the spend of ${folder} are in files of the folder, and would not be in the ${postgresName(postgres)}. ` +
    "Take them there with `darkroom move`, which reads the same settings, or begin anew with another --data-dir."
  );
}
