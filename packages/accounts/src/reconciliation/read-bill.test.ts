import { BillError } from "./bill.js";
import { readBill } from "./read-bill.js";

const page = (results: readonly object[], next?: string): object => ({
  object: "page",
  data: [{ object: "bucket", start_time: 1_793_491_200, end_time: 1_793_577_600, results }],
  has_more: next !== undefined,
  next_page: next ?? null,
});

const cost = (value: unknown, item: string | null = null, project: string | null = null): object => ({
  object: "organization.costs.result",
  amount: { value, currency: "usd" },
  line_item: item,
  project_id: project,
});

test("OpenAI's costs, of one page and of several", () => {
  const one = page([cost(0.06), cost("1.5", "gpt-image-1, image output", "proj_a")]);
  const items = [
    { day: "2026-11-01", nanoUsd: 60_000_000n },
    { day: "2026-11-01", item: "gpt-image-1, image output", project: "proj_a", nanoUsd: 1_500_000_000n },
  ];
  expect(readBill(JSON.stringify(one))).toEqual({ kind: "days", items });
  expect(readBill(JSON.stringify([one, one]))).toEqual({ kind: "days", items: [...items, ...items] });
});

test("a CSV export, with quotes, commas and an empty line", () => {
  const csv = [
    "\uFEFFstart_time,start_time_iso,amount_value,amount_currency,line_item,project_id",
    '1793491200,2026-11-01T00:00:00+00:00,0.040000000001,usd,"gpt-image-1, ""high""",proj_a',
    "1793577600,2026-11-02T00:00:00+00:00,-0.5,usd,credit,",
    "",
  ].join("\r\n");
  expect(readBill(csv)).toEqual({
    kind: "days",
    items: [
      { day: "2026-11-01", item: 'gpt-image-1, "high"', project: "proj_a", nanoUsd: 40_000_000n },
      { day: "2026-11-02", item: "credit", nanoUsd: -500_000_000n },
    ],
  });
});

test.each([
  ["2026-11-01", "2026-11-01"],
  ["2026-11-01T23:30:00", "2026-11-01"],
  ["2026-11-01 23:30:00 UTC", "2026-11-01"],
  ["2026-11-01T23:30:00-01:00", "2026-11-02"],
  ["1793491200", "2026-11-01"],
])("a CSV's %s is of the day %s (UTC), wherever it is read", (date, day) => {
  for (const end of ["\n", "\r\n", "\r"])
    expect(readBill(`date,amount${end}${date},1`)).toMatchObject({ items: [{ day }] });
});

test("a simulator's lines", () => {
  const line = {
    requestId: "req_1",
    time: "2026-11-01T12:00:00Z",
    model: "gpt-image-1",
    nanoUsd: "42",
    images: 1,
  };
  expect(readBill(JSON.stringify({ lines: [line], totals: {} }))).toEqual({
    kind: "lines",
    lines: [{ requestId: "req_1", atMs: Date.UTC(2026, 10, 1, 12), model: "gpt-image-1", nanoUsd: 42n }],
  });
});

test.each([
  ["JSON that breaks off", '{"data": [', "no JSON"],
  ["JSON of something else", "{}", "neither 'lines'"],
  ["another currency", JSON.stringify(page([{ amount: { value: 1, currency: "eur" } }])), "in 'eur'"],
  ["an amount that is none", JSON.stringify(page([cost("much")])), "no number"],
  ["a line without an amount", JSON.stringify({ lines: [{ requestId: "a", time: "2026-11-01" }] }), "Line 1"],
  ["a CSV without times", "a,b\n1,2\n", "no column start_time_iso"],
  ["a date that has two meanings", "date,amount\n11/01/2026,2\n", "no column start_time_iso"],
  ["a CSV that is not well quoted", 'date,amount,line_item\n2026-11-01,1,5" image\n2026-11-01,2,x', "Row 2"],
  ["a CSV that breaks off within a text", 'date,amount,line_item\n2026-11-01,1,"image', "Row 2"],
  ["an amount beyond all", JSON.stringify(page([cost(1e21)])), "no number"],
  ["a time beyond all", JSON.stringify({ data: [{ start_time: 1e18, results: [] }] }), "no start_time"],
  ["a bucket that is none", JSON.stringify({ data: [null] }), "no start_time"],
  ["a result that is none", JSON.stringify(page([null as never])), "no number"],
])("%s is refused", (_, text, message) => {
  expect(() => readBill(text)).toThrow(BillError);
  expect(() => readBill(text)).toThrow(message);
});
