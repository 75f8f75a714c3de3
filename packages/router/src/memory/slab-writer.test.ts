import { randomBytes } from "node:crypto";
import { bodyChunks } from "./body-chunks.js";
import { ByteBudget } from "./byte-budget.js";
import type { MemoryLease } from "./memory-lease.js";
import { slabBytes } from "./slab-pool.js";

const MiB = 1024 * 1024;

function budget(): ByteBudget {
  const settings = { totalBytes: 64 * MiB, largestLeaseBytes: 16 * MiB, stepBytes: MiB };
  return new ByteBudget(settings, () => new Error("refused"));
}

function kept(lease: MemoryLease, chunks: readonly Buffer[], expectedBytes?: number): Buffer[] {
  const buffers: Buffer[] = [];
  const writer = bodyChunks(lease, expectedBytes, (bytes) => buffers.push(bytes));
  for (const chunk of chunks) writer.push(chunk);
  writer.flush();
  return buffers;
}

test.each([
  ["of one byte", Array.from({ length: 3 }, () => 1)],
  ["of one slab exactly", [slabBytes]],
  ["larger than a slab in one chunk", [3 * slabBytes + 17]],
  ["in odd chunks", Array.from({ length: 40 }, (_, index) => 65_536 - 7 * index)],
  ["without any", []],
])("a body %s is kept byte for byte", async (_name, lengths) => {
  const chunks = lengths.map((length) => randomBytes(length));
  const lease = await budget().admit(8 * MiB);
  const buffers = kept(lease, chunks);
  expect(Buffer.concat(buffers).equals(Buffer.concat(chunks))).toBe(true);
});

test("a body holds no more memory than it has bytes", async () => {
  const lease = await budget().admit(8 * MiB);
  const buffers = kept(lease, [randomBytes(2 * slabBytes + 10)]);
  const slabs = buffers.filter(({ buffer }) => buffer.byteLength === slabBytes);
  expect(slabs).toHaveLength(2);
  expect(buffers.at(-1)?.buffer.byteLength).toBeLessThan(slabBytes);
});

test("a small body stays as it came", async () => {
  const chunk = randomBytes(65_536);
  const lease = await budget().admit(chunk.length);
  const [buffer] = kept(lease, [chunk], chunk.length);
  expect(buffer).toBe(chunk);
});

describe("slabs are used for another body", () => {
  const chunk = randomBytes(slabBytes);

  test("once the lease is released", async () => {
    const memory = budget();
    const lease = await memory.admit(chunk.length);
    const [slab] = kept(lease, [chunk]);
    lease.release();
    lease.release();
    const [next] = kept(await memory.admit(chunk.length), [chunk]);
    const [other] = kept(await memory.admit(chunk.length), [chunk]);
    expect(next?.buffer).toBe(slab?.buffer);
    expect(other?.buffer).not.toBe(slab?.buffer);
  });

  test("but not while a connection still holds it, and then its bytes stay counted", async () => {
    const memory = budget();
    const lease = await memory.admit(chunk.length);
    const [slab] = kept(lease, [chunk]);
    const first = lease.hold();
    const second = lease.hold();
    lease.release();
    first();
    first();
    const [meanwhile] = kept(await memory.admit(chunk.length), [chunk]);
    expect(meanwhile?.buffer).not.toBe(slab?.buffer);
    expect(memory.usedBytes).toBe(2 * chunk.length);
    second();
    expect(memory.usedBytes).toBe(chunk.length);
    const [after] = kept(await memory.admit(chunk.length), [chunk]);
    expect(after?.buffer).toBe(slab?.buffer);
  });
});
