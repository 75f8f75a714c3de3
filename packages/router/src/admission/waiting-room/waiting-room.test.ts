import type { Visit } from "./visit.js";
import { WaitingRoom } from "./waiting-room.js";
import {
  clock,
  FakeMeter,
  holdTime,
  letTimeGo,
  pass,
  timersSet,
  type Turn,
  Visitor,
} from "./waiting-room.test.support.js";

beforeEach(holdTime);
afterEach(letTimeGo);

/** How long Bottleneck may take for a loop. */
const soonMs = 50;

function setUp({
  limit = 0,
  windowMs,
  maxQueue = 100,
}: {
  limit?: number;
  windowMs?: number;
  maxQueue?: number;
} = {}) {
  const meter = new FakeMeter(limit, windowMs);
  let timesEmpty = 0;
  const room = new WaitingRoom(maxQueue, clock, () => (timesEmpty += 1));
  const enter = (overrides?: Partial<Visit<Turn>>) =>
    new Visitor((visit) => room.enter(visit), meter, overrides);
  /** So many images come back. */
  const release = async (images: number) => {
    meter.used -= images;
    room.wake();
    await pass(soonMs);
  };
  const callers = () => meter.admitted.map(({ caller }) => caller).join("");
  return { meter, room, enter, release, callers, timesEmpty: () => timesEmpty };
}

const kinds = (visitors: readonly Visitor[]) => visitors.map(({ end }) => end?.kind ?? "waiting");

describe("whose turn it is", () => {
  test("one caller with a thousand requests does not starve another", async () => {
    const { enter, release, callers, room } = setUp({ maxQueue: 2000 });
    for (let each = 0; each < 1000; each += 1) enter({ caller: "a" });
    await pass(soonMs);
    for (let each = 0; each < 10; each += 1) enter({ caller: "b" });
    for (let each = 0; each < 20; each += 1) await release(1);
    expect(callers()).toBe("ab".repeat(10));
    expect(room.callers).toEqual(new Map([["a", 990]]));
  });

  test("shares are of images and by weight, whatever sizes they ask for", async () => {
    const { enter, release, meter } = setUp({ maxQueue: 2000 });
    const sizes = { small: 1, large: 10, heavy: 4 };
    const add = (caller: keyof typeof sizes) =>
      enter({ caller, images: sizes[caller], weight: caller === "heavy" ? 2 : 1 });
    for (let each = 0; each < 400; each += 1) add("small");
    for (let each = 0; each < 40; each += 1) add("large");
    for (let each = 0; each < 200; each += 1) add("heavy");
    // Ten fit at any time, so that capacity gathers for whoever is next.
    for (let turn = 0; turn < 160; turn += 1) await release(Math.min(10, meter.used + 10));
    const images = (caller: string) =>
      meter.admitted.filter((one) => one.caller === caller).reduce((sum, one) => sum + one.images, 0);
    const all = images("small") + images("large") + images("heavy");
    expect(all).toBeGreaterThan(800);
    expect(Math.abs(images("small") - images("large"))).toBeLessThanOrEqual(12);
    expect(Math.abs(images("heavy") - 2 * images("small"))).toBeLessThanOrEqual(12);
  });

  test("urgent ones come before all others", async () => {
    const { enter, release, callers } = setUp();
    enter({ caller: "a", priority: 1 });
    enter({ caller: "b", priority: 1 });
    await pass(soonMs);
    enter({ caller: "c", priority: 0 });
    await release(1);
    await release(1);
    expect(callers()).toBe("ca");
  });
});

describe("passing", () => {
  test("who is refused stays next, and smaller ones pass meanwhile, whoever they are from", async () => {
    const { enter, release, meter, callers } = setUp();
    enter({ caller: "a", images: 4 });
    enter({ caller: "a", images: 2 });
    enter({ caller: "b", images: 3 });
    enter({ caller: "c", images: 1 });
    await release(2);
    expect(callers()).toBe("c");
    await release(2);
    expect(meter.admitted.map(({ images }) => images)).toEqual([1, 3]);
    await release(4);
    expect(callers()).toBe("cba");
    await release(2);
    expect(callers()).toBe("cbaa");
  });

  test("after it has been next for 5 s nobody passes it", async () => {
    const { enter, release, callers, meter, room } = setUp();
    enter({ caller: "a", images: 10 });
    await pass(4_000);
    for (let each = 0; each < 50; each += 1) enter({ caller: "b" });
    await release(1);
    expect(callers()).toBe("b");
    await pass(1_000);
    for (let gathered = 1; gathered < 10; gathered += 1) await release(1);
    expect([callers(), meter.used]).toEqual(["b", -9]);
    await release(1);
    expect(callers()).toBe("ba");
    await release(3);
    expect([callers(), room.waiting]).toEqual(["babbb", 46]);
  });

  test("an urgent one may pass it even then", async () => {
    const { enter, release, callers } = setUp();
    enter({ caller: "a", images: 2 });
    await pass(6_000);
    enter({ caller: "b", priority: -1 });
    await release(1);
    expect(callers()).toBe("b");
  });

  test("of a crowd no more is tried than one of each size that is smaller than the last", async () => {
    const { enter, meter } = setUp();
    for (const images of [5, 5, 3, 4, 3, 1, 1, 2]) enter({ caller: "a", images });
    await pass(soonMs);
    meter.asked.length = 0;
    await pass(1_000);
    expect(meter.asked).toEqual([5, 3, 1]);
  });

  test("who is refused by a limit of its own holds nobody up, and is tried again by itself", async () => {
    const { enter, release, callers, meter } = setUp();
    let isShut = true;
    const own = enter({
      caller: "own",
      admit: async () =>
        isShut ? { kind: "refused", fitsInMs: 20_000, isOwn: true } : meter.admit("own", 1),
    });
    await pass(6_000);
    enter({ caller: "a" });
    enter({ caller: "b" });
    await release(2);
    expect(callers()).toBe("ab");
    isShut = false;
    meter.limit = 1;
    await pass(13_000);
    expect(kinds([own])).toEqual(["waiting"]);
    await pass(2_000);
    expect(kinds([own])).toEqual(["admitted"]);
  });

  test("who stands aside is tried in its own time, when all others have been served before", async () => {
    const { enter, callers, meter } = setUp({ limit: 1, windowMs: 5_000 });
    const askedAtMs: number[] = [];
    const startMs = performance.now();
    enter({ caller: "a" });
    await pass(soonMs);
    enter({
      caller: "own",
      admit: async () => {
        askedAtMs.push(performance.now() - startMs);
        return { kind: "refused", fitsInMs: 8_000, isOwn: true };
      },
    });
    enter({ caller: "b" });
    await pass(7_900);
    expect([callers(), meter.asked.length, askedAtMs.length]).toEqual(["ab", 3, 1]);
    await pass(200);
    expect(askedAtMs).toHaveLength(2);
  });
});

describe("no place", () => {
  test("the newest of the largest caller goes, the newcomer where that is it", async () => {
    const { enter, room } = setUp({ maxQueue: 3 });
    const visitors = [enter({ caller: "a" }), enter({ caller: "a" }), enter({ caller: "a" })];
    await pass(soonMs);
    visitors.push(
      enter({ caller: "a" }),
      enter({ caller: "b" }),
      enter({ caller: "c" }),
      enter({ caller: "d" }),
    );
    await pass(soonMs);
    expect(kinds(visitors)).toEqual(["waiting", "dropped", "dropped", "full", "waiting", "waiting", "full"]);
    expect(room.waiting).toBe(3);
  });
});

describe("leaving", () => {
  test("time is up exactly then, with what the last refusal said", async () => {
    const { enter, room } = setUp({ limit: 1, windowMs: 60_000 });
    const visitors = [
      enter(),
      enter({ queueTimeoutMs: 10_000, fitsInMs: 55_000 }),
      enter({ caller: "b", queueTimeoutMs: 20_000, fitsInMs: 1 }),
    ];
    await pass(9_999);
    expect(kinds(visitors)).toEqual(["admitted", "waiting", "waiting"]);
    await pass(1);
    // It was never tried here, since another that is no larger was refused.
    expect(visitors[1]!.end).toEqual({ kind: "timed out", fitsInMs: 45_000 });
    await pass(10_000);
    const { fitsInMs } = visitors[2]!.end as { fitsInMs: number };
    expect(Math.abs(fitsInMs - 40_000)).toBeLessThanOrEqual(soonMs);
    expect([kinds(visitors)[2], room.waiting, timersSet()]).toEqual(["timed out", 0, 0]);
  });

  test("who is gone leaves at once, and those behind need not wait for anything else", async () => {
    const { enter, release, callers, room } = setUp();
    const large = enter({ caller: "a", images: 10 });
    await pass(6_000);
    const small = enter({ caller: "b" });
    await release(1);
    expect(callers()).toBe("");
    large.goAway();
    expect(room.waiting).toBe(1);
    await pass(soonMs);
    expect([kinds([large, small]), large.ends]).toEqual([["gone", "admitted"], 1]);
  });

  test("what is admitted after its client has gone, or its time is up, is handed back", async () => {
    const { enter, meter, room } = setUp({ limit: 2 });
    meter.answersInMs = 400;
    const visitors = [enter(), enter({ caller: "b", queueTimeoutMs: 100 })];
    await pass(200);
    visitors[0]!.goAway();
    await pass(0);
    expect([kinds(visitors), room.waiting]).toEqual([["gone", "timed out"], 0]);
    await pass(1_000);
    expect(visitors.map(({ abandoned }) => abandoned)).toEqual([[{ caller: "a", images: 1 }], []]);
    expect(meter.used).toBe(1);
  });

  test("what fails ends its own visit, and no other", async () => {
    const { enter, release, callers } = setUp();
    const error = new Error("no money");
    const failing = enter({ admit: async () => ({ kind: "failed", error }) });
    const throwing = enter({ caller: "b", admit: () => Promise.reject(error) });
    enter({ caller: "c" });
    await release(1);
    expect([failing.end, throwing.end]).toEqual([
      { kind: "failed", error },
      { kind: "failed", error },
    ]);
    expect(callers()).toBe("c");
  });

  test("all are dropped when the room is closed", async () => {
    const { enter, room, timesEmpty } = setUp();
    const visitors = [enter(), enter({ caller: "b" })];
    await pass(soonMs);
    room.dropAll();
    await pass(soonMs);
    expect([kinds(visitors), timesEmpty(), timersSet()]).toEqual([["dropped", "dropped"], 1, 0]);
  });
});

describe("waking", () => {
  test("by what comes back, at once", async () => {
    const { enter, release } = setUp();
    const visitor = enter();
    await pass(700);
    await release(1);
    expect(visitor.end).toMatchObject({ kind: "admitted", turn: { caller: "a", images: 1 } });
    expect((visitor.end as { waitedMs: number }).waitedMs).toBeLessThanOrEqual(700 + soonMs);
  });

  test("when the earliest of the refused will fit, and not before", async () => {
    const { enter, meter } = setUp({ limit: 3, windowMs: 60_000 });
    for (const images of [1, 2]) enter({ images });
    await pass(soonMs);
    const visitors = [enter({ caller: "b", images: 3 }), enter({ caller: "c", images: 1 })];
    await pass(soonMs);
    const asked = meter.asked.length;
    await pass(59_000);
    expect([meter.asked.length, kinds(visitors)]).toEqual([asked, ["waiting", "waiting"]]);
    await pass(1_000);
    // The small one's turn came first.
    expect(kinds(visitors)).toEqual(["waiting", "admitted"]);
    await pass(60_000);
    expect(kinds(visitors)).toEqual(["admitted", "admitted"]);
  });

  test("a second later where no time is known, since a store may not tell of all", async () => {
    const { enter, meter } = setUp();
    const visitor = enter();
    await pass(500);
    meter.used -= 1;
    await pass(400);
    expect(kinds([visitor])).toEqual(["waiting"]);
    await pass(200);
    expect(kinds([visitor])).toEqual(["admitted"]);
  });

  test("a time that no timer can count is waited for all the same", async () => {
    const { enter, room } = setUp();
    let asked = 0;
    const month = 30 * 24 * 3_600_000;
    enter({
      admit: async () => {
        asked += 1;
        return { kind: "refused", fitsInMs: month };
      },
    });
    await pass(59_000);
    expect([asked, room.waiting]).toEqual([1, 1]);
  });

  test("what comes back while somebody is being refused is not missed", async () => {
    const { enter, meter, room } = setUp();
    meter.answersInMs = 200;
    const visitor = enter();
    // It is decided after 100 ms and known after 200.
    await pass(150);
    meter.used -= 1;
    room.wake();
    await pass(400);
    expect(kinds([visitor])).toEqual(["admitted"]);
  });

  test("what came back between a request's refusal and its entrance is not missed", async () => {
    const { enter, meter, room } = setUp();
    meter.used -= 1;
    room.wake();
    const visitor = enter();
    await pass(soonMs);
    expect(kinds([visitor])).toEqual(["admitted"]);
  });

  test("no more than two are tried at once, and a slow store serves them all the same", async () => {
    const { enter, meter, room } = setUp({ limit: 50 });
    meter.answersInMs = 1_000;
    for (let each = 0; each < 50; each += 1) {
      enter({ caller: String(each % 7) });
      room.wake();
    }
    for (let time = 0; time < 300; time += 1) {
      room.wake();
      await pass(100);
    }
    expect([room.waiting, meter.used, meter.mostUnderWay]).toEqual([0, 50, 2]);
  });

  test("nobody passes who may not be passed while it is being tried", async () => {
    const { enter, meter, room, callers } = setUp();
    enter({ caller: "a", images: 2 });
    await pass(6_000);
    meter.answersInMs = 100;
    for (let each = 0; each < 20; each += 1) enter({ caller: "b" });
    meter.used -= 1;
    for (let time = 0; time < 100; time += 1) {
      room.wake();
      await pass(17);
    }
    expect(callers()).toBe("");
    meter.used -= 1;
    room.wake();
    await pass(1_000);
    expect(callers()).toBe("a");
  });

  test("a store that never answers one holds up nobody else", async () => {
    const { enter, release, callers, room } = setUp();
    const stuck = enter({
      caller: "stuck",
      queueTimeoutMs: 30_000,
      admit: () => new Promise(() => undefined),
    });
    await pass(soonMs);
    enter({ caller: "a" });
    await release(1);
    expect(callers()).toBe("a");
    await pass(30_000);
    enter({ caller: "b" });
    await release(1);
    expect([callers(), kinds([stuck]), room.waiting]).toEqual(["ab", ["timed out"], 0]);
  });

  test("nothing runs while nobody waits", async () => {
    const { enter, release, meter, room, timesEmpty } = setUp();
    room.wake();
    expect(timersSet()).toBe(0);
    enter();
    await release(1);
    expect([timersSet(), timesEmpty()]).toEqual([0, 1]);
    const asked = meter.asked.length;
    room.wake();
    await pass(100_000);
    expect([timersSet(), meter.asked.length]).toEqual([0, asked]);
  });
});
