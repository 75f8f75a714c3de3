import type { Model } from "../models.js";
import type { Submission } from "../submission/submission.js";
import { checkImages, checkMask } from "./check-images.js";
import { FieldValues } from "./field-values.js";
import { type ModelRules, rulesOf } from "./model-rules.js";
import { RefusedError } from "./refusal.js";
import { refusals } from "./refusals.js";
import { resolveSize } from "./size.js";
import type { ValidEdit } from "./valid-edit.js";

const commonFields = new Set(["model", "prompt", "n", "size", "quality", "user"]);

/**
 * Checks a submission as OpenAI would and resolves what it leaves open. The order of the checks is assumed:
 * model, names of fields, prompt, numbers and enumerations, images, mask, and at last what depends on two of them.
 */
export function checkEdit(submission: Submission, models: readonly Model[], defaultModel: string): ValidEdit {
  const fields = new FieldValues(submission);
  const modelName = fields.text("model") ?? defaultModel;
  const model = models.find((served) => served.id === modelName);
  if (model === undefined) throw new RefusedError(refusals.unknownModel(modelName));
  const rules = rulesOf[model.family];
  if (submission.bodyType === "json" && !rules.acceptsJson)
    throw new RefusedError(refusals.jsonNotForModel(model.id));
  for (const name of submission.fields.keys()) {
    if (!commonFields.has(name) && !rules.furtherFields.has(name)) {
      throw new RefusedError(refusals.unknownParameter(name));
    }
  }
  const user = fields.text("user");
  fields.oneOf("moderation", ["low", "auto"]);
  const prompt = checkPrompt(fields, rules);
  const count = fields.integer("n", 1, 10) ?? 1;
  const quality = fields.oneOf("quality", rules.qualities) ?? "auto";
  const background = fields.oneOf("background", ["transparent", "opaque", "auto"]) ?? "auto";
  const outputFormat = fields.oneOf("output_format", rules.outputFormats) ?? "png";
  const outputCompression = fields.integer("output_compression", 0, 100) ?? 100;
  const complexity = fields.oneOf("complexity", ["low", "medium", "high"]) ?? "high";
  const stream = fields.boolean("stream") ?? false;
  const partialImages = fields.integer("partial_images", 0, 3) ?? 0;
  const responseFormat = fields.oneOf("response_format", ["url", "b64_json"]) ?? "url";
  const highFidelity = checkFidelity(fields, rules, model);
  const images = checkImages(submission, rules);
  const mask = checkMask(submission.mask, images[0]);
  // The two bodies differ in their default: `1024x1024` in the form, `auto` in JSON (specification v2.3.0).
  const size = fields.text("size") ?? (submission.bodyType === "json" ? "auto" : "1024x1024");
  const dimensions = resolveSize(size, rules, images[0]);
  if (background === "transparent" && outputFormat === "jpeg")
    throw new RefusedError(refusals.transparentJpeg());
  if (outputCompression < 100 && outputFormat !== "jpeg" && outputFormat !== "webp") {
    throw new RefusedError(refusals.notCompressible(outputFormat));
  }
  return {
    model,
    prompt,
    user,
    count,
    images,
    mask,
    size: dimensions,
    // `auto` becomes medium and opaque: assumed. dall-e-2 has one quality, which is never told.
    quality: quality === "auto" || quality === "standard" ? "medium" : quality,
    complexity,
    background: background === "transparent" ? "transparent" : "opaque",
    outputFormat,
    outputCompression,
    highFidelity,
    stream,
    // Without `stream` the field has no effect (assumed).
    partialImages: stream ? partialImages : 0,
    answersWithUrls: model.family === "dall-e-2" && responseFormat === "url",
  };
}

function checkPrompt(fields: FieldValues, rules: ModelRules): string {
  const prompt = fields.text("prompt");
  if (prompt === undefined) throw new RefusedError(refusals.missingParameter("prompt"));
  if (prompt.length === 0) throw new RefusedError(refusals.emptyText("prompt"));
  const length = Array.from(prompt).length; // characters, not UTF-16 units
  if (length > rules.maximumPromptCharacters) {
    throw new RefusedError(refusals.textTooLong("prompt", rules.maximumPromptCharacters, length));
  }
  return prompt;
}

function checkFidelity(fields: FieldValues, rules: ModelRules, model: Model): boolean {
  const fidelity = fields.oneOf("input_fidelity", ["low", "high"]);
  if (fidelity !== undefined && rules.inputFidelity === "refused") {
    throw new RefusedError(refusals.fidelityNotForModel(model.id));
  }
  return rules.inputFidelity === "always-high" || fidelity === "high";
}
