import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  DataFolderInUseError,
  Directory,
  type ImportPlan,
  Journal,
  Ledger,
  Reports,
  applyImport,
  compareImport,
} from "@darkroom/accounts";
import { CommandError } from "../command-error.js";
import { type ImportTarget, type Imported, by, carriedMeters, spendCounts } from "./imported.js";

/** An import into a data folder. */
export function intoFolder(folder: string): ImportTarget {
  return {
    name: folder,
    tried: (plan) => tried(plan, folder),
    applied: (plan) => applied(plan, folder),
  };
}

/** Beside a gateway that runs, as nothing is written. */
async function tried(plan: ImportPlan, folder: string): Promise<Imported> {
  const directory = existsSync(join(folder, "directory.db")) ? Directory.open({ folder }) : undefined;
  try {
    const open = await compareImport(plan, directory?.read);
    const known = existsSync(join(folder, "ledger.sqlite")) ? await carriedIn(folder) : new Set<string>();
    return {
      dryRun: true,
      counts: open.counts,
      spend: spendCounts(plan.spend, plan.spend.filter(({ meter }) => !known.has(meter)).length),
      findings: [...plan.findings, ...open.findings],
    };
  } finally {
    await directory?.close();
  }
}

/** The ledger of a folder that no newer version has opened yet knows of nothing carried over. */
async function carriedIn(folder: string): Promise<ReadonlySet<string>> {
  const reports = Reports.ofFolder(folder);
  try {
    return await carriedMeters(reports);
  } catch {
    return new Set();
  } finally {
    await reports.close();
  }
}

/** What was spent comes first: should the import end in between, no key works that could spend it once more. */
async function applied(plan: ImportPlan, folder: string): Promise<Imported> {
  const journal = await heldJournal(folder);
  try {
    const ledger = await Ledger.open({ folder, journal });
    const directory = Directory.open({ folder });
    try {
      const open = await compareImport(plan, directory.read);
      const carried = await ledger.carry(plan.spend);
      await applyImport(directory, open, by);
      return {
        dryRun: false,
        counts: open.counts,
        spend: spendCounts(plan.spend, carried),
        findings: [...plan.findings, ...open.findings],
      };
    } finally {
      await directory.close();
      await ledger.close();
    }
  } finally {
    await journal.close();
  }
}

async function heldJournal(folder: string): Promise<Journal> {
  try {
    return await Journal.open({ folder });
  } catch (error) {
    if (error instanceof DataFolderInUseError)
      throw new CommandError(
        `A gateway runs on ${folder}. Stop it while the import runs, so that no budget is used in between; --dry-run works beside it.`,
      );
    throw error;
  }
}
