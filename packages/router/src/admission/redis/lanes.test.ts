import { Lanes } from "./lanes.js";

test("at most so many run at a time, in their order, also past one that fails", async () => {
  const lanes = new Lanes(2);
  const story: string[] = [];
  let running = 0;
  let most = 0;
  const work = (name: string) => async (): Promise<string> => {
    running += 1;
    most = Math.max(most, running);
    story.push(name);
    await Promise.resolve();
    running -= 1;
    if (name === "c") throw new Error("c fails");
    return name;
  };
  const ends = await Promise.allSettled(["a", "b", "c", "d", "e"].map((name) => lanes.run(work(name))));
  expect(story).toEqual(["a", "b", "c", "d", "e"]);
  expect(most).toBe(2);
  expect(ends.map(({ status }) => status)).toEqual([
    "fulfilled",
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  expect(await lanes.run(work("f"))).toBe("f");
});
