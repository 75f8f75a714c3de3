import { z } from "zod";
import type { ModelPrices } from "./bill/prices.js";
import { faultRuleSchema } from "./faults/fault.js";
import { pictureNames } from "./known-files.js";
import { knownModels, type Model, specifiedDefaultModel } from "./models.js";
import { limitsByNameSchema } from "./rate-limits.js";
import { usageSettingsSchema } from "./usage/variation.js";

const price = z.string().regex(/^\d+(\.\d{1,6})?$/, 'write dollars as digits, such as "2.50"');

/** Token prices in US dollars for one million, `picture` in US dollars for one. */
const pricesSchema = z
  .strictObject({
    textInput: price,
    cachedTextInput: price,
    imageInput: price,
    cachedImageInput: price,
    imageOutput: price,
    textOutput: price.optional(),
    picture: price.optional(),
  })
  .transform(({ picture, ...tokens }): ModelPrices => ({ tokens, pictures: picture }));

const modelSchema = z
  .union([
    z.string().min(1),
    z.strictObject({ id: z.string().min(1), like: z.string(), prices: pricesSchema.optional() }),
  ])
  .transform((entry, context): Model => {
    const { id, like, prices } =
      typeof entry === "string" ? { id: entry, like: entry, prices: undefined } : entry;
    const known = knownModels.find((model) => model.id === like);
    if (known !== undefined) {
      const { family } = known;
      if (family === "dall-e-2" && prices !== undefined && prices.pictures === undefined) {
        context.addIssue({ code: "custom", message: "counts no tokens", path: ["prices", "picture"] });
      }
      return { id, family, ...(prices === undefined ? {} : { prices }) };
    }
    context.addIssue({
      code: "custom",
      message: `"${like}" is not a model that can be simulated; write {"id": "${id}", "like": "..."} with one of ${knownModels.map((model) => model.id).join(", ")}`,
    });
    return z.NEVER;
  });

/** A deployment's model must be one of those served; dall-e-2 never edited at Azure. */
const azureSchema = z
  .strictObject({
    /** Each deployment's name with its model. */
    deployments: z.record(z.string().min(1), z.string().min(1)).default({}),
    /** Who may get tokens, and to which organisation their calls are charged. */
    applications: z
      .array(
        z.strictObject({
          tenantId: z.string().min(1),
          clientId: z.string().min(1),
          clientSecret: z.string().min(1),
          organization: z.string().min(1),
        }),
      )
      .default([]),
    tokenLifetimeSeconds: z.int().min(1).default(3599),
  })
  .prefault({});

/** Everything that can be set, each with its default: the one place where a default stands. */
const configurationSchema = z
  .strictObject({
    host: z.string().min(1).default("127.0.0.1"),
    /** 0 takes any free port. */
    port: z.int().min(0).max(65_535).default(4010),
    /** Seed of every random choice: fault probabilities, latency jitter, colours. */
    seed: z.int().default(0),
    /** API keys, each with the organisation it belongs to. */
    keys: z
      .record(z.string().min(1), z.string().min(1))
      .default({ "sk-simulator-one": "org-one", "sk-simulator-two": "org-two" }),
    limits: limitsByNameSchema.default({}),
    /** How long the windows of limits are; shorter ones make drills shorter. */
    windowSeconds: z.number().positive().default(60),
    models: z
      .array(modelSchema)
      .min(1)
      .default([...knownModels]),
    /** What a request without `model` gets. */
    defaultModel: z.string().default(specifiedDefaultModel),
    /** Files that JSON bodies may name by id. */
    files: z
      .array(
        z.strictObject({
          id: z.string().min(1),
          organization: z.string().min(1),
          picture: z.enum(pictureNames).default("square"),
        }),
      )
      .default([]),
    azure: azureSchema,
    /** False answers prepared pictures without decoding or drawing anything. */
    draw: z.boolean().default(true),
    /** With `draw: false`: the length of each picture in bytes, before base64. By default as small as it gets. */
    answerBytes: z.int().min(0).max(50_000_000).default(0),
    /** Time spent on each answer, drawn evenly from mean - jitter to mean + jitter. */
    latency: z
      .strictObject({ meanMs: z.number().min(0).default(3), jitterMs: z.number().min(0).default(2) })
      .prefault({}),
    usage: usageSettingsSchema,
    /** How JSON answers are laid out: OpenAI indents by two spaces. */
    answerLayout: z.enum(["indented", "compact"]).default("indented"),
    /** Larger bodies get 413. */
    maximumBodyBytes: z
      .int()
      .min(1)
      .default(900 * 1024 * 1024),
    faults: z.array(faultRuleSchema).default([]),
    /** How many of the last requests the record keeps; 0 spares all the work for it. */
    recordedRequests: z.int().min(0).default(10_000),
    /** How many of the last edits are kept as one line of numbers. */
    recordedCalls: z.int().min(1).max(50_000_000).default(100_000),
  })
  .check(({ value, issues }) => {
    for (const [name, id] of Object.entries(value.azure.deployments)) {
      const model = value.models.find((served) => served.id === id);
      if (model !== undefined && model.family !== "dall-e-2") continue;
      const message = `"${id}" is no model that is served here and edits at Azure`;
      issues.push({ code: "custom", input: id, message, path: ["azure", "deployments", name] });
    }
  });

export type Configuration = z.output<typeof configurationSchema>;
/** A configuration as it is written: everything is optional. */
export type WrittenConfiguration = z.input<typeof configurationSchema>;

export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

export function readConfiguration(written: unknown): Configuration {
  const result = configurationSchema.safeParse(written);
  if (result.success) return result.data;
  throw new ConfigurationError(`The configuration is wrong:\n${describeIssues(result.error)}`);
}

/** One line for each mistake, with the path to it. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .map((issue) => `- ${issue.path.length === 0 ? "" : `${issue.path.join(".")}: `}${issue.message}`)
    .join("\n");
}
