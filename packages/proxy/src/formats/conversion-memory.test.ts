import { ByteBudget } from "@darkroom/router";
import { ConversionMemory } from "./conversion-memory.js";

const never = new AbortController().signal;
const budgetOf = (totalBytes: number): ByteBudget =>
  new ByteBudget(
    { totalBytes, largestLeaseBytes: totalBytes / 2, stepBytes: 10 },
    () => new Error("not to be refused"),
  );

test("nothing is taken before something is held, and all of it comes back", async () => {
  const budget = budgetOf(100);
  const memory = new ConversionMemory(budget, 50, never);
  memory.settle();
  memory.release();
  expect(budget.usedBytes).toBe(0);

  const other = new ConversionMemory(budget, 50, never);
  await other.hold(12);
  await other.hold(12);
  expect(budget.usedBytes).toBe(30);
  other.letGo(20);
  other.settle();
  expect(budget.usedBytes).toBe(4);
  other.release();
  expect(budget.usedBytes).toBe(0);
});

test("what was let go makes room for others", async () => {
  const memory = new ConversionMemory(budgetOf(100), 50, never);
  await memory.hold(40);
  memory.letGo(40);
  await memory.hold(50);
});

test("more than a conversion may hold is refused, and takes nothing of what it has", async () => {
  const memory = new ConversionMemory(budgetOf(100), 50, never);
  await memory.hold(40);
  await expect(memory.hold(11)).rejects.toThrow("too much memory");
  await memory.hold(10);
});

test("it waits for others, for as long as its signal lets", async () => {
  const budget = budgetOf(100);
  const holders = [new ConversionMemory(budget, 50, never), new ConversionMemory(budget, 50, never)];
  for (const holder of holders) {
    await holder.hold(50);
    holder.settle();
  }
  const stop = new AbortController();
  const late = new ConversionMemory(budget, 50, stop.signal).hold(1);
  stop.abort(new Error("gone"));
  await expect(late).rejects.toThrow("there was no memory for it in time");

  const patient = new ConversionMemory(budget, 50, never).hold(1);
  holders[0]?.release();
  await patient;
});
