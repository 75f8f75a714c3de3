import { type Command, Option } from "commander";
import { CommandError } from "../command-error.js";

/** An option of a command, and the field of a request that it is. */
export interface FieldOption {
  readonly flags: string;
  readonly description: string;
  readonly field: string;
  readonly kind: "text" | "number" | "list";
}

const option = (
  flags: string,
  field: string,
  description: string,
  kind: FieldOption["kind"] = "text",
): FieldOption => ({ flags, field, description, kind });

export const limitOptions: readonly FieldOption[] = [
  option("--max-budget <usd>", "max_budget", "dollars that may be spent", "number"),
  option(
    "--budget-duration <time>",
    "budget_duration",
    "how long a budget lasts: 24h, 7d, 1mo; else for ever",
  ),
  option("--soft-budget <usd>", "soft_budget", "dollars beyond which somebody is told", "number"),
  option("--rpm <count>", "rpm_limit", "requests a minute", "number"),
  option("--tpm <count>", "tpm_limit", "tokens a minute", "number"),
  option("--ipm <count>", "ipm_limit", "images a minute", "number"),
  option("--parallel <count>", "max_parallel_requests", "requests at once", "number"),
];

export const budgetOption = option("--budget <id>", "budget_id", "a reusable budget");
export const modelsOption = option(
  "--models <names>",
  "models",
  "models that may be used, between commas",
  "list",
);
export const tagsOption = option("--tags <names>", "tags", "tags that all edits get, between commas", "list");
export const text = option;

export function withFields(command: Command, options: readonly FieldOption[]): Command {
  for (const { flags, description } of options) command.addOption(new Option(flags, description));
  return command.option(
    "--set <field=value...>",
    "any further field of the API; the value is JSON, or else a text",
  );
}

/**
 * The fields of a request, as its options say. `none` takes a field away.
 * @throws CommandError
 */
export function fieldsOf(
  given: Readonly<Record<string, unknown>>,
  options: readonly FieldOption[],
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const { flags, field, kind } of options) {
    const value = given[new Option(flags).attributeName()];
    if (typeof value === "string") fields[field] = valueOf(value, kind);
  }
  for (const pair of (given["set"] as readonly string[] | undefined) ?? []) {
    const [, name, value] = /^(\w+)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined || value === undefined)
      throw new CommandError(`--set must be field=value, not '${pair}'.`);
    fields[name] = jsonOr(value);
  }
  return fields;
}

/** Numbers go as they were written: the gateway reads them exactly, or says what is wrong. */
function valueOf(value: string, kind: FieldOption["kind"]): unknown {
  if (value === "none") return kind === "list" ? [] : null;
  return kind === "list" ? value.split(",").map((name) => name.trim()) : value;
}

function jsonOr(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
