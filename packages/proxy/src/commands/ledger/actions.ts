import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LedgerError, SettlementError } from "@darkroom/accounts";
import { LedgerQueryError } from "../../ledger/query.js";
import { CommandError } from "../command-error.js";
import { dataDirectory } from "../data-directory.js";
import { type Books, withBooks } from "./books.js";
import { explain } from "./explain.js";
import { type ExportOptions, exportedText } from "./export.js";
import { type ListOptions, list } from "./list.js";
import { type SettleOptions, settle } from "./settle.js";
import { type SumOptions, sum } from "./sum.js";
import { type UncertainOptions, uncertain } from "./uncertain.js";

interface WithDataDir {
  readonly dataDir?: string;
}

export async function printList(options: ListOptions & WithDataDir): Promise<void> {
  await print(options, ({ reports }) => list(reports, options));
}

export async function printSum(options: SumOptions & WithDataDir): Promise<void> {
  await print(options, ({ reports }) => sum(reports, options));
}

export async function printUncertain(options: UncertainOptions & WithDataDir): Promise<void> {
  await print(options, ({ reports }) => uncertain(reports, options));
}

export async function printExplanation(
  options: { readonly requestId: string; readonly json: boolean } & WithDataDir,
): Promise<void> {
  await print(options, ({ reports }) => explain(reports, options));
}

export async function settleOne(options: SettleOptions & WithDataDir): Promise<void> {
  await print(options, ({ ledger }) => settle(ledger, options));
}

export async function printExport(options: ExportOptions & WithDataDir): Promise<void> {
  await withTold(options, async ({ reports }) => {
    try {
      await pipeline(Readable.from(exportedText(reports, options)), process.stdout, { end: false });
    } catch (error) {
      // Whoever reads has seen enough, such as `head`.
      if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
    }
  });
}

async function print(options: WithDataDir, text: (books: Books) => Promise<string>): Promise<void> {
  await withTold(options, async (books) => console.log(await text(books)));
}

/** @throws CommandError for whatever the person who asked can do something about */
async function withTold(options: WithDataDir, use: (books: Books) => Promise<void>): Promise<void> {
  try {
    await withBooks(dataDirectory(options), use);
  } catch (error) {
    if (error instanceof LedgerQueryError) throw new CommandError(`--${error.field}: ${error.message}`);
    if (error instanceof LedgerError || error instanceof SettlementError || error instanceof RangeError)
      throw new CommandError(error.message);
    throw error;
  }
}
