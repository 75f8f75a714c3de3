import { oneModel, TestFolder } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

const loaded = (general: string) => folder.load(`${oneModel}\ngeneral_settings: {${general}}\n`);

it("look after gateways that are gone by default", () => {
  expect(loaded("").fleet).toEqual({ adopts: true, silentAfterMs: 60_000, lostAfterMs: 3_600_000 });
});

it("are read as durations, and nobody is lost before they are silent", () => {
  expect(loaded("adopt_gateways: false, silent_gateway_after: 2m, lost_gateway_after: 1d").fleet).toEqual({
    adopts: false,
    silentAfterMs: 120_000,
    lostAfterMs: 86_400_000,
  });
  expect(loaded("silent_gateway_after: 2h").fleet).toMatchObject({ lostAfterMs: 7_200_000 });
});

it.each([
  ["silent_gateway_after: 5m, lost_gateway_after: 4m", "expected at least as long as silent_gateway_after"],
  ["lost_gateway_after: never", "expected a duration of at least 1s"],
  ["silent_gateway_after: 0s", "expected a duration of at least 1s"],
  ["adopt_gateways: perhaps", "expected true or false"],
])("%s stops the start", (general, message) => {
  expect(() => loaded(general)).toThrow(message);
});
