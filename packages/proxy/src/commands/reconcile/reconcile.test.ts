import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Reports } from "@darkroom/accounts";
import { KeptBooks, startMs } from "../ledger/kept-books.test.support.js";
import { reconciliation } from "./reconcile.js";

let books: KeptBooks;

beforeEach(async () => {
  books = new KeptBooks();
  await books.open();
  await books.send("known");
  await books.conclude("known");
  for (const id of ["lost-1", "lost-2"]) await books.cutOff(id);
  await books.close();
});
afterEach(async () => {
  await books.remove();
});

const options = {
  deployment: [],
  project: [],
  tolerance: "60",
  apply: false,
  dryRun: false,
  json: false,
};

function billOf(text: string): string {
  const file = join(books.folder, "bill");
  writeFileSync(file, text);
  return file;
}

async function sum() {
  const reports = Reports.ofFolder(books.folder);
  try {
    return await reports.sum({});
  } finally {
    await reports.close();
  }
}

const day = new Date(startMs).toISOString().slice(0, 10);

test("what a day's bill has beyond what is certain is shared among what is uncertain, with --apply", async () => {
  // $0.042 is certain, and $0.25 may be twice.
  const bill = billOf(
    `date,amount,line_item\n${day},0.142,"gpt-image-1, image output"\n${day},5,"gpt-5, input"\n`,
  );
  const tried = await reconciliation({ ...options, bill, dataDir: books.folder });
  expect(tried).toContain("2 uncertain attempts could be settled at $0.1 in all.");
  expect(tried).toContain("Left aside: gpt-5, input, $5.");
  expect(tried).toContain("Nothing was changed: --apply settles.");
  expect(await sum()).toMatchObject({ certainNanoUsd: 42_000_000n, uncertainRows: 2 });

  const applied = await reconciliation({ ...options, bill, dataDir: books.folder, apply: true });
  expect(applied).toContain(
    "2 uncertain attempts are settled at $0.1 in all.\nThe books and the bill agree.",
  );
  expect(await sum()).toMatchObject({ certainNanoUsd: 142_000_000n, uncertainRows: 0 });

  const explained = Reports.ofFolder(books.folder);
  const { attempts = [] } = (await explained.explain("request-1")) ?? {};
  await explained.close();
  expect(attempts.flatMap(({ corrections }) => corrections.map(({ note }) => note))).toEqual(
    Array(2).fill(
      `reconciled: its share, by estimates, of what the bill of ${day} for gpt-image-1 has beyond what is certain`,
    ),
  );
});

test.each([
  ["--tolerance", { tolerance: "long" }],
  ["--since", { since: "yesterday" }],
  ["Either --apply or --dry-run", { apply: true, dryRun: true }],
])("%s is checked", async (message, given) => {
  const bill = billOf("date,amount\n");
  await expect(reconciliation({ ...options, bill, dataDir: books.folder, ...given })).rejects.toThrow(
    message,
  );
});
