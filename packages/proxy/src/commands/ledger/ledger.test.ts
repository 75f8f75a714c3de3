import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { type Ledger, Reports } from "@darkroom/accounts";
import express from "express";
import { ledgerSettle } from "../../routes/ledger.js";
import { withLedger, withReports } from "./books.js";
import { explain } from "./explain.js";
import { exportedText } from "./export.js";
import { KeptBooks, startMs } from "./kept-books.test.support.js";
import { list } from "./list.js";
import { settle } from "./settle.js";
import { sum } from "./sum.js";
import { uncertain } from "./uncertain.js";

let books: KeptBooks;
let ledger: Ledger;

beforeEach(async () => {
  books = new KeptBooks();
  ledger = await books.open();
});

afterEach(() => books.remove());

const listed = { requests: false, limit: "50", json: false };

/** What was entered, read as a command does beside a running gateway. */
async function read<Result>(use: (reports: Reports) => Promise<Result>): Promise<Result> {
  await ledger.catchUp();
  const reports = Reports.ofFolder(books.folder);
  const result = await use(reports);
  await reports.close();
  return result;
}

/** A request that was sent twice: cut off, then answered. */
async function requestOfTwo(): Promise<void> {
  await books.cutOff("attempt-1");
  await books.send("attempt-2", { retry: 1, deploymentId: "edits-two", atMs: startMs + 12_500 });
  await books.conclude("attempt-2");
  books.end("request-1", { attempts: 2, retries: 1, deploymentId: "edits-two" });
  // Notes go with the next commit.
  await books.cutOff("attempt-3", { requestId: "request-2", atMs: startMs + 20_000 });
}

describe("books of a folder", () => {
  it("are read beside the gateway that runs on it", async () => {
    await books.cutOff("a");
    await ledger.catchUp();
    expect(await withReports(books.folder, (reports) => reports.sum({}))).toMatchObject({ rows: 1 });
    expect(await withLedger(books.folder, (given) => Promise.resolve(given))).toBeUndefined();
  });

  it("are completed first where none runs: attempts without outcome are uncertain", async () => {
    await books.send("a");
    await books.close();
    const found = await withReports(books.folder, (reports) => reports.attempts({}, { limit: 10 }));
    expect(found.rows).toMatchObject([{ attemptId: "a", state: "uncertain", costNanoUsd: 250_000_000n }]);
    // The folder is free again.
    ledger = await books.open();
  });

  it("are missed where there are none", async () => {
    await expect(withReports("/nowhere", () => Promise.resolve())).rejects.toThrow(
      "There are no books in /nowhere; name the gateway's data folder with --data-dir.",
    );
  });
});

describe("list", () => {
  it("prints attempts as a table, the newest first", async () => {
    await requestOfTwo();
    const [heading, ...rows] = (await read((reports) => list(reports, listed))).split("\n");
    expect(heading?.split(/ {2,}/)).toEqual([
      ...[
        "started",
        "state",
        "cost",
        "images",
        "group",
        "deployment",
        "status",
        "caller",
        "attempt",
        "request",
      ],
    ]);
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
      [
        "2026-01-01T00:00:20Z",
        "uncertain",
        "$0.25",
        "0",
        "edits",
        "edits-one",
        "-",
        "key-1",
        "attempt-3",
        "request-2",
      ],
      [
        "2026-01-01T00:00:12Z",
        "certain",
        "$0.042",
        "1",
        "edits",
        "edits-two",
        "200",
        "key-1",
        "attempt-2",
        "request-1",
      ],
      [
        "2026-01-01T00:00:00Z",
        "uncertain",
        "$0.25",
        "0",
        "edits",
        "edits-one",
        "-",
        "key-1",
        "attempt-1",
        "request-1",
      ],
    ]);
  });

  it("prints requests, pages and JSON", async () => {
    await requestOfTwo();
    await read(async (reports) => {
      const requests = await list(reports, { ...listed, requests: true });
      expect(requests.split("\n").map((line) => line.split(/ {2,}/)[1])).toEqual([
        "state",
        "running",
        "ended",
      ]);
      const first = await list(reports, { ...listed, limit: "2" });
      const [, after] = /There are more: --after (\S+)$/.exec(first) ?? [];
      const second = JSON.parse(
        await list(reports, { ...listed, limit: "2", after: after!, json: true }),
      ) as object;
      expect(second).toMatchObject({ rows: [{ attempt_id: "attempt-1", cost_usd: "0.25" }], next: null });
      expect(await list(reports, { ...listed, caller: "nobody" })).toBe("There is none.");
    });
  });

  it.each([
    [{ limit: "0" }, "--limit must be a number from 1 to 1000, not '0'."],
    [{ limit: "all" }, "--limit must be a number from 1 to 1000, not 'all'."],
    [{ after: "x" }, "--after must be what the page before has told, not 'x'."],
    [{ since: "soon" }, "'since' must be a time such as"],
    [{ state: "paid" }, "'state' must be one of certain, uncertain, failed, not 'paid'."],
  ])("refuses %j", async (given, message) => {
    await read((reports) => expect(list(reports, { ...listed, ...given })).rejects.toThrow(message));
  });

  it("prints nothing that a terminal would take for a command", async () => {
    await books.send("a", { group: "\u001b[2Jedits\u009b1m" });
    await books.conclude("a");
    expect(await read((reports) => list(reports, listed))).toContain("�[2Jedits�1m");
  });
});

it("sum prints totals and parts, and what no amount holds", async () => {
  await requestOfTwo();
  await books.send("attempt-4", { estimateNanoUsd: null });
  await books.conclude("attempt-4", { costNanoUsd: null });
  await read(async (reports) => {
    const lines = (await sum(reports, { by: "deployment", json: false }))
      .split("\n")
      .filter((line) => line !== "");
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ["certain", "uncertain, at most", "attempts", "requests", "images"],
      ["$0.042", "$0.5", "4", "2", "2"],
      ["deployment", "certain", "uncertain, at most", "attempts", "requests", "images"],
      ["edits-one", "$0", "$0.5", "3", "2", "1"],
      ["edits-two", "$0.042", "$0", "1", "1", "1"],
      ["tokens: imageOutput 2000, textInput 48"],
      ["1 attempts have no known price, and are in no amount."],
    ]);
    expect(JSON.parse(await sum(reports, { json: true, deployment: "edits-two" }))).toMatchObject({
      rows: 1,
      certain_usd: "0.042",
      uncertain_usd: "0",
    });
  });
});

it("uncertain prints the oldest first, with their age, and what they come to", async () => {
  await read(async (reports) => {
    expect(await uncertain(reports, { limit: "10", json: false })).toBe("Nothing is uncertain.");
  });
  await requestOfTwo();
  await read(async (reports) => {
    const lines = (await uncertain(reports, { limit: "1", json: false })).split("\n");
    expect(lines[1]).toMatch(/^\d+ d +\$0\.25 +edits-one +attempt-1 +request-1 +the connection was reset$/);
    expect(lines.slice(3)).toEqual([
      "2 attempts may have cost $0.5 at most.",
      "Settle one: darkroom ledger settle ATTEMPT --cost USD --note TEXT",
      expect.stringMatching(/^There are more: --after \d+\.1$/),
    ]);
    const { rows } = JSON.parse(await uncertain(reports, { limit: "10", json: true })) as { rows: object[] };
    expect(rows).toMatchObject([
      { attempt_id: "attempt-1", age_seconds: expect.any(Number) },
      { attempt_id: "attempt-3", age_seconds: expect.any(Number) },
    ]);
  });
});

describe("explain", () => {
  it("prints what was waited for, every attempt with its reason, and what it cost line by line", async () => {
    await requestOfTwo();
    await ledger.settle({
      attemptId: "attempt-1",
      costNanoUsd: 100_000_000n,
      by: "ann",
      note: "by the invoice",
    });
    const text = await read((reports) => explain(reports, { requestId: "request-1", json: false }));
    expect(text.replace(/\(-\$0\.15\) by ann, \S+:/, "(-$0.15) by ann, NOW:")).toBe(`request     request-1
asked for   edits at /v1/images/edits
caller      key-1
started     2025-12-31T23:59:59Z
ended       with status 200 after 12.015 s
waited      0.003 s before edits-two was called
upstream    12.000 s
attempts    2, of them 1 retries; 0 fallbacks

attempt 1   attempt-1
sent to     edits-one of edits: gpt-image-1 at openai
as          retry 0, fallback 0
at          2026-01-01T00:00:00Z, for 12.000 s
images      0 of 1, 1024x1024, high
outcome     certain: APIConnectionError: the connection was reset
at most     $0.25
cost        $0.1, by estimate
settled     at $0.1 (-$0.15) by ann, NOW: by the invoice
charged to  team:red 2026-01

attempt 2   attempt-2
sent to     edits-two of edits: gpt-image-1 at openai
as          retry 1, fallback 0
at          2026-01-01T00:00:12Z, for 12.000 s
images      1 of 1, 1024x1024, high
outcome     certain
status      200
upstream id req_upstream
tokens      textInput 24, imageOutput 1000
at most     $0.25
cost        $0.042, by usage
            inputText    $0.002
            outputImage  $0.04
charged to  team:red 2026-01`);
  });

  it("prints the same as JSON, and never a prompt", async () => {
    await requestOfTwo();
    const text = await read((reports) => explain(reports, { requestId: "request-1", json: true }));
    expect(JSON.parse(text)).toMatchObject({
      request_id: "request-1",
      waited_ms: 3,
      waited_for: "0.003 s before edits-two was called",
      attempts: [
        { attempt_id: "attempt-1", reason: "the connection was reset", corrections: [] },
        { attempt_id: "attempt-2", breakdown_usd: { inputText: "0.002", outputImage: "0.04" } },
      ],
    });
    expect(text).not.toContain("hat");
  });

  it("says of a request that was cut off with its gateway that it was", async () => {
    await books.send("a", { requestId: "cut" });
    await books.close();
    const text = await withReports(books.folder, (reports) =>
      explain(reports, { requestId: "cut", json: false }),
    );
    expect(text).toContain("ended       with its gateway, which was ended while it ran\n");
    expect(text).toContain("outcome     uncertain");
  });

  it("refuses an id that it does not know", async () => {
    await read((reports) =>
      expect(explain(reports, { requestId: "x", json: false })).rejects.toThrow(
        "The ledger has no request 'x'.",
      ),
    );
  });
});

it("export writes attempts or requests, those that fit", async () => {
  await requestOfTwo();
  await read(async (reports) => {
    const text = async (options: object): Promise<string[]> => {
      let all = "";
      for await (const part of exportedText(reports, { format: "jsonl", requests: false, ...options }))
        all += part;
      return all.trimEnd().split("\n");
    };
    const ids = (await text({})).map((line) => (JSON.parse(line) as { attempt_id: string }).attempt_id);
    expect(ids).toEqual(["attempt-1", "attempt-2", "attempt-3"]);
    expect(await text({ deployment: "edits-two", format: "csv" })).toHaveLength(2);
    expect((await text({ requests: true })).map((line) => JSON.parse(line) as object)).toMatchObject([
      { request_id: "request-1", state: "ended" },
      { request_id: "request-2", state: "running" },
    ]);
  });
});

describe("settle", () => {
  const options = { attemptId: "a", cost: "0.1", note: "by the invoice", json: false };

  it("enters it itself where no gateway runs", async () => {
    await books.cutOff("a");
    expect(await settle(ledger, options)).toMatch(/^a is settled at \$0\.1, by \S+\.$/);
    expect(ledger.uncertain.attempts).toBe(0);
  });

  it("tells the gateway that runs, and prints what that refuses", async () => {
    await books.cutOff("a");
    const application = express();
    application.post("/ledger/settle", (request, response, next) => {
      expect(request.headers.authorization).toBe("Bearer sk-key");
      response.locals["principal"] = { role: "admin", name: "master key" };
      next();
    });
    application.post("/ledger/settle", ledgerSettle(ledger));
    application.use(((error: unknown, _request, response, _next) => {
      response.status(404).json({ error: { message: error instanceof Error ? error.message : "" } });
    }) as express.ErrorRequestHandler);
    const server = http.createServer(application).listen(0, "127.0.0.1");
    await once(server, "listening");
    const at = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, key: "sk-key" };
    try {
      expect(JSON.parse(await settle(undefined, { ...options, ...at, json: true }))).toMatchObject({
        attempt_id: "a",
        cost_usd: "0.1",
        state: "certain",
      });
      await expect(settle(undefined, { ...options, ...at, attemptId: "z" })).rejects.toThrow(
        "The ledger has no attempt 'z'.",
      );
    } finally {
      server.closeAllConnections();
      server.close();
    }
    await expect(settle(undefined, { ...options, ...at })).rejects.toThrow("No gateway answers at");
  });

  it.each(["-1", "$1", "0.0000000001", ""])("refuses the cost %j", async (cost) => {
    await expect(settle(ledger, { ...options, cost })).rejects.toThrow(
      `--cost must be dollars such as 0.042, with at most nine decimal places, not '${cost}'.`,
    );
  });
});
