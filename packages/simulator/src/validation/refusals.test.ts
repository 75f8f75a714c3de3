import {
  type FormParts,
  formBody,
  formType,
  goodForm,
  image,
  png,
  post,
  postForm,
  postJson,
  type Running,
  start,
  stopAll,
} from "../simulator.test.support.js";
import { refusals } from "./refusals.js";

let running: Running;
beforeAll(async () => {
  running = await start({
    maximumBodyBytes: 60 * 1024 * 1024,
    models: [
      "dall-e-2",
      "gpt-image-1",
      "gpt-image-1-mini",
      "gpt-image-2",
      "gpt-image-2.5-flare",
      "gpt-image-2.6-flare",
      { id: "my-own", like: "gpt-image-1" },
    ],
    defaultModel: "gpt-image-1",
    files: [{ id: "file-mine", organization: "org-one", picture: "square" }],
  });
});
afterAll(stopAll);

/** The good form with fields replaced or added, and taken away where the value is undefined. */
function form(changes: Record<string, FormParts[number][1] | undefined>): FormParts {
  const kept = goodForm.filter(([name]) => !(name in changes));
  const added = Object.entries(changes).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return [...kept, ...added];
}

const dallE = (changes: Record<string, FormParts[number][1] | undefined>) =>
  form({ model: "dall-e-2", ...changes });
const dataUrl = `data:image/png;base64,${png(8, 8).toString("base64")}`;
const reference = { image_url: dataUrl };
const goodJson = { model: "gpt-image-1", prompt: "hello", images: [reference] };
const megabytes = (count: number) => Buffer.alloc(count * 1024 * 1024);
const images = (count: number): FormParts => Array.from({ length: count }, () => ["image[]", image()]);
const noImage = form({ image: undefined });

type Row = readonly [
  refusal: keyof typeof refusals,
  case_: string,
  send: () => Promise<Response>,
  expected: { status?: number; code: string | null; param?: string | null; message?: string; type?: string },
];

const sends = (parts: FormParts) => () => postForm(running.url, parts);
const sendsJson = (body: unknown) => () => postJson(running.url, body);
const sendsBytes = (body: Buffer, type: string) => () => post(running.url, body, type, "sk-simulator-one");
const fetches = (path: string, init?: RequestInit) => () => fetch(`${running.url}${path}`, init);
const withKey = { headers: { authorization: "Bearer sk-simulator-one" } };

const rows: readonly Row[] = [
  [
    "wrongKey",
    "an unknown key",
    () => postForm(running.url, goodForm, "sk-wrong-key-1234567"),
    { status: 401, code: "invalid_api_key", message: "Incorrect API key provided: sk-wrong********4567." },
  ],
  [
    "wrongKey",
    "the name of a built-in property",
    () => postForm(running.url, goodForm, "constructor"),
    { status: 401, code: "invalid_api_key" },
  ],
  ["missingKey", "no key", fetches("/v1/models"), { status: 401, code: null }],
  [
    "unknownPath",
    "another path",
    fetches("/v1/images/nothing", withKey),
    { status: 404, code: null, message: "Invalid URL (GET /v1/images/nothing)" },
  ],
  [
    "wrongMethod",
    "GET on edits",
    fetches("/v1/images/edits", withKey),
    { status: 405, code: "method_not_supported" },
  ],

  [
    "wrongBodyType",
    "text/plain",
    sendsBytes(Buffer.from("x"), "text/plain"),
    { code: "unsupported_content_type" },
  ],
  ["bodyTooLarge", "more than the maximum", sendsBytes(megabytes(61), formType), { status: 413, code: null }],
  [
    "unreadableMultipart",
    "no closing boundary",
    sendsBytes(formBody(goodForm).subarray(0, -10), formType),
    { code: null, message: "Could not parse multipart form" },
  ],
  [
    "unreadableMultipart",
    "no boundary in the type",
    sendsBytes(formBody(goodForm), "multipart/form-data"),
    { code: null },
  ],
  ["unreadableJson", "broken JSON", sendsBytes(Buffer.from("{"), "application/json"), { code: null }],
  ["unreadableJson", "a list", sendsJson([]), { code: null }],
  [
    "jsonNotForModel",
    "JSON for dall-e-2",
    sendsJson({ ...goodJson, model: "dall-e-2" }),
    { code: "unsupported_content_type" },
  ],

  [
    "unknownParameter",
    "response_format of a GPT model",
    sends(form({ response_format: "b64_json" })),
    { code: "unknown_parameter", param: "response_format", message: "Unknown parameter: 'response_format'." },
  ],
  [
    "unknownParameter",
    "style",
    sends(form({ style: "vivid" })),
    { code: "unknown_parameter", param: "style" },
  ],
  [
    "unknownParameter",
    "a file of another name",
    sends(form({ picture: image() })),
    { code: "unknown_parameter", param: "picture" },
  ],
  [
    "unknownParameter",
    "mask[]",
    sends(form({ "mask[]": image() })),
    { code: "unknown_parameter", param: "mask[]" },
  ],
  [
    "unknownParameter",
    "background of dall-e-2",
    sends(dallE({ background: "opaque" })),
    { code: "unknown_parameter", param: "background" },
  ],
  [
    "unknownParameter",
    "stream of dall-e-2",
    sends(dallE({ stream: "true" })),
    { code: "unknown_parameter", param: "stream" },
  ],
  [
    "unknownParameter",
    "an unknown field of JSON",
    sendsJson({ ...goodJson, style: 1 }),
    { code: "unknown_parameter", param: "style" },
  ],
  [
    "missingParameter",
    "no prompt",
    sends(form({ prompt: undefined })),
    { code: "missing_required_parameter", param: "prompt" },
  ],
  ["missingParameter", "no image", sends(noImage), { code: "missing_required_parameter", param: "image" }],
  [
    "missingParameter",
    "no images in JSON",
    sendsJson({ ...goodJson, images: undefined }),
    { code: "missing_required_parameter", param: "images" },
  ],
  [
    "duplicateParameter",
    "two prompts",
    sends([...goodForm, ["prompt", "again"]]),
    { code: "duplicate_parameter", param: "prompt" },
  ],
  [
    "duplicateParameter",
    "two parts called image",
    sends([...goodForm, ["image", image()]]),
    { code: "duplicate_parameter", param: "image" },
  ],
  [
    "duplicateParameter",
    "two masks",
    sends([...goodForm, ["mask", image()], ["mask", image()]]),
    { code: "duplicate_parameter", param: "mask" },
  ],
  [
    "wrongType",
    "an image that is text",
    sends(form({ image: "picture" })),
    {
      code: "invalid_type",
      param: "image",
      message:
        "Invalid type for 'image': expected one of an array of files or file, but got a string instead.",
    },
  ],
  [
    "wrongType",
    "a mask that is text",
    sends(form({ mask: "picture" })),
    { code: "invalid_type", param: "mask" },
  ],
  [
    "wrongType",
    "a list for dall-e-2",
    sends([...dallE({ image: undefined }), ["image[]", image()]]),
    {
      code: "invalid_type",
      param: "image",
      message: "Invalid type for 'image': expected a file, but got an array instead.",
    },
  ],
  ["wrongType", "n that is no number", sends(form({ n: "two" })), { code: "invalid_type", param: "n" }],
  [
    "wrongType",
    "n with a fraction",
    sendsJson({ ...goodJson, n: 1.5 }),
    { code: "invalid_type", param: "n" },
  ],
  [
    "wrongType",
    "n as text in JSON",
    sendsJson({ ...goodJson, n: "2" }),
    { code: "invalid_type", param: "n" },
  ],
  [
    "wrongType",
    "prompt as a number",
    sendsJson({ ...goodJson, prompt: 7 }),
    { code: "invalid_type", param: "prompt" },
  ],
  [
    "wrongType",
    "stream that is neither",
    sends(form({ stream: "yes" })),
    { code: "invalid_type", param: "stream" },
  ],
  [
    "wrongType",
    "images that are no list",
    sendsJson({ ...goodJson, images: reference }),
    { code: "invalid_type", param: "images" },
  ],
  [
    "unsupportedValue",
    "a size of gpt-image-2 for gpt-image-1",
    sends(form({ size: "2048x2048" })),
    {
      code: "invalid_value",
      param: "size",
      message:
        "Invalid value: '2048x2048'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'.",
    },
  ],
  [
    "unsupportedValue",
    "auto size for dall-e-2",
    sends(dallE({ size: "auto" })),
    { code: "invalid_value", param: "size" },
  ],
  [
    "unsupportedValue",
    "a size that is none",
    sends(form({ model: "gpt-image-2", size: "large" })),
    { code: "invalid_value", param: "size" },
  ],
  [
    "unsupportedValue",
    "quality standard for a GPT model",
    sends(form({ quality: "standard" })),
    { code: "invalid_value", param: "quality" },
  ],
  [
    "unsupportedValue",
    "quality high for dall-e-2",
    sends(dallE({ quality: "high" })),
    { code: "invalid_value", param: "quality" },
  ],
  [
    "unsupportedValue",
    "a colour as background",
    sends(form({ background: "red" })),
    { code: "invalid_value", param: "background" },
  ],
  [
    "unsupportedValue",
    "gif",
    sends(form({ output_format: "gif" })),
    { code: "invalid_value", param: "output_format" },
  ],
  [
    "unsupportedValue",
    "input_fidelity",
    sends(form({ input_fidelity: "medium" })),
    { code: "invalid_value", param: "input_fidelity" },
  ],
  [
    "unsupportedValue",
    "response_format of dall-e-2",
    sends(dallE({ response_format: "png" })),
    { code: "invalid_value", param: "response_format" },
  ],
  [
    "unsupportedValue",
    "moderation",
    sendsJson({ ...goodJson, moderation: "high" }),
    { code: "invalid_value", param: "moderation" },
  ],
  ["belowMinimum", "n of 0", sends(form({ n: "0" })), { code: "integer_below_min_value", param: "n" }],
  [
    "belowMinimum",
    "a negative compression",
    sends(form({ output_compression: "-1" })),
    { code: "integer_below_min_value", param: "output_compression" },
  ],
  [
    "aboveMaximum",
    "n of 11",
    sends(form({ n: "11" })),
    {
      code: "integer_above_max_value",
      param: "n",
      message: "Invalid 'n': integer above maximum value. Expected a value <= 10, but got 11 instead.",
    },
  ],
  [
    "aboveMaximum",
    "compression of 101",
    sends(form({ output_compression: "101" })),
    { code: "integer_above_max_value", param: "output_compression" },
  ],
  [
    "aboveMaximum",
    "4 partial images",
    sends(form({ stream: "true", partial_images: "4" })),
    { code: "integer_above_max_value", param: "partial_images" },
  ],
  [
    "textTooLong",
    "a prompt of 32001 characters",
    sends(form({ prompt: "x".repeat(32_001) })),
    { code: "string_above_max_length", param: "prompt", message: "maximum length 32000" },
  ],
  [
    "textTooLong",
    "a prompt of 1001 characters for dall-e-2",
    sends(dallE({ prompt: "x".repeat(1001) })),
    { code: "string_above_max_length", param: "prompt", message: "maximum length 1000" },
  ],
  ["emptyText", "an empty prompt", sends(form({ prompt: "" })), { code: "empty_string", param: "prompt" }],
  [
    "unknownModel",
    "a model that is not served",
    sends(form({ model: "gpt-image-1.5" })),
    {
      status: 404,
      code: "model_not_found",
      message: "The model `gpt-image-1.5` does not exist or you do not have access to it.",
    },
  ],
  [
    "sizeNotDivisible",
    "1792x936",
    sends(form({ model: "gpt-image-2", size: "1792x936" })),
    {
      code: "invalid_value",
      param: "size",
      message: "Invalid size '1792x936'. Width and height must both be divisible by 16.",
    },
  ],
  [
    "sizeOutOfRange",
    "an edge over 3840",
    sends(form({ model: "gpt-image-2", size: "3856x2000" })),
    { code: "invalid_value", param: "size" },
  ],
  [
    "sizeOutOfRange",
    "a ratio over 3:1",
    sends(form({ model: "gpt-image-2", size: "2064x672" })),
    { code: "invalid_value", param: "size", message: "aspect ratio" },
  ],
  [
    "sizeOutOfRange",
    "too few pixels",
    sends(form({ model: "gpt-image-2", size: "800x800" })),
    { code: "invalid_value", param: "size", message: "number of pixels" },
  ],
  [
    "sizeOutOfRange",
    "too many pixels",
    sends(form({ model: "gpt-image-2", size: "3840x2176" })),
    { code: "invalid_value", param: "size", message: "number of pixels" },
  ],
  [
    "transparentJpeg",
    "transparent jpeg",
    sends(form({ background: "transparent", output_format: "jpeg" })),
    { code: "invalid_value", param: "background", type: "image_generation_user_error" },
  ],
  [
    "notCompressible",
    "compressed png",
    sends(form({ output_compression: "50" })),
    {
      code: "invalid_png_output_compression",
      param: "output_compression",
      type: "image_generation_user_error",
    },
  ],
  [
    "notCompressible",
    "compressed svg",
    sends(form({ model: "gpt-image-2.6-flare", output_format: "svg", output_compression: "50" })),
    {
      code: "invalid_svg_output_compression",
      param: "output_compression",
      message: "SVG",
      type: "image_generation_user_error",
    },
  ],
  [
    "unsupportedValue",
    "gif of a model before 2.6",
    sends(form({ model: "gpt-image-2.5-flare", output_format: "gif" })),
    { code: "invalid_value", param: "output_format" },
  ],
  [
    "unsupportedValue",
    "quality max of a model before 2.5",
    sends(form({ model: "gpt-image-2", quality: "max" })),
    { code: "invalid_value", param: "quality" },
  ],
  [
    "unknownParameter",
    "complexity of a model before 2.6",
    sends(form({ model: "gpt-image-2.5-flare", complexity: "low" })),
    { code: "unknown_parameter", param: "complexity" },
  ],
  [
    "fidelityNotForModel",
    "input_fidelity of gpt-image-1-mini",
    sends(form({ model: "gpt-image-1-mini", input_fidelity: "low" })),
    { code: "invalid_input_fidelity_model", param: "input_fidelity" },
  ],

  [
    "unsupportedMimetype",
    "application/octet-stream",
    sends(form({ image: image(png(8, 8), "application/octet-stream") })),
    {
      code: "unsupported_file_mimetype",
      param: "image",
      message:
        "Invalid file 'image': unsupported mimetype ('application/octet-stream'). Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'.",
    },
  ],
  [
    "unsupportedMimetype",
    "no type",
    sends(form({ image: { bytes: png(8, 8) } })),
    { code: "unsupported_file_mimetype", param: "image" },
  ],
  [
    "unsupportedMimetype",
    "the second of a list",
    sends([...noImage, ["image[]", image()], ["image[]", image(png(8, 8), "image/gif")]]),
    { code: "unsupported_file_mimetype", param: "image[1]" },
  ],
  [
    "unsupportedMimetype",
    "jpeg for dall-e-2",
    sends(dallE({ image: image(png(8, 8), "image/jpeg") })),
    { code: "unsupported_file_mimetype", message: "Supported file formats are 'image/png'." },
  ],
  [
    "unreadableImage",
    "bytes that are no picture",
    sends(form({ image: image(Buffer.from("nothing")) })),
    {
      code: "invalid_image_file",
      type: "image_generation_user_error",
      param: "image",
      message: "Invalid image file or mode for image 1",
    },
  ],
  [
    "tooManyImages",
    "17 images",
    sends([...noImage, ...images(17)]),
    { code: "array_above_max_length", param: "image" },
  ],
  [
    "tooManyImages",
    "17 images in JSON",
    sendsJson({ ...goodJson, images: new Array(17).fill(reference) }),
    { code: "array_above_max_length", param: "images" },
  ],
  [
    "fileTooLarge",
    "an image of 50 MB",
    sends(form({ image: image(megabytes(50)) })),
    { code: "file_too_large", param: "image" },
  ],
  [
    "fileTooLarge",
    "a mask of 4 MB",
    sends(form({ mask: image(megabytes(4)) })),
    { code: "file_too_large", param: "mask" },
  ],
  [
    "pictureOfDallE",
    "4 MB for dall-e-2",
    sends(dallE({ image: image(megabytes(4)) })),
    { code: null, param: "image", message: "Uploaded image must be a PNG and less than 4 MB." },
  ],
  [
    "pictureOfDallE",
    "a png by name only",
    sends(dallE({ image: image(Buffer.from([0xff, 0xd8, 0xff])) })),
    { code: null, param: "image" },
  ],
  [
    "notSquare",
    "an oblong picture for dall-e-2",
    sends(dallE({ image: image(png(64, 65)) })),
    { code: "invalid_image", param: "image" },
  ],
  [
    "maskNotPng",
    "a mask that is no png",
    sends(form({ mask: image(Buffer.from([0xff, 0xd8, 0xff])) })),
    { code: "invalid_mask_image_format", type: "image_generation_user_error", param: "mask" },
  ],
  [
    "maskOtherDimensions",
    "a mask of other dimensions",
    sends(form({ mask: image(png(64, 63, 0)) })),
    {
      code: "invalid_mask_image_format",
      type: "image_generation_user_error",
      param: "mask",
      message: "mask size does not match image size",
    },
  ],
  [
    "maskWithoutAlpha",
    "a mask without alpha channel",
    sends(form({ mask: image(withoutAlpha()) })),
    {
      code: "invalid_mask_image_format",
      type: "image_generation_user_error",
      param: "mask",
      message: "missing alpha channel",
    },
  ],

  [
    "wrongReference",
    "both url and id",
    sendsJson({ ...goodJson, images: [{ ...reference, file_id: "file-mine" }] }),
    { code: "invalid_value", param: "images[0]" },
  ],
  [
    "wrongReference",
    "another key",
    sendsJson({ ...goodJson, images: [reference, { url: dataUrl }] }),
    { code: "invalid_value", param: "images[1]" },
  ],
  [
    "wrongReference",
    "a mask that is text",
    sendsJson({ ...goodJson, mask: dataUrl }),
    { code: "invalid_value", param: "mask" },
  ],
  [
    "urlTooLong",
    "a URL of 20971521 characters",
    sendsJson({ ...goodJson, images: [{ image_url: "x".repeat(20_971_521) }] }),
    { code: "string_above_max_length", param: "images[0].image_url" },
  ],
  [
    "unreadableDataUrl",
    "no base64",
    sendsJson({ ...goodJson, images: [{ image_url: "data:image/png;base64,***" }] }),
    { code: "invalid_base64", param: "images[0].image_url" },
  ],
  [
    "urlNotFetched",
    "an https URL",
    sendsJson({ ...goodJson, images: [{ image_url: "https://example.com/a.png" }] }),
    { code: "invalid_image_url", param: "images[0].image_url" },
  ],
  [
    "unknownFile",
    "an id nobody uploaded",
    sendsJson({ ...goodJson, images: [{ file_id: "file-x" }] }),
    { code: "invalid_file_id", param: "images[0].file_id" },
  ],
  [
    "unknownFile",
    "an id of another organisation",
    () => postJson(running.url, { ...goodJson, images: [{ file_id: "file-mine" }] }, "sk-simulator-two"),
    { code: "invalid_file_id" },
  ],
];

/** Our PNG without its transparency: the chunk renamed to one that readers skip. */
function withoutAlpha(): Buffer {
  const bytes = Buffer.from(png(64, 64));
  bytes.write("tRNX", bytes.indexOf("tRNS"), "latin1");
  return bytes;
}

describe("a refusal", () => {
  it.each(rows)("%s: %s", async (_, __, send, { status = 400, code, param, message, type }) => {
    const answer = await send();
    const text = await answer.text();
    const { error } = JSON.parse(text) as { error: Record<string, string | null> };
    expect({ status: answer.status, code: error["code"] }).toEqual({ status, code });
    expect(Object.keys(error)).toEqual(["message", "type", "param", "code"]);
    expect(error["type"]).toBe(type ?? "invalid_request_error");
    if (param !== undefined) expect(error["param"]).toBe(param);
    if (message !== undefined) expect(error["message"]).toContain(message);
    expect(answer.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
    expect(text.startsWith('{\n  "error": {\n    "message": ')).toBe(true);
  });

  it("has a row for every kind of refusal", () => {
    expect(Object.keys(refusals).filter((name) => !rows.some(([row]) => row === name))).toEqual([]);
  });

  it("is never billed", () => expect(running.simulator.services.bill.lines).toEqual([]));
});
