import type { Family } from "../models.js";
import type { OutputFormat, Quality } from "./valid-edit.js";

/** What a family of models accepts. Sources: OpenAI's specification v2.3.0 unless a line says otherwise. */
export interface ModelRules {
  readonly maximumPromptCharacters: number;
  readonly maximumImages: number;
  readonly maximumImageMegabytes: number;
  readonly imageTypes: readonly string[];
  readonly squareImages: boolean;
  readonly acceptsJson: boolean;
  readonly sizes: readonly string[];
  /** True when any WIDTHxHEIGHT within the arithmetic of gpt-image-2 will do. */
  readonly freeSizes: boolean;
  readonly qualities: readonly (Quality | "standard" | "auto")[];
  readonly outputFormats: readonly OutputFormat[];
  /** The fields beside model, prompt, n, size, quality, user. */
  readonly furtherFields: ReadonlySet<string>;
  readonly inputFidelity: "chosen" | "always-high" | "refused" | "none";
}

const gptFields = new Set([
  "background",
  "output_format",
  "output_compression",
  "input_fidelity",
  "stream",
  "partial_images",
  // In the JSON schema only; but a public thread shows forms that carry it answered well (openai/openai-node#1468).
  "moderation",
]);

const gptImage: ModelRules = {
  maximumPromptCharacters: 32_000,
  maximumImages: 16,
  maximumImageMegabytes: 50,
  imageTypes: ["image/jpeg", "image/png", "image/webp"],
  squareImages: false,
  acceptsJson: true,
  sizes: ["1024x1024", "1024x1536", "1536x1024", "auto"],
  freeSizes: false,
  qualities: ["low", "medium", "high", "auto"],
  outputFormats: ["png", "jpeg", "webp"],
  furtherFields: gptFields,
  inputFidelity: "chosen",
};

// "gpt-image-1.5 and later" accept input_fidelity; this one is always high, so the value changes nothing (assumed).
const gptImage2: ModelRules = { ...gptImage, freeSizes: true, inputFidelity: "always-high" };

// What third parties and OpenAI's model pages say of 2.5 and 2.6; the rest is assumed to be as in gpt-image-2.
const gptImage25: ModelRules = {
  ...gptImage2,
  qualities: ["low", "medium", "high", "xhigh", "max", "auto"],
};
const gptImage26: ModelRules = {
  ...gptImage25,
  outputFormats: ["png", "jpeg", "webp", "gif", "svg"],
  furtherFields: new Set([...gptFields, "complexity"]),
};

export const rulesOf: Readonly<Record<Family, ModelRules>> = {
  "dall-e-2": {
    maximumPromptCharacters: 1000,
    maximumImages: 1,
    maximumImageMegabytes: 4,
    imageTypes: ["image/png"],
    squareImages: true,
    acceptsJson: false,
    sizes: ["256x256", "512x512", "1024x1024"],
    freeSizes: false,
    outputFormats: ["png"],
    qualities: ["standard", "auto"], // auto is the default of the field; assumed to be accepted when spelled out
    furtherFields: new Set(["response_format"]),
    inputFidelity: "none",
  },
  "gpt-image-1": gptImage,
  "gpt-image-1-mini": { ...gptImage, inputFidelity: "refused" },
  "gpt-image-1.5": gptImage,
  "chatgpt-image-latest": gptImage,
  "gpt-image-2": gptImage2,
  "gpt-image-2.5": gptImage25,
  "gpt-image-2.6": gptImage26,
};
