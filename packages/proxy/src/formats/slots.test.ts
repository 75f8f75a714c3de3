import { Slots } from "./slots.js";

test("so many run at once, the others in their order, and a failure makes room like a success", async () => {
  const slots = new Slots(2);
  const begun: number[] = [];
  const ends: ((fails: boolean) => void)[] = [];
  const runs = [0, 1, 2, 3].map((number) =>
    slots.run(
      () =>
        new Promise<void>((resolve, reject) => {
          begun.push(number);
          ends[number] = (fails) => {
            if (fails) reject(new Error("failed"));
            else resolve();
          };
        }),
    ),
  );
  expect(begun).toEqual([0, 1]);
  ends[1]?.(true);
  await expect(runs[1]).rejects.toThrow("failed");
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.(false);
  await runs[0];
  expect(begun).toEqual([0, 1, 2, 3]);
  ends[2]?.(false);
  ends[3]?.(false);
  await Promise.all([runs[2], runs[3]]);
  await expect(slots.run(() => Promise.resolve("next"))).resolves.toBe("next");
});
