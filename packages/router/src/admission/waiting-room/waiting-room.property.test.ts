import fc from "fast-check";
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

const limit = 10;
const maxQueue = 12;

/** What may happen: somebody comes or goes, somebody is ready, or time passes. */
const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("enter" as const),
      caller: fc.constantFrom("a", "b", "c", "d"),
      weight: fc.constantFrom(0.5, 1, 3),
      priority: fc.constantFrom(0, 0, 0, 1),
      images: fc.integer({ min: 1, max: limit }),
      queueTimeoutMs: fc.oneof(fc.nat(3_000), fc.nat(200_000)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("release" as const), which: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.oneof(fc.nat(20), fc.nat(4_000)) }),
  },
);

const meters = fc.record({
  windowMs: fc.option(fc.constantFrom(5_000, 60_000), { nil: undefined }),
  answersInMs: fc.constantFrom(0, 2, 30, 400),
});

test("whatever happens: each visit ends once, no more is admitted than fits, and who fits for good is admitted", async () => {
  await fc.assert(
    fc.asyncProperty(meters, fc.array(command, { maxLength: 80, size: "max" }), async (given, commands) => {
      const meter = new FakeMeter(limit, given.windowMs);
      meter.answersInMs = given.answersInMs;
      const room = new WaitingRoom(maxQueue, clock, () => undefined);
      const visitors: Visitor[] = [];
      const handedBack = new Set<Turn>();
      const handBack = (turn: Turn): void => {
        if (handedBack.has(turn)) return;
        handedBack.add(turn);
        if (given.windowMs !== undefined) return;
        meter.used -= turn.images;
        room.wake();
      };
      const turns = () =>
        visitors.flatMap(({ end }) =>
          end?.kind === "admitted" && !handedBack.has(end.turn) ? [end.turn] : [],
        );
      for (const each of commands) {
        if (each.kind === "enter") {
          const visitor = new Visitor((visit) => room.enter(visit), meter, {
            ...each,
            abandon: (turn) => {
              visitor.abandoned.push(turn);
              handBack(turn);
            },
          });
          visitors.push(visitor);
        } else if (each.kind === "pass") await pass(each.ms);
        else if (each.kind === "release") {
          const held = turns();
          if (held.length > 0) handBack(held[each.which % held.length]!);
        } else if (visitors.length > 0) visitors[each.which % visitors.length]!.goAway();
        await pass(0);
        expect(room.waiting).toBe(visitors.filter(({ end }) => end === undefined).length);
        expect(room.waiting).toBeLessThanOrEqual(maxQueue);
      }
      // From now on everybody gives back what they have, and nobody else comes: all who have the time are admitted.
      const patient = visitors.filter(
        ({ end, visit }) => end === undefined && visit.queueTimeoutMs > 150_000,
      );
      for (let time = 0; time < 40; time += 1) {
        for (const turn of turns()) handBack(turn);
        await pass(given.windowMs ?? 1_500);
      }
      if (given.windowMs !== 60_000) {
        for (const { end } of patient) expect(["admitted", "gone"]).toContain(end?.kind);
      }
      await pass(300_000);
      expect(visitors.map(({ ends }) => ends)).toEqual(visitors.map(() => 1));
      expect(meter.most).toBeLessThanOrEqual(limit);
      expect(meter.mostUnderWay).toBeLessThanOrEqual(2);
      // What was admitted is somebody's, or was handed back by who could not take it any more.
      const had = visitors.flatMap(({ end, abandoned }) => (end?.kind === "admitted" ? 1 : abandoned.length));
      expect(had.reduce((sum, one) => sum + one, 0)).toBe(meter.admitted.length);
      expect([room.waiting, meter.underWay, timersSet()]).toEqual([0, 0, 0]);
    }),
    { numRuns: 150 },
  );
}, 60_000);

test("a request of ten is not starved by a stream of ones", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 5, max: 400 }),
      fc.constantFrom(0, 10, 40),
      async (everyMs, answersInMs) => {
        const meter = new FakeMeter(limit);
        meter.answersInMs = answersInMs;
        const room = new WaitingRoom(100, clock, () => undefined);
        const enter = (caller: string, images: number) =>
          new Visitor((visit) => room.enter(visit), meter, { caller, images });
        const small = Array.from({ length: limit }, () => enter("many", 1));
        await pass(1_000);
        const large = enter("few", limit);
        for (let nowMs = 0; nowMs < 5_000 + 60 * everyMs && large.end === undefined; nowMs += everyMs) {
          small.push(enter("many", 1));
          const holder = small.find(({ end }) => end?.kind === "admitted");
          if (holder?.end?.kind === "admitted") {
            small.splice(small.indexOf(holder), 1);
            meter.used -= 1;
            room.wake();
          }
          await pass(everyMs);
        }
        await pass(1_000);
        expect(large.end?.kind).toBe("admitted");
        room.dropAll();
      },
    ),
    { numRuns: 30 },
  );
}, 60_000);
