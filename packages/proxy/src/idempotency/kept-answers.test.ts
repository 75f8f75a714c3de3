import { type Keepable, KeptAnswers } from "./kept-answers.js";

class Copy implements Keepable {
  isInUse = false;
  isDropped = false;

  constructor(
    private readonly room: KeptAnswers,
    readonly bytes: number,
  ) {
    expect(room.take(bytes)).toBe(true);
    room.add(this);
  }

  drop(): void {
    this.isDropped = true;
    this.room.remove(this);
    this.room.giveBack(this.bytes);
  }
}

it("drops the oldest, and no more than it must", () => {
  const room = new KeptAnswers(100);
  const copies = [40, 30, 30].map((bytes) => new Copy(room, bytes));
  expect(room.take(50)).toBe(true);
  expect(copies.map(({ isDropped }) => isDropped)).toEqual([true, true, false]);
  expect(room.usedBytes).toBe(80);
});

it("passes over what is in use", () => {
  const room = new KeptAnswers(100);
  const [older, newer] = [new Copy(room, 50), new Copy(room, 50)];
  older.isInUse = true;
  expect(room.take(10)).toBe(true);
  expect([older.isDropped, newer.isDropped]).toEqual([false, true]);
});

it("drops nothing for what would not fit all the same", () => {
  const room = new KeptAnswers(100);
  const [inUse, free] = [new Copy(room, 50), new Copy(room, 40)];
  inUse.isInUse = true;
  expect(room.take(51)).toBe(false);
  expect(room.take(101)).toBe(false);
  expect(free.isDropped).toBe(false);
  expect(room.usedBytes).toBe(90);
});

it("without room keeps nothing", () => {
  expect(new KeptAnswers(0).take(1)).toBe(false);
});
