import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BudgetedGateway, isBudgetRefusal } from "../budgeted-gateway.js";
import { errorOf } from "../edit-request.js";
import { darkroom } from "../ended-command.js";
import { modelEntries } from "../model-entry.js";
import { stopAll } from "../running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "../running-simulator.js";
import { describeWithStores } from "../store-servers.js";
import { imported } from "./import-command.js";
import { LiteLlmServer } from "./litellm-server.js";

const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** The first of next month, when LiteLLM and Darkroom begin a budget of 30 days anew. */
function nextMonth(): Date {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
}

describeWithStores("moving in from LiteLLM", () => {
  let liteLlm: LiteLlmServer;
  let simulator: RunningSimulator;
  let before: string;
  const folder = mkdtempSync(join(tmpdir(), "darkroom-moved-"));

  const importing = (...flags: readonly string[]) =>
    imported(["--database-url", liteLlm.url, "--data-dir", folder, ...flags]);

  const startGateway = (): Promise<BudgetedGateway> =>
    BudgetedGateway.start(
      simulator,
      [modelEntries(simulator.url)("edits", "one", simulatorKeys.one)],
      {},
      { arguments: ["--data-dir", folder] },
    );

  beforeAll(async () => {
    [liteLlm, simulator] = await Promise.all([LiteLlmServer.start(), startSimulator()]);
    const resetAt = nextMonth();
    const key = (secret: string, row: object): Promise<void> =>
      liteLlm.add("LiteLLM_VerificationToken", {
        token: hashOf(secret),
        key_name: `sk-...${secret.slice(-4)}`,
        models: [],
        ...row,
      });
    await liteLlm.add("LiteLLM_BudgetTable", {
      budget_id: "of-customers",
      max_budget: 0.000001,
      budget_duration: "1d",
    });
    await liteLlm.add("LiteLLM_BudgetTable", { budget_id: "of-bob", max_budget: 10, rpm_limit: 100 });
    await liteLlm.add("LiteLLM_BudgetTable", { budget_id: "of-acme", max_budget: 1000 });
    await liteLlm.add("LiteLLM_OrganizationTable", {
      organization_id: "acme",
      organization_alias: "Acme",
      budget_id: "of-acme",
      models: [],
      spend: 12.5,
    });
    await liteLlm.query(`INSERT INTO "LiteLLM_ModelTable" (aliases) VALUES ('{"pictures": "edits"}')`);
    await liteLlm.add("LiteLLM_TeamTable", {
      team_id: "red",
      team_alias: "Red",
      organization_id: "acme",
      model_id: 1,
      members_with_roles: [
        { user_id: "ann", role: "admin" },
        { user_id: "bob", role: "user" },
      ],
      metadata: { tags: ["red-tag"], cost_center: 7 },
      max_budget: 100,
      // As sums of floats come out: this close to its budget no edit fits any more.
      spend: 99.99999999 + 1e-12,
      budget_duration: "30d",
      budget_reset_at: resetAt,
      models: [],
    });
    await liteLlm.add("LiteLLM_TeamTable", {
      team_id: "blue",
      max_budget: 100,
      spend: 40.1 + 0.2,
      budget_duration: "30d",
      budget_reset_at: resetAt,
      models: ["edits"],
    });
    await liteLlm.add("LiteLLM_TeamTable", {
      team_id: "guarded",
      metadata: { guardrails: ["pii"] },
      models: [],
    });
    await liteLlm.add("LiteLLM_UserTable", {
      user_id: "ann",
      user_email: "ann@example.com",
      user_role: "proxy_admin",
    });
    await liteLlm.add("LiteLLM_UserTable", {
      user_id: "bob",
      user_role: "org_admin",
      max_budget: 5,
      spend: 1.25,
    });
    await liteLlm.add("LiteLLM_OrganizationMembership", {
      user_id: "ann",
      organization_id: "acme",
      user_role: "org_admin",
    });
    await liteLlm.add("LiteLLM_OrganizationMembership", {
      user_id: "bob",
      organization_id: "acme",
      budget_id: "of-bob",
    });
    await liteLlm.add("LiteLLM_TeamMembership", {
      user_id: "bob",
      team_id: "red",
      spend: 3,
      budget_id: "of-bob",
    });
    await liteLlm.add("LiteLLM_EndUserTable", { user_id: "zoe", budget_id: "of-customers" });
    await liteLlm.add("LiteLLM_EndUserTable", { user_id: "mallory", blocked: true });
    await liteLlm.add("LiteLLM_TagTable", { tag_name: "red-tag", description: "of the red team", spend: 2 });
    await key("sk-of-red", { key_alias: "red key", team_id: "red", user_id: "bob", spend: 7.5 });
    await key("sk-of-blue", {
      key_alias: "blue key",
      team_id: "blue",
      spend: 0.5,
      metadata: { model_rpm_limit: { edits: 50 } },
    });
    await key("sk-alone", { max_budget: 0.25, spend: 0.25 });
    await key("sk-began-anew", {
      max_budget: 1,
      spend: 1,
      budget_duration: "1d",
      budget_reset_at: new Date(Date.now() - 60_000),
    });
    await key("sk-expired", { expires: new Date(Date.now() - 60_000) });
    await key("sk-blocked", { blocked: true });
    await key("sk-other-model", { models: ["gpt-4o"] });
    await key("sk-routes", { key_alias: "chat only", allowed_routes: ["/chat/completions"] });
    await key("sk-all-routes", { allowed_routes: ["llm_api_routes"] });
    await key("sk-of-guarded", { key_alias: "guarded key", team_id: "guarded" });
    await liteLlm.add("LiteLLM_DeprecatedVerificationToken", {
      id: "1",
      token: hashOf("sk-of-blue-before"),
      active_token_id: hashOf("sk-of-blue"),
      revoke_at: new Date(Date.now() + 3_600_000),
    });
    before = await liteLlm.content();
  }, 120_000);

  afterAll(async () => {
    await stopAll();
    await liteLlm.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("a dry run says what would come, and changes nothing", async () => {
    const tried = await importing("--dry-run");
    expect(tried).toMatchObject({
      counts: {
        key: { new: 8, here: 0 },
        team: { new: 2, here: 0 },
        member: { new: 2, here: 0 },
        user: { new: 2, here: 0 },
        organization: { new: 1, here: 0 },
        customer: { new: 2, here: 0 },
        tag: { new: 1, here: 0 },
        budget: { new: 3, here: 0 },
      },
      // Of the organization, both teams, the member, Bob, the tag and three keys.
      spend: { new: 9, here: 0 },
    });
    expect(await importing("--dry-run")).toEqual(tried);
  });

  test("what cannot come is named with the reason", async () => {
    const { findings } = await importing("--dry-run");
    expect(findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          kind: "team",
          name: "guarded",
          what: "left out",
          reason: expect.stringContaining("guardrails"),
        }),
        expect.objectContaining({
          kind: "key",
          name: expect.stringContaining("guarded key"),
          what: "left out",
        }),
        expect.objectContaining({
          kind: "key",
          name: expect.stringContaining("chat only"),
          what: "left out",
          reason: expect.stringContaining("allowed_routes"),
        }),
        expect.objectContaining({
          kind: "user",
          name: "bob",
          what: "changed",
          reason: expect.stringContaining("org_admin"),
        }),
      ]),
    );
    expect(findings).toContainEqual({
      kind: "organization member",
      name: "bob of Acme (acme)",
      what: "left out",
      reason: expect.stringContaining("organization_member_budget") as string,
    });
    expect(findings).toHaveLength(5);
    const allowed = await importing("--dry-run", "--allow-unenforced", "guardrails", "allowed_routes");
    expect(allowed.counts["key"]).toEqual({ new: 10, here: 0 });
  });

  test("it comes, the keys edit, and budgets are where they were", async () => {
    const imported = await importing();
    expect(imported.counts["key"]).toEqual({ new: 8, here: 0 });
    const gateway = await startGateway();
    try {
      const status = async (key: string, fields = {}, headers = {}): Promise<number> =>
        (await gateway.edit({ key, fields, headers })).status;
      // The red team has less left than an edit may cost.
      const red = await gateway.edit({ key: "sk-of-red" });
      expect([red.status, isBudgetRefusal(red), errorOf(red).message]).toEqual([
        429,
        true,
        expect.stringContaining("99.99999999"),
      ]);
      expect(await status("sk-of-blue")).toBe(200);
      expect(await status("sk-of-blue-before")).toBe(200);
      expect(isBudgetRefusal(await gateway.edit({ key: "sk-alone" }))).toBe(true);
      // Its day has ended, and LiteLLM had not come round to it.
      expect(await status("sk-began-anew")).toBe(200);
      expect(await status("sk-all-routes")).toBe(200);
      for (const key of ["sk-expired", "sk-blocked", "sk-routes", "sk-of-guarded"])
        expect([key, await status(key)]).toEqual([key, 401]);
      expect(await status("sk-other-model")).toBe(403);
      expect(isBudgetRefusal(await gateway.edit({ key: "sk-all-routes", fields: { user: "zoe" } }))).toBe(
        true,
      );
      expect(await status("sk-all-routes", { user: "mallory" })).toBe(403);

      const team = await gateway.admin("/team/info?team_id=red");
      expect(team["team_info"]).toMatchObject({
        team_alias: "Red",
        organization_id: "acme",
        max_budget: 100,
        budget_duration: "30d",
        spend: 99.99999999,
        budget_reset_at: nextMonth().toISOString(),
        metadata: { cost_center: 7 },
      });
      expect(await gateway.admin("/organization/info?organization_id=acme")).toMatchObject({
        teams: [{ team_id: "red" }],
        members: [{ user_id: "ann", user_role: "org_admin" }],
      });
      const blue = (await gateway.admin(`/key/info?key=${hashOf("sk-of-blue")}`))["info"] as Record<
        string,
        unknown
      >;
      expect(blue).toMatchObject({ key_alias: "blue key", team_id: "blue", model_rpm_limit: { edits: 50 } });
      expect(blue["spend"]).toBeGreaterThan(0.5);
    } finally {
      await gateway.gateway.stop();
    }
  }, 60_000);

  test("a second run changes nothing, and LiteLLM's tables are as they were", async () => {
    const again = await importing();
    expect(Object.values(again.counts).map((count) => count.new)).toEqual(Array(8).fill(0));
    expect(again.spend).toEqual({ new: 0, here: 9 });
    expect(again.findings.filter(({ what }) => what === "kept")).toEqual([]);
    expect(await liteLlm.content()).toBe(before);
  });

  test("what was changed here since stays, and is named", async () => {
    const gateway = await startGateway();
    await gateway.admin("/team/update", { team_id: "blue", max_budget: 77 });
    // Nothing is written while a gateway runs.
    await expect(importing()).rejects.toThrow("A gateway runs on");
    await gateway.gateway.stop();
    const again = await importing();
    expect(again.findings).toContainEqual({
      kind: "team",
      name: "blue",
      what: "kept",
      reason: "it was here before with another limits",
    });
  }, 60_000);

  test("it is said for people too, and what is no LiteLLM is told", async () => {
    const shown = await darkroom([
      "import",
      "litellm",
      "--database-url",
      liteLlm.url,
      "--data-dir",
      folder,
      "--dry-run",
    ]);
    expect(shown.printed).toMatch(/^ *would come +were here$/m);
    expect(shown.printed).toMatch(/^keys +0 +8$/m);
    expect(shown.printed).toMatch(/^left out +key +chat only/m);
    const wrong = await darkroom([
      "import",
      "litellm",
      "--database-url",
      `${liteLlm.url}?schema=other`,
      "--dry-run",
    ]);
    expect([wrong.code, wrong.said]).toEqual([
      1,
      expect.stringContaining('There is no table "LiteLLM_VerificationToken"'),
    ]);
  });

  test("what LiteLLM recorded of image edits is held against what they cost", async () => {
    const log = (id: string, row: object): Promise<void> =>
      liteLlm.add("LiteLLM_SpendLogs", {
        request_id: id,
        call_type: "aimage_edit",
        startTime: new Date("2026-11-01T12:00:00Z"),
        endTime: new Date("2026-11-01T12:00:30Z"),
        model: "gpt-image-1",
        team_id: "red",
        status: "success",
        ...row,
      });
    // 19 tokens of text at $5, 512 of images at $10, 158 out at $40 a million: $0.011535.
    const usage = {
      input_tokens: 531,
      output_tokens: 158,
      total_tokens: 689,
      input_tokens_details: { text_tokens: 19, image_tokens: 512 },
    };
    await log("answer", { spend: 0.004, response: { data: [{}], usage } });
    await log("metadata", {
      spend: 0.004,
      metadata: {
        usage_object: {
          prompt_tokens: 531,
          completion_tokens: 158,
          total_tokens: 689,
          prompt_tokens_details: { text_tokens: 19, image_tokens: 512 },
        },
      },
    });
    await log("totals", { spend: 0.01, prompt_tokens: 531, completion_tokens: 158, total_tokens: 689 });
    await log("nothing", { spend: 0.02 });
    await log("failed", { spend: 0, status: "failure" });
    await log("cached", { spend: 0.01, cache_hit: "True", team_id: null });
    await log("stranger", { spend: 0.03, model: "flux-pro", team_id: "blue" });
    await log("chat", { call_type: "acompletion", spend: 5 });
    await log("earlier", {
      spend: 1,
      startTime: new Date("2026-10-31T23:59:59Z"),
      response: { data: [{}], usage },
    });

    const audited = await darkroom([
      "audit",
      "litellm",
      "--database-url",
      liteLlm.url,
      "--since",
      "2026-11-01",
      "--json",
    ]);
    expect(JSON.parse(audited.printed)).toMatchObject({
      teams: [
        {
          team_id: "red",
          edits: 4,
          known: { edits: 2, recorded_usd: "0.008", true_usd: "0.02307", difference_usd: "0.01507" },
          // All of the input as text, and all of it as images.
          bounded: { edits: 1, recorded_usd: "0.01", least_usd: "0.008975", most_usd: "0.01163" },
          unknown: { edits: 1, recorded_usd: "0.02", no_usage: 1, no_price: 0 },
        },
        { team_id: "blue", edits: 1, unknown: { no_price: 1 } },
        { team_id: null, edits: 1, known: { edits: 1, recorded_usd: "0.01", true_usd: "0" } },
      ],
    });
    const { printed } = await darkroom(["audit", "litellm", "--database-url", liteLlm.url]);
    expect(printed).toMatch(/^red +5 +3 +\$1.008 +\$0.034605 /m);
    expect(printed).toContain("Of 1 edits only totals of tokens are kept");
  });
});
