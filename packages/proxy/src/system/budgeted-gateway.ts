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
  async atOnce(asker: Asker, count: number, fits: number): Promise<{ served: Answer[]; refused: Answer[] }> {
    await this.simulator.setFaults({ fault: { kind: "hold" } });
    const ended: Answer[] = [];
    const all = Array.from({ length: count }, async () => ended.push(await this.edit(asker)));
    await until(() => ended.length === count - fits);
    await until(async () => (await this.simulator.held()) === fits);
    const refused = [...ended];
    await this.simulator.setFaults();
    await this.simulator.release();
    await Promise.all(all);
    return { refused, served: ended.slice(refused.length) };
  }
}

export const dollars = (nanoUsd: number): number => nanoUsd / 1e9;

export const isBudgetRefusal = (answer: Answer): boolean => errorOf(answer).type === "budget_exceeded";
