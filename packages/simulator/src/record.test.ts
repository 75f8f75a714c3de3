import { createHash } from "node:crypto";
import { Recorder, type RecordedRequest } from "./record.js";
import {
  formBody,
  goodForm,
  image,
  png,
  postForm,
  postJson,
  recorded,
  start,
  stopAll,
} from "./simulator.test.support.js";

afterEach(stopAll);

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

describe("the record of a form", () => {
  it("holds key, headers, and every part in its order", async () => {
    const { url } = await start();
    const picture = png(20, 10);
    const parts = [
      ["prompt", "hello"],
      ["image[]", { bytes: picture, type: "image/png", fileName: "ünder.png" }],
      ["user", "x".repeat(5000)],
      ["image[]", image()],
    ] as const;
    const answer = await postForm(url, parts, "sk-simulator-two");
    const [record] = await recorded(url);
    expect(record).toMatchObject({
      requestId: answer.headers.get("x-request-id"),
      time: "2026-11-23T12:00:00.000Z",
      method: "POST",
      path: "/v1/images/edits",
      arrivedAtMs: Date.parse("2026-11-23T12:00:00.000Z"),
      key: "sk-simulator-two",
      organization: "org-two",
      model: "gpt-image-1.5",
      images: 1,
      contentLength: formBody(parts).length,
      bodyLength: formBody(parts).length,
      headers: { authorization: "Bearer sk-simulator-two" },
      json: null,
      fault: null,
      status: 200,
      billed: true,
    });
    expect(record?.rawHeaders).toContain("Bearer sk-simulator-two");
    expect(record?.parts?.map(({ name }) => name)).toEqual(["prompt", "image[]", "user", "image[]"]);
    expect(record?.parts?.[0]).toEqual({
      name: "prompt",
      fileName: null,
      type: null,
      rawHeader: 'Content-Disposition: form-data; name="prompt"',
      length: 5,
      sha256: sha256(Buffer.from("hello")),
      value: "hello",
    });
    expect(record?.parts?.[1]).toEqual({
      name: "image[]",
      fileName: "ünder.png",
      type: "image/png",
      rawHeader:
        'Content-Disposition: form-data; name="image[]"; filename="ünder.png"\r\nContent-Type: image/png',
      length: picture.length,
      sha256: sha256(picture),
    });
    expect(record?.parts?.[2]).not.toHaveProperty("value");
  });

  it("also of a request that is refused, and of one with a wrong key", async () => {
    const { url } = await start();
    await postForm(url, [...goodForm, ["n", "99"]]);
    await postForm(url, goodForm, "sk-nobody");
    expect(await recorded(url)).toMatchObject([
      { status: 400, billed: false, parts: { length: 4 } },
      { status: 401, key: "sk-nobody", organization: null, parts: { length: 3 } },
    ]);
  });
});

describe("the record of a JSON body", () => {
  it("holds the body with its data URLs told by length and hash", async () => {
    const { url } = await start();
    const picture = png(20, 10);
    await postJson(url, {
      prompt: "hello",
      images: [{ image_url: `data:image/png;base64,${picture.toString("base64")}` }],
    });
    expect(await recorded(url)).toMatchObject([
      {
        parts: null,
        json: {
          prompt: "hello",
          images: [
            {
              image_url: {
                dataUrl: "data:image/png;base64",
                length: picture.length,
                sha256: sha256(picture),
              },
            },
          ],
        },
      },
    ]);
  });
});

describe("the recorder", () => {
  const named = (requestId: string) => ({ requestId }) as RecordedRequest;

  it("keeps the last so many, oldest first", () => {
    const recorder = new Recorder(3);
    for (const id of ["a", "b", "c", "d", "e"]) recorder.add(named(id));
    expect(recorder.list().map(({ requestId }) => requestId)).toEqual(["c", "d", "e"]);
    expect(recorder.list(2).map(({ requestId }) => requestId)).toEqual(["d", "e"]);
    recorder.clear();
    recorder.add(named("f"));
    expect(recorder.list().map(({ requestId }) => requestId)).toEqual(["f"]);
  });

  it("keeps nothing, and looks at nothing, where it may keep nothing", async () => {
    const { url } = await start({ recordedRequests: 0 });
    expect((await postForm(url, goodForm)).status).toBe(200);
    expect(await recorded(url)).toEqual([]);
  });

  it("does not record the admin routes, and is cleared by one", async () => {
    const { url } = await start();
    await postForm(url, goodForm);
    expect(await recorded(url)).toHaveLength(1);
    await fetch(`${url}/_simulator/requests`, { method: "DELETE" });
    expect(await recorded(url)).toEqual([]);
  });
});
