/** The tables of the fleet's ledger in PostgreSQL, and the same sums made from its rows alone. */

/** @returns {Promise<{ rows: object[], spend: object[], days: object[] }>} amounts are bigints */
export async function ledgerTables(postgres) {
  const rows = await postgres.query(
    "SELECT attempt_id, at_ms, ended_at_ms, state, cost_nano_usd, charges, images, model_group, model, provider FROM darkroom.attempts",
  );
  const spend = await postgres.query(
    "SELECT meter, period, certain_nano_usd, uncertain_nano_usd, attempts FROM darkroom.spend",
  );
  const days = await postgres.query(
    `SELECT scope, id, day, key_id, model_group, model, provider, certain_nano_usd, uncertain_nano_usd, attempts, images
     FROM darkroom.daily_spend`,
  );
  return {
    rows: rows.map((row) => ({
      id: row.attempt_id,
      atMs: Number(row.at_ms),
      endedAtMs: Number(row.ended_at_ms),
      isUncertain: row.state === "uncertain",
      nanoUsd: BigInt(row.cost_nano_usd ?? 0),
      charges: JSON.parse(row.charges),
      images: BigInt(row.images),
      modelGroup: row.model_group,
      model: row.model,
      provider: row.provider,
    })),
    spend: spend.map((row) => [`${row.meter} in ${row.period}`, amountsOf(row)]),
    days: days.map((row) => {
      const { scope, id, day, key_id, model_group, model, provider } = row;
      return [
        nameOfDay({ scope, id, day, keyId: key_id, modelGroup: model_group, model, provider }),
        [...amountsOf(row), BigInt(row.images)],
      ];
    }),
  };
}

/** By meter and period: certain, uncertain, attempts. */
export function spendOf(rows) {
  const sums = new Map();
  for (const { isUncertain, nanoUsd, charges } of rows)
    for (const { meter, period } of charges)
      add(sums, `${meter} in ${period}`, amounts(isUncertain, nanoUsd));
  return sums;
}

/** By day, payer and model: certain, uncertain, attempts, images. */
export function daysOf(rows) {
  const sums = new Map();
  for (const { atMs, isUncertain, nanoUsd, charges, images, modelGroup, model, provider } of rows) {
    const day = new Date(atMs).toISOString().slice(0, 10);
    const meters = new Set(charges.map(({ meter }) => meter));
    const keyMeter = [...meters].find((meter) => meter.startsWith("key:") && !meter.includes("/model:"));
    for (const meter of meters) {
      if (meter.endsWith(`/model:${modelGroup}`)) continue;
      const [, scope, id = ""] = /^([^:]*)(?::(.*))?$/s.exec(meter);
      const keyId = keyMeter?.slice("key:".length) ?? "";
      const name = nameOfDay({ scope, id, day, keyId, modelGroup, model, provider });
      add(sums, name, [...amounts(isUncertain, nanoUsd), images]);
    }
  }
  return sums;
}

function nameOfDay({ scope, id, day, keyId, modelGroup, model, provider }) {
  return [scope, id, day, keyId, modelGroup, model, provider].join(" ");
}

function amountsOf(row) {
  return [row.certain_nano_usd, row.uncertain_nano_usd, row.attempts].map(BigInt);
}

function amounts(isUncertain, nanoUsd) {
  return isUncertain ? [0n, nanoUsd, 1n] : [nanoUsd, 0n, 1n];
}

function add(sums, name, more) {
  const known = sums.get(name);
  sums.set(name, known === undefined ? more : known.map((amount, index) => amount + more[index]));
}
