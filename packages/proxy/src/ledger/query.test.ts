import { attemptFilterOf, requestFilterOf, sumKeyOf } from "./query.js";

const nowMs = Date.UTC(2026, 0, 31, 12);

it.each([
  ["2026-01-31", Date.UTC(2026, 0, 31)],
  ["2026-01-31T10:00", Date.UTC(2026, 0, 31, 10)],
  ["2026-01-31T10:00:30.5", Date.UTC(2026, 0, 31, 10, 0, 30, 500)],
  ["2026-01-31T10:00:00Z", Date.UTC(2026, 0, 31, 10)],
  ["2026-01-31T10:00:00+02:00", Date.UTC(2026, 0, 31, 8)],
  ["30m", Date.UTC(2026, 0, 31, 11, 30)],
  ["24h", Date.UTC(2026, 0, 30, 12)],
  ["7d", Date.UTC(2026, 0, 24, 12)],
])("takes %s for a time, wherever this machine stands", (text, expected) => {
  expect(attemptFilterOf({ since: text, until: text }, nowMs)).toEqual({
    sinceMs: expected,
    untilMs: expected,
  });
});

it.each(["", "yesterday", "2026", "2026-13-01", "2026-01-31 10:00", "1767225600", "-1h", "1w", "9999999d"])(
  "refuses %j as a time, and names the field",
  (text) => {
    const message = `'until' must be a time such as 2026-01-31, 2026-01-31T12:00:00Z or 24h (ago), not '${text}'.`;
    expect(() => attemptFilterOf({ until: text }, nowMs)).toThrow(message);
  },
);

it("refuses an end before the beginning, in which nothing could be found", () => {
  expect(() => attemptFilterOf({ since: "24h", until: "48h" }, nowMs)).toThrow(
    "'until' must be a time that is not before 'since', not '48h'.",
  );
});

it("takes names as they are, and leaves out what is not asked for", () => {
  expect(attemptFilterOf({}, nowMs)).toEqual({});
  const names = { group: "edits", deployment: "one", request: "r", caller: "key-1", state: "uncertain" };
  expect(attemptFilterOf(names, nowMs)).toEqual({
    group: "edits",
    deploymentId: "one",
    requestId: "r",
    caller: "key-1",
    state: "uncertain",
  });
});

it("knows the states of attempts from those of requests", () => {
  expect(requestFilterOf({ state: "interrupted" }, nowMs)).toEqual({ state: "interrupted" });
  expect(() => attemptFilterOf({ state: "interrupted" }, nowMs)).toThrow(
    "'state' must be one of certain, uncertain, failed, not 'interrupted'.",
  );
  expect(() => requestFilterOf({ state: "certain" }, nowMs)).toThrow(
    "'state' must be one of running, ended, interrupted, not 'certain'.",
  );
});

it("sums up by three keys", () => {
  expect(sumKeyOf("deployment")).toBe("deployment");
  expect(() => sumKeyOf("colour")).toThrow("'by' must be one of group, deployment, model, not 'colour'.");
});
