import { createHash } from "node:crypto";
import { BudgetedGateway, isBudgetRefusal } from "../budgeted-gateway.js";
import { modelEntries } from "../model-entry.js";
import { stopAll } from "../running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "../running-simulator.js";
import { StoreServer, describeWithStores } from "../store-servers.js";
import { until } from "../until.js";
import { imported } from "./import-command.js";
import { LiteLlmServer } from "./litellm-server.js";

const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

describeWithStores("moving in from LiteLLM to gateways over PostgreSQL, which is LiteLLM's own", () => {
  let liteLlm: LiteLlmServer;
  let redis: StoreServer;
  let simulator: RunningSimulator;
  let before: string;
  let gateways: BudgetedGateway[] = [];

  const importing = (withRedis: boolean, ...flags: readonly string[]) =>
    imported(flags, { ...environmentOf(withRedis), LITELLM_DATABASE_URL: liteLlm.url });

  const environmentOf = (withRedis: boolean) => ({
    DATABASE_URL: liteLlm.url,
    ...(withRedis && { REDIS_URL: redis.url }),
  });

  const startGateway = (withRedis: boolean): Promise<BudgetedGateway> =>
    BudgetedGateway.start(
      simulator,
      [modelEntries(simulator.url)("edits", "one", simulatorKeys.one)],
      {},
      { environment: environmentOf(withRedis) },
    );

  /** On a machine that is too busy, Redis is given up for a moment: once more then. */
  const edit = (gateway: BudgetedGateway, key?: string, headers = {}) =>
    until(async () => {
      const answer = await gateway.edit({ ...(key !== undefined && { key }), headers });
      return answer.status !== 503 && answer;
    });

  beforeAll(async () => {
    [liteLlm, redis, simulator] = await Promise.all([
      LiteLlmServer.start(),
      StoreServer.redis(),
      startSimulator(),
    ]);
    const key = (secret: string, row: object): Promise<void> =>
      liteLlm.add("LiteLLM_VerificationToken", {
        token: hashOf(secret),
        key_name: `sk-...${secret.slice(-4)}`,
        models: [],
        ...row,
      });
    await liteLlm.add("LiteLLM_TeamTable", {
      team_id: "blue",
      max_budget: 100,
      spend: 40.25,
      budget_duration: "30d",
      models: [],
    });
    await key("sk-of-blue", { key_alias: "blue key", team_id: "blue", spend: 0.5 });
    await key("sk-spent", { max_budget: 0.25, spend: 0.25 });
    await liteLlm.add("LiteLLM_TagTable", { tag_name: "seen", spend: 2 });
    before = await liteLlm.content();
  }, 120_000);

  afterAll(async () => {
    await stopAll();
    await Promise.all([liteLlm.stop(), redis.stop()]);
  });

  test("a dry run makes not even a schema", async () => {
    expect(await importing(true, "--dry-run")).toMatchObject({
      counts: { key: { new: 2, here: 0 }, team: { new: 1, here: 0 }, tag: { new: 1, here: 0 } },
      spend: { new: 4, here: 0 },
    });
    expect(
      await liteLlm.query("SELECT 1 FROM information_schema.schemata WHERE schema_name = 'darkroom'"),
    ).toEqual([]);
  });

  test("gateways that run know imported keys at once, and budgets go on where they were", async () => {
    gateways = await Promise.all([startGateway(true), startGateway(true)]);
    const [one, other] = gateways as [BudgetedGateway, BudgetedGateway];
    expect((await edit(one, undefined, { "x-litellm-tags": "seen" })).status).toBe(200);
    for (const gateway of gateways) expect((await edit(gateway, "sk-of-blue")).status).toBe(401);
    const usage = () => one.admin("/reports/spend?by=tag");
    await until(async () => ((await usage())["rows"] as unknown[]).length > 0);

    const dry = await importing(true, "--dry-run");
    expect(dry.counts["key"]).toEqual({ new: 2, here: 0 });
    for (const gateway of gateways) expect((await edit(gateway, "sk-of-blue")).status).toBe(401);

    const done = await importing(true);
    expect(done).toEqual({ ...dry, dryRun: false });
    // The gateways count the tag already.
    expect(done.spend).toEqual({ new: 3, here: 1 });
    expect(done.findings).toEqual([
      {
        kind: "tag",
        name: "seen",
        what: "changed",
        reason: expect.stringContaining("counted here before") as string,
      },
    ]);
    for (const gateway of gateways) {
      await until(async () => (await edit(gateway, "sk-of-blue")).status === 200);
      expect(isBudgetRefusal(await edit(gateway, "sk-spent"))).toBe(true);
    }
    const spend = async (): Promise<number> => {
      const info = (await other.admin("/team/info?team_id=blue"))["team_info"] as { spend: number };
      return info.spend;
    };
    await until(async () => (await spend()) > 40.25);
    expect(await spend()).toBeLessThan(41);
  }, 90_000);

  test("a second run changes nothing, and LiteLLM's tables are as they were", async () => {
    const again = await importing(true);
    expect(Object.values(again.counts).map((count) => count.new)).toEqual(Array(8).fill(0));
    expect(again.spend).toEqual({ new: 0, here: 4 });
    expect(again.findings.filter(({ what }) => what === "kept")).toEqual([]);
    expect(await liteLlm.content()).toBe(before);
  }, 60_000);

  test("beside gateways it does not know how to tell, nothing is written; once they are stopped, all of it comes", async () => {
    await expect(importing(false)).rejects.toThrow("Stop it while the import runs");
    await Promise.all(gateways.map(({ gateway }) => gateway.stop()));
    const alone = await startGateway(false);
    await expect(importing(false)).rejects.toThrow("Stop it while the import runs");
    await expect(importing(true)).rejects.toThrow("Stop it while the import runs");
    await alone.gateway.stop();
    const done = await until(() => importing(false).catch(() => undefined));
    expect(done).toMatchObject({ spend: { new: 1, here: 3 }, findings: [] });
  }, 90_000);
});
