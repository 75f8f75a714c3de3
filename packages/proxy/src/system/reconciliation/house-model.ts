/**
 * A model with prices of its own. List prices are whole nano-dollars a token; these are not, so that each amount has to
 * be rounded. They are written once for each side, in its own unit: neither is computed from the other.
 */
export const houseModel = {
  name: "house-image",
  like: "gpt-image-1.5",
  /** US dollars for a million tokens, and for one picture. */
  upstreamPrices: {
    textInput: "3.33335",
    cachedTextInput: "0.70005",
    imageInput: "7.12345",
    cachedImageInput: "1.98765",
    imageOutput: "29.00015",
    textOutput: "9.99995",
    picture: "0.012345",
  },
  /** US dollars for one token, as LiteLLM's configuration has them. */
  configuredPrices: {
    input_cost_per_token: "3.33335e-06",
    cache_read_input_token_cost: "7.0005e-07",
    input_cost_per_image_token: "7.12345e-06",
    cache_read_input_image_token_cost: "1.98765e-06",
    output_cost_per_image_token: "2.900015e-05",
    output_cost_per_token: "9.99995e-06",
    output_cost_per_image: "0.012345",
  },
} as const;
