import { formatUsd, parseUsd } from "@darkroom/cost-calculator";
import { stringify } from "yaml";
import { sendEdit } from "./edit-request.js";
import { modelEntries } from "./model-entry.js";
import { type RunningGateway, spawnGateway, startGateway } from "./running-gateway.js";
import { RunningProcess, stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { shiftedClock } from "./shifted-clock.js";

const masterKey = "sk-master";
const teamName = `Red & <b>"bold"</b>`;
/** The gateway's day, far from its end and from its month's, whatever day it is here. */
const today = "2026-06-15";
const month = "2026-06";
const range = `start_date=${today}&end_date=${today}`;

let simulator: RunningSimulator;
let gateway: RunningGateway;
let keys: { red: string; alsoRed: string; anns: string };
/** What everything cost, by the simulator's bill. */
let billed: bigint;
let redId: string;

type Json = Record<string, unknown>;

async function call(
  path: string,
  key = masterKey,
  body?: object,
): Promise<{ status: number; text: string; type: string }> {
  const answer = await fetch(`${gateway.url}${path}`, {
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text(), type: answer.headers.get("content-type") ?? "" };
}

async function ask<Shape = Json>(path: string, key?: string, body?: object): Promise<Shape> {
  const { status, text } = await call(path, key, body);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return JSON.parse(text) as Shape;
}

async function edit(key: string, headers: Record<string, string> = {}, fields = {}): Promise<number> {
  const { status } = await sendEdit(gateway.url, {
    fields: { model: "edits", size: "1024x1024", quality: "low", ...fields },
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
  return status;
}

const inAll = (amounts: readonly Json[], field = "spend_usd"): bigint =>
  amounts.reduce((sum, amount) => sum + parseUsd(String(amount[field])), 0n);

beforeAll(async () => {
  simulator = await startSimulator();
  const entry = modelEntries(simulator.url);
  gateway = await startGateway({
    config: stringify({
      model_list: [entry("edits", "one", simulatorKeys.one)],
      router_settings: { num_retries: 0 },
      general_settings: { master_key: masterKey },
    }),
    ...shiftedClock(Date.parse(`${today}T12:00:00Z`)),
  });
  await ask("/organization/new", masterKey, {
    organization_id: "house",
    organization_alias: "The house",
    max_budget: 50,
  });
  redId = String(
    (
      await ask("/team/new", masterKey, {
        team_alias: teamName,
        organization_id: "house",
        max_budget: 10,
        budget_duration: "30d",
      })
    )["team_id"],
  );
  await ask("/user/new", masterKey, { user_id: "ann", auto_create_key: false });
  const newKey = async (fields: object): Promise<string> =>
    String((await ask("/key/generate", masterKey, fields))["key"]);
  keys = {
    red: await newKey({ team_id: redId, key_alias: "red one" }),
    alsoRed: await newKey({ team_id: redId, key_alias: '=cmd("evil")' }),
    anns: await newKey({ user_id: "ann" }),
  };
  expect(await edit(keys.red, { "x-litellm-tags": "spring,summer" })).toBe(200);
  expect(await edit(keys.alsoRed, {}, { user: "zoe" })).toBe(200);
  expect(await edit(keys.anns, { "x-litellm-tags": "spring" }, { user: "max" })).toBe(200);
  expect(await edit(masterKey, {}, { user: "max" })).toBe(200);
  billed = BigInt((await simulator.bill()).totals.overall.nanoUsd);
  // May have been charged, and nobody knows.
  await simulator.setFaults({ fault: { kind: "cut" } });
  expect(await edit(keys.red)).toBeGreaterThanOrEqual(500);
  await simulator.setFaults();
});
afterAll(stopAll);

test("days, payers and models come to what the simulator billed, and what is uncertain stands apart", async () => {
  const all = await ask<{ rows: Json[]; total: Json }>("/reports/spend");
  expect(all.total).toMatchObject({ certain_usd: formatUsd(billed), attempts: 5, succeeded: 4, images: 4 });
  expect(all.rows).toMatchObject([{ day: today, certain_usd: formatUsd(billed) }]);
  expect(parseUsd(String(all.total["uncertain_usd"]))).toBeGreaterThan(0n);
  expect(inAll([all.total])).toBe(inAll([all.total], "certain_usd") + inAll([all.total], "uncertain_usd"));
  for (const by of ["key", "model", "provider", "group", "deployment", "day,key,model"]) {
    const { rows } = await ask<{ rows: Json[] }>(`/reports/spend?by=${by}`);
    expect([by, formatUsd(inAll(rows))]).toEqual([by, all.total["spend_usd"]]);
  }
  const { rows: ofTeams, total } = await ask<{ rows: Json[]; total: Json }>("/reports/spend?by=day,team,key");
  expect(ofTeams.map(({ team, team_name }) => [team, team_name])).toEqual([
    [redId, teamName],
    [redId, teamName],
  ]);
  const house = await ask<{ rows: Json[] }>("/reports/spend?by=organization");
  expect(house.rows).toMatchObject([{ organization: "house", organization_name: "The house", ...total }]);
  expect((await ask<{ rows: Json[] }>("/reports/spend?by=tag&order=spend&limit=1")).rows).toMatchObject([
    { tag: "spring" },
  ]);
  expect((await ask<{ rows: Json[] }>(`/reports/spend?by=team&of=other`)).rows).toEqual([]);
});

test("CSV is exact, and runs no formula", async () => {
  const { text, type } = await call("/reports/spend?by=team,key&format=csv");
  expect(type).toBe("text/csv; charset=utf-8");
  const [heading, ...lines] = text.trimEnd().split("\r\n");
  expect(heading).toMatch(/^team,team_name,key,key_name,spend_usd,certain_usd,uncertain_usd,attempts/);
  expect(lines).toHaveLength(2);
  expect(text).toContain(`"'=cmd(""evil"")"`);
});

test("a statement is a page without anything of others in it, and a CSV whose lines are the team's amounts", async () => {
  const html = await call(`/reports/statement?team=${redId}&month=${month}`);
  expect(html.type).toBe("text/html; charset=utf-8");
  expect(html.text).toContain("Red &amp; &lt;b&gt;&quot;bold&quot;&lt;/b&gt;");
  expect(html.text).not.toContain("<b>");
  expect(html.text).not.toMatch(/<script|https?:\/\//);
  const csv = (await call(`/reports/statement?team=${redId}&month=${month}&format=csv`)).text;
  const lines = csv.trimEnd().split("\r\n").slice(1);
  const [team] = (await ask<{ rows: Json[] }>("/reports/spend?by=team")).rows;
  const certain = lines.reduce((sum, line) => sum + parseUsd(line.split(",").at(-2) ?? ""), 0n);
  expect(formatUsd(certain)).toBe(team?.["certain_usd"]);
  expect(html.text).toContain(`<strong>$${formatUsd(certain)}</strong>`);
  expect((await call(`/reports/statement?team=nobody&month=${month}`)).status).toBe(404);
});

test("all attempts go out as a file", async () => {
  const { text } = await call(`/reports/attempts?format=jsonl&start=${today}&end=${today}`);
  const rows = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { state: string });
  expect(rows.map(({ state }) => state).sort()).toEqual([
    "certain",
    "certain",
    "certain",
    "certain",
    "uncertain",
  ]);
});

test("a forecast says when a budget will be used up", async () => {
  const { method, budgets } = await ask<{ method: string; budgets: Json[] }>("/reports/forecast?by=team");
  expect(method).toMatch(/straight line/);
  const [team] = (await ask<{ rows: Json[] }>("/reports/spend?by=team")).rows;
  expect(budgets).toMatchObject([
    {
      id: redId,
      budget_usd: "10",
      budget_duration: "30d",
      spend_usd: team?.["spend_usd"],
      certain_usd: team?.["certain_usd"],
    },
  ]);
  expect((await ask<{ budgets: Json[] }>("/reports/forecast?by=organization")).budgets).toMatchObject([
    { id: "house", spend_usd: team?.["spend_usd"], projected_usd: null },
  ]);
});

describe("LiteLLM's routes", () => {
  test("/spend/logs has a row for each attempt, of a key, a user, a request, and days", async () => {
    const logs = await ask<Json[]>("/spend/logs");
    expect(logs).toHaveLength(5);
    expect(logs[0]).toMatchObject({
      call_type: "aimage_edit",
      team_id: redId,
      organization_id: "house",
      status: "failure",
      uncertain: true,
    });
    expect(formatUsd(inAll(logs.filter(({ uncertain }) => uncertain !== true)))).toBe(formatUsd(billed));
    const [ofAnn] = await ask<Json[]>("/spend/logs?user_id=ann");
    expect(ofAnn).toMatchObject({
      user: "ann",
      request_tags: ["spring"],
      team_id: null,
      model: "gpt-image-1",
    });
    expect(await ask<Json[]>(`/spend/logs?request_id=${String(ofAnn?.["request_id"])}`)).toEqual([ofAnn]);
    expect(await ask<Json[]>(`/spend/logs?api_key=${keys.anns}`)).toEqual([ofAnn]);
    expect(await ask<Json[]>(`/spend/logs?api_key=${keys.anns}&${range}&summarize=false`)).toEqual([ofAnn]);
    const [day] = await ask<Json[]>(`/spend/logs?${range}`);
    expect(day).toMatchObject({
      startTime: today,
      certain_usd: formatUsd(billed),
      users: { ann: ofAnn?.["spend"] },
    });
  });

  test("/spend/logs/v2 goes page by page", async () => {
    const query = `/spend/logs/v2?start_date=${today} 00:00:00&end_date=${today} 23:59:59&page_size=2`;
    const pages = await Promise.all([1, 2, 3].map((page) => ask<{ data: Json[] }>(`${query}&page=${page}`)));
    expect(pages).toMatchObject([{ total: 5, page: 1, total_pages: 3 }, { page: 2 }, { page: 3 }]);
    expect(new Set(pages.flatMap(({ data }) => data.map((row) => row["attempt_id"]))).size).toBe(5);
    expect(await ask(`${query}&team_id=${redId}`)).toMatchObject({ total: 3 });
    expect(await ask(`${query}&end_user=zoe`)).toMatchObject({ total: 1 });
    expect(await ask(`${query}&end_user=max`)).toMatchObject({
      total: 2,
      data: [{ end_user: "max" }, { end_user: "max" }],
    });
    expect(await ask(`${query}&model=none`)).toMatchObject({ total: 0, total_pages: 0 });
    expect(await ask(`${query}&status_filter=success`)).toMatchObject({ total: 4 });
    expect(await ask(`${query}&status_filter=failure`)).toMatchObject({
      total: 1,
      data: [{ status: "failure", uncertain: true }],
    });
  });

  test("a caller's key sees its own alone", async () => {
    expect(await ask<Json[]>("/spend/logs", keys.anns)).toHaveLength(1);
    expect((await call(`/spend/logs?api_key=${keys.red}`, keys.anns)).status).toBe(403);
    expect(await ask(`/user/daily/activity?${range}`, keys.anns)).toMatchObject({
      metadata: { total_api_requests: 1 },
    });
    expect((await call(`/user/daily/activity?${range}&user_id=bob`, keys.anns)).status).toBe(403);
    for (const path of [
      "/spend/keys",
      "/spend/users",
      "/spend/tags",
      "/global/spend",
      "/reports/spend",
      "/reports/attempts",
    ])
      expect([path, (await call(path, keys.anns)).status]).toEqual([path, 403]);
    expect((await call(`/reports/statement?team=${redId}&month=${month}`, keys.anns)).status).toBe(403);
    expect((await call(`/team/daily/activity?${range}`, keys.anns)).status).toBe(403);
  });

  test("lists of keys, users and tags", async () => {
    const [ofAnn] = await ask<Json[]>("/spend/logs?user_id=ann");
    expect(await ask<Json[]>("/spend/keys")).toHaveLength(3);
    expect(await ask<Json[]>("/spend/users")).toMatchObject([{ user_id: "ann", spend: ofAnn?.["spend"] }]);
    expect(await ask<Json[]>(`/spend/tags?${range}`)).toMatchObject([
      { individual_request_tag: "spring", log_count: 2 },
      { individual_request_tag: "summer", log_count: 1 },
    ]);
    expect(await ask("/global/spend/tags?tags=summer")).toMatchObject({
      spend_per_tag: [{ name: "summer", log_count: 1 }],
    });
    expect(await ask("/global/spend/all_tag_names")).toEqual({ tag_names: ["spring", "summer"] });
  });

  test("global sums are of everybody", async () => {
    const { total } = await ask<{ total: Json }>("/reports/spend");
    expect(await ask("/global/spend")).toMatchObject({ spend_usd: total["spend_usd"] });
    expect(await ask<Json[]>("/global/spend/logs")).toMatchObject([
      { date: today, spend_usd: total["spend_usd"] },
    ]);
    expect(await ask<Json[]>("/global/spend/models")).toMatchObject([
      { model: "gpt-image-1", total_spend_usd: total["spend_usd"] },
    ]);
    expect(await ask<Json[]>("/global/spend/provider")).toMatchObject([
      { provider: "openai", spend_usd: total["spend_usd"] },
    ]);
    expect(await ask<Json[]>("/global/spend/keys?limit=1")).toMatchObject([
      { key_alias: "red one", team_alias: teamName },
    ]);
    expect(await ask("/global/activity")).toMatchObject({ sum_api_requests: 5 });
    const teams = await ask<{ teams: string[]; total_spend_per_team: Json[] }>("/global/spend/teams");
    expect([...teams.teams].sort()).toEqual([teamName, "Unassigned Team"]);
    expect(formatUsd(inAll(teams.total_spend_per_team, "total_spend_usd"))).toBe(total["spend_usd"]);
  });

  test("/global/spend/report is by team, customer, key and user", async () => {
    const { total } = await ask<{ total: Json }>("/reports/spend");
    const report = `/global/spend/report?${range}`;
    const [day] = await ask<{ group_by_day: string; teams: Json[] }[]>(report);
    expect(day?.group_by_day).toBe(today);
    expect(day?.teams.map((team) => team["team_name"])).toEqual(
      expect.arrayContaining([teamName, "Unassigned Team"]),
    );
    expect(formatUsd(inAll(day?.teams ?? [], "total_spend_usd"))).toBe(total["spend_usd"]);
    expect(await ask<Json[]>(`${report}&group_by=customer`)).toMatchObject([
      {
        group_by_day: today,
        customers: expect.arrayContaining([
          expect.objectContaining({
            customer: "zoe",
            metadata: [expect.objectContaining({ model: "gpt-image-1" })],
          }),
        ]) as unknown,
      },
    ]);
    const [ofAnn] = await ask<Json[]>("/spend/logs?user_id=ann");
    const cost = {
      total_cost: ofAnn?.["spend"],
      total_cost_usd: ofAnn?.["spend_usd"],
      model_details: [{ model: "gpt-image-1" }],
    };
    expect(await ask<Json[]>(`${report}&api_key=${keys.anns}`)).toMatchObject([cost]);
    expect(await ask<Json[]>(`${report}&internal_user_id=ann`)).toMatchObject([cost]);
    expect((await call("/global/spend/report")).status).toBe(400);
  });

  test("daily activity breaks days down", async () => {
    const { total } = await ask<{ total: Json }>("/reports/spend");
    expect(await ask(`/user/daily/activity?${range}`)).toMatchObject({
      results: [
        {
          date: today,
          metrics: {
            spend_usd: total["spend_usd"],
            api_requests: 5,
            successful_requests: 4,
            failed_requests: 1,
          },
          breakdown: {
            models: { "gpt-image-1": { metrics: { api_requests: 5 } } },
            providers: { openai: {} },
            model_groups: { edits: {} },
          },
        },
      ],
      metadata: { total_spend_usd: total["spend_usd"], page: 1, total_pages: 1, has_more: false },
    });
    expect(await ask(`/team/daily/activity?${range}&team_ids=${redId}`)).toMatchObject({
      results: [
        {
          breakdown: {
            entities: { [redId]: { metrics: { api_requests: 3 }, metadata: { alias: teamName } } },
          },
        },
      ],
    });
    expect(await ask(`/tag/daily/activity?${range}&tags=spring`)).toMatchObject({
      metadata: { total_api_requests: 2 },
    });
    expect(await ask(`/customer/daily/activity?${range}`)).toMatchObject({
      results: [{ breakdown: { entities: { zoe: {} } } }],
    });
    expect(await ask(`/organization/daily/activity?${range}`)).toMatchObject({
      results: [{ breakdown: { entities: { house: {} } } }],
    });
    expect(await ask(`/user/daily/activity?${range}&user_id=ann`)).toMatchObject({
      metadata: { total_api_requests: 1 },
    });
    expect(await ask(`/team/daily/activity?start_date=2020-01-01&end_date=2020-01-02`)).toMatchObject({
      results: [],
      metadata: { total_spend: 0, total_pages: 0 },
    });
  });

  test("what was spent cannot be reset, and the refusal says what to do", async () => {
    const { status, text } = await call("/global/spend/reset", masterKey, {});
    expect(status).toBe(501);
    expect(text).toContain("temp_budget_increase");
    expect((await call("/global/spend/reset", keys.anns, {})).status).toBe(403);
  });

  test("/spend/calculate reckons with the gateway's prices", async () => {
    const usage = {
      input_tokens: 531,
      input_tokens_details: { text_tokens: 19, image_tokens: 512 },
      output_tokens: 158,
      total_tokens: 689,
    };
    expect(
      await ask("/spend/calculate", masterKey, {
        model: "edits",
        completion_response: { usage, data: [{}] },
      }),
    ).toEqual({
      cost: 0.011535,
      cost_usd: "0.011535",
    });
    expect(
      (await call("/spend/calculate", masterKey, { model: "nobody", completion_response: { usage } })).status,
    ).toBe(400);
  });
});

test("the command line prints them as tables, JSON, CSV and a page", async () => {
  const darkroom = async (
    ...flags: string[]
  ): Promise<{ code: number | null; printed: string; said: string }> => {
    const running = new RunningProcess({
      program: "proxy/dist/main.js",
      arguments: ["reports", ...flags],
      environment: { DARKROOM_URL: gateway.url, DARKROOM_KEY: masterKey },
    });
    const { code } = await running.ended;
    const result = { code, printed: running.standardOutput, said: running.standardError };
    await running.stop();
    return result;
  };
  const spend = await darkroom("spend", "--by", "day,team");
  expect(spend.printed).toMatch(/^day +team +certain, \$ +uncertain, at most, \$ +attempts +images\n/);
  expect(spend.printed).toMatch(
    /In all, from \d{4}-\d\d-\d\d until before .*: certain \$0\.\d+, uncertain, at most \$0\.\d+\./,
  );
  expect(JSON.parse((await darkroom("top", "--by", "key", "--limit", "1", "--json")).printed)).toMatchObject({
    rows: [{ key_name: "red one" }],
    has_more: true,
  });
  expect((await darkroom("spend", "--csv")).printed).toContain(`\n${today},`);
  expect((await darkroom("forecast")).printed).toContain("A straight line");
  expect((await darkroom("statement", redId, month)).printed).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
  expect(await darkroom("spend", "--by", "colour")).toMatchObject({
    code: 1,
    said: expect.stringContaining("not by 'colour'") as string,
  });
});

test("how long rows are kept is a setting, of an hour at least", async () => {
  const config = stringify({
    model_list: [modelEntries(simulator.url)("edits", "one", simulatorKeys.one)],
    general_settings: { master_key: masterKey, maximum_spend_logs_retention_period: "30m" },
  });
  const refused = spawnGateway({ config });
  await refused.ended;
  expect(refused.standardError).toContain("expected a duration of at least 1h, such as 30d");
  const kept = await startGateway({ config: config.replace("30m", "30d") });
  expect(kept.logLines().join("\n")).not.toContain("maximum_spend_logs_retention_period");
  await kept.stop();
});

test.each([
  ["/reports/spend?by=colour", "by"],
  ["/reports/spend?by=team,tag", "by"],
  ["/reports/spend?start=2026-02-30", "start"],
  ["/reports/spend?start=2026-02-02&end=2026-02-01", "end"],
  ["/reports/spend?of=red", "of"],
  ["/reports/spend?limit=0", "limit"],
  ["/reports/statement?month=2026-13&team=red", "month"],
  ["/reports/forecast?by=proxy", "by"],
  ["/spend/logs/v2?start_date=now&end_date=now", "start_date"],
  ["/spend/logs?sinse=1", "sinse"],
  [`/spend/logs/v2?start_date=${today}&end_date=${today}&status_filter=cut`, "status_filter"],
])("refuses %s, and names the field", async (path, param) => {
  const { status, text } = await call(path);
  expect(status).toBe(400);
  expect((JSON.parse(text) as { error: object }).error).toMatchObject({ param });
});

test("an organization has members, who are made where nobody knows them, and go with their user", async () => {
  await ask("/organization/new", masterKey, { organization_id: "club" });
  const added = await ask("/organization/member_add", masterKey, {
    organization_id: "club",
    member: [{ user_id: "ann", role: "org_admin" }, { user_email: "new@example.com" }],
  });
  expect(added).toMatchObject({
    organization_id: "club",
    updated_users: expect.arrayContaining([
      expect.objectContaining({ user_email: "new@example.com", user_role: "internal_user" }),
    ]) as unknown,
    updated_organization_memberships: [
      { user_id: "ann", organization_id: "club", user_role: "org_admin" },
      { user_role: "internal_user" },
    ],
  });
  const refused = async (path: string, body: object) => {
    const { status, text } = await call(path, masterKey, { organization_id: "club", ...body });
    return [status, (JSON.parse(text) as { error: { param: string } }).error.param];
  };
  expect(await refused("/organization/member_add", { member: { user_id: "ann" } })).toEqual([409, "user_id"]);
  expect(
    await refused("/organization/member_add", {
      member: { user_id: "bob" },
      max_budget_in_organization: 5,
    }),
  ).toEqual([400, "max_budget_in_organization"]);
  expect(
    await refused("/organization/member_add", {
      member: { user_id: "bob", max_budget_in_organization: 5 },
    }),
  ).toEqual([400, "member"]);
  expect(await refused("/organization/member_update", { user_id: "ann", role: "king" })).toEqual([
    400,
    "role",
  ]);
  expect(await refused("/organization/member_delete", { user_id: "bob" })).toEqual([404, "user_id"]);
  // LiteLLM's own clients send these.
  const patched = await fetch(`${gateway.url}/organization/member_update`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${masterKey}`, "content-type": "application/json" },
    body: JSON.stringify({ organization_id: "club", user_id: "ann", role: "internal_user_viewer" }),
  });
  expect(await patched.json()).toMatchObject({ user_id: "ann", user_role: "internal_user_viewer" });
  const members = async () => (await ask("/organization/info?organization_id=club"))["members"];
  expect(await members()).toMatchObject([
    { user_id: "ann", user_role: "internal_user_viewer" },
    { user_role: "internal_user" },
  ]);
  await ask("/organization/member_delete", masterKey, {
    organization_id: "club",
    user_email: "new@example.com",
  });
  await ask("/user/new", masterKey, { user_id: "leaver", auto_create_key: false });
  await ask("/organization/member_add", masterKey, {
    organization_id: "club",
    member: { user_id: "leaver" },
  });
  await ask("/user/delete", masterKey, { user_ids: ["leaver"] });
  expect(await members()).toMatchObject([{ user_id: "ann" }]);
  const deleted = await fetch(`${gateway.url}/organization/delete`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${masterKey}`, "content-type": "application/json" },
    body: JSON.stringify({ organization_ids: ["club"] }),
  });
  expect(await deleted.json()).toEqual({ deleted_organizations: ["club"] });
});

test("an organization with teams is not removed, and one that is in the way is named", async () => {
  const remove = await call("/organization/delete", masterKey, { organization_ids: ["house"] });
  expect([remove.status, remove.text]).toEqual([409, expect.stringContaining("has teams (1 in all)")]);
  expect(await ask("/organization/info?organization_id=house")).toMatchObject({
    organization_alias: "The house",
    max_budget: 50,
    teams: [{ team_id: redId }],
  });
  expect(await ask<Json[]>("/organization/list")).toHaveLength(1);
  expect(
    await ask("/organization/update", masterKey, { organization_id: "house", max_budget: 60 }),
  ).toMatchObject({ max_budget: 60 });
  expect((await call("/team/new", masterKey, { organization_id: "nowhere" })).status).toBe(400);
  await ask("/organization/new", masterKey, { organization_id: "empty" });
  expect(await ask("/organization/delete", masterKey, { organization_ids: ["empty"] })).toEqual({
    deleted_organizations: ["empty"],
  });
});
