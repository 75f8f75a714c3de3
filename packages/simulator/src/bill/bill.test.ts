import { Bill, type BillLine } from "./bill.js";

const line = (key: string, nanoUsd: string, images = 1): BillLine => ({
  requestId: `req_${nanoUsd}`,
  key,
  organization: key.startsWith("a") ? "org-a" : "org-b",
  model: "gpt-image-1",
  time: "2026-11-23T12:00:00.000Z",
  images,
  usage: null,
  nanoUsd,
  amounts: [nanoUsd],
});

describe("the bill", () => {
  it("sums by key, by organisation and overall", () => {
    const bill = new Bill();
    for (const one of [line("a1", "10"), line("a2", "9007199254740993", 2), line("b", "5"), line("a1", "1")])
      bill.add(one);
    expect(bill.lines.map(({ nanoUsd }) => nanoUsd)).toEqual(["10", "9007199254740993", "5", "1"]);
    expect(bill.totals()).toEqual({
      keys: {
        a1: { requests: 2, images: 2, nanoUsd: "11" },
        a2: { requests: 1, images: 2, nanoUsd: "9007199254740993" },
        b: { requests: 1, images: 1, nanoUsd: "5" },
      },
      organizations: {
        "org-a": { requests: 3, images: 4, nanoUsd: "9007199254741004" },
        "org-b": { requests: 1, images: 1, nanoUsd: "5" },
      },
      overall: { requests: 4, images: 5, nanoUsd: "9007199254741009" },
    });
  });

  it("is empty after it is cleared", () => {
    const bill = new Bill();
    bill.add(line("a1", "10"));
    bill.clear();
    expect(bill.lines).toEqual([]);
    expect(bill.totals()).toEqual({
      keys: {},
      organizations: {},
      overall: { requests: 0, images: 0, nanoUsd: "0" },
    });
  });
});
