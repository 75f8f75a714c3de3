/**
 * Sums up the days of attempts from before days were summed up. What of them had succeeded before it was settled by hand is
 * not known any more.
 */
export const dailySpendOfAttempts = `
  INSERT INTO daily_spend
  SELECT
    CASE WHEN instr(meter, ':') = 0 THEN meter ELSE substr(meter, 1, instr(meter, ':') - 1) END,
    CASE WHEN instr(meter, ':') = 0 THEN '' ELSE substr(meter, instr(meter, ':') + 1) END,
    strftime('%Y-%m-%d', at_ms / 1000, 'unixepoch'),
    key_id, model_group, model, provider,
    sum(CASE WHEN state <> 'uncertain' THEN coalesce(cost_nano_usd, 0) ELSE 0 END),
    sum(CASE WHEN state = 'uncertain' THEN coalesce(cost_nano_usd, 0) ELSE 0 END),
    count(*),
    sum(state = 'certain' AND revision = 0),
    sum(images), sum(input_tokens), sum(output_tokens)
  FROM (
    SELECT
      charge.value ->> 'meter' AS meter, at_ms, model_group, model, provider, state, cost_nano_usd, revision, images,
      coalesce((SELECT substr(keys.value ->> 'meter', 5) FROM json_each(charges) AS keys
        WHERE keys.value ->> 'meter' LIKE 'key:%' LIMIT 1), '') AS key_id,
      coalesce((SELECT sum(kinds.value) FROM json_each(tokens) AS kinds WHERE kinds.key LIKE '%Input'), 0) AS input_tokens,
      coalesce((SELECT sum(kinds.value) FROM json_each(tokens) AS kinds WHERE kinds.key LIKE '%Output'), 0) AS output_tokens
    FROM attempts, json_each(charges) AS charge
    WHERE NOT (
      charge.value ->> 'meter' LIKE '%/model:%'
      AND EXISTS (SELECT 1 FROM json_each(charges) AS payers
        WHERE (payers.value ->> 'meter') || '/model:' || model_group = charge.value ->> 'meter')
    )
    AND NOT EXISTS (SELECT 1 FROM json_each(charges) AS earlier
      WHERE earlier.key < charge.key AND earlier.value ->> 'meter' = charge.value ->> 'meter')
  )
  GROUP BY 1, 2, 3, 4, 5, 6, 7;
`;

/** STRICT: an amount that is no whole number must not get in. */
export const ledgerMigrations = [
  `
  CREATE TABLE journals (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    applied_through INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE attempts (
    number INTEGER PRIMARY KEY,
    attempt_id TEXT NOT NULL UNIQUE,
    journal INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER NOT NULL,
    caller TEXT,
    requested_model TEXT NOT NULL,
    model_group TEXT NOT NULL,
    deployment_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    retry INTEGER NOT NULL,
    fallback INTEGER NOT NULL,
    size TEXT,
    quality TEXT,
    n INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    input_images INTEGER NOT NULL,
    prompt_bytes INTEGER NOT NULL,
    prompt TEXT,
    idempotency_key TEXT,
    idempotency_fingerprint TEXT,
    charges TEXT NOT NULL,
    estimate_nano_usd INTEGER,
    price_version TEXT NOT NULL,
    state TEXT NOT NULL,
    cost_nano_usd INTEGER,
    breakdown TEXT,
    basis TEXT,
    tokens TEXT,
    images INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    status INTEGER,
    error_class TEXT,
    reason TEXT,
    upstream_request_id TEXT,
    revision INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX attempts_by_request ON attempts (request_id);
  CREATE INDEX attempts_by_time ON attempts (at_ms);
  CREATE INDEX attempts_keyed ON attempts (ended_at_ms) WHERE idempotency_key IS NOT NULL;
  CREATE INDEX attempts_uncertain ON attempts (at_ms, cost_nano_usd) WHERE state = 'uncertain';

  CREATE TABLE requests (
    number INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    caller TEXT,
    route TEXT,
    requested_model TEXT NOT NULL,
    model_group TEXT,
    deployment_id TEXT,
    status INTEGER,
    attempts INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    fallbacks INTEGER NOT NULL,
    waited_ms INTEGER,
    upstream_ms INTEGER,
    request_bytes INTEGER,
    answer_bytes INTEGER,
    images INTEGER NOT NULL,
    cost_nano_usd INTEGER,
    error TEXT,
    replay_of TEXT
  ) STRICT;
  CREATE INDEX requests_by_time ON requests (started_at_ms);
  CREATE INDEX requests_running ON requests (number) WHERE state = 'running';

  CREATE TABLE spend (
    meter TEXT NOT NULL,
    period TEXT NOT NULL,
    certain_nano_usd INTEGER NOT NULL,
    uncertain_nano_usd INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (meter, period)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE refusals (
    journal INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    caller TEXT NOT NULL,
    route TEXT NOT NULL,
    status INTEGER NOT NULL,
    code TEXT NOT NULL,
    count INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    PRIMARY KEY (journal, sequence)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE corrections (
    attempt_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    journal INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    cost_nano_usd INTEGER NOT NULL,
    difference_nano_usd INTEGER NOT NULL,
    settled_by TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (attempt_id, revision)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE set_aside (
    journal INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    kind TEXT NOT NULL,
    record TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (journal, sequence)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE daily_spend (
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    day TEXT NOT NULL,
    key_id TEXT NOT NULL,
    model_group TEXT NOT NULL,
    model TEXT NOT NULL,
    provider TEXT NOT NULL,
    certain_nano_usd INTEGER NOT NULL,
    uncertain_nano_usd INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    images INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    PRIMARY KEY (scope, day, id, key_id, model_group, model, provider)
  ) STRICT, WITHOUT ROWID;
  -- The same once more in another order: the days of one payer lie together as well, and no report looks for rows one by one.
  CREATE INDEX daily_spend_by_payer ON daily_spend (
    scope, id, day, key_id, model_group, model, provider,
    certain_nano_usd, uncertain_nano_usd, attempts, succeeded, images, input_tokens, output_tokens
  );

  CREATE TABLE deleted (
    id INTEGER PRIMARY KEY,
    before_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    cost_nano_usd INTEGER NOT NULL
  ) STRICT;
  INSERT INTO deleted VALUES (1, 0, 0, 0);

  CREATE INDEX attempts_by_caller ON attempts (caller, at_ms);
  CREATE INDEX refusals_by_time ON refusals (to_ms);

  ${dailySpendOfAttempts}
  `,
  `
  CREATE TABLE carried_spend (
    source TEXT NOT NULL,
    meter TEXT NOT NULL,
    period TEXT NOT NULL,
    nano_usd INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    carried_by TEXT NOT NULL,
    journal INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (source, meter)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE requests ADD COLUMN waited_for TEXT;
  `,
  // What lists are filtered by. Of a model or a deployment the newest attempt comes last: little of an index is written to.
  `
  CREATE INDEX attempts_by_model ON attempts (model, at_ms);
  CREATE INDEX attempts_by_deployment ON attempts (deployment_id, at_ms);
  CREATE INDEX attempts_not_certain ON attempts (at_ms) WHERE state <> 'certain';
  `,
];

/** A ledger in PostgreSQL has all of the tables from its beginning, so that nothing has to be carried over. */
export const postgresLedgerMigrations = ledgerMigrations.map((migration) =>
  migration.replace(dailySpendOfAttempts, ""),
);
