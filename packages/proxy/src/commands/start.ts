import { keptMasterKey } from "@darkroom/accounts";
import type { GatewayConfig } from "../config/index.js";
import { Gateway } from "../gateway.js";
import { createLog } from "../observability/log.js";
import { openStores } from "../stores/open-stores.js";
import { StoresError } from "../stores/stores-error.js";
import { banner } from "./banner.js";
import { CommandError } from "./command-error.js";
import { configuredBy, environment, remarksOn, toldAsProblems } from "./configuration.js";
import { dataDirectory } from "./data-directory.js";
import { keepNewObjectsYoung } from "./garbage-collection.js";
import { listen } from "./listen.js";
import { endOnSignal } from "./end-on-signal.js";
import { type RunningSimulator, simulatorConfig, startSimulator } from "./simulator.js";

export interface StartOptions {
  readonly version: string;
  readonly config?: string;
  readonly port: string;
  readonly host?: string;
  readonly simulator: boolean;
  readonly dataDir?: string;
  readonly allowUnenforced: readonly string[];
  readonly check: boolean;
  readonly logLevel: string;
}

/** This machine alone, under both of its addresses. */
const loopbackAddresses = ["127.0.0.1", "::1"];

/** `darkroom start`: runs the gateway until it is told to end. */
export async function start(options: StartOptions): Promise<void> {
  keepNewObjectsYoung();
  const port = portNumber(options.port);
  const host = options.host ?? process.env["DARKROOM_HOST"];
  const configured = configurationOf(options);
  if (options.check) {
    if (configured === undefined) console.log("No configuration: the simulator would be served.");
    else
      for (const line of ["The configuration is valid.", ...configured.notes, ...remarksOn(configured)])
        console.log(line);
    return;
  }

  const simulator = configured === undefined ? await startSimulator() : undefined;
  try {
    const read = configured ?? toldAsProblems(() => simulatorConfig(simulator?.url ?? "", environment()));
    await serve(read, { ...options, port, host, simulator });
  } catch (error) {
    // A child that lived on would keep this process from ending.
    simulator?.process.kill();
    throw error;
  }
}

interface ServeOptions extends Pick<StartOptions, "version" | "dataDir" | "logLevel"> {
  readonly port: number;
  readonly host: string | undefined;
  readonly simulator: RunningSimulator | undefined;
}

/** Listens, and says so. */
async function serve(read: GatewayConfig, options: ServeOptions): Promise<void> {
  const { version, port, host, simulator } = options;
  const addresses = host === undefined || host === "localhost" ? loopbackAddresses : [host];
  const folder = dataDirectory(options);
  const { config, newKey } = await withKey(read, addresses, folder);

  const log = createLog(options.logLevel);
  for (const remark of remarksOn(config)) log.warn(remark);
  for (const note of config.notes) log.info(note);
  const stores = await openStores(config, folder, log, (reason) => {
    log.fatal({ reason }, "this gateway must not go on: it finishes what runs, and ends");
    process.kill(process.pid, "SIGTERM");
  }).catch((error: unknown) => {
    throw error instanceof StoresError ? new CommandError(error.message) : error;
  });
  const listening = async (): Promise<{ gateway: Gateway; listeningOn: number }> => {
    for (const remark of await stores.accounts.remarks()) log.warn(remark);
    // What is to be known of the configuration is said before anything is served.
    await new Promise((resolve) => log.flush(resolve));
    const gateway = new Gateway({ config, stores, log, dataFolder: folder, version });
    return { gateway, listeningOn: await listen(gateway, port, addresses) };
  };
  const { gateway, listeningOn } = await listening().catch(async (error: unknown) => {
    // Their threads and connections would keep this process from ending.
    await stores.close();
    throw error;
  });
  endOnSignal(gateway, log);
  simulator?.process.once("exit", () => {
    log.fatal("the simulator has ended");
    process.exit(1);
  });
  console.log(
    banner({
      version,
      host: host ?? "localhost",
      port: listeningOn,
      config,
      isSimulator: simulator !== undefined,
      ...(newKey === undefined ? {} : { newKey }),
    }),
  );
}

/** Undefined: nothing is configured, or the simulator was asked for. */
function configurationOf({ config, simulator, allowUnenforced }: StartOptions): GatewayConfig | undefined {
  if (config !== undefined && simulator)
    throw new CommandError("Give either --config or --simulator, not both.");
  return simulator ? undefined : configuredBy(config, allowUnenforced);
}

/** A gateway that others can reach always has a key: made, told once and kept where nobody has set one. */
async function withKey(
  config: GatewayConfig,
  addresses: readonly string[],
  directory: string,
): Promise<{ config: GatewayConfig; newKey?: string }> {
  if (config.masterKey !== undefined || addresses.every(isLoopback)) return { config };
  const { key, created } = await keptMasterKey(directory).catch((error: unknown) => {
    throw new CommandError(
      `Darkroom could not keep a key in ${directory}: ${error instanceof Error ? error.message : String(error)}\n` +
        "Set general_settings.master_key or DARKROOM_MASTER_KEY, or give another folder with --data-dir.",
    );
  });
  return { config: { ...config, masterKey: key }, ...(created ? { newKey: key } : {}) };
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new CommandError(`--port must be a number from 0 to 65535, not '${text}'.`);
}
