import type { ChildProcess } from "node:child_process";
import { stringify } from "yaml";
import { RunningProcess } from "./running-process.js";
import { type RunningSimulator, simulatorKeys } from "./running-simulator.js";

export interface GatewayOptions {
  /** The text of its config.yaml; without it and without a key in the environment it serves its own simulator. */
  readonly config?: string;
  /** Further flags of `start`. */
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What its command line begins with, for a surrounding in which it is to run. */
  readonly prefix?: readonly string[];
  /** Further files in the folder it is started in. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface RunningGateway {
  /** `http://localhost:PORT`, as LiteLLM's page has it: without `/v1`. */
  readonly url: string;
  readonly port: number;
  /** All that it has printed, line by line. */
  logLines(): readonly string[];
  /** Ends it at once. */
  stop(): Promise<void>;
  readonly process: ChildProcess;
  readonly running: RunningProcess;
}

/** The gateway as a process that may as well refuse to start. */
export function spawnGateway(options: GatewayOptions = {}): RunningProcess {
  const { config, arguments: flags = [], environment = {}, prefix = [], files = {} } = options;
  return new RunningProcess({
    program: "proxy/dist/main.js",
    arguments: [
      "start",
      "--port",
      "0",
      ...(config === undefined ? [] : ["--config", "config.yaml"]),
      ...flags,
    ],
    environment,
    prefix,
    files: { ...files, ...(config === undefined ? {} : { "config.yaml": config }) },
  });
}

/**
 * Starts a gateway on a free port and waits until it listens.
 * @throws Error with all that it printed, if it does not start
 */
export async function startGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const running = spawnGateway(options);
  const [, url = "", port] = await running.printed(/^ *URL +(http:\/\/\S+:(\d+))$/m);
  return {
    url,
    port: Number(port),
    logLines: () => running.lines,
    stop: () => running.stop(),
    process: running.child,
    running,
  };
}

export interface ConfigOptions {
  /** Each model group with the model that its deployments use; one deployment for each key. */
  readonly groups?: Readonly<Record<string, string>>;
  /** Each name with its key: the deployment of group `edits` and name `one` has the id `edits-one`. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Further entries of `litellm_params`, the same for every deployment. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Further top-level entries: `router_settings`, `litellm_settings`, `general_settings`. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

const everyModel = ["gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "gpt-image-2", "dall-e-2"];

/** The text of a config.yaml in LiteLLM's form over a simulator: by default its models under their own names, with two keys each. */
export function configFor({ url }: Pick<RunningSimulator, "url">, options: ConfigOptions = {}): string {
  const groups = options.groups ?? Object.fromEntries(everyModel.map((model) => [model, model]));
  const { keys = simulatorKeys, parameters = {}, settings = {} } = options;
  const modelList = Object.entries(groups).flatMap(([group, model]) =>
    Object.entries(keys).map(([name, key]) => ({
      model_name: group,
      litellm_params: { model: `openai/${model}`, api_base: `${url}/v1`, api_key: key, ...parameters },
      model_info: { id: `${group}-${name}` },
    })),
  );
  return stringify({ model_list: modelList, ...settings });
}
