import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  BudgetCalendar,
  type CarriedSpendRecord,
  DataFolderInUseError,
  Directory,
  type Finding,
  type ImportPlan,
  Journal,
  Ledger,
  type OpenImport,
  Reports,
  applyImport,
  compareImport,
  planImport,
} from "@darkroom/accounts";
import { CommandError } from "../command-error.js";
import { readConfig } from "../configuration.js";
import { dataDirectory } from "../data-directory.js";
import { printable } from "../printable.js";
import { table } from "../table.js";
import { type DatabaseOptions, withLiteLlm } from "./database.js";

export interface ImportOptions extends DatabaseOptions {
  readonly dryRun: boolean;
  readonly config?: string;
  readonly dataDir?: string;
  readonly allowUnenforced: readonly string[];
  readonly json: boolean;
}

const by = "import litellm";

/** What an import has done, or would do. */
interface Imported {
  readonly dryRun: boolean;
  readonly counts: OpenImport["counts"];
  /** Meters whose spend is carried over now, and those that were before. */
  readonly spend: { readonly new: number; readonly here: number };
  readonly findings: readonly Finding[];
}

/** `darkroom import litellm`: brings LiteLLM's keys, teams and budgets into a data folder. */
export async function printImport(options: ImportOptions): Promise<void> {
  const folder = dataDirectory(options);
  const plan = await withLiteLlm(options, (database) =>
    planImport(database, {
      calendar: new BudgetCalendar(
        options.config === undefined ? {} : readConfig(options.config, []).accounts.calendar,
      ),
      allowUnenforced: options.allowUnenforced,
      by,
      nowMs: Date.now(),
    }),
  );
  const imported = options.dryRun ? await tried(plan, folder) : await applied(plan, folder);
  console.log(options.json ? JSON.stringify(imported) : shown(imported, folder));
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
    const carried = await reports.carriedSpend();
    return new Set(carried.filter(({ source }) => source === "litellm").map(({ meter }) => meter));
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

function spendCounts(spend: readonly CarriedSpendRecord[], fresh: number): Imported["spend"] {
  return { new: fresh, here: spend.length - fresh };
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

const plurals = {
  key: "keys",
  team: "teams",
  member: "members",
  user: "users",
  organization: "organizations",
  customer: "customers",
  tag: "tags",
  budget: "budgets",
} as const;

function shown({ dryRun, counts, spend, findings }: Imported, folder: string): string {
  const rows = [
    ...Object.entries(plurals).map(([kind, plural]) => ({ plural, ...counts[kind as keyof typeof plurals] })),
    { plural: "amounts spent", ...spend },
  ];
  return [
    table(
      [
        ["", ({ plural }) => plural],
        [dryRun ? "would come" : "have come", (row) => String(row.new)],
        ["were here", ({ here }) => String(here)],
      ],
      rows,
    ),
    ...(findings.length === 0
      ? []
      : [
          "",
          "Not as it was:",
          table<Finding>(
            [
              ["what", ({ what }) => what],
              ["kind", ({ kind }) => kind],
              ["name", ({ name }) => printable(name)],
              ["why", ({ reason }) => printable(reason)],
            ],
            findings,
          ),
        ]),
    "",
    dryRun ? `Nothing was changed in ${folder}.` : `All of it is in ${folder}.`,
  ].join("\n");
}
