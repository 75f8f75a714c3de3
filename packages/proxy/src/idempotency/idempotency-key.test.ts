import { InvalidRequestError } from "@darkroom/router";
import { idempotencyKeyFrom, keyOfCaller } from "./idempotency-key.js";

test.each(["k", " two words ~", "k".repeat(255), '"8e03978e-40d5-43dd-bc93-6894a57f9324"'])(
  "a key of up to 255 printable characters: %s",
  (key) => {
    expect(idempotencyKeyFrom({ "idempotency-key": key })).toBe(key);
  },
);

test.each(["", "k".repeat(256), "kéy", "tab\tkey", "\u0000", "line\nkey", "\u007f"])("no key: %j", (key) => {
  expect(() => idempotencyKeyFrom({ "idempotency-key": key })).toThrow(
    new InvalidRequestError(
      "Invalid value for the header 'Idempotency-Key': expected 1 to 255 printable ASCII characters.",
      { field: "Idempotency-Key", code: "invalid_idempotency_key" },
    ),
  );
});

test("a request without the header has none", () => {
  expect(idempotencyKeyFrom({})).toBeUndefined();
});

test("the same key of two callers is two keys, and shows neither", () => {
  const [mine, yours] = [keyOfCaller("me", "key"), keyOfCaller("you", "key")];
  expect(mine).not.toBe(yours);
  expect(mine).toBe(keyOfCaller("me", "key"));
  expect(mine).toMatch(/^[\da-f]{64}$/);
});
