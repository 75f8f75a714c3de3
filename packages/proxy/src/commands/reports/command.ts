import { type Command, Option } from "commander";
import type { ForecastOptions, SpendOptions, StatementOptions } from "./actions.js";

/** What each of its commands does is loaded when it is called. */
const actions = () => import("./actions.js");

/** `darkroom reports`: what was spent, as a running gateway tells it. */
export function addReportsCommand(program: Command): void {
  const reports = program
    .command("reports")
    .description("what was spent, by whom and for what, as a running gateway tells it");

  withDays(withGateway(reports.command("spend")))
    .description("what was spent, by days, payers and models; the last 30 days where nothing else is said")
    .option(
      "--by <what>",
      "some of day, key, model, group, provider, and one of team, organization, user, member, customer, tag, deployment; with commas",
      "day",
    )
    .option("--of <ids>", "of these payers only, with commas")
    .option("--limit <count>", "rows, up to 100000", "1000")
    .option("--page <number>", "which page", "1")
    .option("--csv", "print the result as CSV", false)
    .option("--json", "print the result as JSON", false)
    .action(async (options: SpendOptions) => (await actions()).printSpend({ ...options, order: "keys" }));

  withDays(withGateway(reports.command("top")))
    .description("who has spent most")
    .option("--by <what>", "as for `spend`", "team")
    .option("--limit <count>", "how many", "10")
    .option("--csv", "print the result as CSV", false)
    .option("--json", "print the result as JSON", false)
    .action(async (options: SpendOptions) => (await actions()).printSpend({ ...options, order: "spend" }));

  withGateway(reports.command("forecast"))
    .description("when budgets will be used up")
    .addOption(
      new Option("--by <what>", "whose")
        .choices(["team", "organization", "key", "user", "customer", "tag"])
        .default("team"),
    )
    .option("--limit <count>", "how many a page, up to 500", "100")
    .option("--page <number>", "which page", "1")
    .option("--json", "print the result as JSON", false)
    .action(async (options: ForecastOptions) => (await actions()).printForecast(options));

  withGateway(reports.command("statement"))
    .description("what a team spent in a month, to be printed or to be reckoned with")
    .argument("<team>", "its id")
    .argument("<month>", "2026-11")
    .addOption(new Option("--format <format>", "how").choices(["html", "csv"]).default("html"))
    .action(async (team: string, month: string, options: StatementOptions) =>
      (await actions()).printStatement(team, month, options),
    );
}

function withGateway(command: Command): Command {
  return command
    .option("--url <url>", "the gateway (env: DARKROOM_URL; default: http://localhost:4000)")
    .option("--key <key>", "its key (env: DARKROOM_KEY)");
}

function withDays(command: Command): Command {
  return command
    .option("--start <day>", "the first day, by UTC: 2026-11-01")
    .option("--end <day>", "the last day, which is meant as well");
}
