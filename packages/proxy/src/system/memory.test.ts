import { editForm, sendEdit } from "./edit-request.js";
import { type MetricsReading, readMetrics } from "./metrics-reading.js";
import { type PacedAnswer, PacedClient, type PacedOptions } from "./paced-client.js";
import { noise } from "./pictures.js";
import { configFor, type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { ScriptedUpstream } from "./scripted-upstream.js";
import { until } from "./until.js";

const { jest } = import.meta;
// All of it takes a quarter of a minute; other tests may run beside it.
jest.setTimeout(40_000);

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** More than the buffers of both sockets take, so that a client that does not read it leaves it with the gateway. */
const largeAnswer = answerOf(6 * mebibyte);
const smallAnswer = answerOf(kibibyte);

/** Asks for the large answer, which then comes with its length or, if it is wanted so, in chunks. */
const large = { prompt: "large" };
const largeInChunks = { prompt: "large, in chunks" };

let upstream: ScriptedUpstream;
let gateway: RunningGateway;

beforeEach(async () => {
  upstream = await new ScriptedUpstream((response, number) => {
    const { body } = upstream.arrived[number] ?? { body: Buffer.alloc(0) };
    const answer = body.includes(large.prompt) ? largeAnswer : smallAnswer;
    const length = body.includes(largeInChunks.prompt) ? {} : { "content-length": answer.length };
    response.writeHead(200, { "content-type": "application/json", ...length });
    response.write(answer.subarray(0, 100));
    response.end(answer.subarray(100));
  }).listen();
});

afterEach(async () => {
  await gateway.stop();
  await upstream.close();
});
afterAll(stopAll);

/** An edit's answer of about so many bytes. */
function answerOf(bytes: number): Buffer {
  return Buffer.from(JSON.stringify({ created: 1, data: [{ b64_json: "QUJD".repeat(bytes / 4) }] }));
}

async function startWith(settings: Readonly<Record<string, number>>): Promise<void> {
  const groups = { edits: "gpt-image-1" };
  const config = configFor(upstream, { groups, settings: { general_settings: settings } });
  gateway = await startGateway({ config });
}

function clients(
  count: number,
  imageBytes: number,
  options: PacedOptions,
  fields: Readonly<Record<string, string>> = {},
): PacedClient[] {
  const body = editForm({ fields: { model: "edits", ...fields }, image: noise(imageBytes, "upload") });
  return Array.from({ length: count }, () => new PacedClient(gateway.url, body, options));
}

/** The most that was ever seen of both budgets, in bytes. */
interface Most {
  uploads: number;
  answers: number;
}

async function look(most: Most): Promise<MetricsReading> {
  const metrics = await readMetrics(gateway);
  most.uploads = Math.max(most.uploads, metrics.sum("darkroom_upload_bytes"));
  most.answers = Math.max(most.answers, metrics.sum("darkroom_answer_bytes"));
  return metrics;
}

/** Lets all take their turns, and looks at the budgets after each, until all have their answers. */
async function play(all: readonly PacedClient[], most: Most = { uploads: 0, answers: 0 }): Promise<Most> {
  while (!all.every(({ isOver }) => isOver)) {
    for (const client of all) client.takeTurn();
    await look(most);
  }
  return most;
}

/** What those who were answered with that status got. */
async function answeredWith(status: number, all: readonly PacedClient[]): Promise<PacedAnswer[]> {
  const answers = await Promise.all(all.map(({ answered }) => answered));
  return answers.filter((answer) => answer.status === status);
}

async function expectNothingHeld(): Promise<void> {
  const names = ["darkroom_upload_bytes", "darkroom_answer_bytes", "darkroom_edits_in_flight"];
  await until(async () => {
    const metrics = await readMetrics(gateway);
    return names.every((name) => metrics.sum(name) === 0);
  });
}

describe("clients that upload slowly", () => {
  // An upload of unknown length gets 4 MiB, then the rest. Three that had 4 MiB each would wait for one another for ever.
  const settings = { upload_memory_mb: 12, max_request_size_mb: 7 };
  const pieceBytes = 256 * kibibyte;
  const begin = (): PacedClient[] => [
    ...clients(8, 6.5 * mebibyte, { pieceBytes, isChunked: true }),
    ...clients(12, 3 * mebibyte, { pieceBytes, isChunked: false }),
  ];

  test("all come through, those that wait for more memory while they hold some too", async () => {
    await startWith({ ...settings, upload_wait: 60 });
    const all = begin();
    const most = await play(all);
    expect(await answeredWith(200, all)).toHaveLength(20);
    expect(most.uploads).toBeGreaterThan(7 * mebibyte);
    expect(most.uploads).toBeLessThanOrEqual(12 * mebibyte);
    await expectNothingHeld();
  });

  test("who has waited for so long gets a 503, and the others come through", async () => {
    await startWith({ ...settings, upload_wait: 0.5 });
    const first = clients(2, 5.5 * mebibyte, { pieceBytes, isChunked: false });
    await until(async () => (await readMetrics(gateway)).sum("darkroom_upload_bytes") > 11 * mebibyte);
    const others = begin();
    const most = await play(others);
    expect(await answeredWith(503, others)).toHaveLength(20);
    await play(first, most);
    expect(await answeredWith(200, first)).toHaveLength(2);
    expect(most.uploads).toBeLessThanOrEqual(12 * mebibyte);
    await expectNothingHeld();
    expect((await sendEdit(gateway.url, { fields: { model: "edits" } })).status).toBe(200);
  });
});

describe("clients that read slowly", () => {
  const settings = { answer_memory_mb: 16, max_response_size_mb: 8 };
  const options = { pieceBytes: 64 * kibibyte, isChunked: false };

  test("answers wait for memory, and are given out as it comes free", async () => {
    await startWith(settings);
    const all = [...clients(5, kibibyte, options, large), ...clients(5, kibibyte, options, largeInChunks)];
    for (const client of all) client.takeTurn();
    const most = { uploads: 0, answers: 0 };
    // Nobody reads: as many answers have come as there is memory for, and no more can.
    await until(() => upstream.arrived.length === all.length);
    await until(async () => all.some(({ hasAnswer }) => hasAnswer) && (await look(most)));
    const begun = all.filter(({ hasAnswer }) => hasAnswer);
    expect(begun.length).toBeLessThanOrEqual(2);
    expect((await look(most)).sum("darkroom_edits_in_flight")).toBeGreaterThanOrEqual(8);

    await play(all, most);
    const answers = await answeredWith(200, all);
    expect(answers.map(({ bytes }) => bytes)).toEqual(all.map(() => largeAnswer.length));
    expect(most.answers).toBeGreaterThan(8 * mebibyte);
    expect(most.answers).toBeLessThanOrEqual(16 * mebibyte);
    expect(upstream.arrived).toHaveLength(all.length);
    await expectNothingHeld();
  });

  test("who leaves an answer half read gives its memory to the next", async () => {
    await startWith(settings);
    const leaving = clients(2, kibibyte, options, large);
    for (const client of leaving) client.takeTurn();
    await until(() => leaving.every(({ hasAnswer }) => hasAnswer));
    const next = clients(2, kibibyte, options, large);
    for (const client of next) client.takeTurn();
    await until(() => upstream.arrived.length === 4);
    expect(next.some(({ hasAnswer }) => hasAnswer)).toBe(false);
    for (const client of leaving) client.leave();
    await play(next);
    expect(await answeredWith(200, next)).toHaveLength(2);
    await expectNothingHeld();
  });
});

test("500 clients that upload slowly or read slowly all come through, within both budgets", async () => {
  await startWith({
    upload_memory_mb: 4,
    max_request_size_mb: 1,
    upload_wait: 60,
    answer_memory_mb: 64,
    max_response_size_mb: 8,
  });
  const slowly = { pieceBytes: 8 * kibibyte, expectsContinue: true };
  const at = { pieceBytes: 64 * kibibyte };
  const uploading = [
    ...clients(230, 32 * kibibyte, { ...slowly, isChunked: true }),
    ...clients(230, 32 * kibibyte, { ...slowly, isChunked: false }),
  ];
  const reading = [
    ...clients(20, 32 * kibibyte, { ...at, isChunked: true }, large),
    ...clients(20, 32 * kibibyte, { ...at, isChunked: false }, largeInChunks),
  ];
  const all = [...uploading, ...reading];
  const most = await play(all);
  expect(await answeredWith(200, all)).toHaveLength(500);
  expect((await answeredWith(200, reading)).map(({ bytes }) => bytes)).toEqual(
    reading.map(() => largeAnswer.length),
  );
  expect(most.uploads).toBeGreaterThan(3 * mebibyte);
  expect(most.uploads).toBeLessThanOrEqual(4 * mebibyte);
  expect(most.answers).toBeGreaterThan(40 * mebibyte);
  expect(most.answers).toBeLessThanOrEqual(64 * mebibyte);
  await expectNothingHeld();
});
