import { Readable } from "node:stream";
import { type Deployment, MultipartBody, type OriginalPart, type Part } from "@darkroom/router";
import fc from "fast-check";
import { FormScanner } from "./form-scanner.js";
import { parseForm } from "./parse-form.js";
import { PartOutline } from "./part-outline.js";
import { defaultUploadTuning } from "./upload-settings.js";

/** `DARKROOM_FUZZ_RUNS=100000` for the long run; see `npm run fuzz`. */
const runs = Number(process.env["DARKROOM_FUZZ_RUNS"] ?? 3_000);

const settings = {
  ...defaultUploadTuning,
  maxRequestBytes: 1_000_000,
  memoryBudgetBytes: 1_000_000,
  waitMs: 0,
  timeoutMs: 60_000,
  minimumBytesPerSecond: 0,
  maxParts: 8,
  maxNameLength: 40,
  maxFieldBytes: 200,
};

const boundaries = ["x", "----WebKitFormBoundaryabc", "b--b", "0123456789abcdef0123456789abcdef"];

interface Form {
  readonly boundary: string;
  readonly chunks: readonly Buffer[];
}

/** Mostly what clients send, with everything that could mislead a parser mixed in. */
const form: fc.Arbitrary<Form> = fc.constantFrom(...boundaries).chain((boundary) => {
  const misleading = [
    `\r\n--${boundary}`,
    `\r\n--${boundary}--`,
    `--${boundary}\r\n`,
    `\r\n--${boundary.slice(0, -1)}`,
    `\r\n--${boundary}x`,
    `\n--${boundary}\r\n`,
    "\r\n",
    "\r\n\r\n",
    "\r\n--",
    "\r",
    "--",
    'Content-Disposition: form-data; name="inner"\r\n\r\n',
  ];
  const content = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.string({ unit: "binary", maxLength: 30 }).map((text) => Buffer.from(text, "utf8")),
    },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.constant(Buffer.alloc(0)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...misleading).map((text) => Buffer.from(`a${text}b`, "latin1")),
    },
    { weight: 1, arbitrary: fc.constantFrom(...misleading).map((text) => Buffer.from(text, "latin1")) },
  );
  const names = [
    "model",
    "image",
    "image[]",
    "image[0]",
    "mask",
    "mask[]",
    "prompt",
    "n",
    "metadata[tags][]",
    "tags",
    "fallbacks",
  ];
  const name = fc.oneof(
    { weight: 40, arbitrary: fc.constantFrom(...names) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "",
        "a b",
        "ümlaut",
        "日本",
        "quo%22te",
        'quo\\"te',
        "back\\slash",
        "semi;colon",
        "x".repeat(50),
      ),
    },
  );
  const fileName = fc.option(
    fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom("a.png", "photo 1.jpg", "日本.png", "") },
      {
        weight: 1,
        arbitrary: fc.constantFrom('q\\"q.png', "c:\\dir\\a.png", "../../a.png", "a;b.png", "a%22b.png"),
      },
    ),
  );
  const type = fc.option(
    fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom("image/png", "application/octet-stream", "text/plain") },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "text/plain; charset=utf-8",
          "text/plain; charset=utf-16le",
          "nonsense",
          "",
        ),
      },
    ),
  );
  const layout = fc.oneof(
    { weight: 100, arbitrary: fc.constant("plain") },
    fc.constantFrom("lower", "swapped", "extra", "tight", "line feeds", "encoded", "twice", "none", "folded"),
  );
  const part = fc.record({ name, fileName, type, content, layout }).map((one) => {
    const named = `form-data; name="${one.name}"${one.fileName === null ? "" : `; filename="${one.fileName}"`}`;
    // A field with a type is rare, and not canonical.
    const typed =
      one.type === null || (one.fileName === null && one.content.length % 8 > 0)
        ? []
        : [`Content-Type: ${one.type}`];
    const lines: Record<string, string[]> = {
      plain: [`Content-Disposition: ${named}`, ...typed],
      lower: [`content-disposition: ${named}`, ...typed.map((line) => line.toLowerCase())],
      swapped: [...typed, `Content-Disposition: ${named}`],
      extra: [`Content-Disposition: ${named}`, ...typed, "X-Extra: 1"],
      tight: [`Content-Disposition:${named.replaceAll("; ", ";")}`, ...typed],
      "line feeds": [`Content-Disposition: ${named}\nX-Extra: 1`],
      encoded: [`Content-Disposition: ${named}; filename*=UTF-8''%e2%82%ac.png`, ...typed],
      twice: [`Content-Disposition: ${named}`, `Content-Disposition: form-data; name="other"`],
      none: [],
      folded: [`Content-Disposition: form-data;\r\n name="${one.name}"`, ...typed],
    };
    const header = [...(lines[one.layout] ?? []), "", ""].join("\r\n");
    return Buffer.concat([Buffer.from(header, "utf8"), one.content, Buffer.from("\r\n")]);
  });
  const ending = fc.oneof(
    { weight: 50, arbitrary: fc.constantFrom("--\r\n", "--") },
    {
      weight: 1,
      arbitrary: fc.constantFrom("", "-", "\r\n", "--\r\nepilogue", "-- \r\n", "--\n", "--\r\n\r\n", " \r\n"),
    },
  );
  const beginning = fc.oneof(
    { weight: 60, arbitrary: fc.constant("") },
    fc.constantFrom("\r\n", "preamble\r\n", "\n", "-"),
  );
  const damage = fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    {
      weight: 1,
      arbitrary: fc.record({
        at: fc.nat(),
        kind: fc.constantFrom("delete", "insert", "change"),
        byte: fc.nat(255),
      }),
    },
  );
  return fc
    .record({
      parts: fc.array(part, { maxLength: 6 }),
      beginning,
      ending,
      damage,
      cuts: fc.array(fc.nat(), { maxLength: 8 }),
    })
    .map(({ parts, beginning, ending, damage, cuts }) => {
      const delimiter = Buffer.from(`--${boundary}\r\n`);
      const pieces = parts.flatMap((bytes) => [delimiter, bytes]);
      let body = Buffer.concat([Buffer.from(beginning), ...pieces, Buffer.from(`--${boundary}${ending}`)]);
      if (damage !== null) {
        const at = damage.at % body.length;
        const rest = damage.kind === "insert" ? at : at + 1;
        const byte = damage.kind === "delete" ? [] : [damage.byte];
        body = Buffer.concat([body.subarray(0, at), Buffer.from(byte), body.subarray(rest)]);
      }
      return { boundary, chunks: cut(body, cuts) };
    });
});

function cut(body: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.map((at) => at % (body.length + 1)), body.length].sort((one, other) => one - other);
  return ends
    .map((end, index) => body.subarray(ends[index - 1] ?? 0, end))
    .filter(({ length }) => length > 0);
}

function scanned({ boundary, chunks }: Form): readonly OriginalPart[] | undefined {
  const scanner = new FormScanner(boundary, settings);
  for (const chunk of chunks) scanner.push(chunk);
  return scanner.finish(chunks);
}

async function parsed({ boundary, chunks }: Form): Promise<readonly Part[] | undefined> {
  const source = Readable.from(chunks, { objectMode: false });
  const contentType = `multipart/form-data; boundary=${boundary}`;
  return parseForm(source, contentType, new PartOutline(boundary), settings).catch(() => undefined);
}

/** Without what a parser adds: it reports `text/plain` where a file came without a type, and types in lower case. */
function told(parts: readonly Part[] | undefined): unknown {
  return parts?.map(({ name, fileName, contentType, content }) => ({
    name,
    fileName,
    contentType: fileName === undefined ? undefined : (contentType ?? "text/plain").toLowerCase(),
    content: Buffer.concat(content).toString("latin1"),
  }));
}

const deployment: Deployment = {
  id: "one",
  group: "edits",
  model: "gpt-image-2",
  apiBase: "https://upstream.test/v1",
  apiKey: "sk-test",
  weight: 1,
};

/** A model that refuses a field, one that does not, and a deployment that wants no `model` at all. */
const targets: readonly Deployment[] = [
  deployment,
  { ...deployment, model: "dall-e-2" },
  { ...deployment, model: "at-azure-alone", provider: "azure", apiBase: "https://resource.test" },
];

/** The body, or why it is refused: both ways must refuse the same. */
function bodyOf(make: () => MultipartBody): MultipartBody | string {
  try {
    return make();
  } catch (error) {
    return (error as Error).message;
  }
}

/** The parts that a deployment gets, in order; a model that is added may stand first. */
async function sentTo(target: Deployment, body: MultipartBody | string): Promise<unknown> {
  if (typeof body === "string") return body;
  const boundary = /boundary=(.*)$/.exec(body.contentType)?.[1] ?? "";
  const parts = await parsed({ boundary, chunks: body.bodyFor(target) });
  expect(parts).toBeDefined();
  return told(parts);
}

describe("the scanner of canonical forms", () => {
  it(`agrees with the parser of record, or declines (${String(runs)} forms)`, async () => {
    let accepted = 0;
    let all = 0;
    await fc.assert(
      fc.asyncProperty(form, async (one) => {
        all += 1;
        const found = scanned(one);
        if (found === undefined) return;
        accepted += 1;
        expect(told(found)).toEqual(told(await parsed(one)));
      }),
      { numRuns: runs },
    );
    // Were it to decline everything, it would agree with everybody.
    expect(accepted / all).toBeGreaterThan(0.2);
  }, 600_000);

  it(`and what is sent of a form as it arrived is what is sent of its parts (${String(runs)} forms)`, async () => {
    await fc.assert(
      fc.asyncProperty(form, fc.constantFrom(...targets), async (one, target) => {
        const parts = scanned(one);
        if (parts === undefined) return;
        const { boundary, chunks } = one;
        const contentType = `multipart/form-data; boundary=${boundary}`;
        const bodies = [
          bodyOf(() => MultipartBody.asArrived({ contentType, boundary, chunks, parts })),
          bodyOf(() => MultipartBody.of(parts)),
        ];
        const [arrived, rebuilt] = await Promise.all(bodies.map((body) => sentTo(target, body)));
        expect(arrived).toEqual(rebuilt);
        if (target.provider === "azure") expect(JSON.stringify(arrived)).not.toContain(target.model);
      }),
      { numRuns: runs },
    );
  }, 600_000);

  const canonical =
    '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\ngpt-image-1\r\n' +
    '--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\r\n--y\r\n\r\n' +
    '--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n\r\n--x--\r\n';

  it("finds the same parts at every pair of split points", () => {
    const body = Buffer.from(canonical);
    const whole = told(scanned({ boundary: "x", chunks: [body] }));
    expect(whole).toMatchObject([{ content: "gpt-image-1" }, { content: "\r\n--y\r\n" }, { content: "" }]);
    for (let first = 0; first <= body.length; first += 1) {
      for (let second = first; second <= body.length; second += 3) {
        const chunks = [body.subarray(0, first), body.subarray(first, second), body.subarray(second)];
        expect(told(scanned({ boundary: "x", chunks }))).toEqual(whole);
      }
    }
  });

  it("finds the same parts in chunks of any one size", () => {
    const body = Buffer.from(canonical);
    const whole = told(scanned({ boundary: "x", chunks: [body] }));
    for (let size = 1; size < 40; size += 1) {
      const count = Math.ceil(body.length / size);
      const chunks = Array.from({ length: count }, (_, index) =>
        body.subarray(index * size, (index + 1) * size),
      );
      expect(told(scanned({ boundary: "x", chunks }))).toEqual(whole);
    }
  });

  it.each([16_380, 16_381])(
    "takes a header of 16 KiB at most, the empty line behind its %d bytes included, however cut",
    (length) => {
      const start = 'Content-Disposition: form-data; name="a"; filename="';
      const header = `${start}${"n".repeat(length - start.length - 1)}"`;
      const body = Buffer.from(`--x\r\n${header}\r\n\r\ncontent\r\n--x--\r\n`);
      for (const cuts of [[], [1], [100], [5, 10, 16_000], [16_383], [16_386], [16_388, 16_391]]) {
        const found = scanned({ boundary: "x", chunks: cut(body, cuts) });
        expect(found?.map(({ content }) => Buffer.concat(content).toString())).toEqual(
          length > 16_380 ? undefined : ["content"],
        );
      }
    },
  );

  it.each([
    ["a preamble", `hello\r\n${canonical}`],
    ["an epilogue", `${canonical}bye`],
    ["no end", canonical.slice(0, -4)],
    ["no part", "--x--\r\n"],
    ["another header line", canonical.replace("\r\n\r\ngpt", "\r\nX-Extra: 1\r\n\r\ngpt")],
    ["an escape in a name", canonical.replace('"a.png"', '"a\\".png"')],
    ["a charset", canonical.replace("image/png", "text/plain; charset=latin1")],
    ["a type on a field", canonical.replace("\r\n\r\ngpt", "\r\nContent-Type: text/plain\r\n\r\ngpt")],
  ])("declines a form with %s", (_what, text) => {
    expect(scanned({ boundary: "x", chunks: [Buffer.from(text)] })).toBeUndefined();
  });

  it("puts another size where the client's stood", () => {
    const size = (value: string) =>
      `Content-Disposition: form-data; name="size"\r\n\r\n${value}\r\n--x--\r\n`;
    const text = canonical.replace(/--\r\n$/, `\r\n${size("512x512")}`);
    const chunks = cut(Buffer.from(text), [100, 300, text.length - 12]);
    const parts = scanned({ boundary: "x", chunks }) ?? [];
    const form = { contentType: "multipart/form-data; boundary=x", boundary: "x", chunks, parts };
    const sent = MultipartBody.asArrived(form).bodyFor({ ...deployment, model: "gpt-image-1" }, "1024x1024");
    expect(Buffer.concat(sent).toString()).toBe(text.replace(size("512x512"), size("1024x1024")));
  });

  it("leaves every byte as it came but for what must be changed", () => {
    const text =
      '--x\r\nContent-Disposition: form-data; name="timeout"\r\n\r\n9\r\n' +
      canonical.slice(0, -"--x--\r\n".length) +
      '--x\r\ncontent-disposition: form-data; name="image[7]"; filename="b"\r\nContent-Type: image/WEBP\r\n\r\nb\r\n' +
      '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nagain\r\n' +
      '--x\r\nContent-Disposition: form-data; name="response_format"\r\n\r\nurl\r\n' +
      '--x\r\nContent-Disposition: form-data; name="tags[]"\r\n\r\na\r\n--x--\r\n';
    const chunks = cut(Buffer.from(text), [20, 90, 150, 400, 410]);
    const parts = scanned({ boundary: "x", chunks });
    if (parts === undefined) throw new Error("declined");
    const body = MultipartBody.asArrived({
      contentType: "multipart/form-data; boundary=x",
      boundary: "x",
      chunks,
      parts,
    });
    const sent = Buffer.concat(body.bodyFor({ ...deployment, model: "the-model" })).toString();
    const field = 'Content-Disposition: form-data; name="response_format"\r\n\r\nurl\r\n';
    const expected =
      canonical
        .slice(0, -"--x--\r\n".length)
        .replace("gpt-image-1", "the-model")
        .replace('name="image"', 'name="image[]"') +
      `--x\r\nContent-Disposition: form-data; name="image[]"; filename="b"\r\nContent-Type: image/WEBP\r\n\r\nb\r\n--x\r\n${field}--x--\r\n`;
    expect(sent).toBe(expected);
    const atAzure = { ...deployment, model: "the-model", provider: "azure" } as const;
    expect(Buffer.concat(body.bodyFor(atAzure)).toString()).toBe(
      expected.replace('--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nthe-model\r\n', ""),
    );
    expect(body.droppedFor({ ...deployment, model: "gpt-image-2" })).toEqual(["response_format"]);
  });
});
