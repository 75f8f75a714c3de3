import { z } from "zod";
import { pricesOf } from "../bill/prices.js";
import { seededRandom, seedOf } from "../random.js";
import type { ValidEdit } from "../validation/valid-edit.js";

/** How often answers tell more, or less, of their tokens than usual. Shares of all edits, 0 to 1. */
export const usageSettingsSchema = z
  .strictObject({
    /** A part of the input was in OpenAI's cache: `cached_tokens`, at the price of cached tokens. */
    cached: z.number().min(0).max(1).default(0),
    /** Of these, how many say what was cached: `cached_tokens_details`. */
    cachedDetails: z.number().min(0).max(1).default(1),
    /** The model wrote text too; only models with a price for it do. */
    textOutput: z.number().min(0).max(1).default(0),
    /** Of those without text output, how many say so: `output_tokens_details`. */
    outputDetails: z.number().min(0).max(1).default(1),
  })
  .prefault({});

export type UsageSettings = z.output<typeof usageSettingsSchema>;

/** What is unusual about the usage of one edit. */
export interface UsageVariation {
  /** The share of the input tokens that was cached; 0: nothing is told of a cache. */
  readonly cachedShare: number;
  readonly tellsCachedDetails: boolean;
  /** For each picture. */
  readonly textOutputTokens: number;
  readonly tellsOutputDetails: boolean;
}

export const plainUsage: UsageVariation = {
  cachedShare: 0,
  tellsCachedDetails: true,
  textOutputTokens: 0,
  tellsOutputDetails: true,
};

const mostTextOutputTokens = 200;

/** Drawn from the seed and the edit itself: the same edit has the same usage, whenever and however often it is sent. */
export function drawVariation(settings: UsageSettings, seed: number, edit: ValidEdit): UsageVariation {
  const random = seededRandom(seedOf(seed, "usage", edit.model.id, edit.prompt));
  const [cached, cachedShare, cachedDetails, text, textTokens, outputDetails] = [
    random() < settings.cached,
    random(),
    random() < settings.cachedDetails,
    random() < settings.textOutput && pricesOf(edit.model).tokens?.textOutput !== undefined,
    Math.ceil(random() * mostTextOutputTokens),
    random() < settings.outputDetails,
  ];
  return {
    cachedShare: cached ? cachedShare : 0,
    tellsCachedDetails: cachedDetails,
    textOutputTokens: text ? textTokens : 0,
    tellsOutputDetails: text || outputDetails,
  };
}
