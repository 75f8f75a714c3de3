import { spendPeriodAt } from "@darkroom/accounts";
import { once } from "node:events";
import { rmSync, truncateSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { formatUsd } from "@darkroom/cost-calculator";
import { editForm, errorOf, sendEdit } from "./edit-request.js";
import { editIn, formType, send } from "./form-request.js";
import { KeptBooks } from "./kept-books.js";
import { readMetrics } from "./metrics-reading.js";
import { configFor, type RunningGateway, spawnGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type FaultRule, type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

const groups = { edits: "gpt-image-1" };
const fields = { model: "edits", size: "1024x1024", quality: "low" };
const masterKey = "sk-planted-master-key";
const headers = { authorization: `Bearer ${masterKey}` };
const prompt = "a planted prompt";

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

async function start(
  settings: Record<string, object> = {},
): Promise<{ gateway: RunningGateway; books: KeptBooks }> {
  const general_settings = { master_key: masterKey, ...settings["general_settings"] };
  const config = configFor(simulator, { groups, settings: { ...settings, general_settings } });
  const gateway = await startGateway({ config });
  return { gateway, books: new KeptBooks(gateway) };
}

const bill = async (): Promise<bigint> => BigInt((await simulator.bill()).totals.overall.nanoUsd);

describe("an edit leaves its rows", () => {
  test("with all that is known of it, and what was billed", async () => {
    const { gateway, books } = await start();
    const answer = await sendEdit(gateway.url, { fields: { ...fields, prompt, n: "2" }, headers });
    expect(answer.status).toBe(200);
    const [attempt] = await books.attempts(1);
    const [line] = (await simulator.bill()).lines;
    const [request] = await books.requests(1);
    const period = spendPeriodAt(attempt?.atMs ?? 0);
    expect(attempt).toMatchObject({
      attemptId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      requestId: answer.headers["x-request-id"],
      caller: expect.stringMatching(/^key-[0-9a-f]{16}$/) as string,
      requestedModel: "edits",
      modelGroup: "edits",
      deploymentId: answer.headers["x-darkroom-deployment"],
      provider: "openai",
      model: "gpt-image-1",
      retry: 0,
      fallback: 0,
      size: "1024x1024",
      quality: "low",
      n: 2,
      stream: false,
      inputImages: 1,
      promptBytes: prompt.length,
      charges: [
        { meter: "proxy", period },
        { meter: "provider:openai", period },
        { meter: `deployment:${String(answer.headers["x-darkroom-deployment"])}`, period },
      ],
      state: "certain",
      costNanoUsd: BigInt(line?.nanoUsd ?? -1),
      basis: "usage",
      images: 2,
      status: 200,
      errorClass: null,
      upstreamRequestId: line?.requestId,
    });
    expect(Object.values(attempt?.breakdown ?? {}).reduce((sum, part) => sum + part, 0n)).toBe(
      attempt?.costNanoUsd,
    );
    expect(Object.values(attempt?.tokens ?? {}).reduce((sum, count) => sum + count, 0)).toBe(
      editIn(answer).usage?.total_tokens,
    );
    expect(attempt?.estimateNanoUsd ?? 0n).toBeGreaterThanOrEqual(attempt?.costNanoUsd ?? -1n);
    expect(request).toMatchObject({
      requestId: attempt?.requestId,
      caller: attempt?.caller,
      route: "/v1/images/edits",
      requestedModel: "edits",
      modelGroup: "edits",
      deploymentId: attempt?.deploymentId,
      status: 200,
      attempts: 1,
      retries: 0,
      fallbacks: 0,
      requestBytes: editForm({ fields: { ...fields, prompt, n: "2" } }).length,
      answerBytes: answer.body.length,
      images: 2,
      costNanoUsd: attempt?.costNanoUsd,
      error: null,
    });
    expect(request?.endedAtMs ?? 0).toBeGreaterThanOrEqual(request?.startedAtMs ?? Number.POSITIVE_INFINITY);
  });

  test("and neither its prompt, its image nor a key is in any file, unless prompts are to be kept", async () => {
    const image = Buffer.from("planted image bytes");
    const secrets = [prompt, "planted image bytes", masterKey, "sk-simulator"];
    const kept = async (settings: Record<string, object>): Promise<string[]> => {
      const { gateway, books } = await start(settings);
      await sendEdit(gateway.url, { fields: { ...fields, prompt }, headers, image });
      await books.requests(1);
      const bytes = books.bytes();
      expect(bytes.length).toBeGreaterThan(0);
      return secrets.filter((secret) => bytes.includes(secret));
    };
    expect(await kept({})).toEqual([]);
    expect(await kept({ general_settings: { store_prompts_in_spend_logs: true } })).toEqual([prompt]);
  });

  test("with what it waited for: for room, and before it was sent to the same deployment again", async () => {
    const config = configFor(simulator, {
      groups,
      keys: { only: simulatorKeys.one },
      parameters: { max_parallel_requests: 1 },
    });
    const gateway = await startGateway({ config });
    const books = new KeptBooks(gateway);
    await simulator.setFaults(
      { count: 1, fault: { kind: "hold" } },
      { count: 1, fault: { kind: "status", status: 429 } },
    );
    const first = sendEdit(gateway.url, { fields });
    await until(async () => (await simulator.held()) === 1);
    const second = sendEdit(gateway.url, { fields });
    await until(async () => (await readMetrics(gateway)).sum("darkroom_queued_total") === 1);
    await simulator.release();
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
    const [atOnce, waited] = await books.requests(2);
    expect(atOnce?.waitedFor).toBeNull();
    expect(waited?.waitedFor).toMatch(
      /^\d+\.\d{3} s for room in edits: .+; \d+\.\d{3} s before edits-only was called again$/,
    );
  });
});

describe("the books say what was billed", () => {
  interface Row {
    readonly what: string;
    readonly fault?: FaultRule["fault"];
    readonly more?: Readonly<Record<string, string>>;
    readonly settings?: Record<string, object>;
    /** Each attempt's state. */
    readonly states: readonly string[];
    /** Of all that is billed nothing is uncertain. */
    readonly isExact?: boolean;
  }

  const failing = (status: number, billed = false): FaultRule["fault"] => ({
    kind: "status",
    status,
    ...(status >= 500 && { type: "server_error" }),
    billed,
  });

  test.each<Row>([
    { what: "an answer", states: ["certain"], isExact: true },
    { what: "a stream", more: { stream: "true", partial_images: "2" }, states: ["certain"], isExact: true },
    {
      what: "a stream of three",
      more: { stream: "true", n: "3", partial_images: "1" },
      states: ["certain"],
      isExact: true,
    },
    { what: "a rate limit", fault: failing(429), states: ["failed", "certain"], isExact: true },
    { what: "a refusal", fault: failing(400), states: ["failed"], isExact: true },
    { what: "a 500 that cost nothing", fault: failing(500), states: ["uncertain", "certain"] },
    { what: "a 500 that was billed", fault: failing(500, true), states: ["uncertain", "certain"] },
    {
      what: "a 500 where those are not billed",
      fault: failing(500),
      settings: { general_settings: { server_errors: "unbilled" } },
      states: ["failed", "certain"],
      isExact: true,
    },
    {
      what: "a reset",
      fault: { kind: "reset", when: "after", billed: true },
      states: ["uncertain", "certain"],
    },
    { what: "an answer cut short", fault: { kind: "cut" }, states: ["uncertain", "certain"] },
    { what: "an answer that is no JSON", fault: { kind: "malformed" }, states: ["uncertain", "certain"] },
    {
      what: "a stream that broke after the client had seen some of it",
      fault: { kind: "stream-error", afterPartials: 1, billed: true },
      more: { stream: "true", partial_images: "2" },
      states: ["uncertain"],
    },
    { what: "an answer without usage", fault: { kind: "usage" }, states: ["uncertain"] },
    {
      what: "a timeout",
      fault: { kind: "hang", billed: true },
      more: { timeout: "0.5" },
      states: ["uncertain"],
    },
  ])("for $what", async ({ fault, more = {}, settings = {}, states, isExact = false }) => {
    if (fault !== undefined) await simulator.setFaults({ count: 1, fault });
    const { gateway, books } = await start(settings);
    const answer = await sendEdit(gateway.url, { fields: { ...fields, ...more }, headers });
    const attempts = await books.attempts(states.length);
    expect(attempts.map(({ state }) => state)).toEqual(states);
    const sum = await books.sum(states.length);
    const billed = await bill();
    expect(sum.certainNanoUsd).toBeLessThanOrEqual(billed);
    expect(sum.certainNanoUsd + sum.uncertainNanoUsd).toBeGreaterThanOrEqual(billed);
    if (isExact) expect([sum.certainNanoUsd, sum.uncertainNanoUsd]).toEqual([billed, 0n]);
    const [request] = await books.requests(1);
    expect(request).toMatchObject({
      status: answer.status,
      attempts: states.length,
      retries: states.length - 1,
    });
    const ready = await until(async () => {
      const { body } = await send(`${gateway.url}/health/readiness`);
      const { uncertain_usd } = JSON.parse(body.toString()) as { uncertain_usd: string };
      return Math.round(Number(uncertain_usd) * 1e9) === Number(sum.uncertainNanoUsd) && uncertain_usd;
    });
    expect((await readMetrics(gateway, masterKey)).sum("darkroom_uncertain_usd")).toBe(Number(ready));
    await gateway.stop();
  });

  test("for a client that has gone: the call is read to its end", async () => {
    await simulator.setFaults({ count: 1, fault: { kind: "hold" } });
    const { gateway, books } = await start();
    const leaving = new AbortController();
    const left = send(`${gateway.url}/v1/images/edits`, {
      method: "POST",
      headers: { "content-type": formType, ...headers },
      body: editForm({ fields }),
      signal: leaving.signal,
    });
    await until(async () => (await simulator.held()) === 1);
    leaving.abort();
    await expect(left).rejects.toThrow();
    await until(
      async () =>
        (await readMetrics(gateway, masterKey)).sum("darkroom_requests_total", { status: "499" }) === 1,
    );
    await simulator.release();
    const [attempt] = await books.attempts(1);
    expect(attempt).toMatchObject({ state: "certain", costNanoUsd: await bill() });
    expect(await books.requests(1)).toMatchObject([
      { status: 499, attempts: 1, costNanoUsd: attempt?.costNanoUsd },
    ]);
  });
});

describe("the order of things", () => {
  /** What the books held when the first byte of a call arrived. */
  let seen: { openIntents: number; entries: number }[];
  let upstream: http.Server;
  let answerWith: (response: http.ServerResponse) => void;
  let gateway: RunningGateway;
  let books: KeptBooks;

  const usage = { total_tokens: 20, input_tokens: 10, output_tokens: 10 };
  const picture = { b64_json: "aGVsbG8=", size: "1024x1024", quality: "low", usage };
  const event = (name: string): string =>
    `event: image_edit.${name}\ndata: ${JSON.stringify({ type: `image_edit.${name}`, ...picture })}\n\n`;

  beforeEach(async () => {
    seen = [];
    upstream = http.createServer((request, response) => {
      seen.push({ openIntents: books.openIntents().length, entries: books.entries() });
      request.resume().once("end", () => answerWith(response));
    });
    upstream.listen(0, "127.0.0.1");
    await once(upstream, "listening");
    const url = `http://127.0.0.1:${String((upstream.address() as AddressInfo).port)}`;
    gateway = await startGateway({ config: configFor({ url }, { groups, keys: { one: "sk-one" } }) });
    books = new KeptBooks(gateway);
  });

  afterEach(async () => {
    await gateway.stop();
    upstream.closeAllConnections();
    upstream.close();
  });

  test("a call finds its intent on the disk, and who has an answer finds its outcome there", async () => {
    answerWith = (response) =>
      response.setHeader("content-type", "application/json").end(JSON.stringify({ data: [picture], usage }));
    let entries: number | undefined;
    await send(`${gateway.url}/v1/images/edits`, {
      method: "POST",
      headers: { "content-type": formType },
      body: editForm({ fields }),
      onBytes: () => (entries ??= books.entries()),
    });
    expect(seen).toEqual([{ openIntents: 1, entries: 0 }]);
    expect(entries).toBeGreaterThanOrEqual(1);
  });

  test("so does who has the last event of a stream, and the others come before", async () => {
    let answering: http.ServerResponse | undefined;
    answerWith = (response) => {
      answering = response;
      response.setHeader("content-type", "text/event-stream").write(event("partial_image"));
    };
    const entriesAt: Record<string, number> = {};
    await send(`${gateway.url}/v1/images/edits`, {
      method: "POST",
      headers: { "content-type": formType },
      body: editForm({ fields: { ...fields, stream: "true", partial_images: "1" } }),
      onBytes: (bytes) => {
        const name = bytes.includes("image_edit.completed") ? "completed" : "partial";
        entriesAt[name] ??= books.entries();
        if (name === "partial") answering?.end(event("completed"));
      },
    });
    expect(seen).toEqual([{ openIntents: 1, entries: 0 }]);
    expect(entriesAt).toEqual({ partial: 0, completed: expect.any(Number) as number });
    expect(entriesAt["completed"]).toBeGreaterThanOrEqual(1);
  });

  test("who is told of a failure finds its outcome", async () => {
    answerWith = (response) => response.writeHead(400).end();
    const { status } = await send(`${gateway.url}/v1/images/edits`, {
      method: "POST",
      headers: { "content-type": formType },
      body: editForm({ fields }),
    });
    expect([status, books.entries() >= 1]).toEqual([400, true]);
  });
});

test("the sum is told to who has the key, and what is uncertain is settled by hand", async () => {
  await simulator.setFaults({ count: 1, fault: { kind: "status", status: 500, type: "server_error" } });
  const { gateway, books } = await start();
  await sendEdit(gateway.url, { fields, headers });
  const [lost] = await books.attempts(2);
  const sum = async (key: object): Promise<{ status: number; json: Record<string, unknown> }> => {
    const { status, body } = await send(`${gateway.url}/ledger/sum`, { headers: { ...key } });
    return { status, json: JSON.parse(body.toString()) as Record<string, unknown> };
  };
  expect((await sum({})).status).toBe(401);
  const billedUsd = formatUsd(await bill());
  expect((await sum(headers)).json).toMatchObject({
    rows: 2,
    certain_usd: billedUsd,
    uncertain_usd: formatUsd(lost?.costNanoUsd ?? 0n),
  });
  const settled = await send(`${gateway.url}/ledger/settle`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: Buffer.from(
      JSON.stringify({ attempt_id: lost?.attemptId, cost_usd: "0", by: "a test", note: "not on the bill" }),
    ),
  });
  expect(settled.status).toBe(200);
  expect((await sum(headers)).json).toMatchObject({ rows: 2, certain_usd: billedUsd, uncertain_usd: "0" });
});

describe("where nothing can be written", () => {
  /** A commit waits some seconds for whoever holds the file. */
  const waitsMs = 30_000;

  test(
    "no edit is served and everybody is told, but an answer that is paid goes out",
    async () => {
      await simulator.setFaults({ count: 1, fault: { kind: "hold" } });
      const { gateway, books } = await start();
      const paid = sendEdit(gateway.url, { fields, headers });
      await until(async () => (await simulator.held()) === 1);
      books.holdJournal();
      await simulator.release();
      expect((await paid).status).toBe(200);

      const refused = await sendEdit(gateway.url, { fields, headers });
      expect(refused.status).toBe(503);
      expect(refused.headers["retry-after"]).toBe("5");
      expect(errorOf(refused)).toMatchObject({ type: "server_error", code: "journal_unavailable" });
      const readiness = await send(`${gateway.url}/health/readiness`);
      expect(readiness.status).toBe(503);
      expect(JSON.parse(readiness.body.toString())).toMatchObject({
        status: "journal stopped",
        journal: "stopped",
      });
      expect((await readMetrics(gateway, masterKey)).sum("darkroom_journal_writing")).toBe(0);
      await gateway.running.printed(/"level":50.*the journal has stopped/);
      // Others are served, and uploads are refused before they are read.
      expect((await send(`${gateway.url}/v1/models`, { headers })).status).toBe(200);
      expect(await announced(gateway.url)).toEqual({ status: 503, mayGoOn: false });
      expect((await simulator.requests()).length).toBe(1);
    },
    waitsMs,
  );

  /** What becomes of an upload that waits for leave to be sent. */
  async function announced(url: string): Promise<{ status: number | undefined; mayGoOn: boolean }> {
    const request = http.request(`${url}/v1/images/edits`, {
      method: "POST",
      agent: false,
      headers: {
        ...headers,
        "content-type": formType,
        "content-length": "10000000",
        expect: "100-continue",
      },
    });
    let mayGoOn = false;
    request.on("continue", () => {
      mayGoOn = true;
    });
    request.flushHeaders();
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    request.on("error", () => undefined).destroy();
    return { status: response.statusCode, mayGoOn };
  }
});

describe("a gateway starts", () => {
  test("not with the data folder of another one, which it names", async () => {
    const { gateway, books } = await start();
    const second = spawnGateway({
      config: configFor(simulator, { groups }),
      arguments: ["--data-dir", books.folder],
    });
    expect((await second.ended).code).toBe(1);
    expect(second.standardError).toContain(books.folder);
    expect(second.standardError).toContain("--data-dir");
    expect(second.standardError).not.toContain("    at ");
    expect((await sendEdit(gateway.url, { fields, headers })).status).toBe(200);
  });

  test("not with a data folder that is none, or whose journal is damaged", async () => {
    const files = { "a-file": "text" };
    const none = spawnGateway({
      config: configFor(simulator, { groups }),
      arguments: ["--data-dir", "a-file"],
      files,
    });
    expect((await none.ended).code).toBe(1);
    expect(none.standardError).toMatch(/a-file.*[\s\S]*--data-dir/);
    const damaged = spawnGateway({
      config: configFor(simulator, { groups }),
      arguments: ["--data-dir", "."],
      files: { "journal.sqlite": "no database at all, but long enough to be read as one".repeat(100) },
    });
    expect((await damaged.ended).code).toBe(1);
    expect(damaged.standardError).toContain("journal.sqlite");
    expect(damaged.standardError).not.toContain("    at ");
  });

  test("again after a kill with what was under way as uncertain, at its estimate", async () => {
    await simulator.setFaults({ count: 1, fault: { kind: "hang", billed: true } });
    const { gateway, books } = await start();
    const lost = sendEdit(gateway.url, { fields, headers }).catch(() => undefined);
    await until(async () => (await bill()) > 0n);
    const [intent] = books.openIntents();
    gateway.process.kill("SIGKILL");
    await gateway.running.ended;
    await lost;
    const again = await startGateway({
      config: configFor(simulator, { groups }),
      arguments: ["--data-dir", books.folder],
    });
    const [attempt] = await books.attempts(1);
    expect(attempt).toMatchObject({
      attemptId: intent?.["attemptId"],
      state: "uncertain",
      costNanoUsd: BigInt(String(intent?.["estimateNanoUsd"])),
    });
    expect(attempt?.costNanoUsd ?? 0n).toBeGreaterThanOrEqual(await bill());
    const text = (await send(`${again.url}/health/readiness`)).body.toString();
    expect(Number((JSON.parse(text) as { uncertain_usd: string }).uncertain_usd)).toBeGreaterThan(0);
    expect(again.logLines().join("\n")).toContain('"attempts":1,"msg":"attempts were under way');
  });

  test("again without its journal, which is told, and never with an emptied one", async () => {
    const { gateway, books } = await start();
    expect((await sendEdit(gateway.url, { fields, headers })).status).toBe(200);
    await books.attempts(1);
    gateway.process.kill("SIGTERM");
    await gateway.running.ended;
    const journal = join(books.folder, "journal.sqlite");
    const options = {
      config: configFor(simulator, { groups }),
      arguments: ["--data-dir", books.folder],
    };
    truncateSync(journal);
    const refused = spawnGateway(options);
    expect((await refused.ended).code).toBe(1);
    expect(refused.standardError).toMatch(/journal\.sqlite is damaged: it is empty\. Restore/);
    rmSync(journal);
    const again = await startGateway(options);
    expect(again.logLines().join("\n")).toContain("the journal was not there, and another one is begun");
    expect((await sendEdit(again.url, { fields })).status).toBe(200);
    await books.attempts(2);
  });
});

describe("refusals", () => {
  test("of those who have the key are rows, and many in a second are counted", async () => {
    const { gateway, books } = await start();
    const count = 100;
    const sendNoEdit = (): Promise<{ status: number }> =>
      send(`${gateway.url}/v1/images/edits`, {
        method: "POST",
        headers: { ...headers, "content-type": "text/plain" },
        body: Buffer.from("no edit"),
      });
    const answers = await Promise.all(Array.from({ length: count }, sendNoEdit));
    const [first] = answers;
    const folded = await until(async () => {
      const rows = await books.endedRequests();
      const counted = books.refusals();
      return rows.length + counted.reduce((sum, one) => sum + one.count, 0) === count && counted;
    });
    const [row] = await books.endedRequests();
    expect(row).toMatchObject({ status: first?.status, attempts: 0, costNanoUsd: 0n });
    expect(folded[0]).toMatchObject({ caller: row?.caller, status: first?.status });
  });

  test("of those who have not are none", async () => {
    const { gateway, books } = await start();
    expect((await sendEdit(gateway.url, { fields })).status).toBe(401);
    expect(
      (await sendEdit(gateway.url, { fields, headers: { authorization: "Bearer sk-wrong" } })).status,
    ).toBe(401);
    expect((await sendEdit(gateway.url, { fields, headers })).status).toBe(200);
    expect(await books.requests(1)).toMatchObject([{ status: 200 }]);
  });
});

test("a gateway that ends writes what is not written yet", async () => {
  const { gateway, books } = await start();
  expect((await sendEdit(gateway.url, { fields, headers })).status).toBe(200);
  gateway.process.kill("SIGTERM");
  expect((await gateway.running.ended).code).toBe(0);
  expect(books.openIntents()).toEqual([]);
  expect(books.entries()).toBe(2);
  const again = await startGateway({
    config: configFor(simulator, { groups }),
    arguments: ["--data-dir", join(books.folder)],
  });
  expect(await books.requests(1)).toMatchObject([{ status: 200 }]);
  expect(await books.sum(1)).toMatchObject({ certainNanoUsd: await bill(), uncertainNanoUsd: 0n });
  expect((await send(`${again.url}/health/readiness`)).status).toBe(200);
});
