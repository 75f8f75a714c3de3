import type { KeyAccount } from "./key-account.js";
import { ModelAccessError } from "./errors.js";
import { type ModelNames, aliasedModel, checkModelAccess } from "./model-access.js";

const names: ModelNames = {
  namesOf: (model) => {
    const behind = model === "router-alias" ? "edits" : model;
    return [behind, ...(behind.startsWith("openai/") ? ["openai/*"] : [])];
  },
  accessGroupsOf: (group) => (group === "house" ? ["cheap"] : []),
};

interface Lists {
  readonly key?: readonly string[];
  readonly team?: readonly string[];
  readonly user?: readonly string[];
  readonly aliases?: Readonly<Record<string, string>>;
  readonly teamAliases?: Readonly<Record<string, string>>;
}

function account({ key = [], team, user, aliases = {}, teamAliases = {} }: Lists): KeyAccount {
  return {
    key: { models: key, aliases, userId: "ann", ...(team !== undefined && { teamId: "red" }) },
    ...(team !== undefined && { team: { models: team, aliases: teamAliases } }),
    ...(user !== undefined && { user: { models: user } }),
  } as unknown as KeyAccount;
}

function refusedBy(lists: Lists, model: string): string {
  try {
    checkModelAccess(account(lists), model, names);
    return "nobody";
  } catch (error) {
    if (error instanceof ModelAccessError) return error.scope;
    throw error;
  }
}

it.each<[string, Lists, string, string]>([
  ["no list allows all", {}, "edits", "nobody"],
  ["a name", { key: ["edits"] }, "edits", "nobody"],
  ["another name", { key: ["edits"] }, "house", "key"],
  ["all-proxy-models", { key: ["all-proxy-models"] }, "house", "nobody"],
  ["no-default-models", { key: ["no-default-models"] }, "edits", "key"],
  ["*", { key: ["*"] }, "edits", "nobody"],
  ["a wildcard", { key: ["openai/*"] }, "openai/gpt-image-2", "nobody"],
  ["a wildcard that ends later", { key: ["openai/gpt-*"] }, "openai/dall-e-2", "key"],
  ["a model of a wildcard group", { key: ["openai/gpt-image-2"] }, "openai/gpt-image-2", "nobody"],
  ["another model of a wildcard group", { key: ["openai/gpt-image-2"] }, "openai/gpt-image-1", "key"],
  ["an access group", { key: ["cheap"] }, "house", "nobody"],
  ["another access group", { key: ["cheap"] }, "edits", "key"],
  ["a group by the router's alias", { key: ["edits"] }, "router-alias", "nobody"],
  ["the router's alias itself", { key: ["router-alias"] }, "router-alias", "nobody"],
  ["the group behind an alias that alone is allowed", { key: ["router-alias"] }, "edits", "key"],
  ["the key's alias", { key: ["edits"], aliases: { mine: "edits" } }, "mine", "nobody"],
  [
    "the key's alias for a model it may not use",
    { key: ["edits"], aliases: { mine: "house" } },
    "mine",
    "key",
  ],
  ["team: allowed by both", { key: ["edits"], team: ["edits", "house"] }, "edits", "nobody"],
  ["team: the key may not", { key: ["edits"], team: ["edits", "house"] }, "house", "key"],
  ["team: the team may not", { key: ["edits", "house"], team: ["edits"] }, "house", "team"],
  ["team: an empty list of the key", { team: ["edits"] }, "house", "team"],
  ["team: all-team-models", { key: ["all-team-models"], team: ["edits"] }, "edits", "nobody"],
  ["team: all-team-models, another", { key: ["all-team-models"], team: ["edits"] }, "house", "key"],
  [
    "team: all-proxy-models of the key does not widen the team",
    { key: ["all-proxy-models"], team: ["edits"] },
    "house",
    "team",
  ],
  ["team: its list refers to itself", { team: ["all-team-models"] }, "house", "nobody"],
  ["team: the user's own list does not count", { team: [], user: ["edits"] }, "house", "nobody"],
  ["user: of a key without a team", { user: ["edits"] }, "house", "user"],
  ["user: no default models", { user: ["no-default-models"] }, "edits", "user"],
])("%s", (_, lists, model, expected) => {
  expect(refusedBy(lists, model)).toBe(expected);
});

it("resolves the key's alias before the team's, and nothing that only looks like one", () => {
  const both = account({
    team: [],
    aliases: { mine: "edits" },
    teamAliases: { mine: "house", ours: "house" },
  });
  expect(aliasedModel(both, "mine")).toBe("edits");
  expect(aliasedModel(both, "ours")).toBe("house");
  expect(aliasedModel(both, "edits")).toBe("edits");
  expect(aliasedModel(both, "constructor")).toBe("constructor");
  expect(aliasedModel(undefined, "mine")).toBe("mine");
});

it("lets whoever runs the gateway use everything", () => {
  expect(() => checkModelAccess(undefined, "house", names)).not.toThrow();
});
