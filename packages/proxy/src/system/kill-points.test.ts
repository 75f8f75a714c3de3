import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { editForm, sendEdit } from "./edit-request.js";
import { nanoUsdOf } from "./dollars.js";
import { type Answer, formType, send } from "./form-request.js";
import { HoldingRelay } from "./holding-relay.js";
import { KeptBooks } from "./kept-books.js";
import { readMetrics } from "./metrics-reading.js";
import { configFor, type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

/*
 * One gateway, killed at one point of an attempt after another, and what its books must say when it is started again on the
 * same data folder. Nothing in the gateway knows of it: it is held at a point by its surroundings.
 */

const fields = { model: "edits", size: "1024x1024", quality: "low" };
const streamed = { ...fields, stream: "true", partial_images: "2" };
/** More than the buffers of all sockets in between. */
const largeImage = Buffer.alloc(16_000_000);
const largeAnswerBytes = 8_000_000;

let simulator: RunningSimulator;
let relay: HoldingRelay;
let gateway: RunningGateway;
let books: KeptBooks;

beforeAll(async () => {
  simulator = await startSimulator();
});
beforeEach(async () => {
  await simulator.clear();
  relay = await HoldingRelay.before(simulator);
});
afterEach(() => relay.close());
afterAll(stopAll);

function configOver(url: string): string {
  return configFor({ url }, { groups: { edits: "gpt-image-1" }, keys: { one: "sk-simulator-one" } });
}

async function start(url = relay.url): Promise<void> {
  gateway = await startGateway({ config: configOver(url) });
  books = new KeptBooks(gateway);
}

/** Begins an edit; what its client gets is the answer, or nothing where the gateway dies before. */
function begin(options: Parameters<typeof sendEdit>[1] = { fields }): Promise<Answer | undefined> {
  return sendEdit(gateway.url, options).catch(() => undefined);
}

async function kill(): Promise<void> {
  gateway.process.kill("SIGKILL");
  await gateway.running.ended;
}

/** The estimate of the one attempt that is under way. */
function estimateOfAttempt(): bigint {
  const [intent, ...others] = books.openIntents();
  expect(others).toEqual([]);
  return BigInt(String(intent?.["estimateNanoUsd"]));
}

const bill = async (): Promise<bigint> => BigInt((await simulator.bill()).totals.overall.nanoUsd);

interface Sum {
  readonly rows: number;
  readonly certain: bigint;
  readonly uncertain: bigint;
}

/** The sum that a gateway tells which has been started again on the same folder, and whose readiness tells the same. */
async function sumAfterStart(): Promise<Sum> {
  const again = await startGateway({
    config: configOver(simulator.url),
    arguments: ["--data-dir", books.folder],
  });
  const read = async (path: string): Promise<Record<string, unknown>> => {
    const { status, body } = await send(`${again.url}${path}`);
    expect(status).toBe(200);
    return JSON.parse(body.toString()) as Record<string, unknown>;
  };
  const { rows, certain_usd, uncertain_usd } = await read("/ledger/sum");
  expect((await read("/health/readiness"))["uncertain_usd"]).toBe(uncertain_usd);
  await again.stop();
  return {
    rows: Number(rows),
    certain: nanoUsdOf(String(certain_usd)),
    uncertain: nanoUsdOf(String(uncertain_usd)),
  };
}

/** However often it is started again. */
async function expectBooks(expected: Sum, billed: bigint): Promise<void> {
  expect(await sumAfterStart()).toEqual(expected);
  expect(await sumAfterStart()).toEqual(expected);
  expect(await bill()).toBe(billed);
  expect(expected.certain).toBeLessThanOrEqual(billed);
  expect(expected.certain + expected.uncertain).toBeGreaterThanOrEqual(billed);
}

/** What nobody knows is charged at its estimate, and its request is not taken for ended. */
async function expectUncertain(estimate: bigint, billed: bigint): Promise<void> {
  expect(estimate).toBeGreaterThan(0n);
  await expectBooks({ rows: 1, certain: 0n, uncertain: estimate }, billed);
  expect(await books.attempts(1)).toMatchObject([
    { state: "uncertain", errorClass: "gateway_died", costNanoUsd: estimate },
  ]);
  expect(await books.requestStates()).toEqual(["interrupted"]);
}

async function expectCertain(billed: bigint): Promise<void> {
  expect(billed).toBeGreaterThan(0n);
  await expectBooks({ rows: 1, certain: billed, uncertain: 0n }, billed);
  expect(await books.attempts(1)).toMatchObject([{ state: "certain", errorClass: null }]);
}

describe("killed", () => {
  test("before the intent is on the disk: nothing was sent, and nothing is in the books", async () => {
    await start();
    books.holdJournal();
    const answer = begin();
    await until(async () => (await readMetrics(gateway)).sum("darkroom_upload_bytes") > 0);
    expect(books.openIntents()).toEqual([]);
    await kill();
    books.letJournalGo();
    expect(await answer).toBeUndefined();
    expect(await simulator.requests()).toEqual([]);
    await expectBooks({ rows: 0, certain: 0n, uncertain: 0n }, 0n);
    expect(await books.requestStates()).toEqual([]);
  });

  test("after the intent, before the first byte: charged at the estimate, since nobody knows", async () => {
    // Takes connections and never answers: a handshake that does not end keeps the request from being sent.
    const silent = net.createServer((socket) => socket.on("error", () => undefined).unref());
    silent.listen(0, "127.0.0.1").unref();
    await once(silent, "listening");
    const connected = once(silent, "connection");
    await start(`https://127.0.0.1:${String((silent.address() as net.AddressInfo).port)}`);
    const answer = begin();
    await connected;
    const estimate = estimateOfAttempt();
    await kill();
    silent.close();
    expect(await answer).toBeUndefined();
    await expectUncertain(estimate, 0n);
  });

  test("in the middle of the upload", async () => {
    relay.holdRequestsAfter(1_000_000);
    await start();
    const answer = begin({ fields, image: largeImage });
    await until(() => relay.isHolding);
    const estimate = estimateOfAttempt();
    await kill();
    expect(await answer).toBeUndefined();
    expect(await simulator.requests()).toMatchObject([{ billed: false, status: null }]);
    await expectUncertain(estimate, 0n);
  });

  test("after the upstream has billed, before it has answered", async () => {
    relay.holdAnswersAt("HTTP/1.1");
    await start();
    const answer = begin();
    await until(() => relay.isHolding);
    const estimate = estimateOfAttempt();
    await kill();
    expect(await answer).toBeUndefined();
    const billed = await bill();
    expect(billed).toBeGreaterThan(0n);
    await expectUncertain(estimate, billed);
  });

  test("in a stream, when the client has seen some of it", async () => {
    relay.holdAnswersAt("event: image_edit.completed");
    await start();
    let seen = "";
    const answer = send(`${gateway.url}/v1/images/edits`, {
      method: "POST",
      headers: { "content-type": formType },
      body: editForm({ fields: streamed }),
      onBytes: (bytes) => (seen += bytes.toString("latin1")),
    }).catch(() => undefined);
    await until(() => relay.isHolding && seen.split("event: image_edit.partial_image").length > 2);
    const estimate = estimateOfAttempt();
    await kill();
    expect(await answer).toBeUndefined();
    await expectUncertain(estimate, await bill());
  });

  test("with the answer complete, before its outcome is on the disk: the client has not a byte of it", async () => {
    relay.holdAnswersAt("HTTP/1.1");
    await start();
    let bytes = 0;
    const answer = send(`${gateway.url}/v1/images/edits`, {
      method: "POST",
      headers: { "content-type": formType },
      body: editForm({ fields }),
      onBytes: (more) => (bytes += more.length),
    }).catch(() => undefined);
    await until(() => relay.isHolding);
    const estimate = estimateOfAttempt();
    books.holdJournal();
    relay.letGo();
    await until(async () => (await readMetrics(gateway)).sum("darkroom_answer_bytes") > 0);
    await kill();
    books.letJournalGo();
    expect(await answer).toBeUndefined();
    expect(bytes).toBe(0);
    await expectUncertain(estimate, await bill());
  });

  test("after its outcome is on the disk, with the answer under way to the client: certain", async () => {
    const generous = await startSimulator({ answerBytes: largeAnswerBytes });
    await start(generous.url);
    const request = http.request(`${gateway.url}/v1/images/edits`, {
      method: "POST",
      agent: false,
      headers: { "content-type": formType },
    });
    request.on("error", () => undefined).end(editForm({ fields: { ...fields, n: "4" } }));
    // Nobody reads it.
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    response.on("error", () => undefined);
    expect(books.entries()).toBe(1);
    await kill();
    const billed = BigInt((await generous.bill()).totals.overall.nanoUsd);
    expect(await sumAfterStart()).toEqual({ rows: 1, certain: billed, uncertain: 0n });
    expect(billed).toBeGreaterThan(0n);
    await generous.stop();
  });

  test.each([
    ["answer", fields],
    ["stream", streamed],
  ])("after the %s has come: certain", async (_, sent) => {
    await start();
    expect((await begin({ fields: sent }))?.status).toBe(200);
    await kill();
    await expectCertain(await bill());
  });

  test("in a retry: what the first attempt may have cost is as uncertain as the second", async () => {
    await simulator.setFaults({
      count: 1,
      fault: { kind: "status", status: 500, type: "server_error", billed: true },
    });
    relay.holdAnswersAt("HTTP/1.1 200");
    await start();
    const answer = begin();
    await until(() => relay.isHolding && books.entries() === 1);
    const estimate = estimateOfAttempt();
    await kill();
    expect(await answer).toBeUndefined();
    await expectBooks({ rows: 2, certain: 0n, uncertain: 2n * estimate }, await bill());
    expect(await books.attempts(2)).toMatchObject([
      { state: "uncertain", status: 500, errorClass: "InternalServerError", retry: 0 },
      { state: "uncertain", status: null, errorClass: "gateway_died", retry: 1 },
    ]);
  });
});
