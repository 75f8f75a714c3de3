import { nanoUsdOf } from "../litellm/litellm-row.js";
import { dayOf } from "../ledger/applying/daily-changes.js";
import { type Bill, BillError, type BillItem, type BillLine } from "./bill.js";
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
  const { requestId, time, model, nanoUsd } = (value ?? {}) as Fields;
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
  const buckets = ((page ?? {}) as Fields)["data"];
  if (!Array.isArray(buckets))
    throw new BillError("The bill has neither 'lines', as the simulator's, nor 'data', as OpenAI's costs.");
  return buckets.flatMap((bucket: Fields) => {
    const { start_time: startSeconds, results } = bucket;
    if (typeof startSeconds !== "number" || !Array.isArray(results))
      throw new BillError("A bucket of the costs has no start_time and results.");
    return results.map((result: Fields) => {
      const { value, currency } = (result["amount"] ?? {}) as Fields;
      return itemOf({
        day: dayOf(startSeconds * 1_000),
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
  const atMs = /^\d{9,11}$/.test(when) ? Number(when) * 1_000 : Date.parse(when);
  if (Number.isNaN(atMs))
    throw new BillError("The bill's CSV has no column start_time_iso, start_time or date with times.");
  return itemOf({
    day: dayOf(atMs),
    amount: record["amount_value"] ?? record["amount"] ?? record["cost"],
    currency: record["amount_currency"],
    item: record["line_item"],
    project: record["project_id"],
  });
}

function itemOf(given: Readonly<Record<"day", string>> & Fields): BillItem {
  const { day, amount, currency, item, project } = given;
  const dollars = typeof amount === "string" && amount !== "" ? Number(amount) : amount;
  if (typeof dollars !== "number" || !Number.isFinite(dollars))
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
