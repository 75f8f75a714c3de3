import { BudgetCalendar, type Finding, planImport } from "@darkroom/accounts";
import { unmovedBooks } from "../../stores/unmoved-books.js";
import { CommandError } from "../command-error.js";
import { readConfig } from "../configuration.js";
import { dataDirectory } from "../data-directory.js";
import { printable } from "../printable.js";
import { storesOfEnvironment } from "../stores-of-environment.js";
import { table } from "../table.js";
import { type DatabaseOptions, withLiteLlm } from "./database.js";
import { type Imported, by } from "./imported.js";
import { intoFolder } from "./into-folder.js";
import { intoPostgres } from "./into-postgres.js";

export interface ImportOptions extends DatabaseOptions {
  readonly dryRun: boolean;
  readonly config?: string;
  readonly dataDir?: string;
  readonly allowUnenforced: readonly string[];
  readonly json: boolean;
}

/** `darkroom import litellm`: brings LiteLLM's keys, teams and budgets to where the gateway keeps its own. */
export async function printImport(options: ImportOptions): Promise<void> {
  const config =
    options.config === undefined ? undefined : readConfig(options.config, options.allowUnenforced);
  const { postgres, redis } = config ?? storesOfEnvironment();
  const folder = dataDirectory(options);
  // With the import in it, they could not be moved there any more.
  const unmoved = postgres && !options.dryRun ? unmovedBooks(folder, postgres) : undefined;
  if (unmoved !== undefined) throw new CommandError(unmoved);
  const target = postgres === undefined ? intoFolder(folder) : intoPostgres({ postgres, redis });
  const plan = await withLiteLlm(options, (database) =>
    planImport(database, {
      calendar: new BudgetCalendar(config?.accounts.calendar),
      allowUnenforced: options.allowUnenforced,
      by,
      nowMs: Date.now(),
    }),
  );
  const imported = await (options.dryRun ? target.tried(plan) : target.applied(plan));
  console.log(options.json ? JSON.stringify(imported) : shown(imported, target.name));
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

function shown({ dryRun, counts, spend, findings }: Imported, target: string): string {
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
    dryRun ? `Nothing was changed in ${target}.` : `All of it is in ${target}.`,
  ].join("\n");
}
