/**
 * SQL that fills a ledger, for SQLite and PostgreSQL alike: what they say differently comes from `dialect`. By SQL alone, which takes a
 * hundredth of the time that the applier would.
 */

/** 2026-01-01. */
export const beginMs = Date.UTC(2026, 0, 1);
export const dayMs = 86_400_000;

export function idOf(key) {
  return key.toString(16).padStart(16, "0").padEnd(64, "0");
}

/** Attempts evenly over the days, of keys in no order, each charged to whom an edit is charged to. */
export function attemptsFilled(dialect, { rows, days, keys, teams, users, customersOfKey }) {
  const payers = [
    "'key:' || key_id",
    "'team:team-' || team",
    "'user:user-' || (key % " + users + ")",
    "'customer:customer-' || customer",
    "'tag:tag-' || tag",
  ];
  const meters = [
    "'proxy'",
    "'provider:openai'",
    "'deployment:' || deployment_id",
    ...payers,
    ...payers.map((payer) => `${payer} || '/model:' || model_group`),
  ];
  const charges = meters
    .map((meter) => `'{"meter":"' || ${meter} || '","period":"' || period || '"}'`)
    .join(" || ',' || ");
  return `
    WITH ${dialect.numbers("numbers", rows)},
    drawn AS (
      SELECT number, ${beginMs} + ${dialect.whole(`number * ${(days * dayMs) / rows}`)} AS at_ms,
        (number * 2654435761 % 4294967296) * ${keys} / 4294967296 AS key
      FROM numbers
    ),
    named AS (
      SELECT number, at_ms, key, ${dialect.quarterHour("at_ms")} AS period, ${dialect.keyId("key")} AS key_id,
        key % ${teams} AS team, 'edits/' || (key % 10) AS deployment_id, key + ${keys} * (number % ${customersOfKey}) AS customer,
        (key + number % 2) % 20 AS tag, CASE WHEN key % 3 = 0 THEN 'edits-mini' ELSE 'edits' END AS model_group
      FROM drawn
    )
    INSERT INTO attempts (
      number, attempt_id, journal, sequence, request_id, at_ms, ended_at_ms, caller, requested_model, model_group, deployment_id,
      provider, model, retry, fallback, n, stream, input_images, prompt_bytes, charges, estimate_nano_usd, price_version, state,
      cost_nano_usd, tokens, images, duration_ms, status, revision
    )
    SELECT number + 1, ${dialect.numbered("attempt-")}, 1, number + 1, ${dialect.numbered("request-")}, at_ms, at_ms + 12000, 'key-' || substr(key_id, 1, 16),
      model_group, model_group, deployment_id, 'openai',
      CASE WHEN model_group = 'edits' THEN 'gpt-image-1' ELSE 'gpt-image-1-mini' END, 0, 0, 1, 0, 1, 100,
      '[' || ${charges} || ']', 250000000, '2026-01-01',
      CASE WHEN number % 1000 = 0 THEN 'uncertain' WHEN number % 500 = 1 THEN 'failed' ELSE 'certain' END,
      CASE WHEN number % 500 = 1 THEN 0 ELSE 40000000 + number * 7919 % 100000000 END,
      '{"textInput":24,"imageInput":200,"imageOutput":1000}', 1, 12000, 200, 0
    FROM named`;
}

/** What days come to where every key is used on every one of them, by each of its customers and with both of its tags. */
export function daysFilled(dialect, { attempts, days, keys, teams, users, customersOfKey }) {
  const share = `CAST(${attempts} AS BIGINT) / ${days} / ${keys} / parts`;
  return `
    WITH ${dialect.numbers("days", days)}, ${dialect.numbers("keys", keys, "key")}, ${dialect.numbers("parts", customersOfKey, "part")},
    scopes (scope) AS (VALUES ('customer'), ('deployment'), ('key'), ('provider'), ('proxy'), ('tag'), ('team'), ('user')),
    rows AS (
      SELECT scope, ${dialect.day(`${beginMs} + number * ${dayMs}`)} AS day, key, part,
        CASE scope WHEN 'customer' THEN ${customersOfKey} WHEN 'tag' THEN 2 ELSE 1 END AS parts
      FROM scopes CROSS JOIN days CROSS JOIN keys CROSS JOIN parts
    )
    INSERT INTO daily_spend
    SELECT scope,
      CASE scope WHEN 'customer' THEN 'customer-' || (key + ${keys} * part) WHEN 'deployment' THEN 'edits/' || (key % 10)
        WHEN 'key' THEN ${dialect.keyId("key")} WHEN 'provider' THEN 'openai' WHEN 'proxy' THEN ''
        WHEN 'tag' THEN 'tag-' || ((key + part) % 20) WHEN 'user' THEN 'user-' || (key % ${users})
        ELSE 'team-' || (key % ${teams}) END,
      day, ${dialect.keyId("key")}, CASE WHEN key % 3 = 0 THEN 'edits-mini' ELSE 'edits' END,
      CASE WHEN key % 3 = 0 THEN 'gpt-image-1-mini' ELSE 'gpt-image-1' END, 'openai',
      CAST(${attempts} AS BIGINT) * 90000000 / ${days} / ${keys} / parts + key * part, 90000 * key, ${share}, ${share}, ${share}, 224000, 1000000
    FROM rows WHERE part < parts`;
}

/** A team that spends in every quarter of an hour. */
export function quartersFilled(dialect, { days }) {
  return `
    WITH ${dialect.numbers("quarters", days * 96)}
    INSERT INTO spend
    SELECT 'team:team-3', ${dialect.quarterHour(`${beginMs} + number * 900000`)}, 90000000, 0, 1 FROM quarters`;
}
