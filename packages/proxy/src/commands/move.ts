import { existsSync } from "node:fs";
import { join } from "node:path";
import { DataFolderInUseError, type MovedBooks, moveBooks, postgresName } from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";
import { CommandError } from "./command-error.js";
import { readConfig } from "./configuration.js";
import { dataDirectory } from "./data-directory.js";
import { told } from "./ledger/actions.js";
import { storesOfEnvironment } from "./stores-of-environment.js";
import { table } from "./table.js";

export interface MovingOptions {
  readonly dataDir?: string;
  readonly config?: string;
  readonly allowUnenforced: readonly string[];
}

/** `darkroom move`: copies the books of a data folder to the PostgreSQL that a gateway is to keep them in. */
export async function printMove(options: MovingOptions): Promise<void> {
  const folder = dataDirectory(options);
  const { postgres } =
    options.config === undefined
      ? storesOfEnvironment()
      : readConfig(options.config, options.allowUnenforced);
  if (postgres === undefined)
    throw new CommandError("Where to? Set DATABASE_URL to the PostgreSQL that the books go to.");
  if (!existsSync(join(folder, "journal.sqlite")))
    throw new CommandError(
      `There are no books in ${folder}; name the gateway's data folder with --data-dir.`,
    );
  await told(async () => {
    const moved = await moveBooks({ folder, postgres }).catch((error: unknown) => {
      throw error instanceof DataFolderInUseError
        ? new CommandError(`A gateway runs on ${folder}. Stop it first.`)
        : error;
    });
    console.log(shown(moved, folder, postgresName(postgres)));
  });
}

function shown({ wasThere, figures }: MovedBooks, folder: string, target: string): string {
  const spend = figures.get("spend")?.sums;
  const dollarsOf = (column: string): string => formatUsd(spend?.get(column) ?? 0n);
  return [
    table(
      [
        ["", ([name]) => name],
        ["rows, here and there", ([, { rows }]) => String(rows)],
      ],
      [...figures].filter(([, { rows }]) => rows > 0),
    ),
    "",
    `Every count and every sum is the same in both places. Charged to all meters together: certain $${dollarsOf("certain_nano_usd")}, uncertain $${dollarsOf("uncertain_nano_usd")}.`,
    wasThere
      ? `All of it was in the ${target}, already.`
      : `The books of ${folder} are in the ${target}, now.`,
    "Start the gateway with the same --data-dir, whose journal goes on, and with DATABASE_URL. The folder's directory.db and ledger.sqlite are not used any more.",
  ].join("\n");
}
