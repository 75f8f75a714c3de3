import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import OpenAI, { toFile } from "openai";
import { ManualTimers } from "./manual-timers.test.support.js";
import { defaultLingeringLimits, refusePolitely } from "./refuse-politely.js";
import { mebibyte, until } from "./upload-server.test.support.js";

const large = randomBytes(8 * mebibyte);
const refusal = {
  status: 401,
  headers: { "content-type": "application/json" },
  body: Buffer.from('{"error":{"message":"No such key.","code":"invalid_api_key"}}'),
};
let server: http.Server;
/** Refusals that the running server has finished; each server counts its own. */
let refusals = { finished: 0 };

async function start(timers?: ManualTimers, limits = defaultLingeringLimits): Promise<number> {
  const own = { finished: 0 };
  refusals = own;
  const handle = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    await refusePolitely(request, response, refusal, limits, timers);
    own.finished += 1;
  };
  const listener = (request: http.IncomingMessage, response: http.ServerResponse) => {
    void handle(request, response);
  };
  server = http.createServer(listener).on("checkContinue", listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

test("OpenAI's client reads the refusal of an upload that nobody reads", async () => {
  const baseURL = `http://127.0.0.1:${await start()}/v1`;
  const client = new OpenAI({ apiKey: "sk-x", baseURL, maxRetries: 0 });
  for (let round = 0; round < 10; round += 1) {
    const edit = client.images.edit({ image: await toFile(large, "a.png"), prompt: "x" });
    await expect(edit).rejects.toMatchObject({ status: 401, code: "invalid_api_key" });
  }
});

async function hasCurl(): Promise<boolean> {
  return promisify(execFile)("curl", ["--version"]).then(
    () => true,
    () => false,
  );
}

test("curl reads it, whether it waits for 100 Continue, sends at once, or sends chunks", async () => {
  if (!(await hasCurl())) return;
  const port = await start();
  const folder = await mkdtemp(path.join(tmpdir(), "darkroom-refusal-"));
  try {
    const file = path.join(folder, "a.png");
    await writeFile(file, large);
    for (const header of ["expect: 100-continue", "expect:", "transfer-encoding: chunked"]) {
      const { stdout } = await promisify(execFile)("curl", [
        ...["--http1.1", "-sS", "-H", header, "-w", "%{http_code}", "-F", `image=@${file}`],
        `http://127.0.0.1:${port}/v1/images/edits`,
      ]);
      expect([header, stdout]).toEqual([
        header,
        '{"error":{"message":"No such key.","code":"invalid_api_key"}}401',
      ]);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a client that reads only when it has sent everything, as Python's do, still finds the answer", async () => {
  const socket = connect(await start(), "127.0.0.1").pause();
  let failure: Error | undefined;
  socket.on("error", (error) => {
    failure = error;
  });
  socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${large.length}\r\n\r\n`);
  await new Promise((resolve) => socket.write(large, resolve));
  expect(failure).toBeUndefined();
  socket.resume();
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 401 /);
  socket.destroy();
});

/** A client that announces a body of 8 MiB and sends what it is told to. */
async function rawClient(port: number) {
  const socket = connect(port, "127.0.0.1");
  const events: string[] = [];
  let received = "";
  socket.on("data", (bytes) => {
    received += bytes.toString();
  });
  socket.on("end", () => events.push("end"));
  socket.on("error", (error) => events.push(error.message));
  socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${large.length}\r\n\r\n`);
  await until(() => received.endsWith("}"));
  return { socket, events, received };
}

test("the answer comes at once and whole, and the connection ends after the body", async () => {
  const client = await rawClient(await start());
  expect(client.received).toMatch(/^HTTP\/1.1 401 .*\r\nconnection: close\r\n/is);
  expect([client.events, refusals.finished]).toEqual([[], 0]);
  client.socket.end(large);
  await once(client.socket, "close");
  expect([client.events, refusals.finished]).toEqual([["end"], 1]);
});

test.each([
  ["of silence", 5_000, 0],
  ["in all", 30_000, 4_000],
])("a client is not listened to for ever: %s", async (_what, limitMs, stepMs) => {
  const timers = new ManualTimers();
  const client = await rawClient(await start(timers));
  const piece = Buffer.alloc(100_000);
  let passed = 0;
  for (; stepMs > 0 && passed + stepMs < limitMs; passed += stepMs) {
    const before = timers.started;
    client.socket.write(piece);
    await until(() => timers.started > before);
    timers.advance(stepMs);
    expect(refusals.finished).toBe(0);
  }
  timers.advance(limitMs - passed);
  await until(() => refusals.finished === 1);
  await until(() => client.events.includes("end"));
  expect(timers.pending).toBe(0);
  client.socket.destroy();
});

test("nor for more bytes than the limit", async () => {
  const timers = new ManualTimers();
  const client = await rawClient(await start(timers, { ...defaultLingeringLimits, bytes: 1_000_000 }));
  client.socket.write(large);
  await until(() => refusals.finished === 1);
  expect(timers.pending).toBe(0);
  client.socket.destroy();
});

test("a client that goes is let go", async () => {
  const timers = new ManualTimers();
  const client = await rawClient(await start(timers));
  client.socket.destroy();
  await until(() => refusals.finished === 1);
  expect(timers.pending).toBe(0);
});

test("a request without a body keeps its connection", async () => {
  const port = await start();
  const response = await fetch(`http://127.0.0.1:${port}/`);
  expect([response.status, response.headers.get("connection")]).toEqual([401, "keep-alive"]);
  await response.text();
});
