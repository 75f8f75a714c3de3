import { Findings } from "../config-error.js";
import { TestFolder } from "../config-folder.test.support.js";
import { plain } from "./located.js";
import { readYamlFile } from "./yaml-file.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

function read(yaml: string): unknown {
  const findings = new Findings();
  const root = readYamlFile(folder.write("a.yaml", yaml), findings);
  return root ? plain(root) : findings.problems[0]?.message;
}

it.each<[string, unknown]>([
  ["a: &x {k: 1, j: 2}\nb:\n  <<: *x\n  k: 3", { a: { k: 1, j: 2 }, b: { k: 3, j: 2 } }],
  [
    "a: &x {k: 1}\nc: &y {k: 2, l: 3}\nb: {<<: [*x, *y]}",
    { a: { k: 1 }, c: { k: 2, l: 3 }, b: { k: 1, l: 3 } },
  ],
  ["b:\n  k: 3\n  <<: {k: 1, j: 2}", { b: { k: 3, j: 2 } }],
  ["a: &x [1, 2]\nb: *x", { a: [1, 2], b: [1, 2] }],
  ['b: {"<<": 1}', { b: { "<<": 1 } }],
  ["a: yes\nb: off\nc: True\nd: y\nn: n", { a: true, b: false, c: true, d: "y", n: "n" }],
  ["a: 010\nb: 1_000\nc: 0x10\nd: ~\ne:", { a: 8, b: 1000, c: 16, d: null, e: null }],
  ["a: 2025-04-01", { a: "2025-04-01" }],
  ["a: 1\na: 2", { a: 2 }],
  ["a: &x\n  b: *x", "nested too deeply, or an anchor contains itself"],
  ["a: !secret x", expect.stringMatching(/^not valid YAML: /)],
  ["a: 1\n---\nb: 2", expect.stringMatching(/^not valid YAML: /)],
])("%s", (yaml, expected) => {
  expect(read(yaml)).toEqual(expected);
});

it("says that a key is there twice", () => {
  const findings = new Findings();
  readYamlFile(folder.write("a.yaml", "a: 1\nb: 2\na: 3"), findings);
  expect(findings.warnings.map((it) => folder.short(it))).toEqual([
    "a.yaml:3:1: this key is there twice; the last one counts",
  ]);
});
