import { once } from "node:events";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { Stop } from "../retries/stop.js";
import { CallLimit } from "./call-limit.js";
import { callUpstream } from "./upstream-call.js";

let server: net.Server;
beforeAll(async () => {
  server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => server.close());

/** Both ends of a connection. */
async function connect(): Promise<{ readonly own: net.Socket; readonly theirs: net.Socket }> {
  const { address, port } = server.address() as AddressInfo;
  const accepted = once(server, "connection") as Promise<[net.Socket]>;
  const own = net.connect(port, address);
  await once(own, "connect");
  const [theirs] = await accepted;
  theirs.on("error", () => undefined);
  return { own, theirs };
}

function call(own: net.Socket, body: Buffer, stop = new Stop()) {
  const options: http.RequestOptions = { method: "POST", createConnection: () => own };
  const limit = new CallLimit(1);
  const names = new Set<string>();
  return callUpstream({
    target: { client: http, options, headers: ["host", "upstream"], names, limit, token: undefined },
    token: undefined,
    contentType: "application/json",
    headers: undefined,
    body: [body],
    memory: undefined,
    stop,
  });
}

/** More than the buffers of both ends take where one of them does not read. */
const large = Buffer.alloc(32 * 1024 * 1024);

test("a request whose writing finds the connection reset was not sent, though Node calls it finished", async () => {
  const { own, theirs } = await connect();
  // Nothing is read between this and the first write, which is what meets the reset.
  theirs.resetAndDestroy();
  await expect(call(own, large)).rejects.toMatchObject({ reason: "connection", bodySent: false });
});

test("a request that its upstream did not read to the end before it broke the connection was not sent", async () => {
  const { own, theirs } = await connect();
  theirs.once("readable", () => theirs.resetAndDestroy());
  await expect(call(own, large)).rejects.toMatchObject({ reason: "connection", bodySent: false });
});

test("a request that is stopped while it is being sent was not sent", async () => {
  const { own, theirs } = await connect();
  const stop = new Stop();
  theirs.once("readable", () => {
    stop.now({ kind: "timeout", timeoutMs: 1, bodySent: false, reason: "timeout" });
  });
  await expect(call(own, large, stop)).rejects.toMatchObject({ reason: "connection", bodySent: false });
});

test("a request that went out whole was sent, whatever becomes of its answer", async () => {
  const { own, theirs } = await connect();
  const body = Buffer.from("{}");
  const received: Buffer[] = [];
  theirs.on("data", (chunk: Buffer) => {
    received.push(chunk);
    if (Buffer.concat(received).subarray(-body.length).equals(body)) theirs.resetAndDestroy();
  });
  await expect(call(own, body)).rejects.toMatchObject({ reason: "cut", bodySent: true });
});

test("an answer may come before the request went out whole", async () => {
  const { own, theirs } = await connect();
  theirs.once("readable", () =>
    theirs.write("HTTP/1.1 429 Too Many Requests\r\ncontent-length: 2\r\n\r\n{}"),
  );
  const answer = await call(own, large);
  expect([answer.status, answer.wasBodySent()]).toEqual([429, false]);
  const closed = once(own, "close");
  await answer.read(() => undefined);
  await closed;
  expect(answer.wasBodySent()).toBe(false);
  theirs.destroy();
});
