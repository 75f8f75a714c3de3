import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { ClientGoneError, type MemoryLease } from "@darkroom/router";
import OpenAI, { toFile } from "openai";
import { ManualTimers } from "./manual-timers.test.support.js";
import { receiveUpload } from "./receive-upload.js";
import { UploadTooSlowError } from "./upload-errors.js";
import {
  deployment,
  mebibyte,
  type PartSeen,
  sha256,
  until,
  UploadTestServer,
} from "./upload-server.test.support.js";

const png = Buffer.concat([
  Buffer.from("89504e470d0a1a0a", "hex"),
  randomBytes(100_000),
  Buffer.from("\r\n--\r\n"),
]);
const webp = Buffer.from("RIFF\x10\0\0\0WEBPVP8 more", "latin1");

let server: UploadTestServer;
afterEach(() => server.close());

async function start(options: ConstructorParameters<typeof UploadTestServer>[0] = {}): Promise<void> {
  server = await new UploadTestServer(options).listen();
}

function client(): OpenAI {
  return new OpenAI({ apiKey: "sk-test", baseURL: server.url, maxRetries: 0 });
}

/** What the test server says it would have sent upstream. */
function partsOf(answer: unknown): readonly PartSeen[] {
  return (answer as { parts: readonly PartSeen[] }).parts;
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly error?: { message: string; param?: string; code?: string };
    readonly parts: readonly PartSeen[];
  };
}

async function post(body: RequestInit["body"], contentType: string, headers = {}): Promise<Answer> {
  const response = await fetch(`${server.url}/images/edits`, {
    method: "POST",
    body: body ?? null,
    headers: { "content-type": contentType, ...headers },
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

const formType = "multipart/form-data; boundary=x";

function form(...parts: readonly string[]): Buffer {
  return Buffer.from(
    parts
      .map((part) => `--x\r\n${part}\r\n`)
      .join("")
      .concat("--x--\r\n"),
    "latin1",
  );
}

const disposition = (rest: string) => `Content-Disposition: form-data; ${rest}\r\n`;

describe("openai's own client", () => {
  test("one file from memory, with the client's own fields", async () => {
    await start();
    const answer = await client().images.edit({
      image: await toFile(png, "猫 a.png"),
      prompt: "a café",
      model: "edits",
      n: 2,
      size: "1024x1024",
    });
    expect(Object.fromEntries(partsOf(answer))).toEqual({
      image: ["猫 a.png", "image/png", sha256(png)],
      prompt: "a café",
      model: "other-model",
      n: "2",
      size: "1024x1024",
    });
    expect(answer).toMatchObject({ model: "edits", parameters: { n: 2, size: "1024x1024", stream: false } });
    expect(server.budget.usedBytes).toBe(0);
  });

  test.each([1, 2, 16])("a list of %i files, in order, and a mask", async (count) => {
    await start();
    const files = Array.from({ length: count }, (_, index) => Buffer.concat([png, Buffer.from([index])]));
    const answer = await client().images.edit({
      image: await Promise.all(files.map((bytes, index) => toFile(bytes, `${index}.png`))),
      mask: await toFile(webp, "mask.webp"),
      prompt: "x",
    });
    const name = count === 1 ? "image" : "image[]";
    expect(partsOf(answer).filter(([, value]) => typeof value !== "string")).toEqual([
      ...files.map((bytes, index) => [name, [`${index}.png`, "image/png", sha256(bytes)]]),
      ["mask", ["mask.webp", "image/webp", sha256(webp)]],
    ]);
  });

  test("50 files of 2 MiB streamed from a disk at once, without a length, all succeed", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "darkroom-upload-"));
    try {
      const bytes = Buffer.concat([png, randomBytes(2 * mebibyte)]);
      const source = path.join(folder, "large.png");
      await writeFile(source, bytes);
      let held = 0;
      // None is answered, nor its memory given back, before all are received.
      await start({
        onUpload: () => {
          held += 1;
          return until(() => held === 50);
        },
      });
      const answers = await Promise.all(
        Array.from({ length: 50 }, () =>
          client().images.edit({ image: createReadStream(source), prompt: "x" }),
        ),
      );
      for (const answer of answers) {
        expect(partsOf(answer)).toContainEqual(["image", ["large.png", "image/png", sha256(bytes)]]);
      }
      expect(server.budget.usedBytes).toBe(0);
      expect(await readdir(folder)).toEqual(["large.png"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("a refusal during the upload is read as such", async () => {
    await start({ settings: { maxRequestBytes: mebibyte, memoryBudgetBytes: mebibyte } });
    const image = await toFile(randomBytes(8 * mebibyte), "a.png");
    await expect(client().images.edit({ image, prompt: "x" })).rejects.toMatchObject({
      status: 413,
      code: "request_too_large",
    });
  });
});

describe("curl", () => {
  test("files of types that it does not know, announced with Expect and sent in chunks", async () => {
    const run = promisify(execFile);
    const isThere = await run("curl", ["--version"]).then(
      () => true,
      () => false,
    );
    await start();
    if (!isThere) return;
    const folder = await mkdtemp(path.join(tmpdir(), "darkroom-upload-"));
    try {
      const bytes = Buffer.concat([webp, randomBytes(2 * mebibyte)]);
      const file = path.join(folder, 'a "b".webp');
      await writeFile(file, bytes);
      for (const header of ["expect: 100-continue", "expect:", "transfer-encoding: chunked"]) {
        const image = `image=@"${file.replaceAll('"', '\\"')}"`;
        const fields = ["-F", image, "-F", "prompt=猫", "-F", "model=edits"];
        const { stdout } = await run("curl", ["--http1.1", "-sS", "-H", header, ...fields, server.url]);
        expect(partsOf(JSON.parse(stdout))).toEqual([
          ["image", ['a "b".webp', "image/webp", sha256(bytes)]],
          ["prompt", "猫"],
          ["model", "other-model"],
        ]);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("forms", () => {
  test("are kept exactly: brackets, order, repeated and empty parts, text without a name for its charset", async () => {
    await start();
    const { body } = await post(
      form(
        `${disposition('name="b[x][]"')}\r\n1`,
        `${disposition('name="image[]"; filename="a%22b.png"')}Content-Type: image/png\r\n\r\n\x89PNG\r\n--y\r\n`,
        `${disposition('name="b"')}\r\n`,
        `${disposition('name="b[x][]"')}\r\n2`,
        `${disposition('name="__proto__"')}\r\n3`,
        `${disposition('name="image[]"; filename=""')}Content-Type: application/octet-stream\r\n\r\n`,
        `${disposition('name="file"; filename="c:\\dir/d.txt"')}\r\n`,
      ),
      formType,
    );
    const bytes = Buffer.from("\x89PNG\r\n--y\r\n", "latin1");
    expect(body.parts).toEqual([
      ["model", "other-model"],
      ["b[x][]", "1"],
      ["image[]", ['a"b.png', "image/png", sha256(bytes)]],
      ["b", ""],
      ["b[x][]", "2"],
      ["__proto__", "3"],
      ["image[]", ["", "application/octet-stream", sha256(Buffer.alloc(0))]],
      ["file", ["c:\\dir/d.txt", "text/plain", sha256(Buffer.alloc(0))]],
    ]);
  });

  test("fields that are no UTF-8 keep their bytes; those with a charset become UTF-8", async () => {
    const sent: Buffer[] = [];
    await start({ onUpload: ({ body }) => void sent.push(Buffer.concat(body.bodyFor(deployment))) });
    const utf8 = (text: string) => Buffer.from(text, "utf8").toString("latin1");
    await post(
      form(
        `${disposition('name="legacy"')}\r\n<caf\xe9>`,
        `${disposition('name="utf8"')}Content-Type: text/plain; charset=utf-8\r\n\r\n<${utf8("Ã©\ufffd")}>`,
        `${disposition('name="latin"')}Content-Type: text/plain; charset=iso-8859-1\r\n\r\n<na\xefve>`,
      ),
      formType,
    );
    const text = sent[0]?.toString("latin1");
    expect(text).toContain("<caf\xe9>");
    expect(text).toContain(`<${utf8("Ã©\ufffd")}>`);
    expect(text).toContain(`<${utf8("naïve")}>`);
  });

  const whole = form(`${disposition('name="image"; filename="a.png"')}\r\n0123456789`);

  test("cut short anywhere are refused, never shortened", async () => {
    await start();
    expect((await post(whole, formType)).status).toBe(200);
    for (let length = 0; length < whole.length - 2; length += 1) {
      const { status, body } = await post(whole.subarray(0, length), formType);
      expect([length, status, body.error?.code]).toEqual([length, 400, "invalid_multipart"]);
    }
    expect(server.budget.usedBytes).toBe(0);
  });

  test("split anywhere are read the same", async () => {
    await start();
    for (let at = 1; at < whole.length; at += 1) {
      const socket = await server.connect();
      socket.setNoDelay();
      const answer = once(socket, "data");
      socket.write(
        `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: ${formType}\r\ntransfer-encoding: chunked\r\n\r\n`,
      );
      for (const piece of [whole.subarray(0, at), whole.subarray(at)]) {
        socket.write(`${piece.length.toString(16)}\r\n`);
        socket.write(piece);
        socket.write("\r\n");
      }
      socket.write("0\r\n\r\n");
      expect(String((await answer)[0])).toContain(sha256(Buffer.from("0123456789")));
      socket.destroy();
    }
  });

  test("in chunks of one byte are read the same, and kept in large pieces", async () => {
    const pieces: number[] = [];
    await start({ onUpload: ({ body }) => void pieces.push(body.bodyFor(deployment).length) });
    // Long, since the parser that reads it back looks for it without its dashes.
    const boundary = "boundary-of-this-test";
    const content = randomBytes(40_000);
    const bytes = Buffer.concat([
      Buffer.from(`--${boundary}\r\n${disposition('name="image"; filename="a"')}\r\n`),
      content,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]);
    const socket = await server.connect();
    socket.write(
      `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=${boundary}\r\ntransfer-encoding: chunked\r\n\r\n`,
    );
    socket.write(
      Buffer.concat(
        [...bytes].flatMap((byte) => [Buffer.from("1\r\n"), Buffer.from([byte]), Buffer.from("\r\n")]),
      ),
    );
    socket.write("0\r\n\r\n");
    expect(String((await once(socket, "data"))[0])).toContain(sha256(content));
    expect(pieces[0]).toBeLessThan(20);
    socket.destroy();
  });

  test.each([
    ["no part at all", Buffer.from("")],
    ["another boundary", Buffer.from("--y\r\n\r\n--y--\r\n")],
    ["a part without a header", form("\r\nlost")],
    ["a part without a name", form(`${disposition('filename="a"')}\r\nlost`)],
    ["a part that is no form data", form('Content-Disposition: attachment; name="a"\r\n\r\nlost')],
    ["a broken header", form("Content Disposition\r\n\r\nlost")],
    ["padding behind a boundary", Buffer.from(whole.toString().replace("--x\r\n", "--x  \r\n"))],
    [
      "a boundary that begins a line of the content",
      form(`${disposition('name="a"')}\r\none\r\n--xy\r\ntwo`),
    ],
    [
      "a field in an unknown charset",
      form(`${disposition('name="a"')}Content-Type: text/plain; charset=x-no\r\n\r\na`),
    ],
  ])("with %s are refused", async (_what, body) => {
    await start();
    expect(await post(body, formType)).toMatchObject({
      status: 400,
      body: { error: { code: "invalid_multipart" } },
    });
  });

  test.each([
    [{ maxParts: 1 }, "oo many parts."],
    [{ maxNameLength: 2 }, "name of a part is too long."],
    [{ maxFieldBytes: 3 }, "'field' is too long."],
  ])("beyond %j are refused", async (settings, message) => {
    await start({ settings });
    const field = `${disposition('name="field"')}\r\nvalue`;
    expect(await post(form(field, field, field), formType)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining(message), code: "invalid_multipart" } },
    });
  });
});

describe("other bodies", () => {
  test("JSON passes with its model replaced", async () => {
    await start();
    const { body } = await post(
      '{"model":"edits", "images":[{"file_id":"f"}]}',
      "application/json; charset=utf-8",
    );
    expect(body).toMatchObject({
      model: "edits",
      parts: '{"model":"other-model", "images":[{"file_id":"f"}]}',
    });
  });

  test.each([
    ["text/plain", {}, "unsupported_content_type"],
    ["application/x-www-form-urlencoded", {}, "unsupported_content_type"],
    ["multipart/form-data", {}, "invalid_multipart"],
    ['multipart/form-data; boundary=""', {}, "invalid_multipart"],
    ["application/json", { "content-encoding": "gzip" }, "unsupported_content_encoding"],
    ["application/json", {}, "invalid_json"],
  ])("%s with %j is refused as %s", async (type, headers, code) => {
    await start();
    expect(await post("[]", type, headers)).toMatchObject({ status: 400, body: { error: { code } } });
    expect(server.budget.usedBytes).toBe(0);
  });
});

describe("limits", () => {
  const head = (length: string) =>
    `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${length}\r\n\r\n`;

  test("a length above the cap is refused from the headers alone", async () => {
    await start({ settings: { maxRequestBytes: 10, memoryBudgetBytes: 10 } });
    const socket = await server.connect();
    socket.write(head("content-length: 11"));
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 413 /);
    socket.destroy();
  });

  test("a chunked body is refused as soon as it is above the cap", async () => {
    await start({ settings: { maxRequestBytes: 10, memoryBudgetBytes: 10 } });
    const socket = await server.connect();
    socket.write(`${head("transfer-encoding: chunked")}b\r\n01234567890\r\n`);
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 413 /);
    socket.destroy();
    await until(() => server.budget.usedBytes === 0);
  });

  test("100 Continue is said once there is memory, and not before", async () => {
    const timers = new ManualTimers();
    await start({ settings: { maxRequestBytes: 10, memoryBudgetBytes: 10 }, timers });
    const first = await server.budget.admit(10);
    const socket = await server.connect();
    socket.write(head("content-length: 2\r\nexpect: 100-continue"));
    await until(() => server.budget.waiting === 1);
    expect(socket.bytesRead).toBe(0);
    first.release();
    expect(String((await once(socket, "data"))[0])).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    socket.write("{}");
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();
  });

  test("who waits for memory in vain is told when to come again, unread", async () => {
    const timers = new ManualTimers();
    await start({ settings: { maxRequestBytes: 10, memoryBudgetBytes: 10 }, timers });
    await server.budget.admit(10);
    const socket = await server.connect();
    socket.write(head("content-length: 2\r\nexpect: 100-continue"));
    await until(() => server.budget.waiting === 1);
    timers.advance(30_000);
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 503 /);
    socket.destroy();
  });

  test("a client that goes while it waits leaves the queue", async () => {
    await start({ settings: { maxRequestBytes: 10, memoryBudgetBytes: 10 } });
    await server.budget.admit(10);
    const socket = await server.connect();
    socket.write(head("content-length: 2\r\nexpect: 100-continue"));
    await until(() => server.budget.waiting === 1);
    socket.destroy();
    await until(() => server.errors.length === 1);
    expect(server.errors[0]).toBeInstanceOf(ClientGoneError);
    expect([server.budget.waiting, server.budget.usedBytes]).toEqual([0, 10]);
  });

  describe("a chunked body that needs more memory than there is", () => {
    /** Room for two of the largest. */
    const tight = { maxRequestBytes: 10, memoryBudgetBytes: 20, stepBytes: 2, minimumBytesPerSecond: 100 };
    const timers = new ManualTimers();

    /** Starts an upload that has to wait, since `holders` have taken their memory before it. */
    async function waiting([first, ...others]: readonly string[], holders: readonly (number | undefined)[]) {
      await start({ settings: { ...tight, timeoutMs: 60_000 }, timers });
      const held: MemoryLease[] = [];
      for (const bytes of holders) held.push(await server.budget.admit(bytes));
      const granted = server.budget.usedBytes + 2;
      const socket = await server.connect();
      socket.write(`${head("transfer-encoding: chunked")}${first}`);
      await until(() => server.budget.usedBytes === granted);
      for (const piece of others) socket.write(piece);
      await until(() => server.budget.waiting === 1);
      await new Promise<void>((resolve) => setImmediate(resolve));
      return { socket, held };
    }

    /** An older one may take all that is left. */
    const olderOne = [8, undefined];
    const cases = [
      ["is not complete", ["2\r\n{ \r\n", "1\r\n \r\n"], "1\r\n}\r\n0\r\n\r\n"],
      ["is complete", ["2\r\n{ \r\n", "2\r\n }\r\n0\r\n\r\n"], ""],
    ] as const;

    test.each(cases)("and %s goes on when there is some", async (_what, pieces, rest) => {
      const { socket, held } = await waiting(pieces, olderOne);
      socket.write(rest);
      held[0]?.release();
      expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 200 /);
      expect([server.errors, server.budget.usedBytes, timers.pending]).toEqual([[], 2, 0]);
      socket.destroy();
    });

    test.each(cases)("and %s is given up when its client goes", async (_what, pieces) => {
      const { socket } = await waiting(pieces, olderOne);
      socket.destroy();
      await until(() => server.errors.length === 1);
      expect(server.errors[0]).toBeInstanceOf(ClientGoneError);
      expect([server.budget.waiting, server.budget.usedBytes, timers.pending]).toEqual([0, 10, 0]);
    });

    test.each(cases)("and %s is told when to come again", async (_what, pieces) => {
      const { socket } = await waiting(pieces, olderOne);
      timers.advance(29_999);
      expect(server.errors).toEqual([]);
      timers.advance(1);
      expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 503 /);
      expect([server.budget.waiting, server.budget.usedBytes]).toEqual([0, 10]);
      socket.destroy();
      await until(() => timers.pending === 0);
    });

    test.each([true, false])("and ended before it was read is received, or given up: %p", async (leaves) => {
      await start({ settings: tight, timers });
      const held: MemoryLease[] = [];
      for (const bytes of [8, undefined, 2]) held.push(await server.budget.admit(bytes));
      const socket = await server.connect();
      socket.write(`${head("transfer-encoding: chunked")}2\r\n{ \r\n2\r\n }\r\n0\r\n\r\n`);
      await until(() => server.budget.waiting === 1);
      held[2]?.release();
      await until(() => server.budget.waiting === 1 && timers.pending === 3);
      // Here the request ends and closes, and only its response still knows the client.
      for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
      if (leaves) {
        socket.destroy();
        await until(() => server.errors.length === 1);
        expect(server.errors[0]).toBeInstanceOf(ClientGoneError);
        expect([server.budget.waiting, server.budget.usedBytes, timers.pending]).toEqual([0, 10, 0]);
      } else {
        held[0]?.release();
        expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 200 /);
        expect([server.errors, server.budget.usedBytes, timers.pending]).toEqual([[], 2, 0]);
        socket.destroy();
      }
    });

    test("waits as the oldest until its deadline, and is not called slow for it", async () => {
      const { socket } = await waiting(["2\r\n{ \r\n", "1\r\n \r\n"], [8, 10]);
      timers.advance(59_999);
      expect([server.errors, server.budget.waiting]).toEqual([[], 1]);
      timers.advance(1);
      expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 503 /);
      expect([server.budget.waiting, server.budget.usedBytes]).toEqual([0, 18]);
      socket.destroy();
      await until(() => timers.pending === 0);
    });
  });

  test("a client that has gone before is not read", async () => {
    await start();
    const request = new IncomingMessage(new Socket());
    Object.assign(request.headers, { "content-type": formType, "content-length": "5" });
    request.destroy();
    const received = receiveUpload(request, new ServerResponse(request), server.settings, server.budget);
    await expect(received).rejects.toBeInstanceOf(ClientGoneError);
    expect(server.budget.usedBytes).toBe(0);
  });

  test.each(["application/json", formType])(
    "a client that goes during a %s body frees its memory",
    async (type) => {
      const timers = new ManualTimers();
      await start({ timers });
      const socket = await server.connect();
      socket.write(
        `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: 99999\r\n\r\n--x\r\n`,
      );
      socket.write(`${disposition('name="image"; filename="a"')}\r\nxxxx`);
      await until(() => timers.pending > 0);
      socket.destroy();
      await until(() => server.errors.length === 1);
      expect(server.errors[0]).toBeInstanceOf(ClientGoneError);
      expect([server.budget.usedBytes, timers.pending]).toEqual([0, 0]);
    },
  );

  test("an upload slower than the least rate is ended, one just fast enough is not", async () => {
    const timers = new ManualTimers();
    await start({ timers, settings: { minimumBytesPerSecond: 100, rateWindowMs: 1000 } });
    const socket = await server.connect();
    socket.write(`${head("content-length: 1000")}${" ".repeat(100)}`);
    await until(() => timers.pending > 0 && server.budget.usedBytes === 1000);
    await new Promise<void>((resolve) => setImmediate(resolve));
    timers.advance(1000);
    expect(server.errors).toEqual([]);
    timers.advance(1000);
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 408 /);
    expect(server.errors[0]).toBeInstanceOf(UploadTooSlowError);
    expect(server.budget.usedBytes).toBe(0);
    socket.destroy();
  });

  test("an upload that is fast enough but never ends is ended at its deadline", async () => {
    const timers = new ManualTimers();
    await start({ timers, settings: { minimumBytesPerSecond: 0, timeoutMs: 60_000 } });
    const socket = await server.connect();
    socket.write(head("content-length: 1000"));
    await until(() => timers.pending === 2);
    timers.advance(59_999);
    expect(server.errors).toEqual([]);
    timers.advance(1);
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 408 /);
    socket.destroy();
  });
});
