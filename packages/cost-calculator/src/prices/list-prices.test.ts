import { readFileSync } from "node:fs";
import { listPrices, listPricesVersion } from "../index.js";
import { type JsonObject, isJsonObject } from "../json-object.js";

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));
const file = read("prices.json") as { version: string; entries: JsonObject[] };
const schema = read("prices.schema.json") as JsonObject;

test("every list price says where and when it was read", () => {
  for (const { tokens, images = [] } of listPrices.values()) {
    for (const price of [...(tokens === undefined ? [] : [tokens]), ...images]) {
      expect(price.source?.from).toMatch(/\S/);
      expect(price.source?.date).toMatch(/^2026-\d\d(-\d\d)?$/);
    }
  }
});

test("every price of the file is in the table", () => {
  expect(listPricesVersion).toBe(file.version);
  expect([...listPrices.keys()]).toEqual([...new Set(file.entries.map(({ model }) => model))]);
  expect(listPrices.get("gpt-image-1.5")).toMatchObject({
    tokens: {
      textInput: "5e-6",
      cachedTextInput: "1.25e-6",
      imageInput: "8e-6",
      cachedImageInput: "2e-6",
      imageOutput: "32e-6",
      textOutput: "10e-6",
    },
    estimateCeilingUsd: "1.5",
  });
  expect(listPrices.get("gpt-image-1-mini")?.images).toHaveLength(9);
});

test("the file holds to its schema, and the schema is strict", () => {
  expect(faultsOf(file, schema)).toEqual([]);
  expect(faultsOf({ ...file, verison: "1" }, schema)).toEqual(["verison is unknown"]);
  const [entry] = file.entries;
  expect(
    faultsOf({ version: "1", entries: [{ ...entry, date: "today", estimate_ceiling_usd: 2 }] }, schema),
  ).toEqual(["entries.0.date does not match", "entries.0.estimate_ceiling_usd is no string"]);
});

/** Checks a value against what the schema uses of JSON Schema; anything else in it is refused. */
function faultsOf(value: unknown, rules: JsonObject, path = ""): string[] {
  const known = [
    "$schema",
    "$ref",
    "$defs",
    "title",
    "description",
    "type",
    "required",
    "additionalProperties",
  ];
  known.push("properties", "minProperties", "items", "minItems", "minLength", "pattern", "anyOf");
  expect(known).toEqual(expect.arrayContaining(Object.keys(rules)));
  const where = (name: string | number) => (path === "" ? String(name) : `${path}.${name}`);
  const { $ref, type, required = [], properties = {}, items, pattern, anyOf } = rules;
  if (typeof $ref === "string") {
    const definitions = schema["$defs"] as Record<string, JsonObject>;
    return faultsOf(value, definitions[$ref.replace("#/$defs/", "")]!, path);
  }
  const faults: string[] = [];
  if (type === "string") {
    if (typeof value !== "string") return [`${path} is no string`];
    if (pattern !== undefined && !new RegExp(pattern as string).test(value))
      faults.push(`${path} does not match`);
    if (value.length < Number(rules["minLength"] ?? 0)) faults.push(`${path} is empty`);
  }
  if (type === "array") {
    if (!Array.isArray(value)) return [`${path} is no list`];
    if (value.length < Number(rules["minItems"] ?? 0)) faults.push(`${path} is empty`);
    faults.push(...value.flatMap((item, index) => faultsOf(item, items as JsonObject, where(index))));
  }
  if (type === "object") {
    if (!isJsonObject(value)) return [`${path} is no object`];
    for (const name of required as string[]) {
      if (!Object.hasOwn(value, name)) faults.push(`${where(name)} is missing`);
    }
    if (Object.keys(value).length < Number(rules["minProperties"] ?? 0)) faults.push(`${path} is empty`);
    expect(rules["additionalProperties"]).toBe(false);
    for (const [name, member] of Object.entries(value)) {
      const memberRules = (properties as Record<string, JsonObject>)[name];
      faults.push(
        ...(memberRules ? faultsOf(member, memberRules, where(name)) : [`${where(name)} is unknown`]),
      );
    }
    const choices = anyOf as { required: string[] }[] | undefined;
    if (choices && !choices.some((choice) => choice.required.every((name) => Object.hasOwn(value, name)))) {
      faults.push(`${path} has no price`);
    }
  }
  return faults;
}
