import { AdmitLoops } from "./admit-loops.js";
import { holdTime, letTimeGo, pass, timersSet } from "./waiting-room.test.support.js";

beforeEach(holdTime);
afterEach(letTimeGo);

/** Loops that end when a test says so. */
function setUp() {
  const ends: (() => void)[] = [];
  const loops = new AdmitLoops(() => new Promise((resolve) => ends.push(resolve)));
  return { loops, ends };
}

test("two run at once, one waits to begin, and it begins after the last call", async () => {
  const { loops, ends } = setUp();
  for (let call = 0; call < 5; call += 1) {
    loops.run();
    await pass(50);
  }
  expect(ends).toHaveLength(2);
  ends[0]!();
  await pass(50);
  expect(ends).toHaveLength(3);
  for (const end of ends) end();
  await pass(50);
  expect([ends.length, timersSet()]).toEqual([3, 0]);
});

test("calls in one go are one loop", async () => {
  const { loops, ends } = setUp();
  for (let call = 0; call < 100; call += 1) loops.run();
  await pass(50);
  expect(ends).toHaveLength(1);
});

test("loops that never end lose their places after 10 s", async () => {
  const { loops, ends } = setUp();
  for (let call = 0; call < 3; call += 1) {
    loops.run();
    await pass(50);
  }
  await pass(9_800);
  expect(ends).toHaveLength(2);
  await pass(200);
  expect(ends).toHaveLength(3);
});
