import type { Refusal } from "./refusal.js";

/**
 * Every refusal, one entry each, with its source. A recorded one names the public thread that quotes it; where only
 * the message is recorded, the code is ours. `(style)` marks wording that other endpoints of OpenAI are known for.
 */
export const refusals = {
  // --- who asks -------------------------------------------------------------------------------------------------
  // recorded: the code and the masked key are quoted in countless threads
  wrongKey: (maskedKey: string) =>
    make(
      "recorded",
      401,
      "invalid_api_key",
      null,
      `Incorrect API key provided: ${maskedKey}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    ),
  missingKey: () =>
    make(
      "recorded",
      401,
      null,
      null,
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    ),
  unknownPath: (method: string, path: string) =>
    make("recorded", 404, null, null, `Invalid URL (${method} ${path})`),
  wrongMethod: (method: string, path: string) =>
    make("assumed", 405, "method_not_supported", null, `Not allowed to ${method} on ${path}.`),

  // --- the body -------------------------------------------------------------------------------------------------
  // spec: multipart/form-data and application/json are the two bodies; the words are ours
  wrongBodyType: (type: string) =>
    make(
      "spec",
      400,
      "unsupported_content_type",
      null,
      `Unsupported content type: '${type}'. This API method only accepts 'multipart/form-data' and 'application/json' requests.`,
    ),
  bodyTooLarge: (limitBytes: number) =>
    make("assumed", 413, null, null, `Maximum content size limit (${limitBytes}) exceeded.`),
  unreadableMultipart: (reason: string) =>
    make("assumed", 400, null, null, `Could not parse multipart form: ${reason}.`),
  unreadableJson: () => make("assumed", 400, null, null, "We could not parse the JSON body of your request."),
  // spec: JSON is for the GPT image models only
  jsonNotForModel: (model: string) =>
    make(
      "spec",
      400,
      "unsupported_content_type",
      null,
      `The model '${model}' only accepts 'multipart/form-data' requests.`,
    ),

  // --- parameters -----------------------------------------------------------------------------------------------
  // recorded: vercel/ai#6102
  unknownParameter: (name: string) =>
    make("recorded", 400, "unknown_parameter", name, `Unknown parameter: '${name}'.`),
  // assumed (style): "Missing required parameter: 'model'." of other endpoints
  missingParameter: (name: string) =>
    make("assumed", 400, "missing_required_parameter", name, `Missing required parameter: '${name}'.`),
  duplicateParameter: (name: string) =>
    make(
      "assumed",
      400,
      "duplicate_parameter",
      name,
      `Duplicate parameter: '${name}'. You provided multiple values for this parameter, whereas only one is allowed. If you are trying to provide a list of values, use the array syntax instead e.g. '${name}[]=<value>'.`,
    ),
  // recorded: openai/openai-ruby#147 (image), AIProxyTeam/AIProxySwift#211 (list for dall-e-2, with the code)
  wrongType: (name: string, expected: string, got: string) =>
    make(
      "recorded",
      400,
      "invalid_type",
      name,
      `Invalid type for '${name}': expected ${expected}, but got ${got} instead.`,
    ),
  // recorded: openai-php/client#641 (message)
  unsupportedValue: (name: string, value: string, supported: readonly string[]) =>
    make(
      "recorded",
      400,
      "invalid_value",
      name,
      `Invalid value: '${value}'. Supported values are: ${listed(supported)}.`,
    ),
  belowMinimum: (name: string, minimum: number, got: number) =>
    make(
      "assumed",
      400,
      "integer_below_min_value",
      name,
      `Invalid '${name}': integer below minimum value. Expected a value >= ${minimum}, but got ${got} instead.`,
    ),
  aboveMaximum: (name: string, maximum: number, got: number) =>
    make(
      "assumed",
      400,
      "integer_above_max_value",
      name,
      `Invalid '${name}': integer above maximum value. Expected a value <= ${maximum}, but got ${got} instead.`,
    ),
  // spec: the limits (32000 and 1000 characters); assumed (style): the words
  textTooLong: (name: string, maximum: number, got: number) =>
    make(
      "spec",
      400,
      "string_above_max_length",
      name,
      `Invalid '${name}': string too long. Expected a string with maximum length ${maximum}, but got a string with length ${got} instead.`,
    ),
  emptyText: (name: string) =>
    make(
      "assumed",
      400,
      "empty_string",
      name,
      `Invalid '${name}': empty string. Expected a string with minimum length 1, but got an empty string instead.`,
    ),
  unknownModel: (model: string) =>
    make(
      "recorded",
      404,
      "model_not_found",
      null,
      `The model \`${model}\` does not exist or you do not have access to it.`,
    ),
  // recorded: jezweb/claude-skills#91
  sizeNotDivisible: (size: string) =>
    make(
      "recorded",
      400,
      "invalid_value",
      "size",
      `Invalid size '${size}'. Width and height must both be divisible by 16.`,
    ),
  // spec: ratio and ceiling; a forum's calculator: the number of pixels
  sizeOutOfRange: (size: string, reason: string) =>
    make("spec", 400, "invalid_value", "size", `Invalid size '${size}'. ${reason}`),
  // spec: transparent needs png or webp
  transparentJpeg: () =>
    make(
      "spec",
      400,
      "invalid_value",
      "background",
      "Transparent background is not supported for the 'jpeg' output format.",
      "image_generation_user_error",
    ),
  notCompressible: (format: string) =>
    make(
      "assumed",
      400,
      `invalid_${format}_output_compression`,
      "output_compression",
      `Compression less than 100 is not supported for ${format.toUpperCase()} output format.`,
      "image_generation_user_error",
    ),
  // spec: not for gpt-image-1-mini
  fidelityNotForModel: (model: string) =>
    make(
      "spec",
      400,
      "invalid_input_fidelity_model",
      "input_fidelity",
      `The model '${model}' does not support the 'input_fidelity' parameter.`,
    ),

  // --- images and mask ------------------------------------------------------------------------------------------
  // recorded: jezs00/pycasso#72 (whole body), prism-php/prism#725 (list: `image[0]`)
  unsupportedMimetype: (name: string, type: string, supported: readonly string[]) =>
    make(
      "recorded",
      400,
      "unsupported_file_mimetype",
      name,
      `Invalid file '${name}': unsupported mimetype ('${type}'). Supported file formats are ${listed(supported)}.`,
    ),
  // recorded: QuantumNous/new-api#1159 (message)
  unreadableImage: (name: string, number: number) =>
    make(
      "recorded",
      400,
      "invalid_image_file",
      name,
      `Invalid image file or mode for image ${number}, please check your image file.`,
      "image_generation_user_error",
    ),
  // spec: up to 16; assumed (style): the words
  tooManyImages: (name: string, maximum: number, got: number) =>
    make(
      "spec",
      400,
      "array_above_max_length",
      name,
      `Invalid '${name}': array too long. Expected an array with maximum length ${maximum}, but got an array with length ${got} instead.`,
    ),
  // spec: 50 MB a picture, 4 MB a mask
  fileTooLarge: (name: string, maximumMegabytes: number) =>
    make(
      "spec",
      400,
      "file_too_large",
      name,
      `Invalid file '${name}': the file must be smaller than ${maximumMegabytes} MB.`,
    ),
  // recorded: redevrx/chat_gpt_sdk#53
  pictureOfDallE: () =>
    make("recorded", 400, null, "image", "Uploaded image must be a PNG and less than 4 MB."),
  // spec: "a valid PNG file, less than 4MB, and square"
  notSquare: () => make("spec", 400, "invalid_image", "image", "Uploaded image must be square."),
  // spec: a PNG of the first image's dimensions with an alpha channel; the words from memory
  maskNotPng: () =>
    make(
      "spec",
      400,
      "invalid_mask_image_format",
      "mask",
      "Invalid mask image format - mask must be a PNG.",
      "image_generation_user_error",
    ),
  maskOtherDimensions: () =>
    make(
      "spec",
      400,
      "invalid_mask_image_format",
      "mask",
      "Invalid mask image format - mask size does not match image size.",
      "image_generation_user_error",
    ),
  maskWithoutAlpha: () =>
    make(
      "spec",
      400,
      "invalid_mask_image_format",
      "mask",
      "Invalid mask image format - mask image missing alpha channel.",
      "image_generation_user_error",
    ),

  // --- references in a JSON body ----------------------------------------------------------------------------------
  // spec: exactly one of image_url and file_id, no other key
  wrongReference: (name: string) =>
    make(
      "spec",
      400,
      "invalid_value",
      name,
      `Invalid '${name}': expected an object with exactly one of 'image_url' and 'file_id'.`,
    ),
  // spec: at most 20971520 characters
  urlTooLong: (name: string, got: number) =>
    make(
      "spec",
      400,
      "string_above_max_length",
      name,
      `Invalid '${name}': string too long. Expected a string with maximum length 20971520, but got a string with length ${got} instead.`,
    ),
  unreadableDataUrl: (name: string) =>
    make(
      "assumed",
      400,
      "invalid_base64",
      name,
      `Invalid '${name}': expected a base64-encoded data URL with an image MIME type.`,
    ),
  // ours alone: the simulator reaches no network
  urlNotFetched: (name: string) =>
    make(
      "assumed",
      400,
      "invalid_image_url",
      name,
      `Error while downloading the image of '${name}': the simulator fetches no URLs; send a data URL, a file_id of its configuration, or a multipart body.`,
    ),
  unknownFile: (name: string, id: string) =>
    make(
      "assumed",
      400,
      "invalid_file_id",
      name,
      `Invalid '${name}': no file with id '${id}' exists in your organization.`,
    ),
} satisfies Record<string, (...words: never[]) => Refusal>;

function make(
  source: Refusal["source"],
  status: number,
  code: string | null,
  param: string | null,
  message: string,
  type = "invalid_request_error",
): Refusal {
  return { source, status, type, code, param, message };
}

/** `'a', 'b', and 'c'`, as OpenAI lists values. */
function listed(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`);
  const last = quoted.at(-1) ?? "";
  if (quoted.length <= 2) return quoted.join(" and ");
  return `${quoted.slice(0, -1).join(", ")}, and ${last}`;
}
