import { Stop } from "../../retries/stop.js";
import type { IssuedToken } from "./issue-token.js";
import { TokenCache } from "./token-cache.js";

const minuteMs = 60_000;

/** An issuer that a test plays by hand, and a clock that stands still. */
class Issuer {
  nowMs = 0;
  readonly questions: { answer(lifetimeMs?: number): Promise<void>; fail(error: Error): Promise<void> }[] =
    [];
  readonly cache = new TokenCache(
    () =>
      new Promise<IssuedToken>((resolve, reject) => {
        const value = `token ${String(this.questions.length + 1)}`;
        this.questions.push({
          answer: async (lifetimeMs = 60 * minuteMs) => {
            resolve({ value, lifetimeMs });
            await settled();
          },
          fail: async (error) => {
            reject(error);
            await settled();
          },
        });
      }),
    () => this.nowMs,
  );

  /** What those who ask now are told. */
  ask(): Promise<string> {
    const now = this.cache.now();
    return now === undefined ? this.cache.wait(new Stop()) : Promise.resolve(now);
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

let issuer: Issuer;
beforeEach(() => {
  issuer = new Issuer();
});

test("all who wait do so for one question, and nobody waits after it", async () => {
  const asked = [issuer.ask(), issuer.ask(), issuer.ask()];
  expect(issuer.questions).toHaveLength(1);
  await issuer.questions[0]?.answer();
  expect(await Promise.all(asked)).toEqual(["token 1", "token 1", "token 1"]);
  expect(issuer.cache.now()).toBe("token 1");
  expect(issuer.questions).toHaveLength(1);
});

test.each([
  [60 * minuteMs, 55 * minuteMs],
  [6 * minuteMs, 3 * minuteMs],
])(
  "a token of %d ms is renewed after %d ms, once, and edits go on with the old one",
  async (lifetimeMs, renewMs) => {
    void issuer.ask();
    await issuer.questions[0]?.answer(lifetimeMs);
    issuer.nowMs = renewMs - 1;
    expect(issuer.cache.now()).toBe("token 1");
    expect(issuer.questions).toHaveLength(1);
    issuer.nowMs = renewMs;
    expect([issuer.cache.now(), issuer.cache.now()]).toEqual(["token 1", "token 1"]);
    expect(issuer.questions).toHaveLength(2);
    await issuer.questions[1]?.answer();
    expect(issuer.cache.now()).toBe("token 2");
  },
);

test("a token is not used in its last 30 s: then edits wait for the next", async () => {
  void issuer.ask();
  await issuer.questions[0]?.answer(60 * minuteMs);
  issuer.nowMs = 60 * minuteMs - 30_000 - 1;
  expect(issuer.cache.now()).toBe("token 1");
  issuer.nowMs += 1;
  expect(issuer.cache.now()).toBeUndefined();
  const waits = issuer.ask();
  await issuer.questions[1]?.answer();
  expect(await waits).toBe("token 2");
});

test("a renewal that fails harms nobody as long as the token is good, and is tried again after a second", async () => {
  void issuer.ask();
  await issuer.questions[0]?.answer();
  issuer.nowMs = 56 * minuteMs;
  expect(issuer.cache.now()).toBe("token 1");
  await issuer.questions[1]?.fail(new Error("unreachable"));
  expect(issuer.cache.now()).toBe("token 1");
  expect(issuer.questions).toHaveLength(2);
  issuer.nowMs += 1000;
  expect(issuer.cache.now()).toBe("token 1");
  expect(issuer.questions).toHaveLength(3);
  await issuer.questions[2]?.answer();
  expect(issuer.cache.now()).toBe("token 3");
});

test("without a token a failure is that of all who wait, and of all who come within a second", async () => {
  const asked = [issuer.ask(), issuer.ask()].map((one) => one.catch((error: unknown) => error));
  const refused = new Error("refused");
  await issuer.questions[0]?.fail(refused);
  expect(await Promise.all(asked)).toEqual([refused, refused]);
  issuer.nowMs = 999;
  await expect(issuer.ask()).rejects.toBe(refused);
  expect(issuer.questions).toHaveLength(1);
  issuer.nowMs = 1000;
  const again = issuer.ask();
  await issuer.questions[1]?.answer();
  expect(await again).toBe("token 2");
});

test("who is stopped waits no longer, and the others get their token", async () => {
  const stop = new Stop();
  const stopped = issuer.cache.wait(stop);
  const other = issuer.ask();
  const failure = { kind: "timeout", timeoutMs: 1, bodySent: false, reason: "timeout" } as const;
  stop.now(failure);
  await expect(stopped).rejects.toBe(failure);
  await issuer.questions[0]?.answer();
  expect(await other).toBe("token 1");
});
