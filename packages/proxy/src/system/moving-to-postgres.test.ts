import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseUsd } from "@darkroom/cost-calculator";
import { stringify } from "yaml";
import { BudgetedGateway, dollars, isBudgetRefusal, masterKey } from "./budgeted-gateway.js";
import { darkroom } from "./ended-command.js";
import { modelEntries } from "./model-entry.js";
import { spawnGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { StoreServer, describeWithStores } from "./store-servers.js";
import { until } from "./until.js";

type Json = Record<string, unknown>;

describeWithStores("a gateway that goes on in a PostgreSQL", () => {
  let simulator: RunningSimulator;
  let postgres: StoreServer;
  let embedded: BudgetedGateway;
  let keys: { team: string; spent: string };
  const folder = mkdtempSync(join(tmpdir(), "darkroom-moved-"));

  const entries = () => [modelEntries(simulator.url)("edits", "one", simulatorKeys.one)];
  const environment = () => ({ DATABASE_URL: postgres.url });
  const startOn = (environment: Record<string, string>): Promise<BudgetedGateway> =>
    BudgetedGateway.start(simulator, entries(), {}, { environment, arguments: ["--data-dir", folder] });
  const move = () => darkroom(["move", "--data-dir", folder], environment());

  /** What is told of keys, teams and days; all that was spent, as of now. */
  async function told(gateway: BudgetedGateway): Promise<Json> {
    const reports = ["day,team,key", "day,user", "customer", "tag", "deployment"];
    return Object.fromEntries(
      await Promise.all(
        [
          ...reports.map((by) => `/reports/spend?by=${by}`),
          ...["/spend/logs", "/key/list?return_full_object=true", "/team/list", "/organization/list"],
          ...["/customer/list", "/audit", "/reports/forecast?by=team"],
        ].map(async (path) => [path, withoutClock(await gateway.admin(path))]),
      ),
    ) as Json;
  }

  beforeAll(async () => {
    [simulator, postgres] = await Promise.all([startSimulator(), StoreServer.postgres()]);
    embedded = await startOn({});
    const most = await embedded.mostNanoUsd();
    await embedded.admin("/organization/new", { organization_id: "house", max_budget: 1000 });
    await embedded.admin("/team/new", {
      team_id: "red",
      organization_id: "house",
      max_budget: 100,
      budget_duration: "30d",
    });
    keys = {
      team: await embedded.newKey({ team_id: "red", key_alias: "of red" }),
      spent: await embedded.newKey({ max_budget: dollars(most) }),
    };
    for (const asker of [
      { key: keys.team, fields: { user: "zoe" } },
      { key: keys.team, headers: { "x-litellm-tags": "spring" } },
      { key: keys.spent },
    ])
      expect((await embedded.edit(asker)).status).toBe(200);
    // It may have been charged, and nobody knows.
    await simulator.setFaults({ fault: { kind: "cut" } });
    expect((await embedded.edit({ key: keys.team })).status).toBeGreaterThanOrEqual(500);
    await simulator.setFaults();
    expect(isBudgetRefusal(await embedded.edit({ key: keys.spent }))).toBe(true);
  }, 120_000);

  afterAll(async () => {
    await stopAll();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("its books are not left behind, and not moved while it works; then it goes on where it was", async () => {
    const before = await until(async () => {
      const all = await told(embedded);
      const customers = all["/customer/list"] as Json[];
      const isApplied = Object.values(all).every((answer) => ((answer as Json)["lag_entries"] ?? 0) === 0);
      return isApplied && (all["/spend/logs"] as Json[]).length === 4 && customers.length === 1 && all;
    });
    expect(await move()).toMatchObject({ code: 1, said: expect.stringContaining("Stop it first") as string });
    await embedded.gateway.stop();

    const config = stringify({ model_list: entries(), general_settings: { master_key: masterKey } });
    const refused = spawnGateway({
      config,
      environment: environment(),
      arguments: ["--data-dir", folder],
    });
    expect(await refused.ended).toMatchObject({ code: 1 });
    expect(refused.standardError).toContain("`darkroom move`");

    const importing = ["import", "litellm", "--database-url", postgres.url, "--data-dir", folder];
    expect(await darkroom(importing, environment())).toMatchObject({
      code: 1,
      said: expect.stringContaining("`darkroom move`") as string,
    });

    const moved = await move();
    expect(moved).toMatchObject({ code: 0, said: "" });
    expect(moved.printed).toMatch(/^attempts +4$/m);
    expect(moved.printed).toContain("Every count and every sum is the same in both places");

    const gateway = await startOn(environment());
    expect(await told(gateway)).toEqual(before);
    expect(isBudgetRefusal(await gateway.edit({ key: keys.spent }))).toBe(true);
    expect((await gateway.edit({ key: keys.team })).status).toBe(200);
    const certainOf = async (): Promise<bigint> => {
      const { total } = await gateway.admin("/reports/spend?by=team");
      return parseUsd(String((total as Json)["certain_usd"]));
    };
    const [{ total }] = [before["/reports/spend?by=day,team,key"] as { total: Json }];
    await until(async () => (await certainOf()) > parseUsd(String(total["certain_usd"])));
    const billed = BigInt((await simulator.bill()).totals.overall.nanoUsd);
    const { total: all } = await gateway.admin("/reports/spend");
    const [certain, uncertain] = ["certain_usd", "uncertain_usd"].map((name) =>
      parseUsd(String((all as Json)[name])),
    ) as [bigint, bigint];
    expect(certain).toBeLessThanOrEqual(billed);
    expect(certain + uncertain).toBeGreaterThanOrEqual(billed);
    await gateway.gateway.stop();

    // Here it would spend its budgets once more.
    const back = spawnGateway({ config, arguments: ["--data-dir", folder] });
    expect(await back.ended).toMatchObject({ code: 1 });
    expect(back.standardError).toContain("Set DATABASE_URL");
    expect(await move()).toMatchObject({ code: 1, said: expect.stringContaining("is not empty") as string });
  }, 120_000);
});

/** What a forecast says depends on the moment. */
function withoutClock(answer: Json): unknown {
  const budgets = answer["budgets"] as Json[] | undefined;
  return budgets === undefined
    ? answer
    : budgets.map(({ id, spend_usd, certain_usd }) => ({ id, spend_usd, certain_usd }));
}
