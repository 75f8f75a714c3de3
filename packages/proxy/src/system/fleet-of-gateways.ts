import { randomUUID } from "node:crypto";
import { type LedgerAttempt, type LedgerSum, Reports, settingsFromPostgresUrl } from "@darkroom/accounts";
import { stringify } from "yaml";
import { sendEdit } from "./edit-request.js";
import { type Answer, post } from "./form-request.js";
import { modelEntries } from "./model-entry.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { type RunningSimulator, simulatorKeys } from "./running-simulator.js";
import { until } from "./until.js";

export const masterKey = "sk-master";

export interface FleetOptions {
  /** The gateway's data folder; by default one of its own. */
  readonly folder?: string;
  /** Without it, the gateway is alone. */
  readonly withRedis?: boolean;
  /** In place of the fleet's own. */
  readonly redisUrl?: string;
  readonly databaseUrl?: string;
}

/** What is spent of a team's budget, as edits that it refuses are told. Nano-dollars. */
export interface BudgetUse {
  readonly spent: bigint;
  readonly reserved: bigint;
}

const asked = { model: "edits", size: "1024x1024", quality: "low" };

/** Gateways over one Redis and one schema of a PostgreSQL, in front of a simulator with two keys. */
export class FleetOfGateways {
  readonly schema = `s_${randomUUID().replaceAll("-", "")}`;

  constructor(
    private readonly simulator: RunningSimulator,
    private readonly stores: { readonly redisUrl: string; readonly databaseUrl: string },
    /** Further entries of `general_settings`. */
    private readonly general: object = {},
  ) {}

  get config(): string {
    const entry = modelEntries(this.simulator.url);
    return stringify({
      model_list: [entry("edits", "one", simulatorKeys.one), entry("edits", "two", simulatorKeys.two)],
      router_settings: { queue_timeout: 0, num_retries: 0 },
      general_settings: { master_key: masterKey, ...this.general },
    });
  }

  environment({ withRedis = true, redisUrl, databaseUrl }: FleetOptions = {}): Record<string, string> {
    return {
      DATABASE_URL: databaseUrl ?? this.stores.databaseUrl,
      DARKROOM_DATABASE_SCHEMA: this.schema,
      ...(withRedis && { REDIS_URL: redisUrl ?? this.stores.redisUrl }),
    };
  }

  start(options: FleetOptions = {}): Promise<RunningGateway> {
    const { folder } = options;
    return startGateway({
      config: this.config,
      environment: this.environment(options),
      arguments: folder === undefined ? [] : ["--data-dir", folder],
    });
  }

  /** What the ledger comes to, once it has so many attempts. */
  sum(rows: number): Promise<LedgerSum> {
    return this.withReports((reports) =>
      until(async () => {
        const sum = await reports.sum({}).catch(() => undefined);
        return sum !== undefined && sum.certainRows + sum.uncertainRows >= rows && sum;
      }),
    );
  }

  async spend(meter: string): Promise<bigint> {
    const rows = await this.withReports((reports) => reports.spend({ meter }));
    return rows.reduce((sum, row) => sum + row.certainNanoUsd + row.uncertainNanoUsd, 0n);
  }

  async attempts(): Promise<readonly LedgerAttempt[]> {
    const page = { limit: 1_000, order: "oldest" } as const;
    return (await this.withReports((reports) => reports.attempts({}, page))).rows;
  }

  async withReports<Result>(use: (reports: Reports) => Promise<Result>): Promise<Result> {
    const reports = Reports.ofPostgres(settingsFromPostgresUrl(this.stores.databaseUrl, this.schema));
    try {
      return await use(reports);
    } finally {
      await reports.close();
    }
  }
}

/** A call of the management API. */
export async function admin(
  { url }: RunningGateway,
  path: string,
  body: unknown,
): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${masterKey}` };
  const answer = await post(`${url}${path}`, Buffer.from(JSON.stringify(body)), { headers });
  const value = JSON.parse(answer.body.toString()) as Record<string, unknown>;
  if (answer.status !== 200) throw new Error(`${path}: ${answer.body.toString()}`);
  return value;
}

/** On a machine that is too busy, Redis is given up for a moment, and nothing is sent that money is asked for: once more then. */
export async function edit(gateway: RunningGateway, key: string, headers = {}): Promise<Answer> {
  const options = { fields: asked, headers: { authorization: `Bearer ${key}`, ...headers } };
  return until(async () => {
    const answer = await sendEdit(gateway.url, options);
    return answer.status !== 503 && answer;
  });
}

/** The most that such an edit may cost, in nano-dollars. */
export async function mostCost(gateway: RunningGateway): Promise<number> {
  const answer = await edit(gateway, masterKey, { "x-darkroom-dry-run": "true" });
  return Number((JSON.parse(answer.body.toString()) as { most_cost_nano_usd: string }).most_cost_nano_usd);
}

/** A team whose budget has room for so many nano-dollars, and a key of it. */
export async function teamWith(
  gateway: RunningGateway,
  nanoUsd: number,
): Promise<{ readonly teamId: string; readonly key: string }> {
  const { team_id: teamId } = await admin(gateway, "/team/new", { max_budget: nanoUsd / 1e9 });
  const { key } = await admin(gateway, "/key/generate", { team_id: teamId });
  return { teamId: teamId as string, key: key as string };
}

/** Asked by an edit that the budget, once it is next to nothing, cannot pay. */
export async function budgetUse(gateway: RunningGateway, teamId: string, key: string): Promise<BudgetUse> {
  await admin(gateway, "/team/update", { team_id: teamId, max_budget: 0.000001 });
  return until(async () => {
    const text = (await edit(gateway, key)).body.toString();
    const [, spent, reserved] = /spent \$([\d.]+), reserved \$([\d.]+)/.exec(text) ?? [];
    return spent !== undefined && reserved !== undefined && { spent: nano(spent), reserved: nano(reserved) };
  });
}

const nano = (dollars: string): bigint => BigInt(Math.round(Number(dollars.replace(/\.$/, "")) * 1e9));
