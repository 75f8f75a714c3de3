import { join } from "node:path";
import Database from "libsql";
import { errorOf, sendEdit } from "./edit-request.js";
import { managementOf } from "./management-client.js";
import { configFor, type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { until } from "./until.js";
import { type RunningSimulator, startSimulator } from "./running-simulator.js";

const masterKey = "sk-master-of-access";

let simulator: RunningSimulator;
let gateway: RunningGateway;
let manage: ReturnType<typeof managementOf>;

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startGateway({
    config: configFor(simulator, {
      groups: { edits: "gpt-image-1", house: "gpt-image-1.5", other: "gpt-image-2" },
      settings: {
        general_settings: { master_key: masterKey },
        router_settings: { model_group_alias: { nickname: "edits" }, fallbacks: [{ edits: ["house"] }] },
      },
    }),
  });
  manage = managementOf(gateway, masterKey);
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

async function newKey(fields: object = {}): Promise<string> {
  const { status, body } = await manage("/key/generate", fields);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.key;
}

const editWith = (key: string, model = "edits", fields: Record<string, string> = {}) =>
  sendEdit(gateway.url, { headers: { authorization: `Bearer ${key}` }, fields: { model, ...fields } });

/** One test a row of LiteLLM's table of errors: status, type, param and code. */
describe("who is refused", () => {
  const refusal = async (key: string, model?: string) => {
    const answer = await editWith(key, model);
    const { message, ...error } = errorOf(answer);
    expect(message).not.toContain(key);
    return { status: answer.status, message, ...error };
  };

  test("no key", async () => {
    const answer = await sendEdit(gateway.url, { fields: { model: "edits" } });
    expect([answer.status, errorOf(answer)]).toMatchObject([
      401,
      { type: "auth_error", param: null, code: "401" },
    ]);
  });

  test("a malformed key", async () => {
    expect(await refusal("a-key-of-another-kind")).toMatchObject({
      status: 401,
      type: "auth_error",
      param: null,
      code: "401",
    });
  });

  test("an unknown key", async () => {
    expect(await refusal("sk-of-nobody")).toMatchObject({
      status: 401,
      type: "token_not_found_in_db",
      param: "key",
      code: "401",
    });
  });

  test("an expired key", async () => {
    const key = await newKey({ duration: "1s" });
    const error = await (async () => {
      for (;;) {
        const answer = await editWith(key);
        if (answer.status !== 200) return { status: answer.status, ...errorOf(answer) };
      }
    })();
    expect(error).toMatchObject({ status: 401, type: "expired_key", param: null, code: "401" });
    expect(error.message).toMatch(/expired at 20\d\d-.+Z; it is 20\d\d-.+Z now/);
  });

  test("a blocked key, from the next request on, until it is unblocked", async () => {
    const key = await newKey();
    expect((await editWith(key)).status).toBe(200);
    await manage("/key/block", { key });
    expect(await refusal(key)).toMatchObject({ status: 401, type: "auth_error", param: null, code: "401" });
    await manage("/key/unblock", { key });
    expect((await editWith(key)).status).toBe(200);
  });

  test("a key of a blocked team", async () => {
    const { body: team } = await manage("/team/new", { team_alias: "blocked" });
    const key = await newKey({ team_id: team.team_id });
    expect((await editWith(key)).status).toBe(200);
    await manage("/team/block", { team_id: team.team_id });
    expect(await refusal(key)).toMatchObject({ status: 401, type: "auth_error", param: null, code: "401" });
  });

  test("a deleted key", async () => {
    const key = await newKey();
    expect((await editWith(key)).status).toBe(200);
    expect(await manage("/key/delete", { keys: [key] })).toEqual({
      status: 200,
      body: { deleted_keys: [key] },
    });
    expect(await refusal(key)).toMatchObject({ status: 401, type: "token_not_found_in_db" });
  });

  test("a model that the key may not use", async () => {
    const key = await newKey({ models: ["edits"] });
    expect(await refusal(key, "house")).toMatchObject({
      status: 403,
      type: "key_model_access_denied",
      param: "model",
      code: "403",
    });
    expect((await editWith(key)).status).toBe(200);
  });

  test("a model that the team may not use", async () => {
    const { body: team } = await manage("/team/new", { models: ["edits"] });
    const key = await newKey({ team_id: team.team_id });
    expect(await refusal(key, "house")).toMatchObject({
      status: 403,
      type: "team_model_access_denied",
      param: "model",
      code: "403",
    });
  });

  test("a model that the user may not use", async () => {
    const { body: user } = await manage("/user/new", { models: ["edits"] });
    expect(await refusal(user.key, "house")).toMatchObject({
      status: 403,
      type: "user_model_access_denied",
      param: "model",
      code: "403",
    });
  });

  test("a model that there is none of", async () => {
    expect(await refusal(await newKey(), "none")).toMatchObject({
      status: 400,
      type: "invalid_request_error",
    });
  });

  test("a route for admins, with a caller's key", async () => {
    const asCaller = managementOf(gateway, await newKey());
    for (const path of ["/key/list", "/metrics", "/ledger/sum", "/user/list"])
      expect(await asCaller(path)).toMatchObject({
        status: 403,
        body: { error: { type: "auth_error", param: null, code: "403" } },
      });
    expect(await asCaller("/key/generate", {})).toMatchObject({
      status: 403,
      body: { error: { type: "auth_error" } },
    });
  });

  test("a blocked customer", async () => {
    await manage("/customer/block", { user_ids: ["zoe"] });
    const answer = await editWith(await newKey(), "edits", { user: "zoe" });
    expect([answer.status, errorOf(answer)]).toMatchObject([
      403,
      { type: "auth_error", param: "user", code: "403" },
    ]);
    await manage("/customer/unblock", { user_ids: ["zoe"] });
    expect((await editWith(await newKey(), "edits", { user: "zoe" })).status).toBe(200);
  });
});

test("a key sees and calls its models by the names that it has for them, and goes nowhere else", async () => {
  const key = await newKey({ models: ["edits"], aliases: { mine: "edits" } });
  const listed = await managementOf(gateway, key)("/v1/models");
  expect(listed.body.data.map(({ id }) => id)).toEqual(["edits", "nickname"]);
  for (const model of ["mine", "nickname", "edits-one"])
    expect((await editWith(key, model)).status).toBe(200);

  // Neither by a fallback of the config, nor by one of its own.
  await simulator.setFaults({ model: "gpt-image-1", fault: { kind: "status", status: 500 } });
  expect((await editWith(key, "edits", { num_retries: "0" })).status).toBe(500);
  expect((await editWith(key, "edits", { fallbacks: '["house"]' })).status).toBe(403);
  expect((await editWith(await newKey(), "edits", { num_retries: "0" })).status).toBe(200);
});

test("a customer is known once an edit was made for them, and has a model where the request names none", async () => {
  const key = await newKey();
  await editWith(key, "edits", { user: "new here" });
  const known = async (): Promise<boolean> =>
    (await manage("/customer/info?end_user_id=new+here")).status === 200;
  await until(known);
  await manage("/customer/update", { user_id: "new here", default_model: "house" });
  const answer = await sendEdit(gateway.url, {
    headers: { authorization: `Bearer ${key}` },
    fields: { user: "new here" },
  });
  expect([answer.status, answer.headers["x-litellm-model-group"]]).toEqual([200, "house"]);
});

test("admins and viewers are told apart by their user's role", async () => {
  const { body: admin } = await manage("/user/new", { user_role: "proxy_admin" });
  const { body: viewer } = await manage("/user/new", { user_role: "proxy_admin_viewer" });
  const asAdmin = managementOf(gateway, admin.key);
  const asViewer = managementOf(gateway, viewer.key);
  expect((await asAdmin("/key/generate", { key_alias: "by an admin" })).body).toMatchObject({
    key_alias: "by an admin",
  });
  expect((await asViewer("/key/list")).status).toBe(200);
  expect((await asViewer("/key/generate", {})).status).toBe(403);
  expect(await asViewer("/ledger/settle", {})).toMatchObject({
    status: 403,
    body: { error: { type: "auth_error", code: "403" } },
  });
});

test("a rotated key has two secrets for as long as it is said, and one account of what it spent", async () => {
  const old = await newKey({ key_alias: "to rotate" });
  expect((await editWith(old)).status).toBe(200);
  const { body: rotated } = await manage("/key/regenerate", {
    key: old,
    grace_period: "1h",
    new_key: "sk-chosen-by-me",
  });
  expect(rotated).toMatchObject({ key: "sk-chosen-by-me", key_alias: "to rotate" });
  for (const key of [old, rotated.key]) expect((await editWith(key)).status).toBe(200);
  const spend = async (key: string): Promise<number> =>
    (await manage(`/key/info?key=${key}`)).body.info.spend;
  // Which applies what was journaled, before it answers.
  await manage("/ledger/sum");
  expect(await spend(rotated.key)).toBe(await spend(old));
  expect(await spend(rotated.key)).toBeGreaterThan(0);
  await manage(`/key/${encodeURIComponent(rotated.key)}/regenerate`, {});
  expect((await editWith(rotated.key)).status).toBe(401);
  expect((await editWith(old)).status).toBe(200);
});

test("while the database is away, known keys go on and others are told to come back; it heals by itself", async () => {
  const own = await startGateway({
    config: configFor(simulator, {
      groups: { edits: "gpt-image-1" },
      settings: { general_settings: { master_key: masterKey } },
    }),
  });
  const call = managementOf(own, masterKey);
  const [known, other] = await Promise.all(
    [1, 2].map(async () => (await call("/key/generate", {})).body.key),
  );
  const edit = (key = "") =>
    sendEdit(own.url, { headers: { authorization: `Bearer ${key}` }, fields: { model: "edits" } });
  expect((await edit(known)).status).toBe(200);
  const database = new Database(join(own.running.folder, "data", "directory.db"));
  database.exec("ALTER TABLE secrets RENAME TO secrets_away");
  const refused = await edit(other);
  expect([refused.status, errorOf(refused).type, refused.headers["retry-after"]]).toEqual([
    503,
    "no_db_connection",
    "5",
  ]);
  expect((await edit(known)).status).toBe(200);
  expect((await edit("sk-of-nobody")).status).toBe(401);
  database.exec("ALTER TABLE secrets_away RENAME TO secrets");
  database.close();
  for (;;) if ((await edit(other)).status === 200) break;
});
