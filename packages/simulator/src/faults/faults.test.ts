import {
  addFault,
  bill,
  exchangeRaw,
  formBody,
  formType,
  goodForm,
  postForm,
  rawRequest,
  recorded,
  start,
  stopAll,
  until,
} from "../simulator.test.support.js";

afterEach(stopAll);

const streamed = [...goodForm, ["stream", "true"], ["partial_images", "2"]] as const;

describe("a fault that answers a status", () => {
  it("carries status, code, type, message and headers, and is not billed", async () => {
    const { url } = await start();
    await addFault(url, {
      count: 1,
      fault: {
        kind: "status",
        status: 429,
        code: "slow_down",
        type: "rate_limit_error",
        message: "Slow down.",
        headers: { "Retry-After": "7", "x-should-retry": "true" },
      },
    });
    const answer = await postForm(url, goodForm);
    expect([answer.status, answer.headers.get("retry-after"), answer.headers.get("x-should-retry")]).toEqual([
      429,
      "7",
      "true",
    ]);
    expect(await answer.json()).toEqual({
      error: { message: "Slow down.", type: "rate_limit_error", param: null, code: "slow_down" },
    });
    expect(answer.headers.get("x-request-id")).toBeTruthy();
    expect((await bill(url)).lines).toEqual([]);
    expect(await recorded(url)).toMatchObject([
      { status: 429, fault: "status", billed: false, bodyLength: formBody(goodForm).length },
    ]);
    expect((await postForm(url, goodForm)).status).toBe(200); // it was for one request
  });

  it("is billed if it says so", async () => {
    const { url } = await start();
    await addFault(url, { fault: { kind: "status", status: 500, billed: true } });
    const answer = await postForm(url, goodForm);
    expect(answer.status).toBe(500);
    expect((await bill(url)).lines).toMatchObject([{ requestId: answer.headers.get("x-request-id") }]);
    expect(await recorded(url)).toMatchObject([{ status: 500, billed: true }]);
  });

  it("can come before the body: the answer is there although the body is not", async () => {
    const { url } = await start();
    await addFault(url, { fault: { kind: "status", status: 503, when: "before" } });
    const request = rawRequest();
    const head = request.subarray(0, request.indexOf("\r\n\r\n") + 4);
    const answer = await new Promise<string>((resolve) => {
      void exchangeRaw(url, head, (socket) => {
        (socket as import("node:net").Socket).once("data", (chunk: Buffer) => {
          socket.destroy();
          resolve(chunk.toString());
        });
      });
    });
    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    expect(await recorded(url)).toMatchObject([{ status: 503, parts: null, bodyLength: 0 }]);
  });
});

describe("a fault that delays", () => {
  it("answers as ever, later", async () => {
    const { url, clock } = await start();
    await addFault(url, { fault: { kind: "delay", ms: 1500 } });
    expect((await postForm(url, goodForm)).status).toBe(200);
    expect(clock.sleptMs).toContain(1500);
    expect((await bill(url)).lines).toHaveLength(1);
  });
});

describe("a fault that hangs", () => {
  it.each([false, true])("reads the request and answers nothing (billed: %s)", async (billed) => {
    const { url } = await start();
    await addFault(url, { fault: { kind: "hang", billed } });
    const aborting = new AbortController();
    const answer = fetch(`${url}/v1/images/edits`, {
      method: "POST",
      signal: aborting.signal,
      headers: { authorization: "Bearer sk-simulator-one", "content-type": formType },
      body: new Uint8Array(formBody(goodForm)),
    });
    await until(async () => (await recorded(url))[0]?.fault === "hang");
    aborting.abort();
    await expect(answer).rejects.toThrow("abort");
    expect((await recorded(url))[0]).toMatchObject({
      status: null,
      billed,
      parts: [{ name: "model" }, { name: "prompt" }, { name: "image" }],
    });
    expect((await bill(url)).lines).toHaveLength(billed ? 1 : 0);
  });
});

describe("a fault that resets the connection", () => {
  it("as soon as the headers are there", async () => {
    const { url } = await start();
    await addFault(url, { fault: { kind: "reset", when: "before" } });
    expect(await exchangeRaw(url, rawRequest())).toMatchObject({
      error: "ECONNRESET",
      bytes: Buffer.alloc(0),
    });
    expect(await recorded(url)).toMatchObject([
      { status: null, fault: "reset", bodyLength: 0, billed: false },
    ]);
  });

  it("after half the body, whatever the client still has to send", async () => {
    const { url } = await start();
    await addFault(url, { fault: { kind: "reset", when: "during" } });
    const request = rawRequest();
    const length = formBody(goodForm).length;
    const sent = request.subarray(0, request.length - Math.floor(length / 4));
    expect((await exchangeRaw(url, sent)).error).toBe("ECONNRESET");
    const [record] = await recorded(url);
    expect(record?.bodyLength).toBeGreaterThanOrEqual(Math.floor(length / 2));
    expect(record?.bodyLength).toBeLessThan(length);
  });

  it.each([false, true])("in place of the answer (billed: %s)", async (billed) => {
    const { url } = await start();
    await addFault(url, { fault: { kind: "reset", when: "after", billed } });
    expect(await exchangeRaw(url, rawRequest())).toMatchObject({
      error: "ECONNRESET",
      bytes: Buffer.alloc(0),
    });
    expect(await recorded(url)).toMatchObject([
      { status: null, billed, bodyLength: formBody(goodForm).length },
    ]);
    expect((await bill(url)).lines).toHaveLength(billed ? 1 : 0);
  });
});

/** Head and body of an answer as it came over the wire. */
function split(bytes: Buffer): { head: string; body: Buffer } {
  const end = bytes.indexOf("\r\n\r\n") + 4;
  return { head: bytes.toString("latin1", 0, end), body: bytes.subarray(end) };
}

describe("a fault that spoils the answer", () => {
  it("cuts it after a share of the promised bytes, and it is billed", async () => {
    const { url } = await start({ answerBytes: 50_000 });
    await addFault(url, { fault: { kind: "cut", share: 0.25 } });
    const { bytes, error } = await exchangeRaw(url, rawRequest());
    const { head, body } = split(bytes);
    const promised = Number(/content-length: (\d+)/.exec(head)?.[1]);
    expect(head).toMatch(/^HTTP\/1.1 200 /);
    expect(promised).toBeGreaterThan(66_000);
    expect({ length: body.length, error }).toEqual({ length: Math.floor(promised / 4), error: undefined });
    expect(await recorded(url)).toMatchObject([{ status: 200, fault: "cut", billed: true }]);
  });

  it("cuts a stream, without the chunk that ends it", async () => {
    const { url } = await start();
    await addFault(url, { fault: { kind: "cut", share: 0.5 } });
    const { bytes } = await exchangeRaw(url, rawRequest(streamed));
    expect(bytes.toString()).toContain("image_edit.partial_image");
    expect(bytes.toString()).not.toContain("image_edit.completed");
    expect(bytes.toString().endsWith("0\r\n\r\n")).toBe(false);
    expect((await bill(url)).lines).toHaveLength(1);
  });

  it("answers 200 with JSON that does not parse, of the length it promises", async () => {
    const { url } = await start();
    await addFault(url, { fault: { kind: "malformed" } });
    const answer = await postForm(url, goodForm);
    const text = await answer.text();
    expect([answer.status, Number(answer.headers.get("content-length"))]).toEqual([200, text.length]);
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect((await bill(url)).lines).toHaveLength(1);
  });

  it("ends a stream with an event that does not parse", async () => {
    const { url } = await start();
    await addFault(url, { fault: { kind: "malformed" } });
    const events = (await (await postForm(url, streamed)).text()).trim().split("\n\n");
    const parsed = events.map((event) => {
      try {
        JSON.parse(event.slice(event.indexOf("data: ") + 6));
        return true;
      } catch {
        return false;
      }
    });
    expect(parsed).toEqual([true, true, false]);
  });

  it("drips, and is complete in the end", async () => {
    const { url, clock } = await start({ answerBytes: 3000 });
    await addFault(url, { fault: { kind: "drip", bytes: 100, everyMs: 25 } });
    const text = await (await postForm(url, goodForm)).text();
    expect(JSON.parse(text)).toHaveProperty("usage");
    expect(clock.sleptMs.filter((ms) => ms === 25)).toHaveLength(Math.ceil(text.length / 100));
    expect((await bill(url)).lines).toHaveLength(1);
  });

  it.each([
    [false, false],
    [true, true],
  ])("sends an error within a stream (bare: %s, billed: %s)", async (bare, billed) => {
    const { url } = await start();
    await addFault(url, {
      fault: {
        kind: "stream-error",
        afterPartials: 1,
        code: "server_is_overloaded",
        message: "No.",
        bare,
        billed,
      },
    });
    expect((await postForm(url, goodForm)).status).toBe(200); // no stream: the fault waits
    const answer = await postForm(url, streamed);
    const events = (await answer.text()).trim().split("\n\n");
    expect(events.map((event) => event.split("\n")[0])).toEqual([
      "event: image_edit.partial_image",
      "event: error",
    ]);
    const error = { message: "No.", type: "server_error", param: null, code: "server_is_overloaded" };
    expect(JSON.parse(events[1]?.split("data: ")[1] ?? "")).toEqual(bare ? error : { error });
    expect(await recorded(url)).toMatchObject([
      { billed: true },
      { status: 200, fault: "stream-error", billed },
    ]);
  });
});

describe("a fault that breaks the usage", () => {
  const usageIn = async (answer: Response) => ((await answer.json()) as { usage?: object }).usage;

  it.each([
    ["nothing", undefined],
    ["incomplete", { input_tokens: 228, input_tokens_details: { text_tokens: 34, image_tokens: 194 } }],
    ["zeros", { total_tokens: 0, input_tokens: 0, output_tokens: 0 }],
  ])("leaves %s of it, and bills the price of each picture", async (remains, told) => {
    const { url } = await start();
    await addFault(url, { count: 1, fault: { kind: "usage", remains } });
    const answer = await postForm(url, [...goodForm, ["n", "3"], ["quality", "high"]]);
    expect(await usageIn(answer)).toEqual(told);
    expect((await bill(url)).lines).toMatchObject([{ nanoUsd: "501000000", images: 3, usage: null }]);
    expect(await usageIn(await postForm(url, goodForm))).toHaveProperty("output_tokens", 1056);
  });

  it("in every completed event of a stream", async () => {
    const { url } = await start();
    await addFault(url, { fault: { kind: "usage" } });
    const text = await (await postForm(url, [...streamed, ["n", "2"]])).text();
    expect(text.match(/event: image_edit.completed/g)).toHaveLength(2);
    expect(text).not.toContain("usage");
    expect((await bill(url)).lines).toMatchObject([
      { nanoUsd: "84000000", amounts: ["42000000", "42000000"], usage: null },
    ]);
  });

  it("waits for an edit whose pictures have a price of their own", async () => {
    const { url } = await start();
    await addFault(url, { count: 1, fault: { kind: "usage" } });
    const latest = await postForm(url, [["model", "chatgpt-image-latest"], ...goodForm.slice(1)]);
    const odd = await postForm(url, [["model", "gpt-image-2"], ["size", "2048x2048"], ...goodForm.slice(1)]);
    expect([await usageIn(latest), await usageIn(odd)]).not.toContain(undefined);
    expect(await usageIn(await postForm(url, goodForm))).toBeUndefined();
  });
});

describe("a client that goes away", () => {
  it("is billed all the same once its request is complete", async () => {
    const { url } = await start();
    await exchangeRaw(
      url,
      rawRequest(),
      (socket) => void until(async () => (await recorded(url)).length === 1).then(() => socket.destroy()),
    );
    await until(async () => (await bill(url)).lines.length === 1);
  });

  it("is not billed if it leaves while it sends", async () => {
    const { url } = await start();
    const whole = rawRequest();
    await exchangeRaw(url, whole.subarray(0, whole.length - 10), (socket) => {
      void until(async () => (await recorded(url)).length === 1).then(() => socket.destroy());
    });
    await until(async () => ((await recorded(url))[0]?.bodyLength ?? 0) > 0);
    expect((await bill(url)).lines).toEqual([]);
  });
});

describe("which requests a fault strikes", () => {
  const failing = { kind: "status", status: 500 };
  const statuses = async (url: string, count: number) => {
    const seen: number[] = [];
    for (let index = 0; index < count; index += 1) seen.push((await postForm(url, goodForm)).status);
    return seen;
  };

  it("those of one key or one model only", async () => {
    const { url } = await start({
      faults: [{ key: "sk-simulator-two", fault: { kind: "status", status: 500 } }],
    });
    await addFault(url, { model: "gpt-image-2", fault: { kind: "status", status: 502 } });
    expect((await postForm(url, goodForm)).status).toBe(200);
    expect((await postForm(url, goodForm, "sk-simulator-two")).status).toBe(500);
    expect((await postForm(url, [["model", "gpt-image-2"], ...goodForm.slice(1)])).status).toBe(502);
  });

  it("those of one user only", async () => {
    const { url } = await start();
    await addFault(url, { user: "edit-7", fault: failing });
    expect((await postForm(url, goodForm)).status).toBe(200);
    expect((await postForm(url, [...goodForm, ["user", "edit-70"]])).status).toBe(200);
    expect((await postForm(url, [...goodForm, ["user", "edit-7"]])).status).toBe(500);
  });

  it("so many, in the order in which the faults were added", async () => {
    const { url } = await start();
    await addFault(url, [
      { count: 2, fault: failing },
      { count: 1, fault: { ...failing, status: 503 } },
    ]);
    expect(await statuses(url, 4)).toEqual([500, 500, 503, 200]);
  });

  it("a share of them, the same ones for the same seed", async () => {
    const seen = await Promise.all(
      [7, 7, 8].map(async (seed) => {
        const { url } = await start({
          seed,
          faults: [{ probability: 0.5, fault: { kind: "status", status: 500 } }],
        });
        return (await statuses(url, 24)).join();
      }),
    );
    expect(seen[0]).toBe(seen[1]);
    expect(seen[0]).not.toBe(seen[2]);
    const failed = seen[0]?.split("500").length ?? 0;
    expect(failed).toBeGreaterThan(4);
    expect(failed).toBeLessThan(21);
  });

  it("none after they are taken back, and none that is refused anyway", async () => {
    const { url } = await start();
    await addFault(url, { count: 5, fault: failing });
    expect((await postForm(url, [...goodForm, ["n", "0"]])).status).toBe(400);
    const list = (await (await fetch(`${url}/_simulator/faults`)).json()) as { faults: { left: number }[] };
    expect(list.faults).toMatchObject([{ left: 5, fault: failing }]);
    await fetch(`${url}/_simulator/faults`, { method: "DELETE" });
    expect(await statuses(url, 1)).toEqual([200]);
  });

  it.each([
    [{ fault: { kind: "explode" } }, "fault"],
    [{ fault: { kind: "status", status: 99 } }, "fault.status"],
    [{ fault: { kind: "reset", when: "before", billed: true } }, "cannot be billed"],
    [{ model: "gpt-image-1", fault: { kind: "reset", when: "during" } }, "model is not known yet"],
    [{ user: "edit-7", fault: { kind: "reset", when: "before" } }, "user is not known yet"],
    [{ fault: { kind: "usage", remains: "some" } }, "fault.remains"],
    [{ fault: { kind: "hang" }, counts: 1 }, "counts"],
  ])("a wrong rule is refused with its place: %j", async (rule, said) => {
    const { url } = await start();
    const answer = await addFault(url, rule);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(said);
  });
});
