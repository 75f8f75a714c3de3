import type { Command } from "commander";
import type { AuditOptions } from "./audit.js";
import type { ImportOptions } from "./import.js";

/** `darkroom import litellm` and `darkroom audit litellm`: moving in from LiteLLM. */
export function addLiteLlmCommands(program: Command): void {
  withDatabase(
    program.command("import").description("bring keys, teams and budgets from elsewhere").command("litellm"),
  )
    .description(
      "bring keys, teams, users, customers, tags, budgets and what was spent of them from LiteLLM's database into the data folder, or where DATABASE_URL says; a gateway that shares no limits must be stopped",
    )
    .option("--dry-run", "say what would come, and change nothing", false)
    .option(
      "-c, --config <file>",
      "the gateway's config.yaml: where its books are, and when budgets begin anew",
    )
    .option("--data-dir <folder>", "the gateway's data folder (env: DARKROOM_DATA_DIR; default: ./data)")
    .option("--allow-unenforced <names...>", "bring what has these settings of LiteLLM, without them", [])
    .action(async (options: ImportOptions) => {
      const { printImport } = await import("./import.js");
      const { told } = await import("../ledger/actions.js");
      await told(() => printImport(options));
    });

  withDatabase(
    program
      .command("audit")
      .description("hold another gateway's books against its own logs")
      .command("litellm"),
  )
    .description(
      "reckon anew what image edits cost by LiteLLM's logs: recorded, true and the difference, by team",
    )
    .option(
      "--since <time>",
      "begun then or later: 2026-01-31, 2026-01-31T12:00:00Z, or 24h (ago; also m and d)",
    )
    .option("--until <time>", "begun before then")
    .action(async (options: AuditOptions) => {
      const { printAudit } = await import("./audit.js");
      await printAudit(options);
    });
}

function withDatabase(command: Command): Command {
  return command
    .option("--database-url <url>", "LiteLLM's PostgreSQL, which is only read (env: LITELLM_DATABASE_URL)")
    .option("--json", "print the result as JSON", false);
}
