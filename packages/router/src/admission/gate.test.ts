import type { Deployment } from "../deployments/deployment.js";
import { Quotas } from "../deployments/quotas.js";
import { AllCoolingError, type RouterError } from "../errors.js";
import { HeldClock } from "../memory/held-clock.test.support.js";
import { deployment, edit } from "../strategies/strategies.test.support.js";
import type { Account } from "./account.js";
import { EmbeddedAdmission } from "./embedded/embedded-admission.js";
import { type Admitted, Gate, type NotAdmitted } from "./gate.js";
import { LatestUse } from "./latest-use.js";
import { LeaseKeeper } from "./lease-keeper.js";
import type { Meter } from "./meter.js";

const dayMs = 86_400_000;
const minute = { kind: "rolling", ms: 60_000 } as const;

/** What an account says, whatever it is asked. */
const refusal: RouterError = new AllCoolingError("edits", 0);

interface BudgetOptions {
  readonly limit: bigint;
  readonly spent?: bigint;
  /** What a call costs at most, by deployment; null: nobody knows, and the account does not pay for it. */
  readonly prices?: Readonly<Record<string, bigint | null>>;
  readonly rpm?: bigint;
  /** What was spent cannot be told. */
  readonly isUnreadable?: boolean;
}

function setting(
  deployments: readonly Deployment[],
  { limit, spent = 0n, prices = {}, rpm, isUnreadable }: BudgetOptions,
) {
  const clock = new HeldClock();
  const nowMs = (): number => clock.nowMs;
  const quotas = new Quotas(deployments, { guardMs: 250 });
  const admission = new EmbeddedAdmission({ nowMs });
  const leases = new LeaseKeeper(admission, clock);
  const gate = new Gate(
    { admission, quotas, leases, freshMs: 125, epochMs: nowMs },
    new LatestUse(new Set(), nowMs),
  );
  const asked: string[] = [];
  const budget = (atMs: number): Meter => {
    const startMs = Math.floor(atMs / dayMs) * dayMs;
    return { key: "team", window: { kind: "period", startMs, endMs: startMs + dayMs }, limit, isMoney: true };
  };
  const account: Account = {
    requestCharges: () =>
      rpm === undefined ? [] : [{ meter: { key: "rpm", window: minute, limit: rpm }, amount: 1n }],
    callCharges: ({ deployment: { id }, nowMs: atMs }) => {
      const amount = prices[id] === undefined ? 10n : prices[id];
      return amount === null ? refusal : [{ meter: budget(atMs), amount }];
    },
    spentOf: (meter) => {
      asked.push(meter.key);
      return isUnreadable === true ? Promise.reject(new Error("locked")) : Promise.resolve(spent);
    },
    refusalFor: ({ used, charge, limit: most }) => ({ error: refusal, waits: used + charge.amount <= most }),
  };
  let requests = 0;
  const admit = (): Promise<Admitted | NotAdmitted> => {
    const id = `request-${(requests += 1)}`;
    return gate.admit({ id, model: "model", ...edit(), account }, deployments);
  };
  const pass = async (): Promise<Admitted> => {
    const answer = await admit();
    if ("refusals" in answer) throw new Error("not admitted");
    return answer;
  };
  return { clock, admit, pass, asked };
}

const one = deployment("one");
const two = deployment("two", { apiKey: "sk-other" });

test("of many at once a budget lets through exactly as many as it can pay at most", async () => {
  const { admit } = setting([one], { limit: 579n });
  const answers = await Promise.all(Array.from({ length: 200 }, admit));
  expect(answers.filter((answer) => !("refusals" in answer))).toHaveLength(57);
});

test("what is only reserved is waited for, what is spent is not", async () => {
  const { admit, pass } = setting([one], { limit: 20n });
  const [first] = [await pass(), await pass()];
  expect(await admit()).toMatchObject({ ofAccount: [{ waits: true }], isFinal: false });
  await first.pass.beginCall();
  first.pass.end();
  first.pass.settle({}, 3n);
  expect(await admit()).toMatchObject({ ofAccount: [{ waits: true }] });
  const second = setting([one], { limit: 20n, spent: 11n });
  expect(await second.admit()).toMatchObject({ ofAccount: [{ waits: false }] });
});

test("a call is settled at what it cost, and nobody knows leaves it at what was reserved", async () => {
  const { admit, pass } = setting([one], { limit: 20n });
  for (const cost of [1n, 2n, null]) {
    const { pass: taken } = await pass();
    await taken.beginCall();
    taken.end();
    taken.settle({}, cost);
  }
  // 13 of 20 are spent.
  expect(await admit()).toMatchObject({ ofAccount: [{ waits: false }] });
});

test("what was never sent costs nothing", async () => {
  const { pass } = setting([one], { limit: 10n });
  for (let count = 0; count < 5; count += 1) {
    const { pass: taken } = await pass();
    taken.end();
    taken.settle({}, 10n);
  }
});

test("a deployment that is too dear is passed over for one that can be paid", async () => {
  const { pass } = setting([one, two], { limit: 10n, prices: { one: 11n, two: 10n } });
  expect((await pass()).deployment).toBe(two);
});

test("a deployment whose cost nobody can bound is passed over, and said so where there is no other", async () => {
  const { pass } = setting([one, two], { limit: 10n, prices: { one: null } });
  expect((await pass()).deployment).toBe(two);
  const { admit } = setting([one], { limit: 10n, prices: { one: null } });
  expect(await admit()).toEqual({
    refusals: [],
    ofAccount: [{ error: refusal, waits: false }],
    isFinal: false,
  });
});

test("the request's own limits refuse it everywhere", async () => {
  const { admit, pass } = setting([one, two], { limit: 1_000n, rpm: 1n });
  await pass();
  expect(await admit()).toMatchObject({ refusals: [], ofAccount: [{ error: refusal }], isFinal: true });
});

test("a budget is asked for what was spent before once, and again in its next period", async () => {
  const { clock, pass, admit, asked } = setting([one], { limit: 10n, spent: 0n });
  const { pass: taken } = await pass();
  await taken.beginCall();
  taken.end();
  taken.settle({}, 10n);
  expect(await admit()).toHaveProperty("ofAccount");
  expect(asked).toEqual(["team"]);
  clock.pass(dayMs);
  await pass();
  expect(asked).toEqual(["team", "team"]);
});

test("a full quota beside a budget that would pay is the quota's refusal", async () => {
  const { admit, pass } = setting([deployment("one", { limits: { requestsPerMinute: 1 } })], { limit: 100n });
  await pass();
  expect(await admit()).toMatchObject({
    refusals: [{ dimension: "requests", used: 1n }],
    ofAccount: [],
    isFinal: false,
  });
});

test("where nobody can tell what was spent, nothing is sent", async () => {
  const { admit } = setting([one], { limit: 100n, isUnreadable: true });
  expect(await admit()).toEqual({
    refusals: [],
    ofAccount: [],
    isFinal: false,
    unavailable: "what was spent cannot be read at present",
  });
});

test("an attempt that was not sent before its budget's period ended asks anew, and leaves nothing behind", async () => {
  const { clock, pass, admit } = setting([one], { limit: 10n });
  clock.pass(dayMs - 100);
  const late = await pass();
  clock.pass(200);
  expect(await late.pass.beginCall()).toBe("ask anew");
  late.pass.end();
  const next = await pass();
  expect(await next.pass.beginCall()).toBeUndefined();
  expect(await admit()).toMatchObject({ ofAccount: [{ waits: true }] });
});

test("what waits to be sent is paid once it is sent, if it can be paid then", async () => {
  const { clock, pass } = setting([one], { limit: 10n });
  const late = await pass();
  clock.pass(1_000);
  expect(await late.pass.beginCall()).toBeUndefined();
  late.pass.settle({}, 4n);
  const { pass: other } = setting([one], { limit: 10n });
  const first = await other();
  expect(first.pass.paidFrom.map(({ key }) => key)).toEqual(["team"]);
});
