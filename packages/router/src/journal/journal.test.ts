import { once } from "node:events";
import net from "node:net";
import type { AddressInfo } from "node:net";
import type { AnswerSink } from "../answer/answer-sink.js";
import { completed } from "../deployments/deployment-options.js";
import { editForm } from "../image-edit/edit-form.js";
import type { RouterOptions } from "../options.js";
import type { EditReport } from "../report.js";
import type { EditRequest } from "../request.js";
import { holdTimeouts } from "../retries/held-timeouts.test.support.js";
import { Router } from "../router.js";
import {
  ScriptedUpstream,
  type Step,
  answers,
  editedImage,
} from "../upstream/scripted-upstream.test.support.js";
import { ObservedJournal } from "./observed-journal.test.support.js";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  import.meta.jest.useRealTimers();
  for (const end of endings.splice(0)) await end();
});

async function upstream(...script: Step[]): Promise<ScriptedUpstream> {
  const started = await ScriptedUpstream.start(...script);
  endings.push(() => started.stop());
  return started;
}

interface Made {
  readonly deployments?: readonly Pick<ScriptedUpstream, "apiBase">[];
  readonly options?: Partial<RouterOptions>;
  readonly nowMs?: () => number;
}

/** A group in which the first is always tried first. */
function router(
  journal: ObservedJournal | undefined,
  { deployments = [], options = {}, nowMs }: Made,
): Router {
  const made = new Router(
    {
      deployments: completed(
        deployments.map(({ apiBase }, index) => ({
          group: "edits",
          apiKey: "sk-upstream",
          model: "gpt-image-1",
          ...(index > 0 && { weight: 0 }),
          apiBase,
        })),
      ),
      ...(journal && { journal }),
      ...options,
    },
    () => 0,
    nowMs,
  );
  endings.push(() => made.close());
  return made;
}

async function edit(
  more: Partial<EditRequest> = {},
  fields: Record<string, string> = {},
): Promise<EditRequest> {
  const image = Buffer.from("picture");
  const body = await editForm({ image, prompt: "Add a red hat", extraFields: fields }, "edits");
  return { id: "req_1", model: "edits", parameters: body.parameters, body, ...more };
}

/** A client that notes in the story what it gets. */
class Client implements AnswerSink {
  isGone = false;
  #onGone = (): void => undefined;

  constructor(private readonly story: string[] = []) {}

  whenGone(callback: () => void): void {
    this.#onGone = callback;
  }

  leave(): void {
    this.isGone = true;
    this.#onGone();
  }

  sendWhole(): Promise<void> {
    this.story.push("answer released");
    return Promise.resolve();
  }

  startStream(): void {
    this.story.push("stream begun");
  }

  writeEvent(bytes: readonly Buffer[]): Promise<void> {
    this.story.push(/event: \w+\.(\w+)/.exec(Buffer.concat(bytes).toString())?.[1] ?? "event");
    return Promise.resolve();
  }

  endStream(): Promise<void> {
    return Promise.resolve();
  }
}

/** Takes longer than a call of a local upstream, without a clock: some calls of one. */
async function aWhile(): Promise<void> {
  const other = await ScriptedUpstream.start(answers(200, {}));
  for (let count = 0; count < 5; count += 1) await fetch(other.apiBase, { method: "POST", body: "x" });
  await other.stop();
}

function slow(story: string[]): ObservedJournal {
  const journal = new ObservedJournal(story);
  journal.beforeIntent = aWhile;
  journal.beforeOutcome = aWhile;
  return journal;
}

const serverError = answers(500, { error: { type: "server_error" } });

function event(name: string, data: object): string {
  return `event: image_edit.${name}\ndata: ${JSON.stringify({ type: `image_edit.${name}`, ...data })}\n\n`;
}

const { usage } = editedImage;
const completedEvent = event("completed", { b64_json: "aGVsbG8=", size: "1024x1024", quality: "low", usage });
const partialEvent = event("partial_image", { b64_json: "aGVsbG8=", partial_image_index: 0 });

function streams(...parts: string[]): Step {
  return (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const part of parts) response.write(part);
    response.end();
  };
}

describe("nothing is sent before its intent is written, and nothing released before its outcome is", () => {
  test("for a whole answer", async () => {
    const story: string[] = [];
    const one = await upstream((request, response) => {
      story.push("call arrived");
      answers(200, editedImage)(request, response);
    });
    const { attempts } = await router(slow(story), { deployments: [one] }).edit(
      await edit(),
      new Client(story),
    );
    expect(story).toEqual(["intent written", "call arrived", "outcome written", "answer released"]);
    expect(attempts[0]?.attemptId).toBeDefined();
  });

  test("for a stream, whose other events go through", async () => {
    const story: string[] = [];
    const one = await upstream(streams(partialEvent, completedEvent, partialEvent, completedEvent));
    const request = await edit({}, { stream: "true", n: "2" });
    const journal = slow(story);
    await router(journal, { deployments: [one] }).edit(request, new Client(story));
    expect(story).toEqual([
      "intent written",
      "stream begun",
      "partial_image",
      "completed",
      "outcome written",
      "completed",
    ]);
    expect(journal.outcomes).toMatchObject([{ state: "certain", nanoUsd: 2n * 12_945_000n, images: 2 }]);
  });

  test("for a failure, and only the last one is waited for", async () => {
    const story: string[] = [];
    const journal = new ObservedJournal(story);
    let release = (): void => undefined;
    const firstOutcome = new Promise<void>((resolve) => {
      release = resolve;
    });
    journal.beforeOutcome = ({ intent: { retry } }) => (retry === 0 ? firstOutcome : aWhile());
    const [one, other] = [await upstream(serverError), await upstream(serverError)];
    const made = router(journal, { deployments: [one, other], options: { retries: 1 } });
    const failed = made.edit(await edit(), new Client()).catch(() => story.push("error told"));
    await failed;
    expect(story).toEqual(["intent written", "intent written", "outcome written", "error told"]);
    release();
  });
});

test("a paid answer is released though its outcome cannot be written", async () => {
  const journal = new ObservedJournal();
  journal.beforeOutcome = () => Promise.reject(new Error("disk full"));
  const story: string[] = [];
  const one = await upstream(answers(200, editedImage));
  await router(journal, { deployments: [one] }).edit(await edit(), new Client(story));
  expect(story).toEqual(["answer released"]);
});

describe("an intent that cannot be written", () => {
  const refusing = (from = 0): ObservedJournal => {
    const journal = new ObservedJournal();
    journal.beforeIntent = ({ retry }) =>
      retry >= from ? Promise.reject(new Error("disk full")) : undefined;
    return journal;
  };

  test("refuses the edit, calls nobody and says nothing of anybody", async () => {
    const [one, other] = [
      await upstream(answers(200, editedImage)),
      await upstream(answers(200, editedImage)),
    ];
    const journal = refusing();
    const made = router(journal, { deployments: [one, other], options: { health: { allowedFails: 0 } } });
    const events: string[] = [];
    for (const name of ["attempt", "cooldownBegan", "fallback"] as const)
      made.events.on(name, () => events.push(name));
    const refused = made.edit(await edit(), new Client());
    await expect(refused).rejects.toMatchObject({
      status: 503,
      code: "journal_unavailable",
      retryAfterMs: 5_000,
      mayBeBilled: false,
      report: { attempts: [], retries: 0, upstreamMs: 0 },
    });
    expect([one.calls.length, other.calls.length, events]).toEqual([0, 0, []]);
    journal.beforeIntent = () => undefined;
    expect((await made.edit(await edit(), new Client())).deployment?.apiBase).toBe(one.apiBase);
  });

  test("for a retry ends the edit there, and is no retry", async () => {
    const [one, other] = [await upstream(serverError), await upstream(answers(200, editedImage))];
    const refused = router(refusing(1), { deployments: [one, other] }).edit(await edit(), new Client());
    await expect(refused).rejects.toMatchObject({
      code: "journal_unavailable",
      report: { attempts: [{ status: 500 }], retries: 0 },
    });
    expect(other.calls).toHaveLength(0);
  });
});

describe("what nobody waits for any more when its intent is written", () => {
  test("is not sent after its deadline, and cost nothing", async () => {
    const pass = holdTimeouts();
    const journal = new ObservedJournal();
    let write = (): void => undefined;
    const intended = new Promise<void>((resolve) => {
      journal.beforeIntent = () => {
        resolve();
        return new Promise((written) => (write = written));
      };
    });
    const concluded = new Promise<void>((resolve) => {
      journal.beforeOutcome = () => {
        resolve();
        return undefined;
      };
    });
    const one = await upstream(answers(200, editedImage));
    const made = router(journal, { deployments: [one] });
    made.events.once("attempt", () => {
      write();
    });
    const late = made.edit(await edit({ timeoutMs: 600_000 }), new Client());
    await intended;
    pass(600_000);
    await expect(late).rejects.toMatchObject({ status: 504, mayBeBilled: false });
    await concluded;
    expect(one.calls).toHaveLength(0);
    expect(journal.outcomes).toMatchObject([{ state: "failed", nanoUsd: 0n, report: { status: undefined } }]);
  });

  test("is not sent when its client has gone, and cost nothing", async () => {
    const journal = new ObservedJournal();
    const client = new Client();
    journal.beforeIntent = async () => client.leave();
    const one = await upstream(answers(200, editedImage));
    const made = router(journal, { deployments: [one] });
    const left = made.edit(await edit(), client);
    await expect(left).rejects.toMatchObject({ status: 499, mayBeBilled: false });
    expect(one.calls).toHaveLength(0);
    expect(journal.outcomes).toMatchObject([{ state: "failed", nanoUsd: 0n }]);
  });
});

test("the time of writing is the gateway's own and not the upstream's", async () => {
  let nowMs = 0;
  const journal = new ObservedJournal();
  journal.beforeIntent = async () => {
    await aWhile();
    nowMs += 1_000;
  };
  journal.beforeOutcome = async () => {
    await aWhile();
    nowMs += 500;
  };
  const one = await upstream((request, response) => {
    nowMs += 50;
    answers(200, editedImage)(request, response);
  });
  const made = router(journal, { deployments: [one], nowMs: () => nowMs });
  const report = await made.edit(await edit(), new Client());
  expect([report.upstreamMs, journal.outcomes[0]?.report.durationMs, nowMs]).toEqual([50, 50, 1_550]);
});

describe("an outcome says what became of the attempt", () => {
  async function outcomesOf(
    steps: readonly Step[],
    fields: Record<string, string> = {},
    more: Partial<RouterOptions> = {},
  ) {
    const journal = new ObservedJournal();
    const deployments = await Promise.all(steps.map((step) => upstream(step)));
    const made = router(journal, { deployments, options: more });
    await made.edit(await edit({}, fields), new Client()).catch((error: unknown) => error);
    expect(journal.intents.map(({ attemptId }) => attemptId)).toEqual(
      journal.outcomes.map(({ intent }) => intent.attemptId),
    );
    return journal.outcomes;
  }

  test("for each of several", async () => {
    const [first, second, third] = await outcomesOf(
      [serverError, answers(429, {}), answers(200, editedImage, { "x-request-id": "req_upstream" })],
      { size: "1024x1024", quality: "low" },
    );
    expect(first).toMatchObject({
      state: "uncertain",
      nanoUsd: first?.intent.estimate?.nanoUsd,
      errorClass: "InternalServerError",
      cost: null,
      tokens: null,
      images: 0,
      report: { status: 500, reason: "500 server_error" },
      intent: { retry: 0, fallback: 0, group: "edits" },
    });
    expect(second).toMatchObject({
      state: "failed",
      nanoUsd: 0n,
      errorClass: "RateLimitError",
      intent: { retry: 1 },
    });
    expect(third).toMatchObject({
      state: "certain",
      nanoUsd: 12_945_000n,
      errorClass: undefined,
      cost: { basis: "usage", breakdown: { outputImage: 10_880_000n } },
      tokens: { textInput: 25, imageInput: 194, imageOutput: 272 },
      images: 1,
      size: "1024x1024",
      quality: "low",
      report: { status: 200, upstreamRequestId: "req_upstream" },
      intent: { retry: 2 },
    });
  });

  test("where 5xx are not billed", async () => {
    expect(await outcomesOf([serverError], {}, { retries: 0, serverErrors: "unbilled" })).toMatchObject([
      { state: "failed", nanoUsd: 0n },
    ]);
  });

  test("where a stream broke after the first of two images", async () => {
    const breaks: Step = (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(completedEvent, () => response.destroy());
    };
    const [outcome] = await outcomesOf([breaks], {
      stream: "true",
      n: "2",
      size: "1024x1024",
      quality: "low",
    });
    expect(outcome).toMatchObject({ state: "uncertain", cost: { nanoUsd: 12_945_000n }, images: 1 });
    expect(outcome?.nanoUsd).toBe(outcome?.intent.estimate?.nanoUsd);
  });

  test("where it failed by a fault of ours: nobody knows", async () => {
    const journal = new ObservedJournal();
    const one = await upstream(streams(partialEvent, completedEvent));
    const client = new Client();
    client.startStream = () => {
      throw new TypeError("a fault");
    };
    await expect(router(journal, { deployments: [one] }).edit(await edit(), client)).rejects.toThrow(
      "a fault",
    );
    expect(journal.outcomes).toMatchObject([{ state: "uncertain", report: { reason: "internal error" } }]);
  });
});

test("a 5xx that comes before all was sent cost nothing", async () => {
  // It reads the head and no more, so that a large body cannot be sent.
  const refusal = "HTTP/1.1 500 No\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
  const server = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.pause().write(refusal));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  endings.push(() => server.close());
  const apiBase = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1`;
  const journal = new ObservedJournal();
  const made = router(journal, { deployments: [{ apiBase }], options: { retries: 0 } });
  const body = await editForm({ image: Buffer.alloc(32 * 1024 * 1024), prompt: "Add a red hat" }, "edits");
  const refused = made.edit(await edit({ body }), new Client());
  await expect(refused).rejects.toMatchObject({ status: 500 });
  expect(journal.outcomes).toMatchObject([{ state: "failed", nanoUsd: 0n, report: { status: 500 } }]);
});

test("what is not connected cost nothing", async () => {
  const one = await upstream();
  const { apiBase } = one;
  await one.stop();
  const journal = new ObservedJournal();
  const made = router(journal, { deployments: [{ apiBase }], options: { retries: 0 } });
  await expect(made.edit(await edit(), new Client())).rejects.toMatchObject({ status: 502 });
  expect(journal.outcomes).toMatchObject([
    { state: "failed", nanoUsd: 0n, errorClass: "APIConnectionError" },
  ]);
});

test("without a journal attempts have no ids", async () => {
  const one = await upstream(answers(200, editedImage));
  const report: EditReport = await router(undefined, { deployments: [one] }).edit(await edit(), new Client());
  expect(report.attempts).toMatchObject([{ attemptId: undefined, succeeded: true }]);
});
