import { configFor, type RunningGateway, startGateway } from "./running-gateway.js";
import { RunningProcess, stopAll } from "./running-process.js";
import { type RunningSimulator, startSimulator } from "./running-simulator.js";
import { picture } from "./edit-request.js";

const masterKey = "sk-master-of-commands";

let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startGateway({
    config: configFor(simulator, {
      groups: { edits: "gpt-image-1" },
      settings: { general_settings: { master_key: masterKey } },
    }),
  });
});
afterAll(stopAll);

async function darkroom(
  ...flags: readonly string[]
): Promise<{ code: number | null; printed: string; said: string }> {
  const running = new RunningProcess({
    program: "proxy/dist/main.js",
    arguments: flags,
    environment: { DARKROOM_URL: gateway.url, DARKROOM_KEY: masterKey },
    files: { "photo.png": picture },
  });
  const { code } = await running.ended;
  const result = { code, printed: running.standardOutput.trim(), said: running.standardError.trim() };
  await running.stop();
  return result;
}

test("a key is made and used, shown, changed, rotated, blocked and deleted", async () => {
  const { printed: key } = await darkroom(
    "keys",
    "create",
    "--alias",
    "mine",
    "--models",
    "edits",
    "--key-only",
  );
  expect(key).toMatch(/^sk-[\w-]+$/);
  const edited = await darkroom("edit", "photo.png", "Add a red hat", "--key", key);
  expect(edited).toMatchObject({ code: 0, printed: expect.stringContaining("wrote") });

  const table = (await darkroom("keys", "list")).printed.split("\n");
  expect(table[0]).toMatch(
    /^key +alias +team +user +models +spent +budget +per +rpm +expires +blocked +hash$/,
  );
  expect(table[1]).toMatch(new RegExp(`^sk-\\.\\.\\.${key.slice(-4)} +mine +- +- +edits `));

  await darkroom(
    "keys",
    "update",
    "mine",
    "--rpm",
    "7",
    "--soft-budget",
    "0.000000001",
    "--set",
    'metadata={"owner":"ann"}',
  );
  const { printed } = await darkroom("keys", "show", "mine", "--json");
  expect(JSON.parse(printed)).toMatchObject({
    info: { rpm_limit: 7, soft_budget: 1e-9, metadata: { owner: "ann" } },
  });
  await darkroom("keys", "update", "mine", "--rpm", "none");
  expect((await darkroom("keys", "show", key)).printed).not.toContain("rpm_limit");

  const { printed: rotated } = await darkroom("keys", "rotate", "mine", "--grace", "1h", "--key-only");
  expect(rotated).not.toBe(key);
  expect((await darkroom("edit", "photo.png", "Add a red hat", "--key", rotated)).code).toBe(0);
  expect((await darkroom("keys", "block", "mine")).printed).toBe("The key is blocked.");
  expect(await darkroom("edit", "photo.png", "Add a red hat", "--key", rotated)).toMatchObject({
    code: 1,
    said: expect.stringContaining("The API key is blocked"),
  });
  expect((await darkroom("keys", "delete", "mine")).printed).toBe("The key is deleted.");
  expect(await darkroom("keys", "show", "mine")).toMatchObject({
    code: 1,
    said: "There is no key with the alias 'mine'.",
  });
});

test("teams, users, customers and budgets", async () => {
  await darkroom("budgets", "create", "small", "--max-budget", "5", "--budget-duration", "1mo");
  expect((await darkroom("budgets", "list")).printed).toMatch(/small +5 +1mo +20\d\d-/);
  await darkroom("teams", "create", "red", "--alias", "Red", "--budget", "small");
  await darkroom("teams", "add-member", "red", "ann", "--role", "admin", "--max-budget", "1");
  expect((await darkroom("teams", "list")).printed).toMatch(/red +Red +ann/);
  expect((await darkroom("teams", "remove-member", "red", "ann")).code).toBe(0);
  const made = JSON.parse(
    (await darkroom("users", "create", "joe", "--role", "proxy_admin_viewer", "--with-key", "--json"))
      .printed,
  ) as { key: string };
  expect((await darkroom("keys", "list", "--key", made.key)).code).toBe(0);
  expect(await darkroom("keys", "create", "--key", made.key)).toMatchObject({
    code: 1,
    said: expect.stringContaining("for admins"),
  });
  await darkroom("customers", "create", "zoe", "--budget", "small");
  expect((await darkroom("customers", "block", "zoe", "tom")).printed).toBe("2 customers are blocked.");
  expect((await darkroom("customers", "list")).printed).toMatch(/zoe +- +0 +small +yes/);
  expect(await darkroom("budgets", "delete", "small")).toMatchObject({
    code: 1,
    said: expect.stringContaining("in use"),
  });
  expect((await darkroom("users", "list", "--role", "proxy_admin_viewer")).printed).toMatch(
    /joe +- +- +proxy_admin_viewer/,
  );
});

test("what is wrong is told in a line", async () => {
  expect(await darkroom("keys", "create", "--max-budget", "much")).toMatchObject({
    code: 1,
    said: expect.stringMatching(/^Invalid value for 'max_budget': expected dollars/),
  });
  expect(await darkroom("keys", "create", "--set", "nothing")).toMatchObject({
    code: 1,
    said: "--set must be field=value, not 'nothing'.",
  });
  expect(await darkroom("keys", "list", "--key", "sk-of-nobody")).toMatchObject({
    code: 1,
    said: expect.stringContaining("not known here"),
  });
});
