/** Darkroom's own settings in `model_info`: what a deployment can take. What is not said it can. */
export const capabilitySettings = [
  "supports_json_body",
  "supports_streaming",
  "supports_mask",
  "supports_file_ids",
  "max_input_images",
] as const;
