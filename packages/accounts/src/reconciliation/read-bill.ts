import { nanoUsdOf } from "../litellm/litellm-row.js";
import { dayOf } from "../ledger/applying/daily-changes.js";
import { type Bill, BillError, type BillItem, type BillLine } from "./bill.js";
import { parseTime } from "../parse-time.js";
import { csvRecords } from "./csv-records.js";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a bill of any of these forms:
 * - lines of Darkroom's simulator: the answer of `/_simulator/bill`
 * - OpenAI's costs API, one page or a list of pages (https://platform.openai.com/docs/api-reference/usage/costs)
 * - a CSV export of days: columns `start_time_iso`, `start_time` or `date`, `amount_value`, `amount` or `cost`, and where they are
 *   there `amount_currency`, `line_item`, `project_id`
 *
 * @throws BillError
 */
export function readBill(text: string): Bill {
  const isJson = /^\s*[[{]/.test(text);
  if (!isJson) return { kind: "days", items: csvRecords(text).map(itemOfRecord) };
  const value = parsed(text);
  if (Array.isArray(value)) return { kind: "days", items: value.flatMap(itemsOfPage) };
  if (Array.isArray((value as Fields)["lines"])) {
    return { kind: "lines", lines: ((value as Fields)["lines"] as unknown[]).map(lineOf) };
  }
  return { kind: "days", items: itemsOfPage(value) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BillError("The bill is no JSON.");
  }
}

function lineOf(value: unknown, index: number): BillLine {
  const { requestId, time, model, nanoUsd } = fieldsOf(value);
  const atMs = typeof time === "string" ? Date.parse(time) : Number.NaN;
  if (
    typeof requestId !== "string" ||
    Number.isNaN(atMs) ||
    typeof model !== "string" ||
    typeof nanoUsd !== "string" ||
    !/^\d{1,18}$/.test(nanoUsd)
  )
    throw new BillError(`Line ${index + 1} of the bill has no requestId, time, model and nanoUsd.`);
  return { requestId, atMs, model, nanoUsd: BigInt(nanoUsd) };
}

function itemsOfPage(page: unknown): BillItem[] {
  const buckets = fieldsOf(page)["data"];
  if (!Array.isArray(buckets))
    throw new BillError("The bill has neither 'lines', as the simulator's, nor 'data', as OpenAI's costs.");
  return buckets.flatMap((bucket: unknown) => {
    const { start_time: startSeconds, results } = fieldsOf(bucket);
    const atMs = typeof startSeconds === "number" ? startSeconds * 1_000 : Number.NaN;
    if (!isTime(atMs) || !Array.isArray(results))
      throw new BillError("A bucket of the costs has no start_time and results.");
    return results.map((given: unknown) => {
      const result = fieldsOf(given);
      const { value, currency } = fieldsOf(result["amount"]);
      return itemOf({
        day: dayOf(atMs),
        amount: value,
        currency,
        item: result["line_item"],
        project: result["project_id"],
      });
    });
  });
}

function itemOfRecord(record: Readonly<Record<string, string>>): BillItem {
  const when = record["start_time_iso"] ?? record["date"] ?? record["start_time"] ?? "";
  const atMs = /^\d{9,11}$/.test(when) ? Number(when) * 1_000 : parseTime(when);
  if (!isTime(atMs))
    throw new BillError(
      "The bill's CSV has no column start_time_iso, start_time or date with times such as 2026-11-28.",
    );
  return itemOf({
    day: dayOf(atMs),
    amount: record["amount_value"] ?? record["amount"] ?? record["cost"],
    currency: record["amount_currency"],
    item: record["line_item"],
    project: record["project_id"],
  });
}

/** Years from 1970 to 9999. */
function isTime(atMs: number): boolean {
  return atMs >= 0 && atMs < Date.UTC(10_000, 0);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** In dollars; beyond it a float has no cents. */
const largestAmount = 1e12;

function itemOf(given: Readonly<Record<"day", string>> & Fields): BillItem {
  const { day, amount, currency, item, project } = given;
  const dollars = typeof amount === "string" && amount !== "" ? Number(amount) : amount;
  if (typeof dollars !== "number" || !(Math.abs(dollars) <= largestAmount))
    throw new BillError(`The bill of ${day} has an amount that is no number.`);
  if (typeof currency === "string" && currency !== "" && currency.toLowerCase() !== "usd")
    throw new BillError(`The bill of ${day} is in '${currency}', not in dollars.`);
  return {
    day,
    ...(typeof item === "string" && item !== "" && { item }),
    ...(typeof project === "string" && project !== "" && { project }),
    // A credit lessens the day.
    nanoUsd: dollars < 0 ? -nanoUsdOf(-dollars) : nanoUsdOf(dollars),
  };
}
