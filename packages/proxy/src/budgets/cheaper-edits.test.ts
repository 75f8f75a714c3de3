import { type Deployment, type EditRequest, MultipartBody, estimateOf } from "@darkroom/router";
import { cheaperEdits } from "./cheaper-edits.js";
import { deployment } from "./opened-budgets.test.support.js";

function editWith(fields: Readonly<Record<string, string>>): EditRequest {
  const body = MultipartBody.of([
    { name: "prompt", content: [Buffer.from("Add a red hat")] },
    ...Object.entries(fields).map(([name, value]) => ({ name, content: [Buffer.from(value)] })),
  ]);
  return { id: "req", model: "edits", parameters: body.parameters, body };
}

function costOf(fields: Readonly<Record<string, string>>, of: Deployment = deployment): bigint {
  const estimate = estimateOf(editWith(fields), of);
  if (estimate === null) throw new Error("unpriced");
  return estimate.nanoUsd;
}

const dear = { n: "2", quality: "high", size: "1536x1024" };

test("says the smallest single changes that fit, and no more than three", () => {
  const most = costOf({ ...dear, quality: "medium" });
  const cheaper = cheaperEdits(editWith(dear), deployment, most);
  expect(cheaper).toContain("quality=medium");
  expect(cheaper.length).toBeLessThanOrEqual(3);
  for (const words of cheaper) {
    const changed = Object.fromEntries(words.split(/, | and /).map((word) => word.split("=")));
    expect(costOf({ ...dear, ...changed } as Record<string, string>)).toBeLessThanOrEqual(most);
  }
});

test("says how many images still fit, once", () => {
  const one = { quality: "low", size: "1024x1024" };
  const most = costOf({ ...one, n: "4" });
  expect(cheaperEdits(editWith({ ...one, n: "10" }), deployment, most)).toEqual(["n=4"]);
  expect(cheaperEdits(editWith({ ...one, n: "5" }), deployment, most)).toEqual(["n=4"]);
  expect(cheaperEdits(editWith({ ...one, n: "5" }), deployment, costOf(one))).toEqual(["n=1"]);
});

test("changes all at once where no single change is enough", () => {
  const most = costOf({ n: "1", quality: "low", size: "1024x1024" });
  expect(cheaperEdits(editWith(dear), deployment, most)).toEqual(["n=1, quality=low and size=1024x1024"]);
});

test("says nothing where nothing fits, or no price is known", () => {
  expect(cheaperEdits(editWith(dear), deployment, 1n)).toEqual([]);
  expect(cheaperEdits(editWith(dear), { ...deployment, model: "unheard-of" }, 10n ** 12n)).toEqual([]);
});

test("takes the dearest for what a client leaves to the model", () => {
  const most = costOf({ quality: "medium", size: "1024x1024" });
  expect(cheaperEdits(editWith({ size: "1024x1024" }), deployment, most)).toContain("quality=medium");
});
