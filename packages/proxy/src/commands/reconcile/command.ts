import type { Command } from "commander";
import type { ReconcileOptions } from "./reconcile.js";

/** `darkroom reconcile`: the books against a bill. */
export function addReconcileCommand(program: Command): void {
  program
    .command("reconcile")
    .description("hold the books against an upstream's bill; with --apply, settle what is uncertain by it")
    .argument(
      "<bill>",
      "a file or an address: OpenAI's costs (JSON of /v1/organization/costs, or a CSV export), or a simulator's /_simulator/bill",
    )
    .option("--since <time>", "the bill is complete from then on (default: from its first line or day)")
    .option("--until <time>", "the bill is complete until before then (default: to its last line or day)")
    .option("--deployment <ids...>", "the bill is of these deployments alone", [])
    .option("--project <ids...>", "of a bill by days: items of these projects alone", [])
    .option("--item <words...>", "of a bill by days: items that contain one of these (default: image dall-e)")
    .option("--tolerance <seconds>", "how far clocks differ, and how late a call may be charged", "60")
    .option("--apply", "settle what is uncertain by the bill; without it nothing is changed", false)
    .option("--dry-run", "change nothing, which is so without --apply", false)
    .option("--data-dir <folder>", "the gateway's data folder (env: DARKROOM_DATA_DIR; default: ./data)")
    .option(
      "--url <url>",
      "the gateway that runs on it, if one does (env: DARKROOM_URL; default: http://localhost:4000)",
    )
    .option("--key <key>", "its key (env: DARKROOM_KEY)")
    .option("--json", "print the result as JSON", false)
    .addHelpText(
      "after",
      `
A bill in lines: by the upstream's id of the call, else by time, model and amount; what has no line was not charged.
A bill by days: what it has beyond what is certain is shared among the day's uncertain attempts in proportion to their
estimates, never more than those. A bill behind an admin key: its key in DARKROOM_BILL_KEY.`,
    )
    .action(async (bill: string, options: Omit<ReconcileOptions, "bill">) => {
      const { reconciliation } = await import("./reconcile.js");
      console.log(await reconciliation({ bill, ...options }));
    });
}
