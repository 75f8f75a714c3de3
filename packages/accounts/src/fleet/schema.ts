/**
 * Gateways whose books are in this database, each under its journal's id: a row from its start until its orderly end, or until its
 * journal was adopted. Times are milliseconds since 1970, by the database's clock.
 */
export const gatewayMigrations = [
  `
  CREATE TABLE gateways (
    journal_id TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    folder TEXT NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    state TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];
