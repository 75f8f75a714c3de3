import { EventReader, type ServerSentEvent } from "./server-sent-events.js";

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
  ])("keep their bytes and facts at every pair of split points (%s)", (_name, text) => {
    const bytes = Buffer.from(text);
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 7) {
        const events = read(bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second));
        expect(events.map(({ name }) => name)).toEqual(["image_edit.partial_image", "image_edit.completed"]);
        expect(events.map(bytesOf).join("")).toBe(text);
        expect(events[1]?.facts).toEqual({ images: 0, size: "1024x1024", usage: { total_tokens: 2 } });
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

  test("one that is cut stays in the rest", () => {
    const reader = new EventReader();
    const cut = partial.slice(0, 30);
    expect(reader.push(Buffer.from(partial + cut))).toHaveLength(1);
    expect(Buffer.concat(reader.rest()).toString()).toBe(cut);
  });
});
