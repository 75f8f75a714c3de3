import { MissingModelError, UnknownModelError, UnusableGroupError } from "../errors.js";
import type { Deployment } from "./deployment.js";
import { Groups } from "./groups.js";

const deployment = (group: string, model = group): Deployment => ({
  id: `${group}-${model}`,
  group,
  model,
  apiBase: "https://upstream.test/v1",
  apiKey: "sk-test",
  weight: 1,
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

describe("the default group", () => {
  test.each([
    [["gpt-image-1", "dall-e-2"], "dall-e-2"],
    [["gpt-image-1"], "gpt-image-1"],
    [["gpt-image-1", "*"], "gpt-image-1"],
  ])("of %j is %s", (names, expected) => {
    expect(new Groups(names.map((name) => deployment(name))).default).toBe(expected);
  });

  test.each([[["a", "b"]], [["*"]]])("of %j is not clear, and the error lists them", (names) => {
    const groups = new Groups(names.map((name) => deployment(name)));
    expect(() => groups.default).toThrow(MissingModelError);
    expect(() => groups.default).toThrow(names.join(", "));
  });
});
