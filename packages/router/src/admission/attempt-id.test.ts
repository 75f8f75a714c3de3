import { newAttemptId } from "./attempt-id.js";

const atMs = Date.parse("2026-11-29T12:00:00.123Z");

it("is a UUID of version 7, which begins with its time", () => {
  const id = newAttemptId(atMs);
  expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  expect(Number.parseInt(id.slice(0, 13).replace("-", ""), 16)).toBe(atMs);
});

it("sorts by time", () => {
  const times = [0, 1, 2 ** 40, atMs, atMs + 1, 2 ** 48 - 1];
  const ids = times.map(newAttemptId);
  expect([...ids].sort()).toEqual(ids);
});

it("comes once, however many are made at the same time", () => {
  const ids = Array.from({ length: 10_000 }, () => newAttemptId(atMs));
  expect(new Set(ids).size).toBe(ids.length);
});
