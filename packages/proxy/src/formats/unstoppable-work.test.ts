import { UnstoppableWork } from "./unstoppable-work.js";

const never = new AbortController().signal;

test("what the work comes to is handed on", async () => {
  const work = new UnstoppableWork();
  await expect(work.result(Promise.resolve(7), never)).resolves.toBe(7);
  await expect(work.result(Promise.reject(new Error("broken")), never)).rejects.toThrow("broken");
  await work.ended();
});

test("the signal ends the waiting, and the work is known to go on", async () => {
  const work = new UnstoppableWork();
  const stop = new AbortController();
  let finish: (() => void) | undefined;
  const result = work.result(new Promise<void>((resolve) => (finish = resolve)), stop.signal);
  stop.abort(new Error("the client is gone"));
  await expect(result).rejects.toThrow("gone");

  const told: string[] = [];
  const ended = work.ended().then(() => told.push("ended"));
  await Promise.resolve();
  told.push("still going on");
  finish?.();
  await ended;
  expect(told).toEqual(["still going on", "ended"]);
});

test("where the signal was given before, nobody waits, and a late failure is nobody's", async () => {
  const work = new UnstoppableWork();
  const late = new Promise<void>((_resolve, reject) => setImmediate(() => reject(new Error("late"))));
  await expect(work.result(late, AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
  await work.ended();
});
