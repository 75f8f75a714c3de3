import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { EditReport } from "@darkroom/router";
import { RequestRecord } from "../observability/request-record.js";
import { HttpAnswer } from "./http-answer.js";

const { jest } = import.meta;

/** More than the buffers of both sockets take. */
const large = Buffer.alloc(12 * 1024 * 1024);
const head = { status: 200, headers: { "content-type": "application/json" } };
const report: EditReport = {
  requestId: "request",
  requestedModel: "edits",
  group: "edits",
  attempts: [],
  retries: 0,
  fallbacks: 0,
  dropped: [],
  images: 1,
  upstreamMs: 0,
  waitedMs: 0,
  waits: [],
  deployment: undefined,
  cost: undefined,
};

let server: http.Server;
beforeEach(async () => {
  server = http.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => {
  jest.useRealTimers();
  server.closeAllConnections();
  server.close();
});

/**
 * An answer to a client that reads nothing of it, and how long it was to be waited for.
 *
 * @param minuteMs how long a minute of waiting takes: the socket's own timers cannot be held
 */
async function begin(minuteMs = 60_000) {
  const asked: number[] = [];
  const { port } = server.address() as AddressInfo;
  const client = http.get({ port, host: "127.0.0.1", agent: false });
  // It sees its connection break when it is let go.
  client.on("error", () => undefined).on("response", (got) => void got.on("error", () => undefined));
  const [, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  const setTimeout = response.setTimeout.bind(response);
  response.setTimeout = (milliseconds, callback) => {
    asked.push(milliseconds);
    return setTimeout((milliseconds / 60_000) * minuteMs, callback);
  };
  const answer = new HttpAnswer(response, new RequestRecord(undefined), () => undefined);
  return { answer, response, client, asked };
}

test("a client that takes nothing of a whole answer for a minute is let go", async () => {
  const { answer, response, asked } = await begin(60);
  await answer.sendWhole(head, [large], report, { images: [] });
  expect(asked[0]).toBe(60_000);
  expect(response.destroyed).toBe(true);
});

test("a client that takes nothing of an event for a minute is let go", async () => {
  const { answer, response, asked } = await begin(60);
  answer.startStream(head, report);
  await answer.writeEvent([large]);
  expect(asked[0]).toBe(60_000);
  expect(response.destroyed).toBe(true);
  await answer.endStream(report);
});

test("a client that has not taken all of an answer in ten minutes is let go", async () => {
  const { answer, response, client } = await begin();
  // It takes something now and then.
  response.setTimeout = () => response;
  jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask"] });
  const taken = answer.sendWhole(head, [large], report, { images: [] });
  await once(client, "response");
  jest.advanceTimersByTime(599_999);
  expect(response.destroyed).toBe(false);
  jest.advanceTimersByTime(1);
  await taken;
  expect(response.destroyed).toBe(true);
});

test("of a client that takes its answer nothing is left to wait for", async () => {
  const { answer, client, asked } = await begin();
  let bytes = 0;
  // The request may be closed before all of the answer was read.
  const over = new Promise<void>((resolve) => {
    client.on("response", (got) => {
      got.on("data", (piece: Buffer) => {
        bytes += piece.length;
      });
      got.once("end", resolve);
    });
  });
  jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask"] });
  await answer.sendWhole(head, [large], report, { images: [] });
  await over;
  expect([bytes, jest.getTimerCount(), asked.at(-1)]).toEqual([large.length, 0, 0]);
});
