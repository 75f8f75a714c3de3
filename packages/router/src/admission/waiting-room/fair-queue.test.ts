import fc from "fast-check";
import { FairQueue, type Place } from "./fair-queue.js";

interface Item extends Place {
  readonly name: string;
}

function item(caller: string, overrides: Partial<Item> = {}): Item {
  return { name: caller, caller, weight: 1, priority: 0, images: 1, ...overrides };
}

function queueOf(items: readonly Item[]): FairQueue<Item> {
  const queue = new FairQueue<Item>();
  for (const each of items) queue.add(each);
  return queue;
}

const anybody = () => true;

/** Serves so many, and tells who they were. */
function serve(queue: FairQueue<Item>, count = Infinity): Item[] {
  const served: Item[] = [];
  while (served.length < count) {
    const next = queue.next(anybody);
    if (next === undefined) break;
    queue.serve(next);
    queue.remove(next);
    served.push(next);
  }
  return served;
}

const namesOf = (items: readonly Item[]) => items.map(({ name }) => name).join("");
const many = (count: number, one: Item) => Array.from({ length: count }, () => ({ ...one }));

test("a caller with a thousand requests takes turns with one that has three", () => {
  const queue = queueOf([...many(1000, item("a")), ...many(3, item("b"))]);
  expect(namesOf(serve(queue, 8))).toBe("abababaa");
});

test("turns are of images: one of four is as much as four of one", () => {
  const queue = queueOf([...many(3, item("a", { images: 4 })), ...many(12, item("b"))]);
  expect(namesOf(serve(queue, 12))).toBe("bbbabbbbabbb");
});

test("weights are shares", () => {
  const queue = queueOf([...many(100, item("a", { weight: 3 })), ...many(100, item("b"))]);
  expect(namesOf(serve(queue, 12))).toBe("aaabaaabaaab");
  const halves = queueOf([...many(100, item("a", { weight: 0.5 })), ...many(100, item("b"))]);
  expect(namesOf(serve(halves, 9))).toBe("babbabbab");
});

test("the same caller is served in the order it came", () => {
  const names = ["1", "2", "3"];
  expect(namesOf(serve(queueOf(names.map((name) => item("a", { name })))))).toBe("123");
});

test("a newcomer's turn comes after those of all who wait, and before the next of who has it now", () => {
  const queue = queueOf([item("a"), item("b"), item("c")]);
  expect(namesOf(serve(queue, 1))).toBe("a");
  queue.add(item("d"));
  queue.add(item("b"));
  expect(namesOf(serve(queue, 1))).toBe("b");
  queue.add(item("e"));
  expect(namesOf(serve(queue))).toBe("cdeb");
});

test("more urgent ones come first, whoever they are from", () => {
  const items = [
    item("a", { priority: 5 }),
    item("b", { priority: 9 }),
    item("c"),
    item("d", { priority: -1 }),
  ];
  const queue = queueOf([...items, item("a", { name: "e", priority: 3 })]);
  expect(namesOf(serve(queue))).toBe("dceab");
});

test("to look lets no turn pass, and who is refused is next again", () => {
  const queue = queueOf([...many(2, item("a", { images: 3 })), ...many(9, item("b"))]);
  expect(namesOf(serve(queue, 2))).toBe("bb");
  const next = queue.next(anybody);
  expect(next?.name).toBe("a");
  for (let again = 0; again < 5; again += 1) {
    expect(queue.next(anybody)).toBe(next);
    queue.serve(next!);
    queue.refund(next!);
  }
  expect(namesOf(serve(queue, 5))).toBe("abbba");
});

test("those who pass take turns too, and it is charged to them", () => {
  const queue = queueOf([item("a", { images: 9 }), ...many(9, item("b")), ...many(9, item("c"))]);
  const passed: string[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    const next = queue.next(({ images }) => images < 9)!;
    queue.letPass(next);
    queue.remove(next);
    passed.push(next.name);
  }
  expect(passed.join("")).toBe("bcbcbc");
  // Whose turn comes in the ninth round is not put off: the others have had three images of their eight.
  expect(namesOf(serve(queue, 11))).toBe("bcbcbcbcbca");
});

test("who cannot be asked for long does not save up", () => {
  const queue = queueOf([...many(50, item("a")), ...many(200, item("b"))]);
  for (let turn = 0; turn < 100; turn += 1) {
    const next = queue.next(({ caller }) => caller === "b")!;
    queue.serve(next);
    queue.remove(next);
  }
  expect(namesOf(serve(queue, 6))).toMatch(/^a{1,3}(ba)+b?$/);
});

test("the shares of those who always wait differ by no more than their largest requests", () => {
  const caller = fc.record({
    weight: fc.constantFrom(0.1, 0.5, 1, 2, 7),
    sizes: fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 5 }),
  });
  fc.assert(
    fc.property(
      fc.array(caller, { minLength: 2, maxLength: 6 }),
      fc.integer({ min: 1, max: 300 }),
      (callers, count) => {
        const queue = new FairQueue<Item>();
        const added = callers.map(() => 0);
        const got = callers.map(() => 0);
        const add = (index: number): void => {
          const { weight, sizes } = callers[index]!;
          const images = sizes[added[index]! % sizes.length]!;
          added[index]! += 1;
          queue.add(item(String(index), { weight, images }));
        };
        for (const index of callers.keys()) for (let each = 0; each < 2; each += 1) add(index);
        for (let turn = 0; turn < count; turn += 1) {
          const [next] = serve(queue, 1);
          got[Number(next!.caller)]! += next!.images;
          add(Number(next!.caller));
        }
        const largest = callers.map(({ sizes, weight }) => Math.max(...sizes) / weight);
        for (const one of callers.keys()) {
          for (const other of callers.keys()) {
            const apart = got[one]! / callers[one]!.weight - got[other]! / callers[other]!.weight;
            expect(apart).toBeLessThanOrEqual(largest[one]! + largest[other]! + 1 + 1e-6);
          }
        }
      },
    ),
  );
});

describe("who leaves where there is no place", () => {
  const nameOfDropped = (items: readonly Item[], mayLeave: (item: Item) => boolean = anybody) =>
    queueOf(items).toDrop(mayLeave)?.name;

  test("the newest of the caller with most requests", () => {
    const items = [item("a", { name: "1" }), item("a", { name: "2" }), item("b", { images: 9 })];
    expect(nameOfDropped(items)).toBe("2");
  });

  test("of two with as many, the newest of all", () => {
    expect(nameOfDropped([item("a"), item("b"), item("c")])).toBe("c");
    expect(nameOfDropped([item("a", { name: "1" }), item("b"), item("a", { name: "2" }), item("b")])).toBe(
      "b",
    );
  });

  test("most for its weight", () => {
    const items = [...many(3, item("a", { weight: 4 })), ...many(2, item("b")), item("a", { weight: 4 })];
    expect(nameOfDropped(items)).toBe("b");
  });

  test("its less urgent ones before its urgent ones", () => {
    const items = [item("a", { name: "1", priority: 1 }), item("a", { name: "2", priority: 0 }), item("b")];
    expect(nameOfDropped(items)).toBe("1");
  });

  test("none that may not leave", () => {
    const items = [item("a", { name: "1" }), item("a", { name: "2" }), item("b")];
    expect(nameOfDropped(items, ({ name }) => name === "1")).toBe("1");
    expect(nameOfDropped(items, () => false)).toBeUndefined();
  });
});
