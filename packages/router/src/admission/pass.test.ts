import type { Account } from "./account.js";
import type { Meter } from "./meter.js";
import { Quotas } from "../deployments/quotas.js";
import { deployment, edit } from "../strategies/strategies.test.support.js";
import { EmbeddedAdmission } from "./embedded/embedded-admission.js";
import { Gate } from "./gate.js";
import { LatestUse } from "./latest-use.js";
import { LeaseKeeper } from "./lease-keeper.js";
import { leaseMs, renewEveryMs } from "./admission.js";
import { HeldClock } from "../memory/held-clock.test.support.js";
import type { EditRequest } from "../request.js";

const freshMs = 125;

function setting(limits: object, account?: Account) {
  const clock = new HeldClock();
  const nowMs = (): number => clock.nowMs;
  const limited = deployment("one", { limits });
  const quotas = new Quotas([limited], { guardMs: 250 });
  const admission = new EmbeddedAdmission({ nowMs });
  const leases = new LeaseKeeper(admission, clock);
  const use = new LatestUse(new Set(quotas.metersOf(limited).map(({ key }) => key)), nowMs);
  const gate = new Gate({ admission, quotas, leases, freshMs, epochMs: nowMs }, use);
  let requests = 0;
  const admit = () =>
    gate.admit(
      {
        id: `request-${(requests += 1)}`,
        model: "model",
        ...edit(),
        ...(account !== undefined && { account }),
      },
      [limited],
    );
  const pass = async () => {
    const answer = await admit();
    if ("refusals" in answer) throw new Error("not admitted");
    return answer.pass;
  };
  const used = (): bigint[] => admission.usage(quotas.metersOf(limited)).map((it) => it.used);
  return { clock, admit, pass, used, admission };
}

test("a pass of an attempt that was never sent gives all back, one that was sent its leases alone", async () => {
  const { pass, used } = setting({ requestsPerMinute: 5, parallelCalls: 5 });
  (await pass()).end();
  expect(used()).toEqual([0n, 0n]);
  const sent = await pass();
  expect(await sent.beginCall()).toBeUndefined();
  expect(used()).toEqual([1n, 1n]);
  sent.end();
  sent.end();
  expect(used()).toEqual([1n, 0n]);
});

test("what was admitted a while ago counts when it is sent", async () => {
  const { clock, pass, admit } = setting({ requestsPerMinute: 1 });
  const late = await pass();
  clock.pass(30_000);
  expect(await late.beginCall()).toBeUndefined();
  late.end();
  // A minute after it was admitted it is but half a minute old.
  clock.pass(31_000);
  expect(await admit()).toMatchObject({ refusals: [{ used: 1n }] });
  clock.pass(30_000);
  expect(await admit()).toHaveProperty("pass");
});

test("an attempt that comes too late for its room is not sent, and holds nothing", async () => {
  const { clock, pass, used } = setting({ parallelCalls: 1, requestsPerMinute: 1 });
  const late = await pass();
  clock.pass(leaseMs - renewEveryMs + 61_000);
  // Its place in the minute is over, and somebody else has come.
  const other = await pass().catch(() => undefined);
  expect(other).toBeUndefined();
  late.end();
  expect(used()).toEqual([0n, 0n]);
});

test("leases are renewed for as long as the call runs", async () => {
  const { clock, pass, admit } = setting({ parallelCalls: 1 });
  const running = await pass();
  await running.beginCall();
  for (let tens = 0; tens < 12; tens += 1) clock.pass(10_000);
  expect(await admit()).toMatchObject({ refusals: [{ used: 1n, limit: 1n }] });
  running.end();
  expect(await admit()).toHaveProperty("pass");
});

test("tokens that were not used come back, more than were taken are charged", async () => {
  const { pass, used } = setting({ tokensPerMinute: 1_000_000 });
  const first = await pass();
  await first.beginCall();
  first.end();
  first.settle({ tokens: 12, images: 1 }, null);
  expect(used()).toEqual([12n]);
  const second = await pass();
  await second.beginCall();
  second.settle({ tokens: 500_000 }, null);
  expect(used()).toEqual([500_012n]);
});

test("where nothing is limited nobody is asked", async () => {
  const { pass, used } = setting({});
  expect((await pass()).charges).toEqual([]);
  expect(used()).toEqual([]);
});

test("those who have room are found beyond the first eight", async () => {
  const nowMs = (): number => 0;
  const all = Array.from({ length: 20 }, (_, index) =>
    deployment(`d${index}`, { limits: { requestsPerMinute: 1 }, apiKey: `sk-${index}` }),
  );
  const quotas = new Quotas(all, { guardMs: 250 });
  const admission = new EmbeddedAdmission({ nowMs });
  const leases = new LeaseKeeper(admission, new HeldClock());
  const gate = new Gate(
    { admission, quotas, leases, freshMs, epochMs: nowMs },
    new LatestUse(new Set(), nowMs),
  );
  const request: EditRequest = { id: "request", model: "model", ...edit() };
  const taken = new Set<string>();
  for (let index = 0; index < 20; index += 1) {
    const answer = await gate.admit({ ...request, id: `request-${index}` }, all);
    if (!("refusals" in answer)) taken.add(answer.deployment.id);
  }
  expect(taken.size).toBe(20);
  const full = await gate.admit(request, all);
  expect("refusals" in full && full.refusals.length).toBe(20);
});

test("what a request took as a whole is corrected by the call that was answered, also where nothing else was taken", async () => {
  const meter: Meter = { key: "key:k/tpm", window: { kind: "rolling", ms: 60_000 }, limit: 10_000n };
  const { pass, admission } = setting(
    {},
    {
      requestCharges: () => [{ meter, amount: 600n }],
      callCharges: () => [],
      correctionsOf: (charges, { tokens }) =>
        tokens === undefined ? [] : charges.map((charge) => ({ charge, used: BigInt(tokens) })),
      spentOf: () => Promise.reject(new Error("no money")),
      refusalFor: () => {
        throw new Error("all fits");
      },
    },
  );
  const taken = (): bigint | undefined => admission.usage([meter])[0]?.used;
  const call = async (used: { tokens?: number }, requestId: string): Promise<void> => {
    const made = await pass();
    await made.beginCall();
    made.end();
    made.settle(used, null);
    admission.finish(requestId, "sent");
  };
  await call({}, "request-1");
  expect(taken()).toBe(600n);
  await call({ tokens: 250 }, "request-2");
  expect(taken()).toBe(850n);
  // Nothing of them can change any more.
  expect(admission.size).toMatchObject({ attempts: 0, requests: 0 });
});
