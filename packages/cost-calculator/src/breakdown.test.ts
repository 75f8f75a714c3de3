import fc from "fast-check";
import { type Breakdown, forImages, rounded } from "./breakdown.js";

const part = fc.bigInt({ min: 0n, max: 10n ** 20n });
const parts: fc.Arbitrary<Breakdown> = fc.record({
  inputText: part,
  inputImage: part,
  cached: part,
  outputImage: part,
  outputText: part,
});
const divisor = fc.integer({ min: 0, max: 12 }).map((digits) => 10n ** BigInt(digits));
const names = ["inputText", "inputImage", "cached", "outputImage", "outputText"] as const;

function sumOf(breakdown: Breakdown): bigint {
  return names.reduce((sum, name) => sum + breakdown[name], 0n);
}

test.each([
  [4n, 0n],
  [5n, 1n],
  [14n, 1n],
  [15n, 2n],
  [25n, 3n],
])("%s tenths of a nano-dollar are %s, half up", (tenths, nanoUsd) => {
  expect(rounded(forImages(tenths).breakdown, 10n, "half up").nanoUsd).toBe(nanoUsd);
});

test.each([
  [0n, 0n],
  [1n, 1n],
  [10n, 1n],
  [11n, 2n],
])("%s tenths of a nano-dollar are %s, rounded up", (tenths, nanoUsd) => {
  expect(rounded(forImages(tenths).breakdown, 10n, "up").nanoUsd).toBe(nanoUsd);
});

test("the largest remainder gets the nano-dollar that is left, and nothing gets none", () => {
  const exact = { inputText: 14n, inputImage: 16n, cached: 0n, outputImage: 23n, outputText: 7n };
  expect(rounded(exact, 10n, "half up")).toEqual({
    nanoUsd: 6n,
    breakdown: { inputText: 1n, inputImage: 2n, cached: 0n, outputImage: 2n, outputText: 1n },
  });
});

test("of equal remainders, the first part gets it", () => {
  const exact = { inputText: 5n, inputImage: 5n, cached: 5n, outputImage: 5n, outputText: 0n };
  expect(rounded(exact, 10n, "up").breakdown).toEqual({
    inputText: 1n,
    inputImage: 1n,
    cached: 0n,
    outputImage: 0n,
    outputText: 0n,
  });
});

test("the total is the nearest nano-dollar, half up, and the parts sum to it, each less than one from its share", () => {
  fc.assert(
    fc.property(parts, divisor, (exact, unit) => {
      const { nanoUsd, breakdown } = rounded(exact, unit, "half up");
      const twiceTheError = 2n * (nanoUsd * unit - sumOf(exact));
      expect(twiceTheError <= unit && twiceTheError > -unit).toBe(true);
      expect(sumOf(breakdown)).toBe(nanoUsd);
      for (const name of names) {
        const error = breakdown[name] * unit - exact[name];
        expect(error < unit && error > -unit).toBe(true);
      }
    }),
  );
});

test("rounded up, the total is never below the exact one nor a whole nano-dollar above, and the parts sum to it", () => {
  fc.assert(
    fc.property(parts, divisor, (exact, unit) => {
      const { nanoUsd, breakdown } = rounded(exact, unit, "up");
      const error = nanoUsd * unit - sumOf(exact);
      expect(error >= 0n && error < unit).toBe(true);
      expect(sumOf(breakdown)).toBe(nanoUsd);
    }),
  );
});
