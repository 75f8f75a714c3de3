import fc from "fast-check";
import { atScale, formatUsd, parsePrice, parseUsd } from "./money.js";

describe("parsePrice", () => {
  test.each([
    ["5", 5n, 0],
    ["0.02", 2n, 2],
    ["1.9e-08", 19n, 9],
    ["2.4414E-07", 24414n, 11],
    ["1e3", 1000n, 0],
    ["1.25e1", 125n, 1],
    [" 0.5 ", 5n, 1],
  ])("reads %s exactly", (text, coefficient, scale) => {
    expect(parsePrice(text)).toEqual({ coefficient, scale });
  });

  test.each(["", "five", "-1", ".5", "1.", "1e", "0x10", "1,5", "NaN", "Infinity", "1e9999"])(
    "refuses %j",
    (text) => {
      expect(() => parsePrice(text)).toThrow(RangeError);
    },
  );

  test("reads what JavaScript writes for a number", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.integer({ min: 0, max: 12 }), (digits, places) => {
        const { coefficient, scale } = parsePrice(String(digits / 10 ** places));
        expect(coefficient * 10n ** BigInt(places)).toBe(BigInt(digits) * 10n ** BigInt(scale));
      }),
    );
  });
});

describe("formatUsd", () => {
  test.each([
    [12_945_000n, "0.012945"],
    [0n, "0"],
    [1n, "0.000000001"],
    [40_000_000n, "0.04"],
    [10_000_000_000n, "10"],
    [-1_500_000_000n, "-1.5"],
  ])("writes %s as %s", (nanoUsd, text) => {
    expect(formatUsd(nanoUsd)).toBe(text);
  });

  test("loses nothing", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), (nanoUsd) => {
        expect(atScale(parsePrice(formatUsd(nanoUsd)), 9)).toBe(nanoUsd);
      }),
    );
  });
});

describe("parseUsd", () => {
  test.each([
    ["0.012945", 12_945_000n],
    ["0", 0n],
    ["1e-9", 1n],
    ["2.5000000000", 2_500_000_000n],
    ["12e2", 1_200_000_000_000n],
  ])("reads %s as %s", (text, nanoUsd) => {
    expect(parseUsd(text)).toBe(nanoUsd);
  });

  test.each(["", "-1", "$1", "0.0000000001", "1e-10", "1,5"])("refuses %j", (text) => {
    expect(() => parseUsd(text)).toThrow(RangeError);
  });

  test("reads what formatUsd writes", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), (nanoUsd) => {
        expect(parseUsd(formatUsd(nanoUsd))).toBe(nanoUsd);
      }),
    );
  });
});
