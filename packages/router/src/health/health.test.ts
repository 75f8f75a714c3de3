import type { Verdict } from "../retries/classification.js";
import { HeldHealth, deploymentNamed } from "./health.test.support.js";

const verdict = (errorClass: Verdict["errorClass"], cooldown: Verdict["cooldown"]): Verdict => ({
  errorClass,
  cooldown,
  next: "anywhere",
  billed: "no",
});
const serverFault = verdict("InternalServerError", "counted");
const rateLimited = verdict("RateLimitError", "short");
const overloaded = verdict("ServiceUnavailableError", "as asked");
const badKey = verdict("AuthenticationError", "long");
const callersFault = verdict("BadRequestError", "never");

const alone = [deploymentNamed("a")];
const pair = [deploymentNamed("a"), deploymentNamed("b")];

describe("a rate limit", () => {
  it("leaves the deployment alone for as long as it asks, and a random tenth longer", async () => {
    const held = new HeldHealth(pair, {}, () => 0.5);
    await held.failure(rateLimited, 20_000);
    expect(held.events).toEqual(["a began: rate limit, 21 s"]);
    held.clock.pass(20_999);
    expect(held.standing).toBe("cooling");
    held.clock.pass(1);
    expect(held.standing).toBe("well");
    expect(held.events).toEqual(["a began: rate limit, 21 s", "a ended: rate limit, 21 s"]);
  });

  it.each([
    [undefined, 5],
    [10, 1],
    [3_600_000, 600],
  ])("with a retry-after of %p ms is %p s long", async (retryAfterMs, seconds) => {
    const held = new HeldHealth(pair);
    await held.failure(rateLimited, retryAfterMs);
    expect(held.events).toEqual([`a began: rate limit, ${String(seconds)} s`]);
  });

  it("that asks for more time prolongs it, one that asks for less does not, and it is told once", async () => {
    const held = new HeldHealth(pair);
    const turns = [await held.turn(), await held.turn(), await held.turn()] as const;
    held.fail(turns[0], rateLimited, 10_000);
    held.fail(turns[1], rateLimited, 30_000);
    held.fail(turns[2], rateLimited, 5_000);
    held.clock.pass(29_999);
    expect(held.standing).toBe("cooling");
    held.clock.pass(1);
    expect(held.standing).toBe("well");
    expect(held.events).toEqual(["a began: rate limit, 10 s", "a ended: rate limit, 30 s"]);
  });

  it("of a deployment that is alone is that request's, and of an overloaded one is heard the same way", async () => {
    const single = new HeldHealth(alone);
    await single.failure(rateLimited, 20_000);
    expect(single.standing).toBe("well");
    const held = new HeldHealth(pair);
    await held.failure(overloaded, 20_000);
    expect(held.standing).toBe("cooling");
    const silent = new HeldHealth(pair);
    await silent.failure(overloaded);
    expect(silent.standing).toBe("well");
  });
});

describe("a key that is no good", () => {
  it("takes even a single deployment out for ten minutes, then for twice as long", async () => {
    const held = new HeldHealth(alone);
    const [turn, other] = [await held.turn(), await held.turn()];
    held.fail(turn, badKey);
    // It was under way, and does not count a second time.
    held.fail(other, badKey);
    held.clock.pass(600_000);
    expect(held.standing).toBe("half-open");
    await held.failure(badKey);
    held.clock.pass(1_200_000);
    await held.failure(badKey);
    held.clock.pass(2_400_000);
    await held.failure(badKey);
    held.clock.pass(3_600_000);
    await held.success();
    expect(held.standing).toBe("well");
    await held.failure(badKey);
    expect(held.events.filter((event) => event.includes("began"))).toEqual(
      [600, 1200, 2400, 3600, 600].map((seconds) => `a began: locked out, ${String(seconds)} s`),
    );
  });

  it("stays out for its time though calls of before it still succeed or hit a limit", async () => {
    const held = new HeldHealth(pair);
    const [turn, other, third] = [await held.turn(), await held.turn(), await held.turn()];
    held.fail(turn, badKey);
    held.health.succeeded(other);
    held.fail(third, rateLimited, 5_000);
    held.clock.pass(5_001);
    expect(held.standing).toBe("cooling");
  });
});

describe("a model that is not there", () => {
  const noSuchModel = verdict("NotFoundError", "long");

  it("takes its deployment out, but not the one that serves whatever name a client makes up", async () => {
    const held = new HeldHealth(alone);
    await held.failure(noSuchModel);
    expect(held.standing).toBe("cooling");
    const wildcard = new HeldHealth([deploymentNamed("a", undefined, "gpt-image-*")]);
    await wildcard.failure(noSuchModel);
    expect(wildcard.standing).toBe("well");
  });
});

describe("failures", () => {
  it("five in a row take a deployment out for 30 s, and longer each time", async () => {
    const held = new HeldHealth(pair);
    for (let count = 0; count < 4; count += 1) await held.failure(serverFault);
    await held.success();
    for (let count = 0; count < 4; count += 1) await held.failure(serverFault);
    expect(held.standing).toBe("well");
    await held.failure(serverFault);
    held.clock.pass(30_000);
    await held.failure(serverFault);
    held.clock.pass(60_000);
    await held.failure(serverFault);
    expect(held.events.filter((event) => event.includes("began"))).toEqual(
      [30, 60, 90].map((seconds) => `a began: failures, ${String(seconds)} s`),
    );
  });

  it("never take it out for more than five minutes, and are forgotten in time", async () => {
    const held = new HeldHealth(pair);
    for (let count = 0; count < 5; count += 1) await held.failure(serverFault);
    for (let count = 0; count < 20; count += 1) {
      held.clock.pass(held.health.callableAtMs(held.deployment()) - held.clock.nowMs);
      await held.failure(serverFault);
    }
    expect(held.events.at(-1)).toBe("a began: failures, 300 s");
    held.clock.pass(300_000);
    await held.success();
    held.clock.pass(30 * 60_000);
    for (let count = 0; count < 5; count += 1) await held.failure(serverFault);
    expect(held.events.at(-1)).toBe("a began: failures, 30 s");
  });

  it("of half the last minute's calls take it out, of fewer do not, nor do few calls", async () => {
    const held = new HeldHealth(pair);
    for (let count = 0; count < 4; count += 1) {
      await held.failure(serverFault);
      await held.success();
    }
    await held.success();
    expect(held.standing).toBe("well");
    await held.failure(serverFault);
    expect(held.standing).toBe("cooling");
  });

  it("of before the last minute do not count", async () => {
    const held = new HeldHealth(pair);
    for (let count = 0; count < 4; count += 1) {
      await held.failure(serverFault);
      await held.success();
    }
    held.clock.pass(65_000);
    await held.success();
    await held.failure(serverFault);
    expect(held.standing).toBe("well");
  });

  it("by the caller do not count", async () => {
    const held = new HeldHealth(pair);
    for (let count = 0; count < 100; count += 1) await held.failure(callersFault);
    expect(held.standing).toBe("well");
  });

  it("take out half of a group at most, so never a deployment that is alone", async () => {
    const single = new HeldHealth(alone);
    for (let count = 0; count < 100; count += 1) await single.failure(serverFault);
    expect(single.standing).toBe("well");

    const held = new HeldHealth(["a", "b", "c", "d", "e"].map((id) => deploymentNamed(id)));
    for (let index = 0; index < 5; index += 1) {
      for (let count = 0; count < 9; count += 1) {
        if (held.health.standingOf(held.deployment(index)) === "well") {
          await held.failure(serverFault, undefined, index);
        }
      }
    }
    expect(held.group.map((deployment) => held.health.standingOf(deployment))).toEqual([
      "cooling",
      "cooling",
      "well",
      "well",
      "well",
    ]);
  });

  it("put whoever may not be taken out in doubt, until it succeeds or as long as it would have been out", async () => {
    const held = new HeldHealth(["a", "b", "c"].map((id) => deploymentNamed(id)));
    const fail = async (index: number, times: number): Promise<void> => {
      for (let count = 0; count < times; count += 1) await held.failure(serverFault, undefined, index);
    };
    await fail(0, 5);
    await fail(1, 4);
    expect(held.health.isInDoubt(held.deployment(1))).toBe(false);
    await fail(1, 1);
    expect(held.health.standingOf(held.deployment(1))).toBe("well");
    expect(held.group.map((deployment) => held.health.isInDoubt(deployment))).toEqual([false, true, false]);
    held.clock.pass(29_999);
    expect(held.health.isInDoubt(held.deployment(1))).toBe(true);
    held.clock.pass(1);
    expect(held.health.isInDoubt(held.deployment(1))).toBe(false);
    // One more failure is enough by then, and there is room for it: the first one is to be tried out.
    await held.success(0);
    await fail(1, 1);
    expect(held.health.standingOf(held.deployment(1))).toBe("cooling");

    const two = new HeldHealth(pair);
    await two.failure(rateLimited, 60_000, 1);
    for (let count = 0; count < 5; count += 1) await two.failure(serverFault);
    expect(two.health.isInDoubt(two.deployment())).toBe(true);
    await two.success();
    expect(two.health.isInDoubt(two.deployment())).toBe(false);
  });

  it("of those who are out for a limit leave nobody else to take out", async () => {
    const held = new HeldHealth(pair);
    await held.failure(rateLimited, 60_000, 1);
    for (let count = 0; count < 9; count += 1) await held.failure(serverFault);
    expect(held.standing).toBe("well");
  });
});

describe("half-open", () => {
  async function halfOpen(): Promise<HeldHealth> {
    const held = new HeldHealth(pair);
    for (let count = 0; count < 5; count += 1) await held.failure(serverFault);
    held.clock.pass(30_000);
    return held;
  }

  it("one call tries it out, and all follow when that has succeeded", async () => {
    const held = await halfOpen();
    const probe = await held.turn();
    expect(probe.isProbe).toBe(true);
    expect(await held.health.turnAt(held.deployment())).toBeUndefined();
    held.health.succeeded(probe);
    expect(await held.turn()).toMatchObject({ isProbe: false });
  });

  it("a probe that fails, even once, closes it again", async () => {
    const held = await halfOpen();
    await held.failure(serverFault);
    expect(held.standing).toBe("cooling");
  });

  it.each([
    ["is refused for the caller's fault", callersFault],
    ["was not made", undefined],
  ])("a probe that %s leaves the next call to try it out", async (_, fault) => {
    const held = await halfOpen();
    const probe = await held.turn();
    if (fault === undefined) held.health.unused(probe);
    else held.fail(probe, fault);
    expect(held.standing).toBe("half-open");
    expect(await held.turn()).toMatchObject({ isProbe: true });
  });

  it("a probe that hits a limit shows that it works", async () => {
    const held = await halfOpen();
    await held.failure(rateLimited, 2_000);
    held.clock.pass(2_000);
    expect(await held.turn()).toMatchObject({ isProbe: false });
  });

  it("a call of before does not close it, and its limit does not spare it the probe", async () => {
    const held = new HeldHealth(pair);
    const before = await held.turn();
    const alsoBefore = await held.turn();
    for (let count = 0; count < 5; count += 1) await held.failure(serverFault);
    held.clock.pass(30_000);
    held.fail(before, serverFault);
    expect(held.standing).toBe("half-open");
    held.fail(alsoBefore, rateLimited, 1_000);
    held.clock.pass(1_000);
    expect(held.standing).toBe("half-open");
  });
});

describe("LiteLLM's settings", () => {
  it("allowed_fails: one more in a minute takes it out, also one that is alone, for cooldown_time", async () => {
    const held = new HeldHealth(alone, { allowedFails: 2, cooldownMs: 7_000 });
    await held.failure(serverFault);
    await held.failure(serverFault);
    await held.success();
    expect(held.standing).toBe("well");
    await held.failure(serverFault);
    expect(held.events).toEqual(["a began: failures, 7 s"]);
  });

  it("allowed_fails_policy counts each class for itself, also what would take it out at once", async () => {
    const policy = { AuthenticationError: 1, TimeoutError: 0 };
    const held = new HeldHealth(pair, { allowedFailsPolicy: policy });
    await held.failure(badKey);
    for (let count = 0; count < 4; count += 1) await held.failure(serverFault);
    expect(held.standing).toBe("well");
    await held.failure(badKey);
    expect(held.standing).toBe("cooling");
    const timed = new HeldHealth(pair, { allowedFailsPolicy: policy });
    await timed.failure(verdict("TimeoutError", "counted"));
    expect(timed.standing).toBe("cooling");
  });

  it("of a deployment count more than the router's, and a cooldown_time of 0 is none", async () => {
    const group = [
      deploymentNamed("a", { allowedFails: 0, cooldownMs: 1_000 }),
      deploymentNamed("b", { cooldownMs: 0 }),
    ];
    const held = new HeldHealth(group, { allowedFails: 5, allowedFailsPolicy: { InternalServerError: 9 } });
    await held.failure(serverFault);
    expect(held.events).toEqual(["a began: failures, 1 s"]);
    await held.failure(badKey, undefined, 1);
    expect(held.health.standingOf(held.deployment(1))).toBe("well");
  });

  it("disable_cooldowns: nothing takes it out", async () => {
    const held = new HeldHealth(pair, { disabled: true, allowedFails: 0 });
    for (const each of [badKey, rateLimited, serverFault]) await held.failure(each, 60_000);
    expect(held.standing).toBe("well");
  });
});
