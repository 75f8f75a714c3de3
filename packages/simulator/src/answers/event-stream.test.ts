import {
  exchangeRaw,
  goodForm,
  postForm,
  rawRequest,
  start,
  stopAll,
  until,
} from "../simulator.test.support.js";

afterEach(stopAll);

const stream = (partials: number, count: number, model = "gpt-image-1") =>
  [
    ["model", model],
    ...goodForm.slice(1),
    ["stream", "true"],
    ["partial_images", String(partials)],
    ["n", String(count)],
  ] as const;

interface Event {
  readonly event: string;
  readonly data: Record<string, unknown> & { usage?: { output_tokens: number; total_tokens: number } };
}

function eventsOf(text: string): Event[] {
  return text
    .trimEnd()
    .split("\n\n")
    .map((one) => {
      const [event = "", data = ""] = one.split("\n");
      return {
        event: event.slice("event: ".length),
        data: JSON.parse(data.slice("data: ".length)) as Event["data"],
      };
    });
}

describe("a streamed answer", () => {
  it.each([0, 1, 2, 3])("has %i partial images and then the completed one", async (partials) => {
    const { url, clock } = await start();
    const answer = await postForm(url, stream(partials, 1));
    expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = eventsOf(await answer.text());
    expect(events.map(({ event }) => event)).toEqual([
      ...new Array<string>(partials).fill("image_edit.partial_image"),
      "image_edit.completed",
    ]);
    expect(events.every(({ event, data }) => data["type"] === event)).toBe(true);
    expect(events.slice(0, -1).map(({ data }) => data["partial_image_index"])).toEqual([
      ...Array(partials).keys(),
    ]);
    expect(events.slice(0, -1).some(({ data }) => "usage" in data)).toBe(false);
    expect(events.at(-1)?.data).toMatchObject({
      created_at: Math.floor(clock.now() / 1000),
      size: "1024x1024",
      quality: "medium",
      background: "opaque",
      output_format: "png",
      usage: { output_tokens: 1056 + 100 * partials, total_tokens: 34 + 194 + 1056 + 100 * partials },
    });
  });

  it.each([
    ["gpt-image-1", 34 + 194],
    ["gpt-image-2", 3 * (34 + 194 + 4160)],
  ])("of several pictures of %s sums to the bill", async (model, inputTokens) => {
    const { url, simulator } = await start();
    const events = eventsOf(await (await postForm(url, stream(1, 3, model))).text());
    const completed = events.filter(({ event }) => event === "image_edit.completed");
    expect(completed).toHaveLength(3);
    const total = completed.reduce((sum, { data }) => sum + (data.usage?.total_tokens ?? 0), 0);
    const [line] = simulator.services.bill.lines;
    expect(line?.usage).toMatchObject({ total_tokens: total, input_tokens: inputTokens });
    expect(line?.images).toBe(3);
  });

  it("sends each event before it turns to the next", async () => {
    const { url, clock } = await start({ answerBytes: 2000 });
    clock.holding = true;
    const wakeOne = async () => {
      await until(() => clock.sleepers === 1);
      clock.wake();
    };
    const answering = postForm(url, stream(2, 1));
    await wakeOne(); // the time it takes to draw
    const reader = (await answering).body?.getReader();
    const seen: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      if (index > 0) await wakeOne();
      let event = "";
      while (!event.endsWith("\n\n")) event += Buffer.from((await reader?.read())?.value ?? []).toString();
      seen.push(...eventsOf(event).map((one) => one.event));
    }
    expect(seen).toEqual(["image_edit.partial_image", "image_edit.partial_image", "image_edit.completed"]);
    expect((await reader?.read())?.done).toBe(true);
  });

  it("needs stream=true: partial_images alone change nothing", async () => {
    const { url } = await start();
    const answer = await postForm(url, [...goodForm, ["partial_images", "3"]]);
    expect(((await answer.json()) as { usage: { output_tokens: number } }).usage.output_tokens).toBe(1056);
  });
});

it("a stream waits for the answer before it on the same connection", async () => {
  const { url, clock } = await start();
  clock.holding = true;
  const keptOpen = rawRequest(stream(1, 1)).toString("latin1").replace("connection: close\r\n", "");
  const both = Buffer.concat([Buffer.from(keptOpen, "latin1"), rawRequest(stream(0, 1))]);
  const answered = exchangeRaw(url, both);
  await until(() => clock.sleepers === 2); // both draw
  clock.wake();
  await until(() => clock.sleepers === 1); // the first is between its events, the second has begun
  clock.wake();
  const { bytes } = await answered;
  expect(bytes.toString("latin1").match(/event: image_edit\.completed/g)).toHaveLength(2);
});
