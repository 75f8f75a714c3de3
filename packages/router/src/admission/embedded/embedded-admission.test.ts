import { describeAdmission } from "../admission.conformance.test.support.js";
import { rememberedMs } from "../admission.js";
import {
  attempt,
  calls,
  minute,
  minuteMs,
  money,
  of,
  period,
  settlement,
} from "../conformance/asking.test.support.js";
import { HeldTime } from "../conformance/held-time.test.support.js";
import { EmbeddedAdmission } from "./embedded-admission.js";

describeAdmission("embedded admission", (time) => new EmbeddedAdmission({ nowMs: () => time.nowMs }));

const begin = () => {
  const time = new HeldTime();
  return { time, admission: new EmbeddedAdmission({ nowMs: () => time.nowMs }) };
};

test("money that a request takes as a whole is what its last settlement says, or what was taken", () => {
  const { admission, time } = begin();
  const budget = money(minute("budget", 1_000n));
  admission.seed([{ meter: budget, spent: 0n }]);
  const own = { requestId: "request", requestCharges: [of(budget, 100n)] };
  admission.admit(attempt("1", [[]], own));
  admission.admit(attempt("2", [[]], own));
  admission.settle([settlement("1", time.nowMs, [[budget, 30n]])]);
  expect(admission.usage([budget])).toMatchObject([{ used: 30n, reserved: 0n }]);
  admission.finish("request", "sent");
  admission.settle([settlement("2", time.nowMs, [[budget, 50n]])]);
  expect(admission.usage([budget])).toMatchObject([{ used: 50n, reserved: 0n }]);
  admission.admit(attempt("3", [[]], { ...own, requestId: "other" }));
  admission.finish("other", "sent");
  expect(admission.usage([budget])).toMatchObject([{ used: 150n, reserved: 0n }]);
});

describe("memory", () => {
  test("holds no attempt and no request that is over and settled", () => {
    const { admission, time } = begin();
    const budget = money(period("budget", 1_000_000n, time.nowMs, time.nowMs + 1_000));
    admission.seed([{ meter: budget, spent: 0n }]);
    const orders = [
      ["release", "settle", "finish"],
      ["settle", "finish", "release"],
      ["finish", "release", "settle"],
    ];
    for (const [index, order] of orders.entries()) {
      const asked = attempt(String(index), [[of(budget), of(calls("slots", 9n))]], {
        requestCharges: [of(minute("caller", 9n))],
      });
      admission.admit(asked);
      expect(admission.size).toMatchObject({ attempts: 1, requests: 1 });
      for (const step of order) {
        if (step === "release") admission.release(asked.attemptId, "sent");
        else if (step === "finish") admission.finish(asked.requestId, "sent");
        else admission.settle([settlement(asked.attemptId, time.nowMs, [])]);
      }
      expect(admission.size).toMatchObject({ attempts: 0, requests: 0 });
    }
  });

  test("holds none that has nothing to settle, or was never sent", () => {
    const { admission } = begin();
    admission.admit(attempt("leases", [[of(calls("slots", 9n))]]));
    admission.release("leases", "sent");
    admission.finish("request of leases", "sent");
    admission.admit(attempt("unsent", [[of(minute("m", 9n))]]));
    admission.release("unsent", "never sent");
    admission.finish("request of unsent", "never sent");
    expect(admission.size).toMatchObject({ attempts: 0, requests: 0 });
  });

  test("drops meters that are empty or over, bit by bit", () => {
    const { admission, time } = begin();
    let most = 0;
    for (let index = 0; index < 20_000; index += 1) {
      time.pass(100);
      const id = String(index);
      admission.admit(
        attempt(id, [
          [
            of(minute(`caller ${id}`, 1n)),
            of(calls(`slots of ${id}`, 1n)),
            of(period(`second of ${id}`, 1n, time.nowMs, time.nowMs + 1_000)),
          ],
        ]),
      );
      admission.release(id, "sent");
      admission.settle([settlement(id, time.nowMs, [])]);
      admission.finish(`request of ${id}`, "sent");
      most = Math.max(most, admission.size.meters);
    }
    // 600 callers of a minute count at any time.
    expect(most).toBeLessThan(3_000);
    expect(admission.size).toMatchObject({ attempts: 0, requests: 0 });
  });

  test("forgets who never comes back, but not whose money is reserved", () => {
    const { admission, time } = begin();
    const budget = money(minute("budget", 1_000n));
    admission.seed([{ meter: budget, spent: 0n }]);
    admission.admit(attempt("paid", [[of(budget, 5n)]]));
    for (let index = 0; index < 100; index += 1)
      admission.admit(
        attempt(String(index), [[of(minute("m", 100n))]], { requestCharges: [of(calls("slots", 100n))] }),
      );
    time.pass(rememberedMs + 1);
    for (let index = 0; index < 200; index += 1) admission.admit(attempt(`later ${String(index)}`, []));
    expect(admission.size.attempts).toBe(201);
    expect(admission.usage([budget])).toMatchObject([{ used: 0n, reserved: 5n }]);
  });
});

test("where the clock goes back, time stands still", () => {
  let nowMs = 1_000_000_000;
  const admission = new EmbeddedAdmission({ nowMs: () => nowMs });
  admission.admit(attempt("1", [[of(minute("m", 1n))]]));
  nowMs -= 10 * minuteMs;
  expect(admission.admit(attempt("2", [[of(minute("m", 1n))]])).kind).toBe("refused");
  nowMs += 12 * minuteMs;
  expect(admission.admit(attempt("2", [[of(minute("m", 1n))]])).kind).toBe("admitted");
});
