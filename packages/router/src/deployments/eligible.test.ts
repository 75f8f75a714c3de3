import { JsonBody } from "../body/json-body.js";
import { MultipartBody } from "../body/multipart-body.js";
import type { Part } from "../body/part.js";
import { NotCapableError, TagsError } from "../errors.js";
import type { EditBody, EditParameters } from "../request.js";
import type { Deployment } from "./deployment.js";
import { eligible, whyNone } from "./eligible.js";
import type { Group } from "./groups.js";
import type { TagFilter } from "./tags.js";

const deployment = (id: string, more: Partial<Deployment> = {}): Deployment => ({
  id,
  group: "edits",
  model: "gpt-image-2",
  apiBase: "https://upstream.test/v1",
  apiKey: `sk-${id}`,
  ...more,
});
const group = (name: string, ...deployments: Deployment[]): Group => ({ name, asked: name, deployments });

type Body = EditBody & { readonly parameters: EditParameters };

function form(fields: Record<string, string> = {}, files: readonly string[] = ["image"]): Body {
  const file = (name: string): Part => ({ name, fileName: `${name}.png`, content: [Buffer.from("png")] });
  const field = ([name, text]: [string, string]): Part => ({ name, content: [Buffer.from(text)] });
  return MultipartBody.of([...Object.entries(fields).map(field), ...files.map(file)]);
}

function json(value: object): Body {
  return new JsonBody([Buffer.from(JSON.stringify({ prompt: "hat", ...value }))]);
}

/** The ids that are left of each group. */
function left(
  groups: readonly Group[],
  body: Body,
  tags?: readonly string[],
  filter?: TagFilter,
): string[][] {
  const request = { body, parameters: body.parameters, tags };
  const found = eligible(groups, request, filter);
  const refusal = whyNone(found);
  if (refusal !== undefined) throw refusal;
  return found.map(({ deployments }) => deployments.map(({ id }) => id));
}

/** What a request that nobody can serve is told. */
function refusal(...asked: Parameters<typeof left>): unknown {
  try {
    left(...asked);
  } catch (error) {
    return error;
  }
  throw new Error("the request was served");
}

const manyImages = Array<string>(16).fill("image[]");
const oneFile = { images: [{ file_id: "file-1" }] };

describe("a deployment that cannot take an edit is no candidate", () => {
  const limited = deployment("limited", {
    capabilities: { jsonBody: false, stream: false, mask: false, inputImages: 15 },
  });
  const groups = [group("edits", deployment("any"), limited)];

  test.each<[string, Body, string[]]>([
    ["a plain edit: both can", form(), ["any", "limited"]],
    ["15 images: both can", form({}, manyImages.slice(1)), ["any", "limited"]],
    ["16 images", form({}, manyImages), ["any"]],
    ["a mask", form({}, ["image", "mask"]), ["any"]],
    ["a stream", form({ stream: "true" }), ["any"]],
    ["JSON", json({ images: [{ image_url: "https://a.test/b.png" }] }), ["any"]],
  ])("%s", (_, body, expected) => {
    expect(left(groups, body)).toEqual([expected]);
  });

  test.each<[string, Body, string, string]>([
    ["16 images", form({}, manyImages), "image", "takes 16 images"],
    ["a mask", form({}, ["image", "mask"]), "mask", "takes masks"],
    ["a stream", form({ stream: "true" }), "stream", "takes streamed edits"],
    ["JSON", json({ images: [] }), "images", "takes JSON bodies"],
  ])("and where none can, the error names the field: %s", (_, body, field, says) => {
    const only = [group("edits", limited)];
    const refused = refusal(only, body);
    expect(refused).toBeInstanceOf(NotCapableError);
    const message = expect.stringContaining(`No deployment of the model 'edits' ${says}`);
    expect(refused).toMatchObject({ field, status: 400, message });
  });

  test("images and masks of a JSON body are counted", () => {
    const narrow = deployment("narrow", { capabilities: { mask: false, inputImages: 1 } });
    const both = [group("edits", deployment("any"), narrow)];
    const image = { image_url: "https://a.test/b.png" };
    expect(left(both, json({ images: [image] }))).toEqual([["any", "narrow"]]);
    expect(left(both, json({ images: [image, image] }))).toEqual([["any"]]);
    expect(left(both, json({ images: [image], mask: image }))).toEqual([["any"]]);
    expect(left(both, json({ images: [image], mask: null }))).toEqual([["any", "narrow"]]);
    expect(refusal([group("edits", narrow)], json({ images: [image, image] }))).toMatchObject({
      field: "images",
    });
  });

  test("what a model cannot needs no word, but the deployment's own word counts more", () => {
    const old = deployment("old", { model: "dall-e-2" });
    const based = deployment("based", { model: "renamed", baseModel: "dall-e-2" });
    const house = deployment("house", { model: "dall-e-2", capabilities: { inputImages: 4 } });
    const groups = [group("edits", old, based, house, deployment("any"))];
    expect(left(groups, form({}, ["image", "image"]))).toEqual([["house", "any"]]);
    expect(left(groups, form({ stream: "true" }))).toEqual([["any"]]);
  });

  test("a fallback that can serves where the group cannot", () => {
    const groups = [group("edits", limited), group("spare", deployment("spare"))];
    expect(left(groups, form({ stream: "true" }))).toEqual([[], ["spare"]]);
  });
});

describe("a deployment whose model does not support a field is no candidate", () => {
  const old = deployment("old", { model: "dall-e-2" });
  const mini = deployment("mini", { model: "gpt-image-1-mini" });
  const groups = [group("edits", old, mini, deployment("any"))];

  test.each<[string, Body, string[]]>([
    ["none of those fields", form({ user: "u", unheard_of: "1" }), ["old", "mini", "any"]],
    ["a background", form({ background: "opaque" }), ["mini", "any"]],
    ["an input_fidelity", form({ input_fidelity: "high" }), ["any"]],
    ["a quality of dall-e-2's", form({ quality: "standard" }), ["old"]],
    [
      "left out by the request",
      form({ input_fidelity: "high", drop_params: "true" }),
      ["old", "mini", "any"],
    ],
    ["JSON", json({ input_fidelity: "high" }), ["any"]],
  ])("%s", (_, body, expected) => {
    expect(left(groups, body)).toEqual([expected]);
  });

  test("unless it is left out for that deployment", () => {
    const dropping = deployment("dropping", { model: "dall-e-2", dropParams: true });
    const stays = form({ background: "opaque", drop_params: "false" });
    expect(left([group("edits", old, dropping)], form({ background: "opaque" }))).toEqual([["dropping"]]);
    expect(refusal([group("edits", dropping)], stays)).toMatchObject({ field: "background" });
  });

  test("and where none can, the error names the model and every such field", () => {
    const both = form({ quality: "high", background: "opaque", input_fidelity: "high" });
    const refused = refusal([group("old", old, mini)], both);
    expect(refused).toBeInstanceOf(NotCapableError);
    expect(refused).toMatchObject({ status: 400, code: "not_supported", field: "quality" });
    expect((refused as Error).message).toBe(
      "No deployment of the model 'old' takes 'quality', 'background', 'input_fidelity' as sent; do without, or set drop_params to have that done.",
    );
  });

  test("a stream is never made none: such a deployment is no candidate for it, whatever is left out", () => {
    const dropping = deployment("dropping", { model: "azure/dall-e-2", dropParams: true });
    const asked = { stream: "true", partial_images: "1" };
    expect(left([group("edits", dropping, deployment("any"))], form(asked))).toEqual([["any"]]);
    expect(refusal([group("edits", dropping)], form(asked))).toMatchObject({ field: "stream" });
    expect(left([group("edits", dropping)], form({ stream: "false" }))).toEqual([["dropping"]]);
  });

  test("a fallback that supports it serves, and why the others do not is said of each", () => {
    const request = form({ background: "opaque" });
    const asked = { body: request, parameters: request.parameters, tags: undefined };
    const found = eligible([group("old", old), group("spare", deployment("spare"))], asked, undefined);
    expect(found.map(({ refusal: why }) => why?.field)).toEqual(["background", undefined]);
  });
});

describe("files by their id", () => {
  const [one, two] = [
    deployment("one", { organization: "org-one" }),
    deployment("two", { organization: "org-two" }),
  ];

  test("any deployment of one organisation finds them", () => {
    const groups = [group("edits", deployment("a"), deployment("b"))];
    expect(left(groups, json(oneFile))).toEqual([["a", "b"]]);
  });

  test("a fallback of another organisation, project or upstream does not", () => {
    const spare = group(
      "spare",
      two,
      deployment("project", { organization: "org-one", project: "proj" }),
      deployment("elsewhere", { organization: "org-one", apiBase: "https://other.test/v1" }),
      deployment("same", { organization: "org-one" }),
    );
    expect(left([group("edits", one), spare], json(oneFile))).toEqual([["one"], ["same"]]);
  });

  test.each([
    [oneFile, "images[0].file_id"],
    [{ images: [{ image_url: "https://a.test/b.png" }, { file_id: "file-1" }] }, "images[1].file_id"],
    [{ images: [{ image_url: "https://a.test/b.png" }], mask: { file_id: "file-1" } }, "mask.file_id"],
  ])("in a group of several organisations nobody knows whose they are: %j", (body, field) => {
    expect(refusal([group("edits", one, two)], json(body))).toMatchObject({ field, status: 400 });
  });

  test("unless the config says which hold them", () => {
    const holder = deployment("holder", { organization: "org-one", capabilities: { fileIds: true } });
    expect(left([group("edits", holder, two)], json(oneFile))).toEqual([["holder"]]);
    const never = deployment("never", { organization: "org-two", capabilities: { fileIds: false } });
    expect(left([group("edits", one, never)], json(oneFile))).toEqual([["one"]]);
  });

  test("edits without them go anywhere", () => {
    const groups = [group("edits", one, two)];
    expect(left(groups, json({ images: [], prompt: 'what is a "file_id"?' }))).toEqual([["one", "two"]]);
    expect(left(groups, form())).toEqual([["one", "two"]]);
  });
});

describe("tags", () => {
  const [free, paid, plain] = [
    deployment("free", { tags: ["free", "eu"] }),
    deployment("paid", { tags: ["paid"] }),
    deployment("plain"),
  ];
  const byDefault = deployment("by-default", { tags: ["default"] });
  const any = { matchAny: true };
  const all = { matchAny: false };

  test.each<[string, Deployment[], string[] | undefined, TagFilter | undefined, string[]]>([
    ["a tag chooses", [free, paid, plain, byDefault], ["paid"], any, ["paid"]],
    ["one in common is enough", [free, paid, plain], ["paid", "eu"], any, ["free", "paid"]],
    ["or all must be there", [free, paid, plain], ["free", "eu"], all, ["free"]],
    ["a request without: those by default", [free, byDefault, plain], undefined, any, ["by-default"]],
    ["a request without: any, where none is by default", [free, plain], [], any, ["free", "plain"]],
    ["no match: those by default", [free, byDefault, plain], ["x"], any, ["by-default"]],
    [
      "they choose nothing unless told to",
      [free, paid, plain],
      ["paid"],
      undefined,
      ["free", "paid", "plain"],
    ],
  ])("%s", (_, deployments, tags, filter, expected) => {
    expect(left([group("edits", ...deployments)], form(), tags, filter)).toEqual([expected]);
  });

  test("without a match and without a default the request is refused, fallbacks held to the same", () => {
    const groups = [group("edits", free, plain), group("spare", paid)];
    expect(left(groups, form(), ["paid"], any)).toEqual([[], ["paid"]]);
    const refused = refusal(groups, form(), ["x"], any);
    expect(refused).toBeInstanceOf(TagsError);
    expect(refused).toMatchObject({
      status: 403,
      field: "tags",
      message: expect.stringContaining("'edits'"),
    });
  });
});
