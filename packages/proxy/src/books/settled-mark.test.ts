import { SettledMark, type SettledStore } from "./settled-mark.js";

let nowMs: number;
let owed: number;
let mark: SettledMark;

const store: SettledStore = {
  admission: { settle: () => new Map(), release: () => undefined },
  get owedSettlements() {
    return owed;
  },
};

beforeEach(() => {
  nowMs = 1_000;
  owed = 0;
  mark = new SettledMark(() => nowMs);
});

test("nothing is settled before it is known where", () => {
  mark.through(5);
  nowMs += 60_000;
  expect(mark.through(5)).toBe(0);
});

test("what is committed is settled some seconds later", () => {
  mark.follow(store);
  expect(mark.through(5)).toBe(0);
  nowMs += 9_999;
  expect(mark.through(8)).toBe(0);
  nowMs += 1;
  expect(mark.through(9)).toBe(5);
  nowMs += 10_000;
  expect(mark.through(9)).toBe(8);
});

test("what is owed holds up all that came since, until it is told", () => {
  mark.follow(store);
  mark.through(5);
  nowMs += 10_000;
  expect(mark.through(6)).toBe(5);
  owed = 1;
  nowMs += 60_000;
  expect(mark.through(20)).toBe(5);
  owed = 0;
  expect(mark.through(21)).toBe(5);
  nowMs += 10_000;
  expect(mark.through(22)).toBe(21);
});
