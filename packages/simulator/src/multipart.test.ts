import { boundaryOf, MultipartError, parseMultipart } from "./multipart.js";

const body = (...lines: string[]) => Buffer.from(lines.join("\r\n"), "latin1");

describe("a multipart body", () => {
  it("gives name, file name, type, raw header and bytes of each part, in order", () => {
    const parts = parseMultipart(
      body(
        "--b",
        'Content-Disposition: form-data; name="n"',
        "",
        "2",
        "--b",
        'content-disposition: form-data; name="image[]"; filename="a \\"b\\".png"',
        "Content-Type: image/png",
        "X-Odd: 1",
        "",
        "\x89PNG --b\r\n-b\r\n\x00",
        "--b--",
        "",
      ),
      "b",
    );
    expect(parts.map(({ name, fileName, type }) => ({ name, fileName, type }))).toEqual([
      { name: "n", fileName: undefined, type: undefined },
      { name: "image[]", fileName: 'a "b".png', type: "image/png" },
    ]);
    expect(parts[1]?.rawHeader).toBe(
      'content-disposition: form-data; name="image[]"; filename="a \\"b\\".png"\r\nContent-Type: image/png\r\nX-Odd: 1',
    );
    expect(parts.map((part) => part.bytes.toString("latin1"))).toEqual(["2", "\x89PNG --b\r\n-b\r\n\x00"]);
  });

  it("keeps empty parts and line breaks within a part", () => {
    const parts = parseMultipart(
      body(
        "--b",
        'Content-Disposition: form-data; name="a"',
        "",
        "",
        "--b",
        'Content-Disposition: form-data; name="b"',
        "",
        "1\r\n2",
        "--b--",
      ),
      "b",
    );
    expect(parts.map((part) => part.bytes.toString())).toEqual(["", "1\r\n2"]);
  });

  const head = 'Content-Disposition: form-data; name="a"';
  it.each([
    ["a preamble", body("x--b", head, "", "1", "--b--")],
    ["no closing boundary", body("--b", head, "", "1")],
    ["only the next boundary where it should close", body("--b", head, "", "1", "--b")],
    ["an epilogue", body("--b", head, "", "1", "--b--", "more")],
    ["headers without an end", body("--b", head)],
    ["a header without a name", body("--b", head, "nonsense", "", "1", "--b--")],
    ["a part without a disposition", body("--b", "Content-Type: text/plain", "", "1", "--b--")],
    [
      "a disposition that is no form-data",
      body("--b", 'Content-Disposition: attachment; name="a"', "", "1", "--b--"),
    ],
    ["a part without a name", body("--b", "Content-Disposition: form-data", "", "1", "--b--")],
    ["a boundary that runs on", body("--bx", head, "", "1", "--b--")],
    ["a line that begins like the boundary", body("--b", head, "", "1", "--bx", "--b--")],
    ["headers longer than 16 KiB", body("--b", head, `X: ${"x".repeat(17_000)}`, "", "1", "--b--")],
  ])("is refused for %s", (_, bytes) => {
    expect(() => parseMultipart(bytes, "b")).toThrow(MultipartError);
  });
});

describe("the boundary of a content type", () => {
  it.each([
    ["multipart/form-data; boundary=abc", "abc"],
    ['multipart/form-data; charset=utf-8; boundary="a b"', "a b"],
    ["multipart/form-data;BOUNDARY=--x", "--x"],
  ])("%s", (type, boundary) => expect(boundaryOf(type)).toBe(boundary));

  it("is needed", () => expect(() => boundaryOf("multipart/form-data")).toThrow(MultipartError));
  it("has at most 70 characters", () =>
    expect(() => boundaryOf(`multipart/form-data; boundary=${"x".repeat(71)}`)).toThrow(MultipartError));
});
