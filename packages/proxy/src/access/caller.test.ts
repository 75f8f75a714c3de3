import type { IncomingMessage } from "node:http";
import { callerOf } from "./caller.js";

function request(headers: Readonly<Record<string, string>>, remoteAddress = "10.0.0.1"): IncomingMessage {
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
}

const me = callerOf(request({ authorization: "Bearer sk-me" }));

it("is the key, wherever it was shown and wherever it came from, and shows nothing of it", () => {
  expect(callerOf(request({ "x-api-key": "sk-me" }, "10.0.0.2"))).toBe(me);
  expect(callerOf(request({ "x-ours": "sk-me", authorization: "Bearer sk-you" }), "X-Ours")).toBe(me);
  expect(callerOf(request({ authorization: "Bearer sk-you" }))).not.toBe(me);
  expect(me).toMatch(/^[\da-f]{64}$/);
});

it("is the address of who shows none, and never another's key", () => {
  expect(callerOf(request({}))).toBe(callerOf(request({})));
  expect(callerOf(request({}))).not.toBe(callerOf(request({}, "10.0.0.2")));
  expect(callerOf(request({}, "sk-me"))).not.toBe(me);
});
