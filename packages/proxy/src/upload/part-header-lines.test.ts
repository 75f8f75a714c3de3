import { readPartHeader } from "./part-header-lines.js";

function read(text: string, encoding: BufferEncoding = "utf8") {
  const bytes = Buffer.from(`before${text}behind`, encoding);
  return readPartHeader(bytes, "before".length, bytes.length - "behind".length);
}

test.each([
  ['Content-Disposition: form-data; name="n"', "n", undefined, undefined],
  ['content-disposition: form-data; name="image[]"; filename=""', "image[]", "", undefined],
  [
    'Content-Disposition: form-data; name="image"; filename="a b.png"\r\ncontent-type: image/png',
    "image",
    "a b.png",
    "image/png",
  ],
  ['Content-Disposition: form-data; name="猫"; filename="é.png"', "猫", "é.png", undefined],
])("%j is read", (text, name, fileName, contentType) => {
  expect(read(text)).toEqual({ name, fileName, contentType });
});

test.each([
  "",
  'Content-Disposition: form-data; name=""',
  "Content-Disposition: form-data; name=n",
  'Content-Disposition: form-data; name="a\\"b"',
  'Content-Disposition: form-data; name="a\nb"',
  'Content-Disposition: form-data; name="a\u0085b"',
  'Content-Di\u017fposition: form-data; name="a"',
  'Content-Disposition: form-data; filename="a"; name="n"',
  "Content-Disposition: form-data; name=\"n\"; filename*=UTF-8''a",
  'Content-Disposition: form-data; name="n"\r\nContent-Type: text/plain',
  'Content-Disposition: form-data; name="n"; filename="a"\r\nContent-Type: text/plain; charset=utf-8',
  'Content-Disposition: form-data; name="n"; filename="a"\r\nContent-Type: image/png\r\nX-Extra: 1',
  'Content-Type: image/png\r\nContent-Disposition: form-data; name="n"; filename="a"',
])("%j is not canonical", (text) => {
  expect(read(text)).toBeUndefined();
});

test("a name that is no UTF-8 is not canonical", () => {
  expect(read('Content-Disposition: form-data; name="caf\xe9"', "latin1")).toBeUndefined();
});
