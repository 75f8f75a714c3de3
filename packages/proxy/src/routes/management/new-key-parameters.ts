import { lengthMs, parseDuration } from "@darkroom/accounts";
import { invalid } from "./management-route.js";

const numbers = [
  "max_budget",
  "soft_budget",
  "max_parallel_requests",
  "tpm_limit",
  "rpm_limit",
  "ipm_limit",
] as const;
const durations = ["duration", "budget_duration"] as const;

/** Fields that an upper bound may be set for. */
export const boundedFields: readonly string[] = [...numbers, ...durations];

/**
 * The fields of a new key as the operator wants them: what is not said has the default, and nothing is more than the upper
 * bound, which also stands for what is neither said nor has a default. LiteLLM's `default_key_generate_params` and
 * `upperbound_key_generate_params`.
 */
export function newKeyInput(
  given: Readonly<Record<string, unknown>>,
  {
    newKeyDefaults,
    newKeyBounds,
  }: {
    readonly newKeyDefaults: Readonly<Record<string, unknown>>;
    readonly newKeyBounds: Readonly<Record<string, unknown>>;
  },
): Readonly<Record<string, unknown>> {
  const input = { ...newKeyDefaults, ...said(given) };
  for (const name of numbers) bound(input, newKeyBounds, name, Number);
  for (const name of durations) bound(input, newKeyBounds, name, (value) => lengthOf(name, value));
  return input;
}

function bound(
  input: Record<string, unknown>,
  bounds: Readonly<Record<string, unknown>>,
  name: string,
  measure: (value: unknown) => number,
): void {
  const most = bounds[name];
  if (most === undefined || most === null) return;
  const value = input[name];
  // What is no number is found by whoever checks the fields.
  if (value === undefined || measure(value) > measure(most)) input[name] = most;
}

function lengthOf(name: string, value: unknown): number {
  // A key for ever.
  if (value === "-1") return Infinity;
  try {
    return lengthMs(parseDuration(String(value)));
  } catch (error) {
    if (error instanceof RangeError) throw invalid(name, `Invalid value for '${name}': ${error.message}.`);
    throw error;
  }
}

function said(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== null && value !== undefined),
  );
}
