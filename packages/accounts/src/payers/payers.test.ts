import type { KeyAccount } from "../authentication/key-account.js";
import { payersOf, payersOfDeployment } from "./payers.js";

function account({
  teamId,
  userId,
  organizationId,
}: {
  teamId?: string;
  userId?: string;
  organizationId?: string;
}): KeyAccount {
  return {
    key: {
      keyId: "abc",
      name: "sk-...abcd",
      ...(teamId !== undefined && { teamId }),
      ...(userId !== undefined && { userId }),
    },
    ...(teamId !== undefined && {
      team: { alias: "Red", ...(organizationId !== undefined && { organizationId }) },
    }),
    limits: {
      key: { rpm: 1 },
      team: { rpm: 2 },
      member: { rpm: 3 },
      user: { rpm: 4 },
      organization: { rpm: 6 },
    },
  } as unknown as KeyAccount;
}

const metersOf = (...given: Parameters<typeof payersOf>): string[] =>
  payersOf(...given).map(({ meter }) => meter);

it.each([
  [{}, ["key:abc", "proxy"]],
  [{ userId: "ann" }, ["key:abc", "user:ann", "proxy"]],
  [{ teamId: "red" }, ["key:abc", "team:red", "proxy"]],
  [{ teamId: "red", organizationId: "house" }, ["key:abc", "team:red", "organization:house", "proxy"]],
  // The owner's own budget is for keys of their own.
  [{ teamId: "red", userId: "ann" }, ["key:abc", "team:red", "member:red:ann", "proxy"]],
])("a key of %j", (of, meters) => {
  expect(metersOf(account(of), {})).toEqual(meters);
});

it("charges the operator to no key, but to the customer, the tags and the proxy", () => {
  const tags = ["b", "a", "b"].map((id) => ({ id, blocked: false, limits: {} }));
  const customer = { id: "zoe", blocked: false, limits: { rpm: 5 } };
  expect(metersOf(undefined, { customer, tags })).toEqual(["customer:zoe", "tag:b", "tag:a", "proxy"]);
});

it("brings along what holds for each, and its name for people", () => {
  const payers = payersOf(account({ teamId: "red", userId: "ann" }), { proxyLimits: { rpm: 9 } });
  expect(payers.map(({ limits }) => limits.rpm)).toEqual([1, 2, 3, 9]);
  expect(payers[1]).toEqual({
    scope: "team",
    id: "red",
    alias: "Red",
    meter: "team:red",
    limits: { rpm: 2 },
  });
});

it("keeps members of teams apart whose ids look alike", () => {
  const [, , one] = metersOf(account({ teamId: "a:b", userId: "c" }), {});
  const [, , other] = metersOf(account({ teamId: "a", userId: "b:c" }), {});
  expect(one).not.toBe(other);
});

it("charges provider and deployment for an attempt", () => {
  const limits = { deployment: { maxBudgetNanoUsd: 1n } };
  expect(payersOfDeployment({ id: "one", provider: "openai" }, limits)).toEqual([
    { scope: "provider", id: "openai", meter: "provider:openai", limits: {} },
    { scope: "deployment", id: "one", meter: "deployment:one", limits: { maxBudgetNanoUsd: 1n } },
  ]);
});
