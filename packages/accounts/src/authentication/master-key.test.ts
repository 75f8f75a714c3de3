import { inspect } from "node:util";
import { MasterKey } from "./master-key.js";

const masterKey = new MasterKey("sk-1234");

test("lets its own key in", () => {
  expect(masterKey.matches("sk-1234")).toBe(true);
});

test.each([undefined, "", "sk-123", "sk-12345", "SK-1234", " sk-1234", "sk-1235", "x".repeat(100_000)])(
  "keeps any other out (case %#)",
  (shown) => {
    expect(masterKey.matches(shown)).toBe(false);
  },
);

test("keys of any length and alphabet work", () => {
  for (const key of ["k", "clé-🔑", "long".repeat(10_000)]) {
    expect(new MasterKey(key).matches(key)).toBe(true);
    expect(new MasterKey(key).matches(`${key}.`)).toBe(false);
  }
});

test("an empty key is refused", () => {
  expect(() => new MasterKey("")).toThrow(RangeError);
});

test("does not show its key when it is printed", () => {
  expect(inspect(masterKey, { showHidden: true }) + JSON.stringify(masterKey)).not.toContain("1234");
});
