import { type Verdict, classify } from "./classification.js";

const refused = (status: number, error: unknown, headers: Readonly<Record<string, string>> = {}): Verdict =>
  classify({ kind: "answer", head: { status, headers }, body: [], error, bodySent: true, reason: "" });

describe("an answer", () => {
  it.each<[string, number, unknown, string, string]>([
    ["its code", 400, { code: "billing_hard_limit_reached", type: "server_error" }, "elsewhere", "long"],
    ["its code before its type", 429, { code: "slow_down", type: "insufficient_quota" }, "anywhere", "short"],
    [
      "its type where the code is not known",
      429,
      { code: "new", type: "insufficient_quota" },
      "elsewhere",
      "long",
    ],
    ["its status where neither is", 429, { code: "new", type: "requests" }, "anywhere", "short"],
    ["its status where it has no error", 502, undefined, "anywhere", "counted"],
    ["its status where the error is a text", 500, "no", "anywhere", "counted"],
    ["a code that is a number", 404, { code: 404 }, "elsewhere", "long"],
    [
      "a field, which is the caller's",
      404,
      { type: "invalid_request_error", param: "images" },
      "give up",
      "never",
    ],
    ["an address that is not there", 404, undefined, "elsewhere", "counted"],
    ["a page of a proxy, which may mean this request only", 403, undefined, "elsewhere", "counted"],
    ["a status of the client's that nobody knows", 418, undefined, "give up", "never"],
    ["a status of the server's that nobody knows", 520, undefined, "anywhere", "counted"],
  ])("is judged by %s", (_, status, error, next, cooldown) => {
    expect(refused(status, error)).toMatchObject({ next, cooldown });
  });

  it("of the caller's own fault is retried where the upstream says so, and a fault of its own is not", () => {
    expect(refused(400, undefined, { "x-should-retry": "true" }).next).toBe("anywhere");
    expect(refused(500, undefined, { "x-should-retry": "false" }).next).toBe("elsewhere");
    expect(refused(401, undefined, { "x-should-retry": "true" }).next).toBe("elsewhere");
  });

  it("may have been charged from 500 on, and only then", () => {
    expect([400, 401, 404, 408, 429, 500, 503].map((status) => refused(status, undefined).billed)).toEqual([
      "no",
      "no",
      "no",
      "no",
      "no",
      "maybe",
      "maybe",
    ]);
  });
});

it("was not charged where the upstream answered before it had all of the request", () => {
  const head = { status: 503, headers: {} };
  const failure = { kind: "answer", head, body: [], error: undefined, reason: "" } as const;
  expect(classify({ ...failure, bodySent: false })).toEqual({
    ...classify({ ...failure, bodySent: true }),
    billed: "no",
  });
});

describe("a call without a complete answer", () => {
  it("is ambiguous once all of it was sent", () => {
    expect(classify({ kind: "connection", reason: "" })).toMatchObject({ next: "anywhere", billed: "no" });
    expect(classify({ kind: "connection", reason: "" })).not.toHaveProperty("ambiguous");
    expect(classify({ kind: "cut", reason: "" })).toMatchObject({ billed: "maybe", ambiguous: true });
  });

  it("by a timeout is not made again where all was sent, and is where the upstream had not got it", () => {
    const timeout = { kind: "timeout", timeoutMs: 1, reason: "" } as const;
    expect(classify({ ...timeout, bodySent: true })).toMatchObject({ next: "elsewhere", ambiguous: true });
    expect(classify({ ...timeout, bodySent: false })).toMatchObject({ next: "anywhere", billed: "no" });
  });

  it("since its client is gone may have been charged where all was sent", () => {
    const gone = { kind: "client gone", reason: "" } as const;
    expect(classify({ ...gone, bodySent: true })).toMatchObject({ billed: "maybe", ambiguous: true });
    expect(classify({ ...gone, bodySent: false })).toMatchObject({ next: "give up", billed: "no" });
  });
});
