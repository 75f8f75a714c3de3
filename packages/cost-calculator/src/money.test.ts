import fc from "fast-check";
import { formatUsd, parsePrice, plus, times, toNanoUsd, zeroUsd } from "./money.js";

const amount = fc.record({
  coefficient: fc.bigInt({ min: 0n, max: 10n ** 30n }),
  scale: fc.integer({ min: 0, max: 40 }),
});

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

describe("toNanoUsd", () => {
  test.each([
    ["0.0000000004", 0n],
    ["0.0000000005", 1n],
    ["0.00000000149", 1n],
    ["0.0000000015", 2n],
    ["0.0000000025", 3n],
    ["0.0179830784", 17_983_078n],
    ["2", 2_000_000_000n],
  ])("rounds %s half up", (text, expected) => {
    expect(toNanoUsd(parsePrice(text))).toBe(expected);
  });

  test("is never further from the exact amount than half a nano-dollar, and reaches the half only from below", () => {
    fc.assert(
      fc.property(amount, (exact) => {
        const unit = 10n ** BigInt(exact.scale);
        const twiceTheError = 2n * (toNanoUsd(exact) * unit - exact.coefficient * 10n ** 9n);
        expect(twiceTheError <= unit && twiceTheError > -unit).toBe(true);
      }),
    );
  });
});

describe("sums", () => {
  test("do not depend on their order", () => {
    fc.assert(
      fc.property(fc.array(amount), (amounts) => {
        const forward = amounts.reduce(plus, zeroUsd);
        const backward = amounts.toReversed().reduce(plus, zeroUsd);
        expect(forward).toEqual(backward);
      }),
    );
  });

  test("do not drift: a price taken many times is the price added as often", () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 0, max: 200 }), (price, count) => {
        const added = Array.from({ length: count }, () => price).reduce(plus, zeroUsd);
        expect(toNanoUsd(times(price, count))).toBe(toNanoUsd(added));
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
        expect(toNanoUsd(parsePrice(formatUsd(nanoUsd)))).toBe(nanoUsd);
      }),
    );
  });
});
