import { beginMs, dayMs, idOf } from "./filling.mjs";

const dayOf = (atMs) => new Date(atMs).toISOString().slice(0, 10);
const callerOf = (key) => `key-${idOf(key).slice(0, 16)}`;

/** What the routes ask of a ledger, each with the route that does so. */
export function questionsOf({ days, keys, teams, users }) {
  const endMs = beginMs + days * dayMs;
  const monthMs = endMs - 30 * dayMs;
  const month = { from: dayOf(monthMs), until: dayOf(endMs) };
  const span = { sinceMs: monthMs, untilMs: endMs };
  const keysAmong = (divisor, rest) =>
    Array.from({ length: keys }, (_, key) => key).filter((key) => key % divisor === rest);
  const ofKey = { caller: callerOf(7), chargedTo: `key:${idOf(7)}` };
  const ofTeam = { callers: keysAmong(teams, 3).map(callerOf), chargedTo: "team:team-3" };
  const ofUser = { callers: keysAmong(users, 7).map(callerOf) };
  const ofCustomer = { callers: [callerOf(7)], chargedTo: "customer:customer-7" };
  const all = ["day", "id", "keyId", "modelGroup", "model", "provider"];
  const daily = (name, ...given) => [name, (of) => of.dailySpend(...given)];
  /** A page and, as the route says how many there are, their count. */
  const listed = (name, filter) => [
    [`/spend/logs/v2, 30 days, ${name}`, (of) => of.attempts({ ...span, ...filter }, { limit: 50 })],
    [`  how many these are`, (of) => of.count({ ...span, ...filter })],
  ];
  return [
    daily("/reports/spend, 30 days by day and team", { scope: "team", ...month }, ["day", "id"]),
    daily(
      "  by day, team, key and model, a page",
      { scope: "team", ...month },
      ["day", "id", "keyId", "model"],
      { limit: 1_001 },
    ),
    daily("  by day and key", { scope: "key", ...month }, ["day", "id"]),
    daily("  by day and deployment", { scope: "deployment", ...month }, ["day", "id"]),
    daily("  10 dearest customers", { scope: "customer", ...month }, ["id"], { order: "spend", limit: 10 }),
    daily("  by tag", { scope: "tag", ...month }, ["id"]),
    daily("/reports/statement", { scope: "team", ids: ["team-3"], ...month }, ["day", "keyId", "model"]),
    daily("all time by team", { scope: "team" }, ["id"]),
    daily("/spend/keys, 1,000", { scope: "key" }, ["id"], { order: "spend", limit: 1_000 }),
    daily("/global/spend", { scope: "proxy" }, []),
    daily("/global/spend/models, all time", { scope: "proxy" }, ["model"]),
    daily("all time of a key", { scope: "key", ids: [idOf(7)] }, []),
    daily("keys of a user", { scope: "user", ids: ["user-7"] }, ["keyId"]),
    daily("/user/daily/activity, 30 days of all", { scope: "proxy", ...month }, all),
    daily("/team/daily/activity, 30 days of a team", { scope: "team", ids: ["team-3"], ...month }, all),
    ["/reports/forecast, a budget's month", (of) => of.spentIn("team:team-3", { fromMs: monthMs })],
    ["/spend/logs, 1,000 newest", (of) => of.attempts({}, { limit: 1_000 })],
    ["/spend/logs, of a request", (of) => of.attempts({ requestId: "request-0000000077" }, { limit: 1_000 })],
    ["/spend/logs, of a key", (of) => of.attempts(ofKey, { limit: 1_000 })],
    ...listed("all", {}),
    ["  their 1,000th page", (of) => of.attempts(span, { limit: 50, skip: 49_950 })],
    ...listed("of a key", ofKey),
    ...listed("of a team", ofTeam),
    ...listed("of a user", ofUser),
    ...listed("of a customer", ofCustomer),
    ["  who has asked without a key", (of) => of.keylessCallers()],
    ...listed("of a model", { model: "gpt-image-1-mini" }),
    ...listed("of a model that nobody used", { model: "none" }),
    ...listed("of a deployment", { deploymentId: "edits/3" }),
    ...listed("failures", { succeeded: false }),
    ...listed("successes", { succeeded: true }),
    ...listed("failures of a key", { ...ofKey, succeeded: false }),
    ["failed, all time", (of) => of.attempts({ state: "failed" }, { limit: 50 })],
    ["uncertain, all time", (of) => of.attempts({ state: "uncertain" }, { limit: 50 })],
    ["/reports/attempts, its first page", (of) => of.attempts(span, { limit: 500, order: "oldest" })],
  ];
}
