import fc from "fast-check";

/** Which meter is meant, whatever its limit and its period are just then. */
export const meterNames = ["minute", "second", "slots", "hour", "budget", "month"] as const;
export type MeterName = (typeof meterNames)[number];

export interface NamedCharge {
  readonly meter: MeterName;
  readonly amount: bigint;
  readonly limit: bigint;
}

/** What may happen to an admission. Numbers that choose are taken modulo how many there are. */
export type Command =
  | {
      readonly kind: "admit";
      /** Chooses a request under way, or a new one. */
      readonly request: number;
      readonly requestCharges: readonly NamedCharge[];
      readonly candidates: readonly (readonly NamedCharge[])[];
    }
  | { readonly kind: "admit again"; readonly attempt: number }
  | { readonly kind: "release"; readonly attempt: number; readonly isSent: boolean }
  | { readonly kind: "finish"; readonly request: number; readonly isSent: boolean }
  | {
      readonly kind: "settle";
      readonly attempt: number;
      /** Of each charge, in percent; null is not named. */
      readonly usedPercent: readonly (number | null)[];
      readonly isMarked: boolean;
      /** How many settlements of its journal come again, or are left out, before it. */
      readonly offset: number;
    }
  | { readonly kind: "renew"; readonly isKept: readonly boolean[] }
  | { readonly kind: "constrain"; readonly meter: MeterName; readonly limit: bigint; readonly forMs: number }
  | { readonly kind: "pass"; readonly ms: number };

const limits: Readonly<Record<MeterName, bigint>> = {
  minute: 6n,
  second: 4n,
  slots: 3n,
  hour: 12n,
  budget: 4_000_000_000_000_000n,
  month: 60n,
};

function chargesOf(names: readonly MeterName[], maxLength: number) {
  const charge = fc
    .record({
      meter: fc.constantFrom(...names),
      share: fc.nat(40),
      // Limits change now and then: mostly it is the same.
      limitPercent: fc.oneof(
        { weight: 8, arbitrary: fc.constant(100) },
        { weight: 1, arbitrary: fc.nat(150) },
      ),
    })
    .map(({ meter, share, limitPercent }): NamedCharge => {
      const amount = (limits[meter] * BigInt(share)) / 100n + 1n;
      const limit = (limits[meter] * BigInt(Math.min(limitPercent, meter === "budget" ? 100 : 150))) / 100n;
      return { meter, amount: meter === "slots" ? 1n : amount, limit };
    });
  return fc.array(charge, { maxLength });
}

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("admit" as const),
      request: fc.nat(9),
      // Money is a matter of attempts.
      requestCharges: chargesOf(["minute", "second", "slots", "hour"], 2),
      candidates: fc.array(chargesOf(meterNames, 3), { maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("admit again" as const), attempt: fc.nat(20) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("release" as const),
      attempt: fc.nat(20),
      isSent: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("finish" as const), request: fc.nat(9), isSent: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("settle" as const),
      attempt: fc.nat(20),
      usedPercent: fc.array(fc.option(fc.nat(150)), { minLength: 5, maxLength: 5 }),
      isMarked: fc.boolean(),
      offset: fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: -3, max: 2 }) },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("renew" as const),
      isKept: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("constrain" as const),
      meter: fc.constantFrom(...meterNames),
      limit: fc.bigInt({ min: 0n, max: 8n }),
      forMs: fc.integer({ min: 1, max: 20_000 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.oneof(fc.nat(300), fc.nat(2_000), fc.nat(40_000)),
    }),
  },
);

export const commands = fc.array(command, { maxLength: 60, size: "max" });
