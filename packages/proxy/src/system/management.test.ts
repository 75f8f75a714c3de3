import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { picture } from "./edit-request.js";
import { managementOf } from "./management-client.js";
import { hasCurl, run } from "./programs.js";
import { configFor, type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, startSimulator } from "./running-simulator.js";

const masterKey = "sk-1234";

let simulator: RunningSimulator;
let gateway: RunningGateway;
let manage: ReturnType<typeof managementOf>;

const configWith = (litellm_settings: object): string =>
  configFor(simulator, {
    groups: { "gpt-image-1": "gpt-image-1" },
    settings: { general_settings: { master_key: masterKey }, litellm_settings },
  });

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startGateway({ config: configWith({ timezone: "Asia/Tokyo" }) });
  manage = managementOf(gateway, masterKey);
});
afterAll(stopAll);

(hasCurl ? test : test.skip)(
  "a script of curl calls as LiteLLM's users write them works unchanged",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "darkroom-management-"));
    writeFileSync(join(folder, "photo.png"), picture);
    // Bodies and headers are those of LiteLLM's documentation of virtual keys, users, teams, customers and budgets.
    writeFileSync(
      join(folder, "script.sh"),
      `set -eu
json() { node -e 'let t="";process.stdin.on("data",d=>t+=d).on("end",()=>console.log(eval("("+t+")."+process.argv[1])))' "$1"; }
curl -sf -X POST "$PROXY/budget/new" -H "Authorization: Bearer sk-1234" -H "Content-Type: application/json" -d '{"budget_id": "free-tier", "soft_budget": 5, "budget_duration": "30d"}' > /dev/null
TEAM=$(curl -sf --location "$PROXY/team/new" --header 'Authorization: Bearer sk-1234' --header 'Content-Type: application/json' --data-raw '{"team_alias": "my-dev-team", "models": ["gpt-image-1"], "metadata": {"owner": "ishaan"}, "members_with_roles": [{"role": "admin", "user_id": "5c4a0aa3-a1e1-43dc-bd87-3c2da8382a3a"}]}' | json team_id)
curl -sf -X POST "$PROXY/team/member_add" -H 'Authorization: Bearer sk-1234' -H 'Content-Type: application/json' -d "{\\"team_id\\": \\"$TEAM\\", \\"member\\": {\\"role\\": \\"user\\", \\"user_id\\": \\"krrish247652@berri.ai\\"}}" > /dev/null
KEY=$(curl -sf "$PROXY/key/generate" --header 'Authorization: Bearer sk-1234' --header 'Content-Type: application/json' --data-raw "{\\"models\\": [\\"gpt-image-1\\"], \\"duration\\": \\"20m\\", \\"team_id\\": \\"$TEAM\\", \\"metadata\\": {\\"user\\": \\"ishaan@berri.ai\\"}, \\"max_budget\\": 10, \\"budget_duration\\": \\"30d\\", \\"rpm_limit\\": 100}" | json key)
curl -sf -X POST "$PROXY/key/update" -H 'Authorization: Bearer sk-1234' -H 'Content-Type: application/json' -d "{\\"key\\": \\"$KEY\\", \\"rpm_limit\\": 50, \\"model_max_budget\\": {\\"gpt-image-1\\": {\\"budget_limit\\": 5, \\"time_period\\": \\"1d\\"}}}" > /dev/null
curl -sf -X POST "$PROXY/customer/new" -H 'Authorization: Bearer sk-1234' -H 'Content-Type: application/json' -d '{"user_id": "my-customer-id", "budget_id": "free-tier"}' > /dev/null
curl -sf -X POST "$PROXY/v1/images/edits" -H "Authorization: Bearer $KEY" -F model=gpt-image-1 -F image=@photo.png -F prompt="Add a red hat" -F user=my-customer-id > /dev/null
curl -sf -X GET "$PROXY/key/info?key=$KEY" -H 'Authorization: Bearer sk-1234' | json info.team_id > team
curl -sf -X GET "$PROXY/team/info?team_id=$TEAM" -H 'Authorization: Bearer sk-1234' | json team_info.members.length
curl -sf -X GET "$PROXY/customer/info?end_user_id=my-customer-id" -H 'Authorization: Bearer sk-1234' | json litellm_budget_table.soft_budget
curl -sf "$PROXY/user/new" --header 'Authorization: Bearer sk-1234' --header 'Content-Type: application/json' --data-raw '{"user_email": "ishaan@berri.ai", "models": ["gpt-image-1"]}' | json 'key.slice(0, 3)'
curl -sf -X POST "$PROXY/key/block" -H "Authorization: Bearer sk-1234" -H "Content-Type: application/json" -d "{\\"key\\": \\"$KEY\\"}" | json blocked
curl -sf -X POST "$PROXY/key/unblock" -H "Authorization: Bearer sk-1234" -H "Content-Type: application/json" -d "{\\"key\\": \\"$KEY\\"}" | json blocked
NEW=$(curl -sf -X POST "$PROXY/key/$KEY/regenerate" -H 'Authorization: Bearer sk-1234' -H 'Content-Type: application/json' -d '{"duration": "30d", "metadata": {"user": "ishaan"}, "grace_period": "24h"}' | json key)
for K in "$KEY" "$NEW"; do curl -sf "$PROXY/v1/models" -H "Authorization: Bearer $K" | json data.length; done
curl -sf "$PROXY/v1/model/info" -H "Authorization: Bearer $NEW" | json 'data[0].model_name'
curl -sf -X POST "$PROXY/team/delete" -H 'Authorization: Bearer sk-1234' -H 'Content-Type: application/json' -d "{\\"team_ids\\": [\\"$TEAM\\"]}" > /dev/null
curl -s -o /dev/null -w '%{http_code}\\n' "$PROXY/v1/models" -H "Authorization: Bearer $NEW"
SPENT=$(curl -sf "$PROXY/key/generate" --header 'Authorization: Bearer sk-1234' --header 'Content-Type: application/json' --data-raw '{"max_budget": 0, "budget_duration": "10s"}' | json key)
curl -s -X POST "$PROXY/v1/images/edits" -H "Authorization: Bearer $SPENT" -F model=gpt-image-1 -F image=@photo.png -F prompt="Add a red hat" | json error.type
`,
    );
    try {
      const printed = await run("env", [`PROXY=${gateway.url}`, "sh", "script.sh"], folder);
      expect(printed.trim().split("\n")).toEqual([
        "2",
        "5",
        "sk-",
        "true",
        "false",
        "1",
        "1",
        "gpt-image-1",
        "401",
        "budget_exceeded",
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test("a new key has the operator's defaults and no more than their upper bounds", async () => {
  const bounded = await startGateway({
    config: configWith({
      default_key_generate_params: { metadata: { made: "by default" }, rpm_limit: 500 },
      upperbound_key_generate_params: { max_budget: 100, duration: "30d", rpm_limit: 1_000 },
    }),
  });
  const make = managementOf(bounded, masterKey);
  const { body: plain } = await make("/key/generate", {});
  expect(plain).toMatchObject({ metadata: { made: "by default" }, rpm_limit: 500, max_budget: 100 });
  expect(Date.parse(plain.expires) - Date.parse(plain.created_at)).toBe(30 * 86_400_000);
  const { body: greedy } = await make("/key/generate", {
    max_budget: 200,
    rpm_limit: 2_000,
    duration: "60d",
    metadata: {},
  });
  expect(greedy).toMatchObject({ metadata: {}, rpm_limit: 1_000, max_budget: 100 });
  expect(Date.parse(greedy.expires) - Date.parse(greedy.created_at)).toBe(30 * 86_400_000);
  const { body: modest } = await make("/key/generate", { max_budget: 0.5, rpm_limit: 1, duration: "1h" });
  expect(modest).toMatchObject({ rpm_limit: 1, max_budget: 0.5 });
});

test("limits come back as they were given, with the moment at which a budget begins anew in the operator's time zone", async () => {
  const limits = {
    max_budget: 0.123456789,
    soft_budget: 0.1,
    budget_duration: "1d",
    budget_limits: [{ max_budget: 10, budget_duration: "1mo" }],
    model_max_budget: { "gpt-image-1": { budget_limit: "0.0000001", time_period: "7d" } },
    model_rpm_limit: { "gpt-image-1": 3 },
    tpm_limit: 10,
    ipm_limit: 4,
    max_parallel_requests: 2,
  };
  const { status, body } = await manage("/team/new", { team_id: "limited", ...limits });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...limits,
    budget_limits: [{ max_budget: 10, budget_duration: "1mo" }],
    model_max_budget: { "gpt-image-1": { max_budget: 1e-7, budget_duration: "7d" } },
  });
  // Midnight in Tokyo.
  expect(body.budget_reset_at).toMatch(/T15:00:00.000Z$/);
  const { body: updated } = await manage("/team/update", {
    team_id: "limited",
    max_budget: null,
    tpm_limit: 11,
  });
  expect(updated.data).toMatchObject({ max_budget: null, tpm_limit: 11, ipm_limit: 4, soft_budget: 0.1 });
});

test("members have limits of their own, else those that the team gives each", async () => {
  await manage("/team/new", { team_id: "with members", team_member_budget: 5, team_member_rpm_limit: 9 });
  await manage("/team/member_add", {
    team_id: "with members",
    member: [{ user_email: "new@example.com" }, { user_id: "joe" }],
    max_budget_in_team: 2,
  });
  const { body: updated } = await manage("/team/member_update", {
    team_id: "with members",
    user_id: "joe",
    max_budget_in_team: 3,
    role: "admin",
  });
  expect(updated).toMatchObject({ user_id: "joe", role: "admin", litellm_budget_table: { max_budget: 3 } });
  const { body: info } = await manage("/team/info?team_id=with members");
  expect(info.team_info).toMatchObject({ team_member_budget: 5, team_member_rpm_limit: 9, admins: ["joe"] });
  expect(info.team_memberships).toHaveLength(2);
  await manage("/team/member_delete", { team_id: "with members", user_email: "new@example.com" });
  expect((await manage("/team/info?team_id=with members")).body.team_memberships).toHaveLength(1);
  expect((await manage("/user/list?user_email=new@example.com")).body.total).toBe(1);
  expect((await manage("/team/list?user_id=joe")).body.map(({ team_id }) => team_id)).toEqual([
    "with members",
  ]);
});

test("budgets, customers and tags: made, changed, listed, removed", async () => {
  await manage("/budget/new", { budget_id: "round", max_budget: 1, budget_duration: "7d" });
  expect((await manage("/budget/new", { budget_id: "round" })).status).toBe(409);
  expect((await manage("/budget/update", { budget_id: "round", max_budget: 2 })).body).toMatchObject({
    max_budget: 2,
    budget_duration: "7d",
  });
  expect((await manage("/budget/info", { budgets: ["round"] })).body).toMatchObject([
    { budget_id: "round", max_budget: 2 },
  ]);
  expect((await manage("/budget/list")).body.map(({ budget_id }) => budget_id)).toContain("round");

  expect(
    (await manage("/end_user/new", { user_id: "c1", budget_id: "round", max_budget: 1 })).body.error,
  ).toMatchObject({ param: "budget_id" });
  expect((await manage("/end_user/new", { user_id: "c1", budget_id: "round" })).body).toMatchObject({
    litellm_budget_table: { max_budget: 2 },
  });
  expect((await manage("/budget/delete", { id: "round" })).status).toBe(409);
  expect(
    (await manage("/customer/update", { user_id: "c1", budget_id: null, alias: "One" })).body,
  ).toMatchObject({ alias: "One", litellm_budget_table: null });
  expect((await manage("/customer/list")).body).toHaveLength((await manage("/end_user/list")).body.length);
  expect((await manage("/customer/delete", { user_ids: ["c1"] })).body).toMatchObject({
    deleted_customers: 1,
  });
  expect((await manage("/customer/info?end_user_id=c1")).status).toBe(404);
  expect((await manage("/budget/delete", { id: "round" })).status).toBe(200);

  await manage("/tag/new", { name: "blue", description: "a tag", max_budget: 3 });
  expect((await manage("/tag/update", { name: "blue", description: "changed" })).body).toMatchObject({
    description: "changed",
  });
  expect((await manage("/tag/info", { names: ["blue"] })).body).toMatchObject({
    blue: { litellm_budget_table: { max_budget: 3 } },
  });
  expect((await manage("/tag/delete", { name: "blue" })).status).toBe(200);
  expect((await manage("/tag/list")).body).toEqual([]);
});

test("keys are listed in pages, and found by what they belong to", async () => {
  const { body: user } = await manage("/user/new", { user_id: "lister", auto_create_key: false });
  expect(user.key).toBeNull();
  for (const key_alias of ["l1", "l2", "l3"]) await manage("/key/generate", { user_id: "lister", key_alias });
  const { body } = await manage("/key/list?user_id=lister&page=2&size=2&return_full_object=true");
  expect(body).toMatchObject({
    total_count: 3,
    current_page: 2,
    total_pages: 2,
    keys: [{ key_alias: "l1" }],
  });
  expect((await manage("/key/list?key_alias=l2")).body.total_count).toBe(1);
  expect((await manage("/user/info?user_id=lister")).body.keys).toHaveLength(3);
  expect((await manage("/key/delete", { key_aliases: ["l1"] })).status).toBe(200);
  expect((await manage("/user/delete", { user_ids: ["lister"] })).status).toBe(200);
  expect((await manage("/key/list?user_id=lister")).body.total_count).toBe(0);
});

describe("what is refused names its field", () => {
  test.each([
    ["/key/generate", { max_budget: -1 }, "max_budget"],
    ["/key/generate", { max_budget: "1.0000000001" }, "max_budget"],
    ["/key/generate", { max_budget: 1.0000000001 }, "max_budget"],
    ["/key/generate", { max_budget: "0.30000000000000004" }, "max_budget"],
    ["/key/generate", { max_budget: 5_000_000 }, "max_budget"],
    ["/key/generate", { rpm_limit: 1.5 }, "rpm_limit"],
    ["/key/generate", { budget_duration: "soon" }, "budget_duration"],
    ["/key/generate", { models: "edits" }, "models"],
    ["/key/generate", { key: "no-key" }, "key"],
    ["/key/generate", { team_id: "none" }, "team_id"],
    ["/key/generate", { budget_id: "none" }, "budget_id"],
    ["/key/generate", { guardrails: ["pii"] }, "guardrails"],
    ["/key/generate", { allowed_routes: ["/v1/models"] }, "allowed_routes"],
    ["/key/generate", { max_budgt: 1 }, "max_budgt"],
    ["/key/generate", { budget_limits: [{ max_budget: 1 }] }, "budget_limits"],
    [
      "/key/generate",
      { budget_limits: [{ max_budget: 1, budget_duration: "1d", soft_budget: 1 }] },
      "budget_limits",
    ],
    ["/key/generate", { temp_budget_increase: 1 }, "temp_budget_expiry"],
    ["/key/generate", { temp_budget_increase: 1, temp_budget_expiry: "11/12/2040" }, "temp_budget_expiry"],
    ["/key/generate", { temp_budget_expiry: "1d" }, "temp_budget_increase"],
    ["/key/generate", { key: masterKey }, "key"],
    ["/key/generate", { spend: 1 }, "spend"],
    ["/key/update", { key: "sk-any", spend: 0 }, "spend"],
    ["/team/member_add", { team_id: "t", member: { user_id: "u", max_budget_in_team: 1 } }, "member"],
    ["/user/new", { user_role: "king" }, "user_role"],
    ["/team/new", { organization_id: "org" }, "organization_id"],
    ["/team/new", { members_with_roles: [{ role: "user" }] }, "members_with_roles"],
    ["/team/new", { team_id: "a\u0000b" }, "team_id"],
    ["/customer/new", { user_id: "a\ud800" }, "user_id"],
    ["/team/delete", {}, "team_ids"],
    ["/tag/new", { name: "t", models: ["m"] }, "models"],
  ])("%s %j", async (path, body, param) => {
    const answer = await manage(path, body);
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { type: "invalid_request_error", param, code: "400" } },
    });
    expect(answer.body.error.message).toContain(param);
  });

  test("fields that ask for nothing are no reason to refuse", async () => {
    const inert = {
      guardrails: [],
      allowed_routes: null,
      config: {},
      organization_id: "",
      key_type: "llm_api",
      send_invite_email: true,
    };
    expect((await manage("/key/generate", inert)).status).toBe(200);
    for (const [path, body] of [
      ["/key/generate", { spend: 0 }],
      ["/team/new", { spend: 0, admins: [], members: [], members_with_roles: [] }],
      ["/user/new", { spend: 0, teams: [] }],
      ["/customer/new", { user_id: "has-spent-nothing", spend: 0 }],
    ] as const)
      expect([path, (await manage(path, body)).status]).toEqual([path, 200]);
  });

  test("what a script has added up of floats is taken for what it means", async () => {
    const { body } = await manage("/key/generate", {
      max_budget: 0.1 + 0.2,
      soft_budget: 3_999_999.123456789,
    });
    expect(body).toMatchObject({ max_budget: 0.3, soft_budget: 3_999_999.123456789 });
  });

  test("of a value with several forms, the part of it that is wrong", async () => {
    const { body } = await manage("/team/member_add", {
      team_id: "t",
      member: { user_id: "u", role: "boss" },
    });
    expect(body.error.message).toContain("'member.role': expected one of admin, user");
  });

  test("nobody gives a key the gateway's own", async () => {
    const { body: key } = await manage("/key/generate", {});
    const answer = await manage("/key/regenerate", { key: key.key, new_key: masterKey });
    expect(answer).toMatchObject({ status: 400, body: { error: { param: "new_key" } } });
  });

  test("a body that is none, and one that is too large", async () => {
    for (const [body, status] of [
      ["{", 400],
      ["[]", 400],
      [`{"metadata":{"a":"${"x".repeat(1_100_000)}"}}`, 413],
    ] as const) {
      const answer = await fetch(`${gateway.url}/key/generate`, {
        method: "POST",
        body,
        headers: { authorization: `Bearer ${masterKey}` },
      });
      expect([answer.status, await answer.json()]).toMatchObject([
        status,
        { error: { param: "request_body" } },
      ]);
    }
  });

  test("what there is already, and what there is not", async () => {
    await manage("/key/generate", { key_alias: "taken", key: "sk-taken-for-good" });
    expect(await manage("/key/generate", { key_alias: "taken" })).toMatchObject({
      status: 409,
      body: { error: { param: "key_alias" } },
    });
    const again = await manage("/key/generate", { key: "sk-taken-for-good" });
    expect(again).toMatchObject({ status: 409, body: { error: { param: "key" } } });
    expect(JSON.stringify(again.body)).not.toMatch(/sk-taken|[0-9a-f]{64}/);
    expect(await manage("/key/update", { key: "sk-of-nobody" })).toMatchObject({
      status: 404,
      body: { error: { param: "key" } },
    });
    expect(await manage("/team/update", { team_id: "none" })).toMatchObject({
      status: 404,
      body: { error: { param: "team_id" } },
    });
  });
});

test("a temporary increase is changed part by part, and taken away by either", async () => {
  const { body: key } = await manage("/key/generate", {
    max_budget: 1,
    temp_budget_increase: 1,
    temp_budget_expiry: "2040-01-01T00:00:00",
  });
  const update = async (fields: object) => (await manage("/key/update", { key: key.key, ...fields })).body;
  expect(await update({ temp_budget_increase: 2 })).toMatchObject({
    temp_budget_increase: 2,
    temp_budget_expiry: "2040-01-01T00:00:00.000Z",
  });
  expect(await update({ temp_budget_expiry: null })).not.toHaveProperty("temp_budget_increase");
});

test("the audit log tells who changed what, and no secret", async () => {
  const { body: key } = await manage("/key/generate", { key_alias: "audited" });
  await manage("/key/block", { key: key.key });
  const { body } = await manage("/audit?page_size=2");
  expect(body.audit_logs.at(0)).toMatchObject({
    changed_by: "master key",
    action: "updated",
    table_name: "key",
    before_value: { blocked: false },
    updated_values: { blocked: true },
  });
  expect(body.audit_logs.filter(({ action }) => action === "created").length).toBeGreaterThan(0);
  expect(JSON.stringify(body)).not.toContain(key.key);
  expect((await manage(`/audit?before=${body.next}`)).body.audit_logs.length).toBeGreaterThan(0);
});

test("no secret reaches the log", async () => {
  const { body: key } = await manage("/key/generate", {});
  await manage(`/key/${key.key}/regenerate`, {});
  await manage(`/key/info?key=${key.key}`);
  expect(gateway.logLines().join("\n")).not.toContain(key.key);
});

test("the document of the API describes every route that is there, and is open to all", async () => {
  const answer = await fetch(`${gateway.url}/openapi.json`);
  const document = (await answer.json()) as {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  expect(document.openapi).toBe("3.1.0");
  const operations = Object.entries(document.paths);
  expect(operations.length).toBeGreaterThan(50);
  for (const [path, methods] of operations) {
    for (const method of Object.keys(methods)) {
      const called = await fetch(`${gateway.url}${path.replace("{key}", "sk-of-nobody")}`, {
        method: method.toUpperCase(),
        headers: { authorization: `Bearer ${masterKey}` },
        ...(method !== "get" && { body: '{"surely_unknown":1}' }),
      });
      // Were there no such route, nobody would look at the field.
      if (method !== "get")
        expect([path, await called.json()]).toMatchObject([path, { error: { param: "surely_unknown" } }]);
      else
        expect([path, called.status === 404 && (await called.text()).includes("/openapi")]).toEqual([
          path,
          false,
        ]);
    }
  }
  expect(
    new Set(operations.flatMap(([, methods]) => Object.values(methods).map(({ operationId }) => operationId)))
      .size,
  ).toBe(operations.flatMap(([, methods]) => Object.values(methods)).length);
});

test("without a master key, only this machine may use it", async () => {
  const open = await startGateway({
    config: configFor(simulator, { groups: { "gpt-image-1": "gpt-image-1" } }),
  });
  const { status, body } = await managementOf(open, "any")("/key/generate", {});
  expect([status, body.created_by]).toEqual([200, "this machine"]);
  const foreign = await fetch(`${open.url}/key/generate`, {
    method: "POST",
    headers: { origin: "https://evil.example" },
  });
  expect(foreign.status).toBe(403);
  await managementOf(open, "any")("/key/block", { key: body.key });
  expect((await managementOf(open, body.key)("/v1/models")).status).toBe(401);
  expect((await managementOf(open, "any")("/v1/models")).status).toBe(200);
});
