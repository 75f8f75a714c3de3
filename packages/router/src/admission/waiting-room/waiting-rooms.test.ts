import {
  clock,
  FakeMeter,
  holdTime,
  letTimeGo,
  pass,
  timersSet,
  Visitor,
} from "./waiting-room.test.support.js";
import { WaitingRooms } from "./waiting-rooms.js";

beforeEach(holdTime);
afterEach(letTimeGo);

function setUp() {
  const rooms = new WaitingRooms({}, clock);
  const meter = new FakeMeter(0);
  const enter = (group: string) => new Visitor((visit) => rooms.enter(group, visit), meter);
  return { rooms, meter, enter };
}

test("a group has a room while somebody waits for it", async () => {
  const { rooms, meter, enter } = setUp();
  expect(rooms.isWaitedIn("edits")).toBe(false);
  const visitor = enter("edits");
  enter("other").goAway();
  expect([...rooms.occupied.keys()]).toEqual(["edits"]);
  expect(rooms.occupied.get("edits")).toMatchObject({ waiting: 1, callers: new Map([["a", 1]]) });
  await pass(50);
  meter.limit = 1;
  rooms.wake();
  await pass(50);
  expect([visitor.end?.kind, rooms.isWaitedIn("edits"), timersSet()]).toEqual(["admitted", false, 0]);
});

test("a group's place is bounded by itself: 100 requests, unless it is said otherwise", async () => {
  const { rooms, enter } = setUp();
  const visitors = Array.from({ length: 101 }, () => enter("edits"));
  const other = enter("other");
  await pass(50);
  expect([visitors[99]?.end, visitors[100]?.end, other.end]).toEqual([
    undefined,
    { kind: "full" },
    undefined,
  ]);
  expect(rooms.occupied.get("edits")?.waiting).toBe(100);
});

test("what comes back may fit anybody: all groups look", async () => {
  const { rooms, meter, enter } = setUp();
  const visitors = [enter("edits"), enter("other")];
  await pass(50);
  meter.limit = 2;
  rooms.wake();
  await pass(50);
  expect(visitors.map(({ end }) => end?.kind)).toEqual(["admitted", "admitted"]);
});

test("nobody waits whose client has gone already, or after the end", async () => {
  const { rooms, meter, enter } = setUp();
  const gone = { isGone: true, whenGone: () => undefined };
  const late = new Visitor((visit) => rooms.enter("edits", visit), meter, { client: gone });
  const waiting = enter("edits");
  await pass(50);
  rooms.close();
  const last = enter("edits");
  await pass(50);
  expect([late, waiting, last].map(({ end }) => end?.kind)).toEqual(["gone", "dropped", "dropped"]);
  expect([rooms.occupied.size, timersSet()]).toEqual([0, 0]);
});
