/*
 * Records as they stand in the file. An amount is a text there, since JSON's numbers are exact only up to 2^53; which
 * members are amounts tells their name.
 */

export function recordText(record: object): string {
  return JSON.stringify(record, (_name, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

export function recordFrom(text: string): unknown {
  return JSON.parse(text, (name, value: unknown) =>
    name.endsWith("NanoUsd") && typeof value === "string" ? BigInt(value) : value,
  );
}
