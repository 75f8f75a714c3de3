import { type SharedKeyOptions, simulateSharedKey } from "./shared-key.test.support.js";

const options = {
  seed: 0,
  minutes: 60,
  imagesPerMinute: 100,
  foreignPerMinute: 30,
  foreignComes: "steadily",
  offeredPerMinute: 84,
} as const;

const shareRefused = (more: Pick<SharedKeyOptions, "headersOf" | "learns">): number => {
  const { calls, refusedCalls } = simulateSharedKey({ ...options, ...more });
  return refusedCalls / calls;
};

describe.each(["begin", "end"] as const)("an upstream that writes its headers at the %s", (headersOf) => {
  test("of a key that somebody else uses too, learning avoids most refusals", () => {
    expect(shareRefused({ headersOf, learns: false })).toBeGreaterThan(0.1);
    expect(shareRefused({ headersOf, learns: true })).toBeLessThan(0.05);
  });

  test("of a key that is ours alone, learning wastes nothing", () => {
    const alone = { ...options, foreignPerMinute: 0, offeredPerMinute: 120, headersOf };
    const [without, withLearning] = [false, true].map((learns) => simulateSharedKey({ ...alone, learns }));
    expect(withLearning!.images / without!.images).toBeGreaterThan(0.99);
  });
});
