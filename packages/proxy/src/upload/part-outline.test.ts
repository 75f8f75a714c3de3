import { PartOutline } from "./part-outline.js";

const form = "preamble\r\n--x\r\nfirst\r\n--x\r\n\r\n--y\r\n--x--\r\nepilogue --x\r\n--xyz";

function outlineOf(pieces: readonly string[]) {
  const outline = new PartOutline("x");
  for (const piece of pieces) outline.push(Buffer.from(piece));
  return { isComplete: outline.isComplete, parts: outline.spans.map(({ start, end }) => [start, end]) };
}

const whole = {
  isComplete: true,
  parts: [
    [form.indexOf("first"), form.indexOf("first") + 5],
    [form.indexOf("\r\n--y"), form.indexOf("\r\n--x--")],
  ],
};

test("finds the parts of a form", () => {
  expect(outlineOf([form])).toEqual(whole);
  expect(outlineOf(["--x--"])).toEqual({ isComplete: true, parts: [] });
  expect(outlineOf([form.slice(0, form.indexOf("--\r\nepi"))]).isComplete).toBe(false);
});

test("however it is cut into pieces", () => {
  expect(outlineOf(form.split(/(?:)/u))).toEqual(whole);
  for (let first = 1; first < form.length; first += 1) {
    for (let second = first; second < form.length; second += 1) {
      expect(outlineOf([form.slice(0, first), form.slice(first, second), form.slice(second)])).toEqual(whole);
    }
  }
});

test("refuses a line that begins with the boundary and goes on, however it is cut", () => {
  const bad = "--x\r\nfirst\r\n--xy\r\n--x--";
  for (let at = 0; at < bad.length; at += 1) {
    expect(() => outlineOf([bad.slice(0, at), bad.slice(at)])).toThrow("begins with its boundary");
  }
});
