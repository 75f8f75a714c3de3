#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import type { CheckOptions } from "./commands/check.js";
import { CommandError } from "./commands/command-error.js";
import type { EditOptions } from "./commands/edit.js";
import { addLedgerCommand } from "./commands/ledger/command.js";
import { addLiteLlmCommands } from "./commands/litellm/command.js";
import { addManagementCommands } from "./commands/management/command.js";
import { addReconcileCommand } from "./commands/reconcile/command.js";
import { addReportsCommand } from "./commands/reports/command.js";
import type { MovingOptions } from "./commands/move.js";
import type { PriceOptions } from "./commands/price.js";
import type { QuotaOptions } from "./commands/quota.js";
import type { StartOptions } from "./commands/start.js";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const program = new Command("darkroom")
  .description("A gateway for OpenAI's image edits.")
  .version(version)
  .showHelpAfterError("(`darkroom --help` explains)");

program
  .command("start", { isDefault: true })
  .description("run the gateway; without a config and without OPENAI_API_KEY it serves a simulator")
  .option("-c, --config <file>", "LiteLLM's config.yaml")
  .option("-p, --port <number>", "port to listen on; 0 takes any free one", "4000")
  .option("--host <address>", "address to listen on instead of this machine alone (env: DARKROOM_HOST)")
  .option("--simulator", "serve the simulator although OPENAI_API_KEY is set", false)
  .option("--data-dir <folder>", "where what is kept lives (env: DARKROOM_DATA_DIR; default: ./data)")
  .option("--allow-unenforced <names...>", "start although these settings of the config are not enforced", [])
  .option("--check", "check the configuration and exit", false)
  .addOption(
    new Option("--log-level <level>", "how much is logged")
      .choices(["trace", "debug", "info", "warn", "error", "silent"])
      .default("info"),
  )
  .action(async (options: Omit<StartOptions, "version">) => {
    const { start } = await import("./commands/start.js");
    await start({ ...options, version });
  });

program
  .command("check")
  .description("check a config without starting anything")
  .requiredOption("-c, --config <file>", "LiteLLM's config.yaml")
  .option("--allow-unenforced <names...>", "settings that may go unenforced", [])
  .option("--json", "print the result as JSON", false)
  .action(async (options: CheckOptions) => {
    const { check } = await import("./commands/check.js");
    check(options);
  });

program
  .command("edit")
  .description("edit an image through a running gateway")
  .argument("<image>", "the picture; photo.png, where there is none, is the sample that ships with Darkroom")
  .argument("<prompt>", "what to change")
  .option("-m, --model <group>", "model group; the gateway's first if not given")
  .option("--mask <file>", "PNG whose transparent area is edited")
  .option("-n <count>", "number of images", "1")
  .option("--size <size>", "size of the answer, such as 1024x1024")
  .option("--quality <quality>", "quality of the answer")
  .option("-o, --output <file>", "where to write; default: edited.png beside the image")
  .option("--url <url>", "the gateway (env: DARKROOM_URL; default: http://localhost:4000)")
  .option("--key <key>", "its key (env: DARKROOM_KEY)")
  .option("--json", "print the result as JSON", false)
  .action(async (image: string, prompt: string, options: Omit<EditOptions, "image" | "prompt">) => {
    const { edit } = await import("./commands/edit.js");
    await edit({ image, prompt, ...options });
  });

program
  .command("price")
  .description("say what an edit would cost with each deployment; nothing is sent anywhere")
  .option("-m, --model <group>", "model group; all that are configured if not given")
  .option("-i, --image <files...>", "the pictures to edit; not given: one of unknown size")
  .option("--mask <file>", "PNG whose transparent area is edited")
  .option("--prompt <text>", "what to change", "")
  .option("-n, --n <count>", "number of images", "1")
  .option("--size <size>", "size of the answer, such as 1024x1024")
  .option("--quality <quality>", "quality of the answer")
  .option("--input-fidelity <fidelity>", "high or low")
  .option("--partial-images <count>", "the edit is streamed, with so many intermediate images")
  .option("-c, --config <file>", "LiteLLM's config.yaml; not given: what `start` would serve without one")
  .option("--allow-unenforced <names...>", "settings that may go unenforced", [])
  .option("--json", "print the result as JSON", false)
  .action(async (options: PriceOptions) => {
    const { price } = await import("./commands/price.js");
    await price(options);
  });

program
  .command("quota")
  .description("show what a running gateway uses of its upstreams' limits, what is free, waiting and cooling")
  .option("--watch", "show it again every second", false)
  .option("--url <url>", "the gateway (env: DARKROOM_URL; default: http://localhost:4000)")
  .option("--key <key>", "its key (env: DARKROOM_KEY)")
  .option("--json", "print the result as JSON", false)
  .action(async (options: QuotaOptions) => {
    const { quota } = await import("./commands/quota.js");
    await quota(options);
  });

program
  .command("move")
  .description(
    "take the books of a data folder to the PostgreSQL that DATABASE_URL names: keys, budgets, all that was spent",
  )
  .option("-c, --config <file>", "the gateway's config.yaml, where that names the PostgreSQL")
  .option("--data-dir <folder>", "the gateway's data folder (env: DARKROOM_DATA_DIR; default: ./data)")
  .option("--allow-unenforced <names...>", "settings of the config that may go unenforced", [])
  .action(async (options: MovingOptions) => {
    const { printMove } = await import("./commands/move.js");
    await printMove(options);
  });

addLedgerCommand(program);
addReportsCommand(program);
addReconcileCommand(program);
addLiteLlmCommands(program);
addManagementCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
