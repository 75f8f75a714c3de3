import { Headroom } from "./headroom.js";
import { LatestUse } from "./latest-use.js";
import type { Meter } from "./meter.js";

const minute = { kind: "rolling", ms: 60_000 } as const;
const images: Meter = { key: "images", window: minute, limit: 100n };
const requests: Meter = { key: "requests", window: minute, limit: 10n };
const calls: Meter = { key: "calls", window: { kind: "lease" }, limit: 4n };
const money: Meter = { key: "money", window: { kind: "period", startMs: 0, endMs: 1 }, limit: 100n };

const metersOf: Readonly<Record<string, readonly Meter[]>> = {
  one: [images, requests, calls],
  twin: [images, requests, calls],
  paid: [money],
};

let nowMs: number;
let use: LatestUse;
let room: Headroom;
beforeEach(() => {
  nowMs = 1_000_000;
  use = new LatestUse(new Set(["images", "requests", "calls", "money"]), () => nowMs);
  room = new Headroom(use, (id) => metersOf[id] ?? []);
});

function note(meter: Meter, used: bigint, limit = meter.limit, reserved = 0n): void {
  use.note([{ meter, used, reserved, limit }]);
}

test("without limits, or before anything was told, all is free", () => {
  expect([room.of("free"), room.of("one")]).toEqual([1, 1]);
});

test("the limit that is nearest to being full counts, for all who share it", () => {
  note(images, 20n);
  note(requests, 7n);
  note(calls, 1n);
  expect(room.of("one")).toBeCloseTo(0.3);
  expect(room.of("twin")).toBeCloseTo(0.3);
});

test("it follows what holds now, which may be less than the configured limit", () => {
  note(images, 20n, 40n);
  expect(room.of("one")).toBeCloseTo(0.5);
  note(images, 20n, 10n);
  expect(room.of("one")).toBe(0);
  note(images, 0n, 0n);
  expect(room.of("one")).toBe(0);
  nowMs += 60_000;
  expect(room.of("one")).toBe(1);
});

test("what was told a while ago fades as it comes back", () => {
  note(images, 100n);
  expect(room.of("one")).toBe(0);
  nowMs += 15_000;
  expect(room.of("one")).toBeCloseTo(0.25);
  expect(use.toldOf("images")).toBe(100n);
  nowMs += 45_000;
  expect(room.of("one")).toBe(1);
  expect(use.toldOf("images")).toBe(0n);
});

test("what is reserved is taken, and of a period nothing comes back", () => {
  note(money, 40n, 100n, 40n);
  nowMs += 10_000_000;
  expect(room.of("paid")).toBeCloseTo(0.2);
});

test("what is told of other meters is passed over", () => {
  use.note([{ meter: { ...images, key: "a caller's" }, used: 1n, reserved: 0n, limit: 1n }]);
  expect(use.toldOf("a caller's")).toBe(0n);
  expect(use.freeOf("a caller's")).toBe(1);
});
