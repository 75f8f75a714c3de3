import type { Deployment } from "../deployments/deployment.js";
import type { EditBody } from "../request.js";
import { deployment } from "./deployment.test.support.js";
import { InvalidRequestError } from "./invalid-request-error.js";
import { JsonBody } from "./json-body.js";
import { MultipartBody } from "./multipart-body.js";
import type { Part } from "./part.js";

const old: Deployment = { ...deployment, model: "dall-e-2" };
const dropping: Deployment = { ...old, dropParams: true };
const mini: Deployment = { ...deployment, model: "gpt-image-1-mini" };

const json = (text: string): JsonBody => new JsonBody([Buffer.from(text)]);
const field = (name: string, value: string): Part => ({ name, content: [Buffer.from(value)] });
const form = (fields: Record<string, string>): MultipartBody =>
  MultipartBody.of(Object.entries(fields).map(([name, value]) => field(name, value)));
const sent = (body: EditBody, to: Deployment): string => Buffer.concat(body.bodyFor(to)).toString("utf8");

const fields = { background: "transparent", prompt: "hat", quality: "high", unheard_of: "1" };

describe.each([
  ["a form", (more?: Record<string, string>) => form({ ...fields, ...more })],
  ["JSON", (more?: Record<string, string>) => json(JSON.stringify({ ...fields, ...more }))],
])("fields that a model does not support, in %s", (_, body) => {
  const unsupported = ["background", "quality"];

  test("stand in its way as long as nobody wants them left out, and nothing is left out", () => {
    expect(body().unsupportedBy(old)).toEqual(unsupported);
    expect(body().droppedFor(old)).toEqual([]);
    expect(sent(body(), old)).toContain("transparent");
  });

  test("are left out where the deployment says so", () => {
    expect(body().unsupportedBy(dropping)).toEqual([]);
    expect(body().droppedFor(dropping)).toEqual(unsupported);
    expect(sent(body(), dropping)).not.toMatch(/background|quality|transparent|high/);
    expect(sent(body(), dropping)).toMatch(/hat[^]*unheard_of/);
  });

  test.each([
    ["true", old, [], unsupported],
    ["false", dropping, unsupported, []],
  ])("the request's own drop_params: %s counts more", (drop_params, to, standing, dropped) => {
    const asked = body({ drop_params });
    expect([asked.unsupportedBy(to), asked.droppedFor(to)]).toEqual([standing, dropped]);
    expect(sent(asked, to)).not.toContain("drop_params");
  });

  test("go to models that support them, and to those that nobody here knows", () => {
    for (const to of [deployment, mini, { ...dropping, model: "dall-e-3" }]) {
      expect([body().unsupportedBy(to), body().droppedFor(to)]).toEqual([[], []]);
      expect(sent(body(), to)).toMatch(/transparent[^]*high[^]*unheard_of/);
    }
  });

  test("are named after the one that is never sent", () => {
    const asked = body({ response_format: "url", input_fidelity: "high" });
    expect(asked.droppedFor({ ...mini, dropParams: true })).toEqual(["response_format", "input_fidelity"]);
  });

  test("a drop_params that is neither true nor false is refused", () => {
    expect(() => body({ drop_params: "maybe" })).toThrow(InvalidRequestError);
  });
});

test("only the spans of JSON members that are left out change", () => {
  const text = '{ "background":"opaque" ,"seed":12345678901234567890,\n"stream" : false, "prompt":"é" }';
  expect(sent(json(text), dropping)).toBe(
    '{ "model":"dall-e-2" ,"seed":12345678901234567890, "prompt":"é" }',
  );
});

test("a member that is null asks for nothing, and is no reason to refuse", () => {
  const body = json('{"model":"x","background":null,"quality":null,"input_fidelity":null}');
  expect(body.unsupportedBy(old)).toEqual([]);
  expect(sent(body, dropping)).toBe(
    '{"model":"dall-e-2","background":null,"quality":null,"input_fidelity":null}',
  );
});

test("a field sent several times is left out each time and named once; a file of its name goes on", () => {
  const file: Part = {
    name: "background",
    fileName: "b.bin",
    contentType: "image/png",
    content: [Buffer.from("file")],
  };
  const body = MultipartBody.of([field("background", "auto"), file, field("background", "opaque")]);
  expect(body.droppedFor(dropping)).toEqual(["background"]);
  expect(sent(body, dropping).match(/name="background"[^\r]*/g)).toEqual([
    'name="background"; filename="b.bin"',
  ]);
  expect(MultipartBody.of([file]).unsupportedBy(old)).toEqual([]);
});
