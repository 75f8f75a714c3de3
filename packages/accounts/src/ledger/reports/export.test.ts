import { attemptColumns, requestColumns } from "./columns.js";
import { exported } from "./export.js";
import type { Page, PageRequest } from "./page.js";
import type { LedgerAttempt, LedgerRequest } from "./rows.js";

const attempt: LedgerAttempt = {
  attemptId: "a",
  requestId: "r",
  atMs: Date.UTC(2026, 0, 1, 12),
  endedAtMs: Date.UTC(2026, 0, 1, 12, 0, 12, 5),
  caller: null,
  requestedModel: "edits",
  modelGroup: "edits",
  deploymentId: "edits-one",
  provider: "openai",
  model: "gpt-image-1",
  retry: 0,
  fallback: 0,
  size: "1024x1024",
  quality: "high",
  n: 1,
  stream: false,
  inputImages: 1,
  promptBytes: 13,
  charges: [{ meter: "team:red", period: "2026-01" }],
  estimateNanoUsd: null,
  priceVersion: "2026-01-01",
  state: "certain",
  costNanoUsd: 2n ** 53n + 1n,
  breakdown: { inputText: 1n, outputImage: 2n ** 53n },
  basis: "usage",
  tokens: { textInput: 24 },
  images: 1,
  durationMs: 12_005,
  status: 200,
  errorClass: null,
  reason: null,
  upstreamRequestId: "req_1",
  revision: 0,
};

const request: LedgerRequest = {
  requestId: "r",
  state: "running",
  startedAtMs: 0,
  endedAtMs: null,
  caller: "key-1",
  route: null,
  requestedModel: "edits",
  modelGroup: "edits",
  deploymentId: "edits-one",
  status: null,
  attempts: 1,
  retries: 0,
  fallbacks: 0,
  waitedMs: null,
  waitedFor: null,
  upstreamMs: null,
  requestBytes: null,
  answerBytes: null,
  images: 0,
  costNanoUsd: null,
  error: null,
  replayOf: null,
};

/** Lists these rows, two a page at most; keeps what was asked for. */
function listOf<Row>(rows: readonly Row[], asked: PageRequest[] = []) {
  return (page: PageRequest): Promise<Page<Row>> => {
    asked.push(page);
    const from = Number(page.after ?? 0);
    return Promise.resolve({
      rows: rows.slice(from, from + 2),
      ...(from + 2 < rows.length ? { next: String(from + 2) } : {}),
    });
  };
}

async function textOf(parts: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const part of parts) text += part;
  return text;
}

const csvOf = (rows: readonly LedgerAttempt[]): Promise<string> =>
  textOf(exported(listOf(rows), attemptColumns, "csv"));

it("writes one JSON object a line, with amounts as exact texts", async () => {
  const text = await textOf(exported(listOf([attempt, attempt, attempt]), attemptColumns, "jsonl"));
  const lines = text.trimEnd().split("\n");
  expect(lines).toHaveLength(3);
  expect(JSON.parse(lines[0]!)).toEqual({
    attempt_id: "a",
    request_id: "r",
    started_at: "2026-01-01T12:00:00.000Z",
    ended_at: "2026-01-01T12:00:12.005Z",
    caller: null,
    requested_model: "edits",
    model_group: "edits",
    deployment_id: "edits-one",
    provider: "openai",
    model: "gpt-image-1",
    retry: 0,
    fallback: 0,
    size: "1024x1024",
    quality: "high",
    n: 1,
    stream: false,
    input_images: 1,
    prompt_bytes: 13,
    state: "certain",
    cost_usd: "9007199.254740993",
    estimate_usd: null,
    breakdown_usd: { inputText: "0.000000001", outputImage: "9007199.254740992" },
    basis: "usage",
    price_version: "2026-01-01",
    tokens: { textInput: 24 },
    images: 1,
    duration_ms: 12_005,
    status: 200,
    error_class: null,
    reason: null,
    upstream_request_id: "req_1",
    charges: [{ meter: "team:red", period: "2026-01" }],
    revision: 0,
  });
});

it("writes CSV with a heading, also for no rows", async () => {
  const [heading, row, ...rest] = (await csvOf([attempt])).split("\r\n");
  expect(heading?.split(",").slice(0, 4)).toEqual(["attempt_id", "request_id", "started_at", "ended_at"]);
  expect(row).toBe(
    "a,r,2026-01-01T12:00:00.000Z,2026-01-01T12:00:12.005Z,,edits,edits,edits-one,openai,gpt-image-1,0,0,1024x1024,high,1," +
      'false,1,13,certain,9007199.254740993,,"{""inputText"":""0.000000001"",""outputImage"":""9007199.254740992""}",usage,' +
      '2026-01-01,"{""textInput"":24}",1,12005,200,,,req_1,"[{""meter"":""team:red"",""period"":""2026-01""}]",0',
  );
  expect(rest).toEqual([""]);
  expect((await csvOf([])).split("\r\n")).toEqual([heading, ""]);
});

it.each([
  ['a "model", so called', '"a ""model"", so called"'],
  ["two\nlines", '"two\nlines"'],
  ["=HYPERLINK(1)", "'=HYPERLINK(1)"],
  ["@sum", "'@sum"],
  ["-1+1", "'-1+1"],
])("writes the text %j as the cell %s", async (model, cell) => {
  expect(await csvOf([{ ...attempt, requestedModel: model }])).toContain(`,${cell},edits,edits-one,`);
});

it("asks for one page at a time, from the oldest row on", async () => {
  const asked: PageRequest[] = [];
  const parts = exported(listOf([request, request, request], asked), requestColumns, "jsonl");
  await parts.next();
  expect(asked).toHaveLength(1);
  await parts.next();
  expect(asked).toEqual([
    { limit: 500, order: "oldest" },
    { limit: 500, order: "oldest", after: "2" },
  ]);
  expect((await parts.next()).done).toBe(true);
});

it("writes a request that runs with nothing where nothing is known", async () => {
  const text = await textOf(exported(listOf([request]), requestColumns, "jsonl"));
  expect(JSON.parse(text)).toMatchObject({
    request_id: "r",
    state: "running",
    ended_at: null,
    cost_usd: null,
  });
});
