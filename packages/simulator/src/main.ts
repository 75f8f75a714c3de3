#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { systemClock } from "./clock.js";
import { type Configuration, ConfigurationError, readConfiguration } from "./configuration.js";
import { Simulator } from "./simulator.js";

interface Flags {
  readonly port?: number;
  readonly host?: string;
  readonly config?: string;
  readonly key?: Readonly<Record<string, string>>;
  readonly seed?: number;
  readonly draw?: "on" | "off";
  readonly latencyMs?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly exitWithParent?: boolean;
}

const command = new Command("darkroom-simulator")
  .description("An OpenAI images API that you can break. Flags win over the configuration file.")
  .option("--port <number>", "port to listen on; 0 takes any free one (default: 4010)", wholeNumber)
  .option("--host <address>", "address to listen on (default: 127.0.0.1)")
  .option("--config <file>", "configuration as JSON")
  .option(
    "--key <KEY=ORG>",
    "an API key and the organisation it belongs to; may be repeated",
    keyOfOrganization,
  )
  .option("--seed <number>", "seed of every random choice (default: 0)", wholeNumber)
  .addOption(
    new Option("--draw <on|off>", "draw pictures, or answer prepared ones (default: on)").choices([
      "on",
      "off",
    ]),
  )
  .option("--latency-ms <number>", "mean time spent on each answer (default: 3)", wholeNumber)
  .option("--quiet", "log no requests")
  .option("--json", 'say where it listens as JSON: {"url":"..."}')
  .option("--exit-with-parent", "end when standard input closes")
  .action(run);

await command.parseAsync();

async function run(flags: Flags): Promise<void> {
  const configuration = configurationFrom(flags);
  const write = (line: string) => void process.stderr.write(`${line}\n`);
  const log = { request: flags.quiet === true ? () => undefined : write, failure: write };
  const simulator = new Simulator(configuration, systemClock, log);
  const url = await simulator.listen().catch((error: unknown) => fail(`cannot listen: ${messageOf(error)}`));
  const end = () => void simulator.close().then(() => process.exit(0));
  process.once("SIGTERM", end).once("SIGINT", end);
  if (flags.exitWithParent === true) process.stdin.once("end", end).once("error", end).resume();
  process.stdout.write(
    flags.json === true ? `${JSON.stringify({ url })}\n` : `simulator listening on ${url}\n`,
  );
}

function configurationFrom(flags: Flags): Configuration {
  try {
    const file = flags.config === undefined ? {} : jsonFile(flags.config);
    const base = readConfiguration(file);
    return readConfiguration({
      ...file,
      ...(flags.port === undefined ? {} : { port: flags.port }),
      ...(flags.host === undefined ? {} : { host: flags.host }),
      ...(flags.key === undefined ? {} : { keys: flags.key }),
      ...(flags.seed === undefined ? {} : { seed: flags.seed }),
      ...(flags.draw === undefined ? {} : { draw: flags.draw === "on" }),
      ...(flags.latencyMs === undefined ? {} : { latency: { ...base.latency, meanMs: flags.latencyMs } }),
    });
  } catch (error) {
    return fail(
      error instanceof ConfigurationError
        ? error.message
        : `cannot read the configuration: ${messageOf(error)}`,
    );
  }
}

function jsonFile(path: string): object {
  const value: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ConfigurationError(`${path} must hold a JSON object`);
  }
  return value;
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("a whole number is needed");
  return Number(text);
}

function keyOfOrganization(
  text: string,
  earlier: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const [, key, organization] = /^([^=\s]+)=(\S+)$/.exec(text) ?? [];
  if (key === undefined || organization === undefined) throw new InvalidArgumentError("write it as KEY=ORG");
  return { ...earlier, [key]: organization };
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
