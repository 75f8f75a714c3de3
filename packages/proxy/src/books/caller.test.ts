import type { Principal } from "@darkroom/accounts";
import { callerOf } from "./caller.js";

const operator: Principal = { role: "admin", name: "master key" };

test("a key is told by the beginning of its hash, in whatever header it came", () => {
  const caller = callerOf(operator, { authorization: "Bearer sk-secret" }, "10.0.0.1");
  expect(caller).toMatch(/^key-[0-9a-f]{16}$/);
  expect(callerOf(operator, { "api-key": "sk-secret" }, undefined)).toBe(caller);
  expect(callerOf(operator, { "x-our-key": "sk-secret" }, undefined, "X-Our-Key")).toBe(caller);
  expect(callerOf(operator, { authorization: "Bearer sk-other" }, "10.0.0.1")).not.toBe(caller);
});

test("who shows none is told by the address", () => {
  expect(callerOf(operator, {}, "127.0.0.1")).toBe("address-127.0.0.1");
  expect(callerOf(operator, {}, undefined)).toBe("address-unknown");
});

test("a virtual key is told by its id, whichever of its secrets was shown", () => {
  const account = { key: { keyId: "0123456789abcdef0123456789abcdef" } } as unknown as Principal["account"] &
    object;
  const caller = callerOf(
    { role: "caller", name: "key", account },
    { authorization: "Bearer sk-secret" },
    undefined,
  );
  expect(caller).toBe("key-0123456789abcdef");
});
