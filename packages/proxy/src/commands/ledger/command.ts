import { type Command, Option } from "commander";
import type { ExportOptions } from "./export.js";
import type { ListOptions } from "./list.js";
import type { LostOptions } from "./lost.js";
import type { SettleOptions } from "./settle.js";
import type { SumOptions } from "./sum.js";
import type { UncertainOptions } from "./uncertain.js";

/** What each of its commands does is loaded when it is called. */
const actions = () => import("./actions.js");

/** `darkroom ledger`: what was spent. */
export function addLedgerCommand(program: Command): void {
  const ledger = program
    .command("ledger")
    .description("what was spent: the attempts and requests of a data folder");

  withFilter(withFolder(ledger.command("list")))
    .description("list attempts, the newest first")
    .option("--requests", "list requests in place of attempts", false)
    .option("--limit <count>", "how many, up to 1000", "50")
    .option("--after <page>", "the page behind the one that ended with this")
    .option("--json", "print the result as JSON", false)
    .action(async (options: ListOptions) => (await actions()).printList(options));

  withFilter(withFolder(ledger.command("sum")))
    .description("sum up what attempts cost")
    .addOption(new Option("--by <what>", "the parts as well").choices(["group", "deployment", "model"]))
    .option("--json", "print the result as JSON", false)
    .action(async (options: SumOptions) => (await actions()).printSum(options));

  withFolder(ledger.command("uncertain"))
    .description("list attempts that may have been charged, the oldest first")
    .option("--limit <count>", "how many, up to 1000", "50")
    .option("--after <page>", "the page behind the one that ended with this")
    .option("--json", "print the result as JSON", false)
    .action(async (options: UncertainOptions) => (await actions()).printUncertain(options));

  withFolder(ledger.command("explain"))
    .description("say what a request waited for, what was tried for it, and what each attempt cost and why")
    .argument("<request>", "its id: the header x-request-id of its answer")
    .option("--json", "print the result as JSON", false)
    .action(async (requestId: string, options: { readonly json: boolean }) =>
      (await actions()).printExplanation({ requestId, ...options }),
    );

  withFolder(ledger.command("settle"))
    .description("say what an uncertain attempt really cost; a running gateway is told")
    .argument("<attempt>", "its id")
    .requiredOption("--cost <usd>", "dollars, such as 0.042")
    .requiredOption("--note <text>", "how you know; it is kept for good, with your name")
    .option("--url <url>", "the gateway (env: DARKROOM_URL; default: http://localhost:4000)")
    .option("--key <key>", "its key (env: DARKROOM_KEY)")
    .option("--json", "print the result as JSON", false)
    .action(async (attemptId: string, options: Omit<SettleOptions, "attemptId">) =>
      (await actions()).settleOne({ attemptId, ...options }),
    );

  withFolder(ledger.command("adopt"))
    .description("take up the journal of a gateway that is gone: DATABASE_URL and REDIS_URL say where to")
    .action(async (options: { readonly dataDir?: string }) => (await actions()).adoptFolder(options));

  ledger
    .command("lost")
    .description(
      "give up the journal of a gateway that is gone with its disk: DATABASE_URL and REDIS_URL say where it was known",
    )
    .argument("[journal]", "its id; without it, the gateways that are known are listed")
    .option("--silent-for <duration>", "a gateway that was heard of in the last so long is alive", "60s")
    .option("--yes", "do it, and do not only say what would be done", false)
    .action(async (journalId: string | undefined, options: Pick<LostOptions, "silentFor" | "yes">) =>
      (await actions()).giveUpJournal({ journalId, ...options }),
    );

  withFilter(withFolder(ledger.command("export")))
    .description("write out all attempts, the oldest first")
    .addOption(new Option("--format <format>", "how").choices(["csv", "jsonl"]).makeOptionMandatory())
    .option("--requests", "requests in place of attempts", false)
    .action(async (options: ExportOptions) => (await actions()).printExport(options));
}

function withFolder(command: Command): Command {
  return command.option(
    "--data-dir <folder>",
    "the gateway's data folder (env: DARKROOM_DATA_DIR; default: ./data)",
  );
}

function withFilter(command: Command): Command {
  return command
    .option(
      "--since <time>",
      "begun then or later: 2026-01-31, 2026-01-31T12:00:00Z, or 24h (ago; also m and d)",
    )
    .option("--until <time>", "begun before then")
    .option("--group <name>", "of this model group")
    .option("--deployment <id>", "of this deployment")
    .option("--state <state>", "certain, uncertain or failed; of requests running, ended or interrupted")
    .option("--request <id>", "of this request")
    .option("--caller <caller>", "of this caller");
}
