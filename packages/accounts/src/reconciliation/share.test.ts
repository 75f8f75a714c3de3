import fc from "fast-check";
import { shareProportionally } from "./share.js";

const attempts = (...most: readonly bigint[]) =>
  most.map((mostNanoUsd, index) => ({ attemptId: `a${index}`, mostNanoUsd }));

test.each([
  ["in proportion", 30n, [10n, 20n, 30n], [5n, 10n, 15n]],
  ["whole nano-dollars, by largest remainder", 10n, [1n, 1n, 1n], [1n, 1n, 1n]],
  ["a remainder goes to whom it is largest", 4n, [5n, 3n, 3n], [2n, 1n, 1n]],
  ["never beyond what each may have cost", 100n, [10n, 20n], [10n, 20n]],
  ["never below nothing", -5n, [10n, 20n], [0n, 0n]],
  ["of nothing, nothing", 5n, [0n, 0n], [0n, 0n]],
])("%s", (_, amount, most, shares) => {
  expect([...shareProportionally(amount, attempts(...most)).values()]).toEqual(shares);
});

test("shares sum up to the amount, and none is more than its attempt may have cost", () => {
  fc.assert(
    fc.property(
      fc.bigInt(-10n, 10n ** 12n),
      fc.array(fc.bigInt(0n, 10n ** 11n), { maxLength: 20 }),
      (amount, most) => {
        const all = most.reduce((sum, one) => sum + one, 0n);
        const shares = [...shareProportionally(amount, attempts(...most)).values()];
        const expected = amount < 0n ? 0n : amount > all ? all : amount;
        expect(shares.reduce((sum, one) => sum + one, 0n)).toBe(expected);
        shares.forEach((share, index) => expect(share >= 0n && share <= (most[index] ?? 0n)).toBe(true));
      },
    ),
  );
});
