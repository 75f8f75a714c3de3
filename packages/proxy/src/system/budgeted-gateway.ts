import { stringify } from "yaml";
import { errorOf, sendEdit } from "./edit-request.js";
import type { Answer } from "./form-request.js";
import { type GatewayOptions, type RunningGateway, startGateway } from "./running-gateway.js";
import type { RunningSimulator } from "./running-simulator.js";
import { until } from "./until.js";

export const masterKey = "sk-master-of-budgets";

/** What the edits of these tests ask for where they say nothing else. */
const asked = { model: "edits", size: "1024x1024", quality: "low" };

/** Who asks for an edit, and what they send along. */
export interface Asker {
  readonly key?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A gateway whose keys have budgets. */
export class BudgetedGateway {
  private constructor(
    readonly gateway: RunningGateway,
    private readonly simulator: RunningSimulator,
  ) {}

  /**
   * By default nobody waits and nothing is tried twice.
   * @param config further sections; each replaces the default's
   */
  static async start(
    simulator: RunningSimulator,
    modelList: readonly object[],
    config: Readonly<Record<string, object>> = {},
    options: GatewayOptions = {},
  ): Promise<BudgetedGateway> {
    const settings = {
      model_list: modelList,
      router_settings: { queue_timeout: 0, num_retries: 0 },
      ...config,
      general_settings: { master_key: masterKey, ...config["general_settings"] },
    };
    return new BudgetedGateway(await startGateway({ ...options, config: stringify(settings) }), simulator);
  }

  /** A call of the management API: with a body a `POST`. */
  async admin(path: string, body?: object, key = masterKey): Promise<Record<string, unknown>> {
    const answer = await fetch(`${this.gateway.url}${path}`, {
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${path}: ${String(answer.status)} ${text}`);
    return JSON.parse(text) as Record<string, unknown>;
  }

  async newKey(fields: object = {}): Promise<string> {
    return (await this.admin("/key/generate", fields))["key"] as string;
  }

  edit({ key = masterKey, fields = {}, headers = {} }: Asker = {}): Promise<Answer> {
    return sendEdit(this.gateway.url, {
      fields: { ...asked, ...fields },
      headers: { authorization: `Bearer ${key}`, ...headers },
    });
  }

  /** The most that such an edit may cost, in nano-dollars. */
  async mostNanoUsd(asker: Asker = {}): Promise<number> {
    const answer = await this.edit({ ...asker, headers: { ...asker.headers, "x-darkroom-dry-run": "true" } });
    const { most_cost_nano_usd: most } = JSON.parse(answer.body.toString()) as { most_cost_nano_usd: string };
    return Number(most);
  }

  /** Edits until one is refused, as a budget is spent only when it is settled. */
  async refusedAfterAll(asker: Asker): Promise<Answer> {
    return until(async () => {
      const answer = await this.edit(asker);
      return answer.status === 200 ? undefined : answer;
    });
  }

  /**
   * Sends so many edits at once, whose calls are held until all others are refused.
   * @returns those that were served, and what the others were told
   */
  atOnce(asker: Asker, count: number, fits: number): Promise<ServedAndRefused> {
    return editsAtOnce(this.simulator, () => this.edit(asker), count, fits);
  }
}

export interface ServedAndRefused {
  readonly served: readonly Answer[];
  readonly refused: readonly Answer[];
}

/**
 * Sends so many edits at once, to wherever, whose calls are held until all others are refused. Where fewer are held than fit,
 * further ones are sent: a gateway that has given up on Redis for a moment takes back what it has not been told.
 * @param send the edit of that number
 * @throws Error where more are held than fit
 */
export async function editsAtOnce(
  simulator: RunningSimulator,
  send: (index: number) => Promise<Answer>,
  count: number,
  fits: number,
): Promise<ServedAndRefused> {
  await simulator.setFaults({ fault: { kind: "hold" } });
  const ended: Answer[] = [];
  const all: Promise<void>[] = [];
  const sendOne = (): void => {
    const one = send(all.length);
    all.push(one.then((answer) => void ended.push(answer)));
  };
  while (all.length < count) sendOne();
  const held = await until(async () => {
    const heldNow = await simulator.held();
    if (ended.length + heldNow < all.length) return false;
    if (heldNow >= fits) return heldNow;
    sendOne();
    return false;
  });
  const refused = [...ended];
  await simulator.setFaults();
  await simulator.release();
  await Promise.all(all);
  if (held > fits) throw new Error(`${held} edits were sent where ${fits} fit`);
  return { refused, served: ended.slice(refused.length) };
}

export const dollars = (nanoUsd: number): number => nanoUsd / 1e9;

export const isBudgetRefusal = (answer: Answer): boolean => errorOf(answer).type === "budget_exceeded";
