import { type AttemptCharge, sumOfCharges } from "./attempt-charges.js";

const certain: AttemptCharge = { state: "certain", costNanoUsd: 12_945_000n };
const uncertain: AttemptCharge = { state: "uncertain", costNanoUsd: 50_000_000n };
const failed: AttemptCharge = { state: "failed", costNanoUsd: 0n };

test.each<[string, readonly AttemptCharge[], unknown]>([
  ["nothing was sent", [], undefined],
  ["nothing is charged for what failed", [failed, failed], undefined],
  ["one was charged", [failed, certain], certain],
  ["one may have been", [uncertain, failed], uncertain],
  [
    "a sum is uncertain as soon as a part is",
    [uncertain, certain],
    { ...uncertain, costNanoUsd: 62_945_000n },
  ],
  ["whichever comes first", [certain, uncertain], { ...uncertain, costNanoUsd: 62_945_000n }],
  ["two certain ones are certain", [certain, certain], { ...certain, costNanoUsd: 25_890_000n }],
  [
    "a price that is not known",
    [certain, { ...certain, costNanoUsd: null }],
    { ...certain, costNanoUsd: null },
  ],
])("%s", (_, charges, sum) => {
  expect(sumOfCharges(charges)).toEqual(sum);
});
