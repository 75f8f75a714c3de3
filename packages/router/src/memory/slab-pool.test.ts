import { SlabPool, slabBytes } from "./slab-pool.js";

test("a slab that was given back is used again, and no slab is in use twice", () => {
  const pool = new SlabPool();
  const [first, second] = [pool.take(), pool.take()];
  expect(first).not.toBe(second);
  expect(first).toHaveLength(slabBytes);
  pool.giveBack([first]);
  expect(pool.take()).toBe(first);
  expect(pool.take()).not.toBe(second);
});

test("slabs that nobody needed for ten seconds are let go, those that were needed stay", () => {
  let nowMs = 0;
  const pool = new SlabPool(() => nowMs);
  const use = (count: number): void => pool.giveBack(Array.from({ length: count }, () => pool.take()));
  use(1000);
  nowMs = 10_000;
  use(1000);
  expect(pool.free).toBe(1000);
  nowMs = 15_000;
  use(300);
  expect(pool.free).toBe(1000);
  nowMs = 20_000;
  use(200);
  expect(pool.free).toBe(300);
  nowMs = 30_000;
  use(1);
  expect(pool.free).toBe(1);
});
