import {
  type AnswerHead,
  type AnswerSink,
  ClientGoneError,
  DeadlineError,
  type EditReport,
  InvalidRequestError,
  UpstreamAnswerError,
  UpstreamConnectionError,
} from "@darkroom/router";
import { RequestRecord } from "../observability/request-record.js";
import { ManualTimers } from "../upload/manual-timers.test.support.js";
import type { AttemptCharge } from "./attempt-charges.js";
import { IdempotentEdits, type IdempotentEditsOptions } from "./idempotent-edits.js";

const head: AnswerHead = { status: 200, headers: { "content-type": "application/json" } };
const minuteMs = 60_000;

/** A client, and what it got. */
class TestClient implements AnswerSink {
  isGone = false;
  text = "";
  report: EditReport | undefined;
  isOver = false;
  /** Answers are taken when the test says so. */
  taken: Promise<void> = Promise.resolve();
  readonly #leaving: (() => void)[] = [];

  whenGone(callback: () => void): void {
    this.#leaving.push(callback);
  }

  leave(): void {
    this.isGone = true;
    for (const callback of this.#leaving) callback();
  }

  sendWhole(_head: AnswerHead, body: readonly Buffer[], report: EditReport): Promise<void> {
    this.text = Buffer.concat(body).toString();
    this.report = report;
    this.isOver = true;
    return this.taken;
  }

  startStream(_head: AnswerHead, report: EditReport): void {
    this.report = report;
  }

  async writeEvent(bytes: readonly Buffer[]): Promise<void> {
    this.text += Buffer.concat(bytes).toString();
    await this.taken;
  }

  async endStream(report: EditReport): Promise<void> {
    this.report = report;
    this.isOver = true;
  }
}

/** One request of a client. */
class TestRequest {
  readonly record = new RequestRecord(undefined);
  /** What the router answers to; once the edit was begun. */
  sink: AnswerSink | undefined;
  hasBody = true;
  readonly #charges: AttemptCharge[] = [];
  readonly served: Promise<void>;
  #answer: (report: EditReport) => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;

  constructor(
    idempotentEdits: IdempotentEdits,
    key = "key",
    fingerprint = "fingerprint",
    readonly client = new TestClient(),
  ) {
    this.served = idempotentEdits.serve({
      idempotency: { key, fingerprint, charges: this.#charges },
      record: this.record,
      answer: client,
      timeoutMs: 1000,
      begin: (sink) => {
        this.sink = sink;
        return new Promise((resolve, reject) => {
          this.#answer = resolve;
          this.#fail = reject;
        });
      },
      letGo: () => {
        this.hasBody = false;
      },
    });
    // Each test says itself what it expects.
    this.served.catch(() => undefined);
  }

  get hasBegun(): boolean {
    return this.sink !== undefined;
  }

  async answer(text: string): Promise<void> {
    this.charge("certain", 12_945_000n);
    const body = Buffer.from(text);
    void this.sink?.sendWhole(head, [body], this.report(), { images: [] });
    // Its memory is used for another answer as soon as the client has it.
    void this.client.taken.then(() => body.fill("!"));
    this.#answer(this.report());
    await this.served;
  }

  async stream(...events: readonly string[]): Promise<void> {
    this.charge("certain", 12_945_000n);
    this.sink?.startStream(head, this.report());
    for (const event of events) {
      const bytes = Buffer.from(event);
      await this.sink?.writeEvent([bytes]);
      bytes.fill("!");
    }
    void this.sink?.endStream(this.report());
    this.#answer(this.report());
    await this.served;
  }

  charge(state: AttemptCharge["state"], costNanoUsd: bigint): void {
    this.#charges.push({ state, costNanoUsd });
  }

  async fail(error: Error): Promise<void> {
    this.#fail(error);
    await expect(this.served).rejects.toBe(error);
  }

  report(): EditReport {
    return {
      requestId: this.record.id,
      requestedModel: "edits",
      group: "edits",
      deployment: undefined,
      attempts: [],
      retries: 1,
      fallbacks: 1,
      dropped: [],
      cost: {
        nanoUsd: 12_945_000n,
        basis: "usage",
        breakdown: { inputText: 0n, inputImage: 0n, cached: 0n, outputImage: 12_945_000n, outputText: 0n },
      },
      images: 1,
      upstreamMs: 10,
      waitedMs: 0,
      waits: [],
    };
  }
}

let timers: ManualTimers;
let edits: IdempotentEdits;
function start(options: Partial<IdempotentEditsOptions> = {}): void {
  timers = new ManualTimers();
  edits = new IdempotentEdits({ memoryBytes: 100_000, timers, ...options });
}
beforeEach(() => start());

function request(key?: string, fingerprint?: string, client?: TestClient): TestRequest {
  return new TestRequest(edits, key, fingerprint, client);
}

async function answered(text = "picture", key = "key"): Promise<TestRequest> {
  const first = request(key);
  await first.answer(text);
  return first;
}

function refused(): UpstreamConnectionError {
  return new UpstreamConnectionError("connection refused");
}

function broken(): UpstreamAnswerError {
  return new UpstreamAnswerError({ status: 500, headers: {} }, [Buffer.from("broken")]);
}

describe("after the edit", () => {
  it("its answer is given again, at no cost, and without a body of one's own", async () => {
    const first = await answered();
    const again = request();
    await again.served;
    expect(again.hasBegun).toBe(false);
    expect(again.hasBody).toBe(false);
    expect(again.client.text).toBe("picture");
    expect(again.client.report).toMatchObject({
      requestId: again.record.id,
      attempts: [],
      retries: 0,
      fallbacks: 0,
      images: 0,
      upstreamMs: 0,
      cost: { nanoUsd: 0n },
    });
    expect(again.record.report).toBe(again.client.report);
    expect(again.record.idHeaders).toEqual(expect.arrayContaining(["x-darkroom-replay-of", first.record.id]));
    expect(first.record.replayOf).toBeUndefined();
  });

  it("so is a stream, event by event", async () => {
    await request().stream("one ", "two");
    const again = request();
    await again.served;
    expect(again.client.text).toBe("one two");
    expect(again.client.isOver).toBe(true);
  });

  it("a client that leaves within a stream gets no more of it", async () => {
    await request().stream("one ", "two ", "three");
    const again = request();
    again.client.leave();
    await again.served;
    expect(again.client.text).toBe("one ");
  });

  it("another body under its key is refused", async () => {
    const first = await answered();
    const other = request("key", "other");
    await expect(other.served).rejects.toMatchObject({
      status: 409,
      code: "idempotency_key_reused",
      message: expect.stringContaining(first.record.id),
      shouldRetry: false,
    });
    expect(other.hasBegun).toBe(false);
  });

  it("it is remembered for ten minutes, and nothing is left of it then", async () => {
    await answered();
    timers.advance(10 * minuteMs - 1);
    const again = request();
    await again.served;
    expect(again.client.text).toBe("picture");
    timers.advance(1);
    expect(edits.keptBytes).toBe(0);
    expect(request().hasBegun).toBe(true);
    expect(timers.pending).toBe(0);
  });
});

describe("while it runs", () => {
  it("all get a whole answer at once, though there is no room for a copy", async () => {
    start({ memoryBytes: 0 });
    const first = request();
    const joined = [request(), request()];
    expect(edits.waiting).toBe(2);
    await first.answer("picture");
    await Promise.all(joined.map(({ served }) => served));
    expect([first, ...joined].map(({ client }) => client.text)).toEqual(["picture", "picture", "picture"]);
    expect(joined.map(({ hasBegun, hasBody }) => [hasBegun, hasBody])).toEqual([
      [false, false],
      [false, false],
    ]);
    expect(edits.waiting).toBe(0);
    await expect(request().served).rejects.toMatchObject({ status: 409, code: "idempotent_answer_gone" });
  });

  it("its answer's memory is kept until the last of them has taken it", async () => {
    const first = request();
    const joined = request();
    let take = (): void => undefined;
    joined.client.taken = new Promise((resolve) => {
      take = resolve;
    });
    let isFree = false;
    const taken = first.sink
      ?.sendWhole(head, [Buffer.from("picture")], first.report(), { images: [] })
      .then(() => {
        isFree = true;
      });
    await first.client.taken;
    expect(isFree).toBe(false);
    take();
    await taken;
    expect(isFree).toBe(true);
  });

  it("a stream is given to others when it has ended", async () => {
    const first = request();
    const joined = request();
    first.sink?.startStream(head, first.report());
    await first.sink?.writeEvent([Buffer.from("one ")]);
    expect([first.client.text, joined.client.text]).toEqual(["one ", ""]);
    await first.stream("two");
    await joined.served;
    expect(joined.client.text).toBe("two");
  });

  it("of a stream without room for a copy they are told what it cost", async () => {
    start({ memoryBytes: 10_000 });
    const first = request();
    const joined = request();
    await first.stream("one", "x".repeat(10_000), "two");
    expect(first.client.text).toMatch(/^onex+two$/);
    await expect(joined.served).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining("It cost $0.012945."),
    });
    expect(edits.keptBytes).toBe(0);
  });

  it("another body is refused at once", async () => {
    request();
    await expect(request("key", "other").served).rejects.toMatchObject({ code: "idempotency_key_reused" });
  });

  it("its client is gone when all are, and there again when somebody joins", async () => {
    const first = request();
    const gone: number[] = [];
    const { sink } = first;
    sink?.whenGone(() => gone.push(gone.length));
    const joined = request();
    first.client.leave();
    expect([sink?.isGone, gone.length]).toEqual([false, 0]);
    joined.client.leave();
    await expect(joined.served).rejects.toBeInstanceOf(ClientGoneError);
    expect([sink?.isGone, gone.length]).toEqual([true, 1]);
    const back = request();
    expect(sink?.isGone).toBe(false);
    await first.answer("picture");
    await back.served;
    expect(back.client.text).toBe("picture");
    expect(joined.client.text).toBe("");
  });

  it("nobody waits longer than it may", async () => {
    const first = request();
    const joined = request();
    timers.advance(1000);
    await expect(joined.served).rejects.toBeInstanceOf(DeadlineError);
    await first.answer("picture");
    expect(joined.client.text).toBe("");
    expect(joined.record.replayOf).toBeUndefined();
  });

  it("who is gone before anything was sent does not begin it", async () => {
    const client = new TestClient();
    client.leave();
    const gone = request("key", "fingerprint", client);
    await expect(gone.served).rejects.toBeInstanceOf(ClientGoneError);
    expect(gone.hasBegun).toBe(false);
    expect(request().hasBegun).toBe(true);
  });
});

describe("a failure", () => {
  it.each([refused, () => new InvalidRequestError("Invalid.", { code: "invalid_value" })])(
    "that nobody has charged goes to all who wait, and is forgotten",
    async (make) => {
      const error = make();
      const first = request();
      const joined = request();
      first.charge("failed", 0n);
      await first.fail(error);
      await expect(joined.served).rejects.toMatchObject({
        message: error.message,
        constructor: make().constructor,
      });
      expect(edits.keptBytes).toBe(0);
      expect(request().hasBegun).toBe(true);
    },
  );

  it("that may be charged is told again as it was, and clients are not to try again", async () => {
    const first = request();
    const error = Object.assign(broken(), { report: first.report() });
    first.charge("uncertain", 50_000_000n);
    await first.fail(error);
    expect(error.mayBeBilled).toBe(true);
    const again = request();
    const told: unknown = await again.served.catch((thrown: unknown) => thrown);
    expect(told).toBeInstanceOf(UpstreamAnswerError);
    expect(told).toMatchObject({
      status: 500,
      body: [Buffer.from("broken")],
      mayBeBilled: true,
      report: { requestId: again.record.id, cost: { nanoUsd: 0n }, retries: 0 },
    });
    expect(error.report.requestId).toBe(first.record.id);
    expect(again.record.replayOf).toBe(first.record.id);
  });

  it("that may be charged and is not kept any more: nothing is sent", async () => {
    start({ memoryBytes: 0 });
    const first = request();
    first.charge("uncertain", 50_000_000n);
    first.charge("failed", 0n);
    await first.fail(refused());
    await expect(request().served).rejects.toMatchObject({
      code: "idempotent_answer_gone",
      message: expect.stringContaining("It may have been charged, at $0.05 or less."),
    });
  });

  it("since its client had left, behind a call that may be charged, has nothing to tell again", async () => {
    const first = request();
    first.charge("uncertain", 50_000_000n);
    await first.fail(new ClientGoneError());
    await expect(request().served).rejects.toMatchObject({ code: "idempotent_answer_gone" });
  });

  it("of our own may have happened behind a call", async () => {
    await request().fail(new TypeError("bug"));
    await expect(request().served).rejects.toMatchObject({
      code: "idempotent_answer_gone",
      message: expect.stringContaining("It may have been charged."),
    });
  });

  it("of an edit that was given up before it was paid invites who came too late", async () => {
    const first = request();
    const joined = request();
    await first.fail(new ClientGoneError());
    await expect(joined.served).rejects.toMatchObject({
      status: 503,
      code: "idempotent_edit_given_up",
      retryAfterSeconds: 1,
    });
    expect(request().hasBegun).toBe(true);
  });
});

describe("room", () => {
  it("the oldest answers go, and their keys stay", async () => {
    const older = await answered("a".repeat(50_000), "older");
    await answered("b".repeat(50_000), "newer");
    await expect(request("older").served).rejects.toMatchObject({
      code: "idempotent_answer_gone",
      message: expect.stringContaining(older.record.id),
    });
    const newer = request("newer");
    await newer.served;
    expect(newer.client.text).toBe("b".repeat(50_000));
    expect(edits.keptBytes).toBeLessThanOrEqual(100_000);
  });

  it("an answer that is being taken keeps its own, even when it expires", async () => {
    await answered("a".repeat(60_000), "slow");
    const client = new TestClient();
    let take = (): void => undefined;
    client.taken = new Promise((resolve) => {
      take = resolve;
    });
    const slow = request("slow", "fingerprint", client);
    const heldBytes = edits.keptBytes;
    await answered("b".repeat(60_000), "other");
    await expect(request("other").served).rejects.toMatchObject({ code: "idempotent_answer_gone" });
    timers.advance(10 * minuteMs);
    expect(edits.keptBytes).toBe(heldBytes);
    take();
    await slow.served;
    expect(edits.keptBytes).toBe(0);
  });

  it("no more keys than it can remember: new ones wait, known ones are served", async () => {
    start({ mostKeys: 2 });
    await answered("picture", "one");
    request("two");
    const refused = request("three");
    await expect(refused.served).rejects.toMatchObject({
      status: 503,
      code: "too_many_idempotency_keys",
      retryAfterSeconds: 5,
    });
    expect(refused.hasBegun).toBe(false);
    const known = request("one");
    await known.served;
    expect(known.client.text).toBe("picture");
    timers.advance(10 * minuteMs);
    expect(request("three").hasBegun).toBe(true);
  });
});

describe("edits of an earlier process", () => {
  const paid = {
    requestId: "req_earlier",
    fingerprint: "fingerprint",
    costNanoUsd: 62_945_000n,
    state: "uncertain",
  } as const;

  it("are not made again: a 409 names request and cost", async () => {
    start({ loadEarlier: () => Promise.resolve({ find: (key) => (key === "key" ? paid : undefined) }) });
    const again = request();
    await expect(again.served).rejects.toMatchObject({ status: 409, code: "idempotent_answer_gone" });
    await expect(again.served).rejects.toThrow(
      /request req_earlier, .* It may have been charged, at \$0\.062945 or less\./,
    );
    await expect(request("key", "other").served).rejects.toMatchObject({ code: "idempotency_key_reused" });
    expect(request("another").hasBegun).toBe(true);
  });

  it("nothing is sent as long as they are not known", async () => {
    let loaded = 0;
    const answers = [
      () => Promise.reject(new Error("the disk is full")),
      () => Promise.resolve({ find: () => undefined }),
    ];
    start({ loadEarlier: () => answers[loaded++]?.() ?? Promise.reject(new Error("loaded again")) });
    const [one, other] = [request(), request()];
    for (const early of [one, other]) {
      await expect(early.served).rejects.toMatchObject({ status: 503, code: "ledger_unavailable" });
      expect(early.hasBegun).toBe(false);
    }
    const [first, joined] = [request(), request()];
    await new Promise((resolve) => setImmediate(resolve));
    expect([first.hasBegun, joined.hasBegun, edits.waiting]).toEqual([true, false, 1]);
    await first.answer("picture");
    await joined.served;
    expect(loaded).toBe(2);
  });
});
