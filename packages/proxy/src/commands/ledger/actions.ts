import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  DirectoryError,
  JournalFileError,
  JournalUnavailableError,
  LedgerError,
  type LedgerReports,
  MoveError,
  PostgresError,
  SettlementError,
} from "@darkroom/accounts";
import { RedisUnavailableError } from "@darkroom/router";
import { LedgerQueryError } from "../../ledger/query.js";
import { CommandError } from "../command-error.js";
import { dataDirectory } from "../data-directory.js";
import { storesOfEnvironment } from "../stores-of-environment.js";
import { adopt } from "./adopt.js";
import { withLedger, withReports } from "./books.js";
import { type ExplainOptions, explain } from "./explain.js";
import { type ExportOptions, exportedText } from "./export.js";
import { type ListOptions, list } from "./list.js";
import { type LostOptions, lost } from "./lost.js";
import { type SettleOptions, settle } from "./settle.js";
import { type SumOptions, sum } from "./sum.js";
import { type UncertainOptions, uncertain } from "./uncertain.js";

interface WithDataDir {
  readonly dataDir?: string;
}

export async function printList(options: ListOptions & WithDataDir): Promise<void> {
  await print(options, (reports) => list(reports, options));
}

export async function printSum(options: SumOptions & WithDataDir): Promise<void> {
  await print(options, (reports) => sum(reports, options));
}

export async function printUncertain(options: UncertainOptions & WithDataDir): Promise<void> {
  await print(options, (reports) => uncertain(reports, options));
}

export async function printExplanation(options: ExplainOptions & WithDataDir): Promise<void> {
  await print(options, (reports) => explain(reports, options));
}

export async function settleOne(options: SettleOptions & WithDataDir): Promise<void> {
  await told(() =>
    withLedger(dataDirectory(options), async (ledger) => console.log(await settle(ledger, options))),
  );
}

export async function adoptFolder(options: WithDataDir): Promise<void> {
  const { postgres, redis } = storesOfEnvironment();
  if (postgres === undefined)
    throw new CommandError("Set DATABASE_URL: without it a journal belongs to the ledger beside it.");
  await told(async () => console.log(await adopt({ folder: dataDirectory(options), postgres, redis })));
}

export async function giveUpJournal(options: Omit<LostOptions, "postgres" | "redis">): Promise<void> {
  const { postgres, redis } = storesOfEnvironment();
  if (postgres === undefined || redis === undefined)
    throw new CommandError("Set DATABASE_URL and REDIS_URL: it is done where gateways share both.");
  await told(async () => console.log(await lost({ ...options, postgres, redis })));
}

export async function printExport(options: ExportOptions & WithDataDir): Promise<void> {
  await told(() =>
    withReports(dataDirectory(options), async (reports) => {
      try {
        await pipeline(Readable.from(exportedText(reports, options)), process.stdout, { end: false });
      } catch (error) {
        // Whoever reads has seen enough, such as `head`.
        if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
      }
    }),
  );
}

async function print(options: WithDataDir, text: (reports: LedgerReports) => Promise<string>): Promise<void> {
  await told(() => withReports(dataDirectory(options), async (reports) => console.log(await text(reports))));
}

/** Errors whose message is for the person who asked. */
const forPeople = [
  ...[DirectoryError, LedgerError, SettlementError, JournalFileError, JournalUnavailableError],
  ...[MoveError, PostgresError, RedisUnavailableError],
];

/** @throws CommandError in the place of any of these */
export async function told(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof LedgerQueryError) throw new CommandError(`--${error.field}: ${error.message}`);
    if (error instanceof Error && forPeople.some((kind) => error instanceof kind))
      throw new CommandError(error.message);
    throw error;
  }
}
