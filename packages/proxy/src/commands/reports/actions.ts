import { CommandError } from "../command-error.js";
import { callGateway, type GatewayOptions, gatewayAt } from "../call-gateway.js";
import { ask } from "../management/management-call.js";
import { listed } from "../management/printed.js";
import { printable } from "../printable.js";

export interface SpendOptions extends GatewayOptions {
  readonly start?: string;
  readonly end?: string;
  readonly by: string;
  readonly of?: string;
  readonly limit: string;
  readonly page?: string;
  readonly csv: boolean;
  readonly json: boolean;
}

export interface ForecastOptions extends GatewayOptions {
  readonly by: string;
  readonly limit: string;
  readonly page: string;
  readonly json: boolean;
}

export interface StatementOptions extends GatewayOptions {
  readonly format: "html" | "csv";
}

type Row = Readonly<Record<string, unknown>>;

export async function printSpend({
  by,
  of,
  start,
  end,
  limit,
  page,
  order,
  csv,
  json,
  ...gateway
}: SpendOptions & { readonly order: "keys" | "spend" }): Promise<void> {
  const query = { by, of, start, end, limit, page, order };
  if (csv) return printText(gateway, "/reports/spend", { ...query, format: "csv" });
  const answer = (await ask(gateway, "GET", "/reports/spend", query)) as SpendAnswer;
  if (json) return console.log(JSON.stringify(answer));
  const names = answer.by.map((word): [string, string] => [word, shownField(word, answer.rows)]);
  console.log(listed(answer.rows, [...names, ...amounts]));
  const { certain_usd, uncertain_usd } = answer.total;
  console.log(
    `\nIn all, from ${answer.from} until before ${answer.until}: certain $${certain_usd}, uncertain, at most $${uncertain_usd}.`,
  );
  if (answer.has_more && order === "keys") console.log(`There are more: --page ${Number(page) + 1}`);
}

interface SpendAnswer {
  readonly by: readonly string[];
  readonly rows: readonly Row[];
  readonly total: { readonly certain_usd: string; readonly uncertain_usd: string };
  readonly from: string;
  readonly until: string;
  readonly has_more: boolean;
}

const amounts: readonly [string, string][] = [
  ["certain, $", "certain_usd"],
  ["uncertain, at most, $", "uncertain_usd"],
  ["attempts", "attempts"],
  ["images", "images"],
];

/** Names are for people, where all have one. */
function shownField(word: string, rows: readonly Row[]): string {
  const name = `${word}_name`;
  return rows.length > 0 && rows.every((row) => typeof row[name] === "string") ? name : word;
}

export async function printForecast({ by, limit, page, json, ...gateway }: ForecastOptions): Promise<void> {
  const answer = (await ask(gateway, "GET", "/reports/forecast", { by, limit, page })) as {
    readonly method: string;
    readonly budgets: readonly Row[];
    readonly total_pages: number;
  };
  if (json) return console.log(JSON.stringify(answer));
  console.log(
    listed(answer.budgets, [
      [by, "id"],
      ["name", "name"],
      ["model", "model"],
      ["budget, $", "budget_usd"],
      ["per", "budget_duration"],
      ["certain, $", "certain_usd"],
      ["uncertain, at most, $", "uncertain_usd"],
      ["a day, $", "daily_usd"],
      ["at the end, $", "projected_usd"],
      ["used up", "used_up_at"],
      ["begins anew", "budget_reset_at"],
    ]),
  );
  console.log(`\n${answer.method}`);
  if (Number(page) < answer.total_pages) console.log(`There are more: --page ${Number(page) + 1}`);
}

export async function printStatement(
  team: string,
  month: string,
  { format, ...gateway }: StatementOptions,
): Promise<void> {
  await printText(gateway, "/reports/statement", { team, month, format });
}

/** @throws CommandError with the gateway's own words where it refuses */
async function printText(
  gateway: GatewayOptions,
  path: string,
  fields: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { base, headers } = gatewayAt(gateway);
  const query = new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  const { status, text } = await callGateway(`${base}${path}?${query.toString()}`, {
    method: "GET",
    headers,
  });
  if (status !== 200)
    throw new CommandError(printable(messageOf(text) ?? `The gateway answered with status ${status}.`));
  process.stdout.write(text);
}

function messageOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { error?: { message?: string } }).error?.message;
  } catch {
    return undefined;
  }
}
