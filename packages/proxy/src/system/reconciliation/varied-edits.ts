import { houseModel } from "./house-model.js";
import { drawnMishap, type Mishap } from "./mishaps.js";
import { SeededDraws } from "./seeded-draws.js";

/** A picture to send: one of `pictures.ts` by its dimensions, or a file that the upstream knows. */
export type SentPicture =
  | { readonly type: "png" | "webp"; readonly width: number; readonly height: number }
  | { readonly type: "file"; readonly id: "file-square" | "file-landscape" | "file-portrait" };

/** One edit as plain data; nothing of it depends on when it is sent. */
export interface VariedEdit {
  /** Goes along as the field `user`, by which the upstream's record and its faults know the edit. */
  readonly id: string;
  /** The model group that is asked for. */
  readonly group: string;
  readonly body: "form" | "json";
  /** In this order; in JSON with these types. */
  readonly fields: Readonly<Record<string, string | number | boolean>>;
  readonly pictures: readonly SentPicture[];
  readonly masked: boolean;
  /** What goes wrong with it upstream. */
  readonly mishap: Mishap | undefined;
}

type Generation = "dall-e-2" | "first" | "mini" | "second" | "2.5" | "2.6";

/** Every model that the price lists know, dated snapshots included. */
const generationOf: Readonly<Record<string, Generation>> = {
  "dall-e-2": "dall-e-2",
  "gpt-image-1": "first",
  "gpt-image-1-mini": "mini",
  "gpt-image-1.5": "first",
  "gpt-image-1.5-2025-12-16": "first",
  "gpt-image-2": "second",
  "gpt-image-2-2026-04-21": "second",
  "gpt-image-2.5-flare": "2.5",
  "gpt-image-2.5-sunburst-2026-09-08": "2.5",
  "gpt-image-2.6-flare": "2.6",
  "gpt-image-2.6-sunburst": "2.6",
  "chatgpt-image-latest": "first",
};

export const listedModels: readonly string[] = Object.keys(generationOf);

/** The listed ones, and one that no price list knows. */
export const models: readonly string[] = [...listedModels, houseModel.name];

/** A group that nobody answers for, and the model that takes its place. */
export const unreachableGroup = { name: "unreachable", fallback: "gpt-image-1.5" } as const;
const unreachableShare = 0.02;

/** The edits of a seed; the first ones of a longer list are the same. */
export function variedEdits(seed: number, count: number): VariedEdit[] {
  return Array.from({ length: count }, (_, index) => variedEdit(seed, index));
}

function variedEdit(seed: number, index: number): VariedEdit {
  const draws = new SeededDraws(seed, index);
  const id = `edit-${index}`;
  const isUnreachable = draws.chance(unreachableShare);
  // In turn, so that even a short list has them all.
  const model = isUnreachable ? unreachableGroup.fallback : (models[index % models.length] ?? "");
  const generation = generationOf[model] ?? "first";
  const isGpt = generation !== "dall-e-2";
  const body = isGpt && draws.chance(0.25) ? "json" : "form";
  const stream = isGpt && draws.chance(0.35);
  const n = countOf(draws, stream);
  const mishap = drawnMishap(draws, stream);
  const group = isUnreachable ? unreachableGroup.name : model;
  return {
    id,
    group,
    body,
    fields: {
      model: group,
      prompt: promptOf(draws, id, isGpt),
      user: id,
      ...(n === undefined ? {} : { n }),
      ...(isGpt ? gptFields(draws, generation, body) : dallEFields(draws)),
      ...(stream ? streamFields(draws) : {}),
      ...mishap?.fields,
      // Where nobody listens, trying again is a waste of time.
      ...(isUnreachable ? { num_retries: 0 } : {}),
    },
    pictures: isGpt ? sentPictures(draws, body) : [square(draws)],
    masked: draws.chance(0.2),
    mishap,
  };
}

const words = ["winter", "red hat", "猫と犬", "Übermalung", "🌊", "gold, 24 ct", "night"] as const;

function promptOf(draws: SeededDraws, id: string, isGpt: boolean): string {
  const length = {
    short: draws.between(1, 5),
    long: draws.between(6, 60),
    endless: draws.between(500, 3000),
  };
  const size = draws.weighted({ short: 80, long: 17, endless: isGpt ? 3 : 0 });
  return [id, ...Array.from({ length: length[size] }, () => draws.oneOf(words))].join(" ");
}

/** Undefined leaves it to the upstream, which makes one picture. */
function countOf(draws: SeededDraws, stream: boolean): number | undefined {
  switch (draws.weighted({ unsaid: 3, one: 3, few: 3, many: stream ? 0 : 1 })) {
    case "unsaid":
      return undefined;
    case "one":
      return 1;
    case "few":
      return draws.between(2, 4);
    case "many":
      return draws.between(5, 10);
  }
}

type Fields = Record<string, string | number | boolean>;

/** A field with one of the values, or not at all. */
function maybe(
  draws: SeededDraws,
  name: string,
  values: readonly (string | number)[],
  probability = 0.5,
): Fields {
  return draws.chance(probability) ? { [name]: draws.oneOf(values) } : {};
}

const standardSizes = ["1024x1024", "1536x1024", "1024x1536", "auto"] as const;
const freeSizes = ["2048x2048", "3840x2160", "1024x640", "656x1008", "1280x1280", "2000x1008"] as const;

function gptFields(draws: SeededDraws, generation: Generation, body: "form" | "json"): Fields {
  const isFirst = generation === "first" || generation === "mini";
  const hasMax = generation === "2.5" || generation === "2.6";
  return {
    ...maybe(draws, "size", isFirst ? standardSizes : [...standardSizes, ...freeSizes], 0.8),
    ...maybe(
      draws,
      "quality",
      hasMax ? ["low", "medium", "high", "auto", "xhigh", "max"] : ["low", "medium", "high", "auto"],
      0.8,
    ),
    ...(generation === "mini" ? {} : maybe(draws, "input_fidelity", ["low", "high"], 0.4)),
    ...(generation === "2.6" ? maybe(draws, "complexity", ["low", "medium", "high"]) : {}),
    ...maybe(draws, "moderation", ["auto", "low"], 0.1),
    // No GPT model takes it, so the gateway leaves it out.
    ...(body === "form" ? maybe(draws, "response_format", ["b64_json"], 0.05) : {}),
    ...formatFields(draws, generation),
  };
}

function formatFields(draws: SeededDraws, generation: Generation): Fields {
  const choice = draws.weighted({ none: 5, png: 2, jpeg: 2, webp: 2, gif: generation === "2.6" ? 2 : 0 });
  switch (choice) {
    case "none":
      return maybe(draws, "background", ["auto", "opaque", "transparent"], 0.2);
    case "png":
    case "gif":
      return { output_format: choice };
    case "jpeg":
    case "webp":
      return { output_format: choice, ...maybe(draws, "output_compression", [0, 50, 100]) };
  }
}

function dallEFields(draws: SeededDraws): Fields {
  return {
    ...maybe(draws, "size", ["256x256", "512x512", "1024x1024"], 0.8),
    ...maybe(draws, "quality", ["standard"], 0.2),
    ...maybe(draws, "response_format", ["url", "b64_json"]),
  };
}

function streamFields(draws: SeededDraws): Fields {
  return { stream: true, ...maybe(draws, "partial_images", [0, 1, 2, 3], 0.8) };
}

const dimensions = [
  [64, 64],
  [512, 512],
  [1024, 1024],
  [1024, 1025],
  [1536, 1024],
  [700, 2000],
  [900, 300],
] as const;

function sentPictures(draws: SeededDraws, body: "form" | "json"): SentPicture[] {
  const count = { one: 1, few: draws.between(2, 4), most: 16 }[draws.weighted({ one: 60, few: 37, most: 3 })];
  return Array.from({ length: count }, () => sentPicture(draws, body));
}

function sentPicture(draws: SeededDraws, body: "form" | "json"): SentPicture {
  if (body === "json" && draws.chance(0.5)) {
    return { type: "file", id: draws.oneOf(["file-square", "file-landscape", "file-portrait"]) };
  }
  if (draws.chance(0.1)) return { type: "webp", width: 64, height: 64 };
  const [width, height] = draws.oneOf(dimensions);
  return { type: "png", width, height };
}

function square(draws: SeededDraws): SentPicture {
  const side = draws.oneOf([64, 512, 1024]);
  return { type: "png", width: side, height: side };
}
