import { existsSync, rmSync } from "node:fs";
import type { Client } from "pg";
import { type LibsqlDatabase, openForReading } from "../database/open-database.js";
import { GatewayLock } from "../database/postgres/gateway-lock.js";
import { preparePostgres } from "../database/postgres/open-postgres.js";
import { postgresClient } from "../database/postgres/postgres-client.js";
import { type PostgresSettings, postgresName } from "../database/postgres/postgres-settings.js";
import { Directory, directoryPath } from "../directory/directory.js";
import { Journal } from "../journal/journal.js";
import { elsewherePath, ledgerPath } from "../ledger/files.js";
import { Ledger } from "../ledger/ledger.js";
import { MoveError } from "./errors.js";
import { type TableFigures, difference } from "./figures.js";
import { columnsOf, readTable, tablesOf } from "./folder-tables.js";
import { type Mark, readMark, writeMark } from "./mark.js";
import { PostgresTables } from "./postgres-tables.js";

export interface MovedBooks {
  /** An earlier move had come to its end, and was only not told of. */
  readonly wasThere: boolean;
  /** By table; the same in the folder and in PostgreSQL. */
  readonly figures: ReadonlyMap<string, TableFigures>;
}

export interface MoveOptions {
  /** The data folder, with its directory and its ledger. */
  readonly folder: string;
  /** Where they go: nobody may have written there. */
  readonly postgres: PostgresSettings;
}

/** A table with some ten million rows is summed up in less. */
const deadlines = { connectMs: 5_000, statementMs: 600_000 };

/**
 * Copies all that a gateway has kept in its data folder, keys and budgets and every row of the ledger, to a PostgreSQL: all of it
 * or nothing, in one transaction, whose end is that both hold the same. The folder says from then on that its books are
 * elsewhere, and the gateway goes on with its journal there. What is broken off can be begun again.
 *
 * @throws MoveError, DataFolderInUseError, JournalFileError, LedgerError, PostgresError; the message says what to do
 */
export async function moveBooks({ folder, postgres }: MoveOptions): Promise<MovedBooks> {
  const journal = await Journal.open({ folder });
  try {
    await preparePostgres(postgres);
    const lock = await GatewayLock.take(postgres, {
      company: "alone",
      waitMs: 0,
      // Whoever has it then finds a schema that is not filled, or finds it filled as a whole.
      onLost: () => undefined,
    });
    try {
      return await move(folder, postgres, journal);
    } finally {
      await lock.release();
    }
  } finally {
    await journal.close();
  }
}

async function move(folder: string, postgres: PostgresSettings, journal: Journal): Promise<MovedBooks> {
  const client = await postgresClient(postgres, deadlines);
  const files: LibsqlDatabase[] = [];
  try {
    const target = new PostgresTables(client, postgres.schema);
    const mark = markOf(folder, postgres);
    const isThere =
      mark === "there" || (mark === "under way" && (await target.filled(["journals"])) !== undefined);
    if (!isThere) {
      rmSync(elsewherePath(folder), { force: true });
      await complete(folder, journal);
    }
    files.push(openForReading(directoryPath(folder)), openForReading(ledgerPath(folder)));
    const moved = isThere
      ? await compared(files, target, postgres)
      : await copied(files, target, client, folder, postgres);
    writeMark(folder, { place: postgresName(postgres), state: "there" });
    return moved;
  } finally {
    for (const file of files) file.close();
    await client.end();
  }
}

/** What the folder says of the place that it is to go to. @throws MoveError where its books are in another one */
function markOf(folder: string, postgres: PostgresSettings): Mark["state"] | undefined {
  const mark = readMark(folder);
  if (mark === undefined) return undefined;
  const { place, state } = mark;
  if (place !== postgresName(postgres))
    throw new MoveError(`The books of ${folder} are in another place already: ${place}.`);
  if (existsSync(ledgerPath(folder)) && existsSync(directoryPath(folder))) return state;
  throw new MoveError(`There is nothing to move: the books of ${folder} have always been in the ${place}.`);
}

/** All that the journal has is applied, and both files have their newest form. */
async function complete(folder: string, journal: Journal): Promise<void> {
  await Directory.open({ folder }).close();
  const ledger = await Ledger.open({ folder, journal });
  try {
    await ledger.catchUp();
  } finally {
    await ledger.close();
  }
}

async function copied(
  files: readonly LibsqlDatabase[],
  target: PostgresTables,
  client: Client,
  folder: string,
  postgres: PostgresSettings,
): Promise<MovedBooks> {
  const figures = new Map<string, TableFigures>();
  await client.query("BEGIN");
  try {
    const filled = await target.filled(files.flatMap(tablesOf));
    if (filled !== undefined) throw notEmpty(postgres, `its table ${filled} has rows`);
    for (const file of files)
      for (const table of tablesOf(file)) {
        const names = columnsOf(file, table);
        await target.clear(table);
        const read = await readTable(file, table, (columns) => target.insert(table, names, columns));
        await target.continueNumbers(table);
        const different = difference(read, await target.figures(table));
        if (different !== undefined)
          throw new MoveError(
            `Nothing was moved: ${table} is not the same in both places (${different}), which is a bug in Darkroom.`,
          );
        figures.set(table, read);
      }
    // First of both: with its books in two places, a gateway could spend a budget twice.
    writeMark(folder, { place: postgresName(postgres), state: "under way" });
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
  await client.query("COMMIT");
  return { wasThere: false, figures };
}

async function compared(
  files: readonly LibsqlDatabase[],
  target: PostgresTables,
  postgres: PostgresSettings,
): Promise<MovedBooks> {
  const figures = new Map<string, TableFigures>();
  for (const file of files)
    for (const table of tablesOf(file)) {
      const read = await readTable(file, table, () => undefined);
      if (difference(read, await target.figures(table)) !== undefined)
        throw notEmpty(postgres, `its table ${table} has other rows than the folder`);
      figures.set(table, read);
    }
  return { wasThere: true, figures };
}

function notEmpty(postgres: PostgresSettings, why: string): MoveError {
  return new MoveError(
    `The ${postgresName(postgres)}, is not empty (${why}), and two gateways' books cannot be joined. ` +
      "Name another schema with DARKROOM_DATABASE_SCHEMA.",
  );
}
