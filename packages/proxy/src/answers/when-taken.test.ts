import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import net, { type AddressInfo } from "node:net";
import { whenTaken } from "./when-taken.js";

let server: http.Server;
let client: net.Socket;
let response: ServerResponse;
let taken: number;
beforeEach(async () => {
  server = http.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  client = net.connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.on("error", () => undefined).write("GET / HTTP/1.1\r\nhost: gateway\r\n\r\n");
  [, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  taken = 0;
  whenTaken(response, () => (taken += 1));
});
afterEach(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

/** More than the buffers of both ends take where one of them does not read. */
const large = Buffer.alloc(32 * 1024 * 1024);

/** What is told of an ending can come behind its close. */
async function end(body: Buffer): Promise<void> {
  const closed = once(response, "close");
  response.end(body);
  await closed;
  await new Promise(setImmediate);
}

test("an answer that a client read is taken", async () => {
  client.resume();
  await end(large);
  expect(taken).toBe(1);
});

test("an answer is taken whose connection closes behind it", async () => {
  response.setHeader("connection", "close");
  client.resume();
  await end(large);
  expect(taken).toBe(1);
});

test("an answer whose writing finds the connection reset is not taken, though Node calls it finished", async () => {
  const finished = once(response, "finish");
  // Nothing is read between this and the write, which is what meets the reset.
  client.resetAndDestroy();
  await end(large);
  await finished;
  expect(taken).toBe(0);
});
