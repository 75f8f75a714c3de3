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

test("after a peak only some of the slabs are kept", () => {
  const pool = new SlabPool();
  const slabs = Array.from({ length: 2000 }, () => pool.take());
  pool.giveBack(slabs.slice(0, 1000));
  expect(pool.free).toBe(1000);
  pool.giveBack(slabs.slice(1000));
  expect(pool.free).toBe(512);
});
