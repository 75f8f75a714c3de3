/*
 * A table for each kind of record: the record as JSON, and beside it, as columns, what records are found by. What a record
 * holds besides can grow without a migration. Times are milliseconds since 1970.
 *
 * Everything but the types of columns is SQL that PostgreSQL knows too.
 */
export const directoryMigrations = [
  `
  CREATE TABLE state (
    id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL
  ) STRICT;
  INSERT INTO state (id, version) VALUES (1, 0);

  CREATE TABLE keys (
    key_id TEXT PRIMARY KEY,
    alias TEXT UNIQUE,
    user_id TEXT,
    team_id TEXT,
    budget_id TEXT,
    created_at_ms INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX keys_by_time ON keys (created_at_ms);
  CREATE INDEX keys_by_user ON keys (user_id);
  CREATE INDEX keys_by_team ON keys (team_id);

  CREATE TABLE secrets (
    hash TEXT PRIMARY KEY,
    key_id TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX secrets_by_key ON secrets (key_id);

  CREATE TABLE users (
    user_id TEXT PRIMARY KEY,
    email TEXT,
    role TEXT NOT NULL,
    budget_id TEXT,
    created_at_ms INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX users_by_time ON users (created_at_ms);
  CREATE INDEX users_by_email ON users (email);

  CREATE TABLE teams (
    team_id TEXT PRIMARY KEY,
    alias TEXT,
    budget_id TEXT,
    created_at_ms INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX teams_by_time ON teams (created_at_ms);

  CREATE TABLE members (
    member_id TEXT PRIMARY KEY,
    team_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX members_by_team ON members (team_id);
  CREATE INDEX members_by_user ON members (user_id);

  CREATE TABLE customers (
    customer_id TEXT PRIMARY KEY,
    budget_id TEXT,
    created_at_ms INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX customers_by_time ON customers (created_at_ms);

  CREATE TABLE tags (
    name TEXT PRIMARY KEY,
    budget_id TEXT,
    created_at_ms INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;

  CREATE TABLE budgets (
    budget_id TEXT PRIMARY KEY,
    created_at_ms INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;

  CREATE TABLE changes (
    version INTEGER NOT NULL,
    part INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    kind TEXT NOT NULL,
    record_id TEXT NOT NULL,
    before TEXT,
    after TEXT,
    PRIMARY KEY (version, part)
  ) STRICT;
  CREATE INDEX changes_by_record ON changes (kind, record_id);
  `,
  `
  CREATE TABLE organizations (
    organization_id TEXT PRIMARY KEY,
    alias TEXT,
    budget_id TEXT,
    created_at_ms INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX organizations_by_time ON organizations (created_at_ms);

  ALTER TABLE teams ADD COLUMN organization_id TEXT;
  CREATE INDEX teams_by_organization ON teams (organization_id);
  `,
];
