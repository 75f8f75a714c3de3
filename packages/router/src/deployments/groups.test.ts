import { MissingModelError, UnknownModelError, UnusableGroupError } from "../errors.js";
import type { Deployment } from "./deployment.js";
import { Groups } from "./groups.js";

const deployment = (group: string, model = group): Deployment => ({
  id: `${group}-${model}`,
  group,
  model,
  apiBase: "https://upstream.test/v1",
  apiKey: "sk-test",
});

describe("a model group", () => {
  test("has all deployments of its name", () => {
    const groups = new Groups([deployment("a", "x"), deployment("b"), deployment("a", "y")]);
    expect(groups.find("a").deployments.map(({ model }) => model)).toEqual(["x", "y"]);
  });

  test("is found by its own name before a wildcard, and by the longest wildcard that matches", () => {
    const groups = new Groups([
      deployment("*"),
      deployment("gpt-image-*"),
      deployment("gpt-image-2", "exact"),
    ]);
    expect(groups.find("gpt-image-2").deployments[0]?.model).toBe("exact");
    expect(groups.find("gpt-image-9").name).toBe("gpt-image-*");
    expect(groups.find("else").name).toBe("*");
  });

  test("sends the name that the client asked for where its deployment is a wildcard", () => {
    const groups = new Groups([deployment("openai/*", "*"), deployment("gpt-image-*")]);
    expect(groups.find("openai/gpt-image-3").deployments[0]?.model).toBe("gpt-image-3");
    expect(groups.find("gpt-image-3").deployments[0]?.model).toBe("gpt-image-3");
  });

  test("that nobody configured is an error that lists what there is", () => {
    const groups = new Groups([deployment("a"), deployment("b")]);
    expect(() => groups.find("c")).toThrow(UnknownModelError);
    expect(() => groups.find("c")).toThrow(/'c'.*a, b/);
  });

  test("without a usable deployment is an error that says why", () => {
    const groups = new Groups([deployment("a")], new Map([["b", "OPENAI_KEY_2 is not set"]]));
    expect(() => groups.find("b")).toThrow(UnusableGroupError);
    expect(() => groups.find("b")).toThrow(/OPENAI_KEY_2 is not set/);
  });
});

describe("an alias", () => {
  const aliases = new Map([
    ["house", { model: "a", hidden: false }],
    ["secret", { model: "b", hidden: true }],
    ["any", { model: "openai/gpt-image-3", hidden: false }],
    ["pinned", { model: "a-x", hidden: false }],
    ["shadow", { model: "b", hidden: false }],
  ]);
  const groups = new Groups(
    [deployment("a", "x"), deployment("b"), deployment("openai/*", "*"), deployment("shadow")],
    undefined,
    aliases,
  );

  test.each([
    ["house", "a", "x"],
    ["secret", "b", "b"],
    ["any", "openai/*", "gpt-image-3"],
    ["pinned", "a", "x"],
  ])("%s is served by group %s with model %s", (alias, name, model) => {
    expect(groups.nameFor(alias)).toBe(name);
    expect(groups.find(alias)).toMatchObject({ name, deployments: [{ model }] });
  });

  test("counts more than a group of its name", () => {
    expect(groups.find("shadow").name).toBe("b");
  });

  test("is listed unless it is hidden, also by errors", () => {
    expect(groups.listed).toEqual(["a", "b", "openai/*", "shadow", "house", "any", "pinned"]);
    expect(() => groups.find("unknown")).toThrow(/house/);
    expect(() => groups.find("unknown")).not.toThrow(/secret/);
  });
});

describe("a deployment's id", () => {
  const groups = new Groups([
    deployment("a", "x"),
    deployment("a", "y"),
    deployment("a-y", "z"),
    deployment("any-*", "*"),
  ]);

  test("is a model of its own", () => {
    expect(groups.nameFor("a-x")).toBe("a");
    expect(groups.find("a-x")).toMatchObject({
      name: "a",
      deployments: [{ id: "a-x" }],
      isOneDeployment: true,
    });
    expect(groups.find("a")).not.toHaveProperty("isOneDeployment");
  });

  test("counts less than a group of that name", () => {
    expect(groups.find("a-y").deployments.map(({ model }) => model)).toEqual(["z"]);
  });

  test("of a wildcard names no model", () => {
    expect(() => groups.find("any")).toThrow(UnknownModelError);
    expect(groups.find("any-*-*").deployments[0]?.model).toBe("*-*");
  });
});

test("where some deployments of a group have weights, the others have 1", () => {
  const weighted = { ...deployment("a", "x"), weight: 3 };
  const groups = new Groups([weighted, deployment("a", "y"), deployment("b")]);
  expect(groups.find("a").deployments.map(({ weight }) => weight)).toEqual([3, 1]);
  expect(groups.find("b").deployments[0]).not.toHaveProperty("weight");
});

describe("the default group", () => {
  test.each([
    [["gpt-image-1", "dall-e-2"], "dall-e-2"],
    [["gpt-image-1"], "gpt-image-1"],
    [["gpt-image-1", "*"], "gpt-image-1"],
  ])("of %j is %s", (names, expected) => {
    expect(new Groups(names.map((name) => deployment(name))).default).toBe(expected);
  });

  test("is dall-e-2 by an alias too", () => {
    const aliases = new Map([["dall-e-2", { model: "a", hidden: true }]]);
    expect(new Groups([deployment("a"), deployment("b")], undefined, aliases).default).toBe("dall-e-2");
  });

  test.each([[["a", "b"]], [["*"]]])("of %j is not clear, and the error lists them", (names) => {
    const groups = new Groups(names.map((name) => deployment(name)));
    expect(() => groups.default).toThrow(MissingModelError);
    expect(() => groups.default).toThrow(names.join(", "));
  });
});
