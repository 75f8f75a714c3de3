import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Ledger, Principal } from "@darkroom/accounts";
import express, { type ErrorRequestHandler } from "express";
import { KeptBooks } from "../commands/ledger/kept-books.test.support.js";
import { envelope, errorAnswer } from "../errors.js";
import { ledgerSettle, ledgerSum } from "./ledger.js";

let books: KeptBooks;
let ledger: Ledger;
let server: Server;
let url: string;
let principal: Principal;

const answerErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const answer = errorAnswer(error);
  response.status(answer.status).json(envelope(answer));
};

beforeEach(async () => {
  books = new KeptBooks();
  ledger = await books.open();
  principal = { role: "admin", name: "master key" };
  const application = express();
  application.use((_request, response, next) => {
    response.locals["principal"] = principal;
    next();
  });
  application.get("/ledger/sum", ledgerSum(ledger));
  application.post("/ledger/settle", ledgerSettle(ledger));
  application.use(answerErrors);
  server = application.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ledger`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await books.remove();
});

async function sum(query = ""): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/sum${query}`);
  return { status: response.status, body: await response.json() };
}

async function settle(body: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/settle`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const refusal = (
  status: number,
  param: string | null,
  message: string,
  code: string | null = null,
): object => ({
  status,
  body: { error: { message, type: "invalid_request_error", param, code } },
});

it("sums up all that was paid, in exact texts, with what was committed a moment ago", async () => {
  await books.send("a");
  await books.conclude("a", { costNanoUsd: 2n ** 53n + 1n });
  await books.cutOff("b", { deploymentId: "edits-two", requestId: "request-2" });
  expect(await sum()).toEqual({
    status: 200,
    body: {
      rows: 2,
      certain_rows: 1,
      uncertain_rows: 1,
      failed_rows: 0,
      unpriced_rows: 0,
      certain_usd: "9007199.254740993",
      uncertain_usd: "0.25",
      total_usd: "9007199.504740993",
      images: 1,
      requests: 2,
      tokens: { imageOutput: 1_000, textInput: 24 },
      set_aside: 0,
      lag_entries: 0,
    },
  });
  expect(await sum("?deployment=edits-two&by=deployment")).toMatchObject({
    body: { rows: 1, certain_usd: "0", uncertain_usd: "0.25", parts: [{ key: "edits-two", rows: 1 }] },
  });
});

it.each([
  [
    "?sinse=24h",
    "sinse",
    "'sinse' is unknown here; known are since, until, group, deployment, state, request, caller, by.",
  ],
  [
    "?since=soon",
    "since",
    "'since' must be a time such as 2026-01-31, 2026-01-31T12:00:00Z or 24h (ago), not 'soon'.",
  ],
  ["?by=colour", "by", "'by' must be one of group, deployment, model, not 'colour'."],
  ["?group=a&group=b", "group", "'group' must be given once."],
])("refuses the query %s, and names the field", async (query, param, message) => {
  expect(await sum(query)).toEqual(refusal(400, param, message));
});

it("settles an attempt, and answers with it", async () => {
  await books.cutOff("a");
  const settled = await settle({ attempt_id: "a", cost_usd: "0.1", note: "by the invoice", by: "ann" });
  expect(settled).toMatchObject({
    status: 200,
    body: { attempt_id: "a", state: "certain", cost_usd: "0.1", revision: 1 },
  });
  expect(JSON.stringify(settled)).not.toContain("hat");
  expect((await ledger.reports.explain("request-1"))?.attempts[0]?.corrections).toMatchObject([
    { settledBy: "ann", note: "by the invoice", differenceNanoUsd: -150_000_000n },
  ]);
});

it("knows who settles, whoever they say they are", async () => {
  await books.cutOff("a");
  await settle({ attempt_id: "a", cost_usd: "0.1", note: "first" });
  principal = { role: "admin", name: "key of bob", account: {} as never };
  await settle({ attempt_id: "a", cost_usd: "0.2", note: "second" });
  await settle({ attempt_id: "a", cost_usd: "0.1", note: "third", by: "ann" });
  const { attempts = [] } = (await ledger.reports.explain("request-1")) ?? {};
  expect(attempts[0]?.corrections.map(({ settledBy }) => settledBy)).toEqual([
    "master key",
    "key of bob",
    "ann (by key of bob)",
  ]);
});

const whole = { attempt_id: "a", cost_usd: "0.1", note: "by the invoice" };

it.each([
  ["no JSON", "cost=1", refusal(400, null, "The body must be a JSON object.")],
  ["no object", [1], refusal(400, null, "The body must be a JSON object.")],
  ["nothing", "", refusal(400, "attempt_id", "'attempt_id' must be a text.")],
  [
    "too much",
    { ...whole, note: "x".repeat(20_000) },
    refusal(413, null, "The body must not have more than 16 KiB."),
  ],
  [
    "no attempt",
    { ...whole, attempt_id: undefined },
    refusal(400, "attempt_id", "'attempt_id' must be a text."),
  ],
  ["a float", { ...whole, cost_usd: 0.1 }, refusal(400, "cost_usd", "'cost_usd' must be a text.")],
  [
    "less than a nano-dollar",
    { ...whole, cost_usd: "0.0000000001" },
    refusal(400, "cost_usd", `'cost_usd' must be a text such as "0.042", with at most nine decimal places.`),
  ],
  [
    "too many dollars",
    { ...whole, cost_usd: "1000001" },
    refusal(400, "cost_usd", "The cost must be from $0 to $1000000.", "invalid"),
  ],
  ["no note", { ...whole, note: "" }, refusal(400, "note", "'note' must be a text.")],
  [
    "an attempt unheard of",
    { ...whole, attempt_id: "z" },
    refusal(404, "attempt_id", "The ledger has no attempt 'z'.", "not_found"),
  ],
  [
    "an attempt that is certain",
    { ...whole, attempt_id: "sure" },
    refusal(
      409,
      "attempt_id",
      "What attempt 'sure' cost is known from its upstream; there is nothing to settle.",
      "already_certain",
    ),
  ],
])("refuses %s, and names the field", async (_, body, expected) => {
  await books.send("sure");
  await books.conclude("sure");
  expect(await settle(body)).toEqual(expected);
});
