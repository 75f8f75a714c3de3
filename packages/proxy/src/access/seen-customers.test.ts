import { SeenCustomers } from "./seen-customers.js";

function seenBy(write: (ids: readonly string[]) => Promise<void>) {
  return new SeenCustomers({ noteCustomers: write });
}

it("writes each customer once, in batches", async () => {
  const written: (readonly string[])[] = [];
  const seen = seenBy(async (ids) => void written.push(ids));
  for (let index = 0; index < 600; index += 1) seen.note(`customer ${index}`);
  await seen.flush();
  seen.note("customer 7");
  seen.note("customer 600");
  await seen.close();
  expect(written.map(({ length }) => length)).toEqual([500, 100, 1]);
});

it("tries again what could not be written", async () => {
  let isAway = true;
  const written: string[] = [];
  const seen = seenBy(async (ids) => {
    if (isAway) throw new Error("away");
    written.push(...ids);
  });
  seen.note("zoe");
  await seen.flush();
  isAway = false;
  seen.note("tom");
  await seen.close();
  expect(written).toEqual(["zoe", "tom"]);
});

it("does not grow beyond its bound while nothing can be written", async () => {
  let count = 0;
  let isAway = true;
  const seen = seenBy(async (ids) => {
    if (isAway) throw new Error("away");
    count += ids.length;
  });
  for (let index = 0; index < 20_000; index += 1) seen.note(`customer ${index}`);
  await seen.flush();
  isAway = false;
  await seen.close();
  expect(count).toBe(10_000);
});
