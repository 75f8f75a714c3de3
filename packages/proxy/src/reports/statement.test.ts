import { type Statement, statementCsv, statementHtml } from "./statement.js";

const line = (given: Partial<Statement["lines"][number]> = {}): Statement["lines"][number] => ({
  day: "2026-11-02",
  keyId: "k".repeat(64),
  keyName: "one",
  model: "gpt-image-1",
  certainNanoUsd: 2n ** 60n + 1n,
  uncertainNanoUsd: 3n,
  attempts: 2,
  succeeded: 1,
  images: 1,
  inputTokens: 5,
  outputTokens: 7,
  ...given,
});
const statement: Statement = {
  month: "2026-11",
  team: { id: "red", name: "<script>alert('x')</script>" },
  isComplete: false,
  madeAtMs: Date.UTC(2026, 10, 28),
  lines: [line(), line({ keyName: '=HYPERLINK("evil")', day: "2026-11-03" })],
};

it("is a page in which names are only text, and amounts exact", () => {
  const html = statementHtml(statement);
  expect(html).toContain("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
  expect(html).not.toContain("<script");
  expect(html).toContain("$2305843009.213693954");
  expect(html).toContain("The month is not over");
  expect(statementHtml({ ...statement, isComplete: true })).not.toContain("not over");
});

it("is CSV with a line a day, key and model", () => {
  const [, first, second] = [...statementCsv(statement)].join("").split("\r\n");
  expect(first).toBe(
    `2026-11,red,<script>alert('x')</script>,2026-11-02,${"k".repeat(64)},one,gpt-image-1,2,1,5,7,1152921504.606846977,0.000000003`,
  );
  expect(second).toContain(`"'=HYPERLINK(""evil"")"`);
});

it("may have nothing in it", () => {
  expect(statementHtml({ ...statement, lines: [] })).toContain("Certain: <strong>$0</strong>");
});
