import { sendEdit } from "../edit-request.js";
import { stopAll } from "../running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "../running-simulator.js";
import { until } from "../until.js";
import { mostByOrganization, utilisation } from "./windows.js";

let simulator: RunningSimulator;

beforeAll(async () => {
  simulator = await startSimulator({ recordedRequests: 0, recordedCalls: 5000, windowSeconds: 3600 });
});
afterAll(stopAll);

const edit = (key: string, n: number) =>
  sendEdit(simulator.url, {
    headers: { authorization: `Bearer ${key}` },
    fields: { model: "gpt-image-1", quality: "low", n: String(n) },
  });

it("a running simulator's calls tell what its organisations got", async () => {
  const { one, two } = simulatorKeys;
  await simulator.setLimits({ "org-one": { imagesPerMinute: 6, parallelRequests: 2 } });
  await simulator.setFaults({ key: one, count: 2, fault: { kind: "hold" } });
  const held = [edit(one, 1), edit(one, 3)];
  await until(async () => (await simulator.held()) === 2);
  expect((await edit(one, 1)).status).toBe(429);
  expect((await edit(two, 4)).status).toBe(200);
  await simulator.release();
  for (const answer of await Promise.all(held)) expect(answer.status).toBe(200);
  await until(async () => (await simulator.calls()).every(({ endedAtMs }) => endedAtMs !== null));
  expect([(await edit(one, 3)).status, (await edit(one, 2)).status]).toEqual([429, 200]);

  const calls = await simulator.calls();
  expect(await simulator.requests()).toEqual([]);
  // The first 429 was known before the body, so it has no images.
  expect(mostByOrganization(calls, 3_600_000).get("org-one")).toMatchObject({
    requests: 5,
    images: 1 + 3 + 3 + 2,
    parallel: 3,
  });
  expect(mostByOrganization(calls, 3_600_000).get("org-two")).toMatchObject({ images: 4, parallel: 1 });
  const own = calls.filter(({ organization }) => organization === "org-one");
  const fromMs = own[0]?.arrivedAtMs ?? 0;
  const hour = { fromMs, toMs: fromMs + 3_600_000 };
  expect(utilisation(own, "images", 6, hour, 3_600_000)).toBe(1);

  await simulator.clear();
  expect(await simulator.calls()).toEqual([]);
});
