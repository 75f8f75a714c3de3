import { randomBytes } from "node:crypto";
import { SmallChunks } from "./small-chunks.js";

function gathered(chunks: readonly Buffer[]): Buffer[] {
  const emitted: Buffer[] = [];
  const small = new SmallChunks((chunk) => emitted.push(chunk));
  for (const chunk of chunks) small.push(chunk);
  small.flush();
  return emitted;
}

test("large chunks and a few small ones are kept as they came", () => {
  const chunks = [65_000, 10, 8 * 1024, 4_000].map((length) => randomBytes(length));
  const emitted = gathered(chunks);
  expect(emitted).toHaveLength(4);
  expect(emitted.every((chunk, index) => chunk === chunks[index])).toBe(true);
});

test("many small ones are gathered, between large ones too, and no byte changes its place", () => {
  const lengths = Array.from({ length: 50_000 }, (_, index) => (index % 10_000 === 500 ? 9_000 : 1));
  const chunks = lengths.map((length) => randomBytes(length));
  const emitted = gathered(chunks);
  expect(emitted.length).toBeLessThan(30);
  expect(Buffer.concat(emitted).equals(Buffer.concat(chunks))).toBe(true);
});
