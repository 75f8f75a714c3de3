/**
 * Prices of an entry, by LiteLLM's names: US dollars for one token, for one image returned, or for one pixel of it.
 * `estimate_ceiling_usd` is Darkroom's own: what an edit costs at most for each image, where no formula tells.
 * They may stand in `litellm_params` and in `model_info`; where both have one, that of `litellm_params` counts.
 */
export const priceSettings = [
  "input_cost_per_token",
  "input_cost_per_image_token",
  "cache_read_input_token_cost",
  "cache_read_input_image_token_cost",
  "output_cost_per_token",
  "output_cost_per_image_token",
  "input_cost_per_image",
  "output_cost_per_image",
  "input_cost_per_pixel",
  "output_cost_per_pixel",
  "estimate_ceiling_usd",
] as const;

export type PriceSetting = (typeof priceSettings)[number];
