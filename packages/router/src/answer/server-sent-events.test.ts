import { EventReader, type ServerSentEvent, dataOf } from "./server-sent-events.js";

const partial =
  'event: image_edit.partial_image\ndata: {"type":"image_edit.partial_image","b64_json":"AAAA"}\n\n';
const completed =
  'event: image_edit.completed\ndata: {"type":"image_edit.completed","b64_json":"BBBB","size":"1024x1024","usage":{"total_tokens":2}}\n\n';

function read(...pieces: Buffer[]): ServerSentEvent[] {
  const reader = new EventReader();
  return pieces.flatMap((piece) => reader.push(piece));
}

const bytesOf = (event: ServerSentEvent | undefined): string => Buffer.concat(event?.bytes ?? []).toString();

describe("a stream's events", () => {
  test.each([
    ["LF", partial + completed],
    ["CRLF", (partial + completed).replaceAll("\n", "\r\n")],
    ["CR", (partial + completed).replaceAll("\n", "\r")],
    ["CR, an empty line first", `\n${partial}${completed}`.replaceAll("\n", "\r")],
  ])("keep their bytes and facts at every pair of split points (%s)", (_name, text) => {
    const bytes = Buffer.from(text);
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 7) {
        const events = read(bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second));
        expect(events.map(({ name }) => name).filter(Boolean)).toEqual([
          "image_edit.partial_image",
          "image_edit.completed",
        ]);
        expect(events.map(bytesOf).join("")).toBe(text);
        expect(events.at(-1)?.facts).toEqual({ images: 0, size: "1024x1024", usage: { total_tokens: 2 } });
      }
    }
  });

  test("are read as well where a whole image arrives at once", () => {
    const large = completed.replace("BBBB", "B".repeat(100_000));
    const [event] = read(Buffer.from(large));
    expect(event?.facts).toEqual({ images: 0, size: "1024x1024", usage: { total_tokens: 2 } });
  });

  test("take their name from the data's type where there is no event line", () => {
    const [event] = read(Buffer.from('data: {"type":"image_edit.completed"}\n\n'));
    expect(event?.name).toBe("image_edit.completed");
  });

  test("[DONE] and comments have no name and keep their bytes", () => {
    const text = ": ping\n\ndata: [DONE]\n\n";
    const events = read(Buffer.from(text));
    expect(events.map(({ name }) => name)).toEqual(["", ""]);
    expect(events.map(bytesOf).join("")).toBe(text);
  });

  test("may have their data on several lines", () => {
    const text = completed.replace(/data: \{(.*)\}\n/, "data: {\ndata:$1\ndata:}\n");
    const [event] = read(Buffer.from(text));
    expect(event).toMatchObject({ isWhole: true, facts: { size: "1024x1024", usage: { total_tokens: 2 } } });
    expect(JSON.parse(event === undefined ? "" : dataOf(event))).toMatchObject({ b64_json: "BBBB" });
  });

  test("that come byte by byte are kept in a few buffers", () => {
    const text = completed.replace("BBBB", "B".repeat(100_000));
    const reader = new EventReader();
    const events: ServerSentEvent[] = [];
    for (const byte of Buffer.from(text)) events.push(...reader.push(Buffer.of(byte)));
    expect(events.map(bytesOf)).toEqual([text]);
    expect(events[0]?.bytes.length).toBeLessThan(20);
    expect(reader.heldBytes).toBe(0);
  });

  test.each(["", "\n", "\r"])("the last one is whole where the stream ends after its data and %j", (end) => {
    const reader = new EventReader();
    const text = completed.trimEnd() + end;
    expect(reader.push(Buffer.from(text))).toEqual([]);
    const event = reader.unended();
    expect(event).toMatchObject({ name: "image_edit.completed", isWhole: true });
    expect(bytesOf(event)).toBe(`${text}\n\n`);
    expect(reader.rest()).toEqual([]);
  });

  test("one that is cut stays in the rest", () => {
    const reader = new EventReader();
    const cut = partial.slice(0, 30);
    expect(reader.push(Buffer.from(partial + cut))).toHaveLength(1);
    expect(reader.unended()).toBeUndefined();
    expect(Buffer.concat(reader.rest()).toString()).toBe(cut);
  });
});
