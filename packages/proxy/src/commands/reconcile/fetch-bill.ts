import { readFile } from "node:fs/promises";
import { type Bill, BillError, readBill } from "@darkroom/accounts";
import { CommandError } from "../command-error.js";

const deadlineMs = 60_000;

/** More pages than ten years have. */
const mostPages = 1_000;

/**
 * A bill from a file, or from an address with all of its pages.
 * @throws CommandError where it cannot be had or read
 */
export async function billAt(place: string): Promise<Bill> {
  try {
    if (!/^https?:\/\//.test(place)) return readBill(await readFile(place, "utf8"));
    return readBill(await fetched(new URL(place)));
  } catch (error) {
    if (error instanceof BillError) throw new CommandError(error.message);
    if (error instanceof Error && !(error instanceof CommandError) && "code" in error)
      throw new CommandError(`The bill ${place} cannot be read: ${error.message}`);
    throw error;
  }
}

/** OpenAI gives costs in pages, each with the name of the next. */
async function fetched(url: URL): Promise<string> {
  const pages: unknown[] = [];
  for (let page = 0; page < mostPages; page += 1) {
    const text = await textAt(url);
    if (!text.trimStart().startsWith("{")) return text;
    const answer = pageIn(text);
    if (answer.lines !== undefined) return text;
    pages.push(answer);
    if (answer.has_more !== true || !answer.next_page) break;
    url.searchParams.set("page", answer.next_page);
  }
  return JSON.stringify(pages);
}

interface Page {
  readonly lines?: unknown;
  readonly has_more?: boolean;
  readonly next_page?: string;
}

/** @throws BillError */
function pageIn(text: string): Page {
  try {
    return JSON.parse(text) as Page;
  } catch {
    throw new BillError("The bill is no JSON.");
  }
}

async function textAt(url: URL): Promise<string> {
  const key = process.env["DARKROOM_BILL_KEY"];
  let answer: Response;
  try {
    answer = await fetch(url, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(deadlineMs),
    });
  } catch (error) {
    throw new CommandError(
      `Nobody answers at ${url.origin}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (!answer.ok)
    throw new CommandError(`${url.origin} answered with status ${answer.status} in place of the bill.`);
  return answer.text();
}
