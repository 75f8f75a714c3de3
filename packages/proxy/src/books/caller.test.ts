import { callerOf } from "./caller.js";

test("a key is told by the beginning of its hash, in whatever header it came", () => {
  const caller = callerOf({ authorization: "Bearer sk-secret" }, "10.0.0.1");
  expect(caller).toMatch(/^key-[0-9a-f]{16}$/);
  expect(callerOf({ "api-key": "sk-secret" }, undefined)).toBe(caller);
  expect(callerOf({ "x-our-key": "sk-secret" }, undefined, "X-Our-Key")).toBe(caller);
  expect(callerOf({ authorization: "Bearer sk-other" }, "10.0.0.1")).not.toBe(caller);
});

test("who shows none is told by the address", () => {
  expect(callerOf({}, "127.0.0.1")).toBe("address-127.0.0.1");
  expect(callerOf({}, undefined)).toBe("address-unknown");
});
