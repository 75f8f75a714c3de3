import { once } from "node:events";
import http from "node:http";
import type { DeploymentOptions } from "./deployments/deployment-options.js";
import {
  DeadlineError,
  MissingModelError,
  UnknownModelError,
  UnusableGroupError,
  UpstreamAnswerError,
  UpstreamConnectionError,
} from "./errors.js";
import type { AttemptEvent, PassedOverEvent } from "./events.js";
import { type CreateRouterOptions, type Router, createRouter } from "./router.js";
import { holdTimeouts } from "./retries/held-timeouts.test.support.js";
import {
  ScriptedUpstream,
  type Step,
  answers,
  editedImage,
} from "./upstream/scripted-upstream.test.support.js";

const upstreams: ScriptedUpstream[] = [];
const routers: Router[] = [];

afterEach(async () => {
  import.meta.jest.useRealTimers();
  for (const router of routers.splice(0)) router.close();
  await Promise.all(upstreams.splice(0).map((upstream) => upstream.stop()));
});

async function upstream(...script: Step[]): Promise<ScriptedUpstream> {
  const started = await ScriptedUpstream.start(...script);
  upstreams.push(started);
  return started;
}

function router(
  groups: Record<string, ScriptedUpstream[]>,
  options: Partial<CreateRouterOptions> = {},
): Router {
  const deployments = Object.entries(groups).flatMap(([group, members]) =>
    members.map(({ apiBase }) => ({ group, apiBase, apiKey: "sk-upstream" })),
  );
  const made = createRouter({ deployments, ...options });
  routers.push(made);
  return made;
}

/** One group in which the first is always tried first. */
function firstThen(
  first: ScriptedUpstream,
  second: ScriptedUpstream,
  more: Partial<DeploymentOptions> = {},
): Router {
  const made = createRouter({
    deployments: [
      { group: "edits", apiBase: first.apiBase, apiKey: "sk-upstream", ...more },
      { group: "edits", apiBase: second.apiBase, apiKey: "sk-upstream", weight: 0 },
    ],
  });
  routers.push(made);
  return made;
}

const request = { image: Buffer.from("picture"), prompt: "Add a red hat", model: "edits" };

const serverError = answers(500, { error: { message: "no", type: "server_error", param: null, code: null } });
const resets: Step = (_request, response) => response.destroy();
const hangs: Step = () => undefined;
const cutShort: Step = (_request, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
  response.write('{"created":1,"data":[');
  response.once("drain", () => response.destroy());
  setImmediate(() => response.destroy());
};
const malformed: Step = (_request, response) => response.end('{"created":1,"data":[');

describe("an edit", () => {
  it("is answered with the upstream's answer, and reports deployment, cost and images", async () => {
    const one = await upstream(answers(200, editedImage, { "x-request-id": "req_upstream" }));
    const { data, report } = await router({ edits: [one] }).imageEdit({ ...request, model: "edits" });
    expect(data).toEqual(editedImage.data);
    expect(report).toMatchObject({ group: "edits", retries: 0, fallbacks: 0, images: 1, cost: null });
    expect(report.attempts).toMatchObject([
      { succeeded: true, status: 200, upstreamRequestId: "req_upstream" },
    ]);
  });

  it("is priced by its usage under the deployment's base model", async () => {
    const one = await upstream(answers(200, editedImage));
    const made = createRouter({
      deployments: [{ group: "edits", apiBase: one.apiBase, apiKey: "sk-x", baseModel: "gpt-image-1" }],
    });
    routers.push(made);
    const { report } = await made.imageEdit(request);
    expect(report.cost).toEqual({
      nanoUsd: 12_945_000n,
      basis: "usage",
      breakdown: {
        inputText: 125_000n,
        inputImage: 1_940_000n,
        cached: 0n,
        outputImage: 10_880_000n,
        outputText: 0n,
      },
    });
  });

  it("costs what the deployment's own prices say", async () => {
    const one = await upstream(answers(200, editedImage));
    const prices = new Map([["house-model", { images: [{ usd: "0.04" }] }]]);
    const deployment = { group: "edits", model: "house-model", apiBase: one.apiBase, apiKey: "sk-x", prices };
    const made = createRouter({ deployments: [deployment] });
    routers.push(made);
    const { report } = await made.imageEdit(request);
    expect(report.cost).toMatchObject({ nanoUsd: 40_000_000n, basis: "images" });
  });

  it("goes to the deployment's own URL with its key and its headers, and none of them twice", async () => {
    const one = await upstream(answers(200, editedImage));
    const made = createRouter({
      deployments: [
        {
          group: "edits",
          model: "gpt-image-2",
          apiBase: `${one.apiBase}/`,
          apiKey: "sk-mine",
          organization: "org-mine",
          extraHeaders: { "X-Extra": "yes" },
        },
      ],
    });
    routers.push(made);
    await made.imageEdit({
      ...request,
      extraHeaders: { Authorization: "Bearer sk-client", "X-Of-Client": "1" },
    });
    const [call] = one.calls;
    expect(call?.url).toBe("/v1/images/edits");
    expect(call?.headers).toMatchObject({
      authorization: "Bearer sk-mine",
      "openai-organization": "org-mine",
      "x-extra": "yes",
      "x-of-client": "1",
    });
    expect(call?.body.toString("latin1")).toContain('name="model"\r\n\r\ngpt-image-2\r\n');
  });
});

describe("a failed attempt", () => {
  it.each([
    ["500", serverError],
    ["408", answers(408, {})],
    ["409", answers(409, {})],
    ["429", answers(429, {})],
    ["401, which is about the key", answers(401, {})],
    ["a reset", resets],
    ["an answer cut short", cutShort],
    ["malformed JSON", malformed],
  ])("with %s is made good by another deployment at once", async (_name, step) => {
    const bad = await upstream(step);
    const good = await upstream(answers(200, editedImage));
    const { report } = await firstThen(bad, good).imageEdit(request);
    expect(report.attempts.map(({ succeeded }) => succeeded)).toEqual([false, true]);
    expect(report.retries).toBe(1);
    expect(bad.calls[0]?.body).toHaveLength(good.calls[0]?.body.length ?? -1);
  });

  it.each([400, 404, 413, 422])(
    "with %i is the caller's: it is passed on as it came, and not repeated",
    async (status) => {
      const body = {
        error: { message: "bad", type: "invalid_request_error", param: "size", code: "invalid_value" },
      };
      const one = await upstream(answers(status, body, { "x-hint": "h" }));
      const other = await upstream(answers(status, body));
      const error: unknown = await router({ edits: [one, other] })
        .imageEdit(request)
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UpstreamAnswerError);
      const { status: told, body: bytes, report } = error as UpstreamAnswerError;
      expect(told).toBe(status);
      expect(Buffer.concat(bytes).toString()).toBe(JSON.stringify(body));
      expect(report?.attempts[0]?.reason).toBe(`${String(status)} invalid_value`);
      expect(one.calls.length + other.calls.length).toBe(1);
    },
  );

  it("on the only deployment is repeated there, 1 + retries calls in all, and the last error wins", async () => {
    const one = await upstream(serverError, serverError, answers(503, { error: { code: "overloaded" } }));
    const events: AttemptEvent[] = [];
    const made = router({ edits: [one] }, { retries: 2 });
    made.events.on("attempt", (event) => events.push(event));
    await expect(made.imageEdit(request)).rejects.toMatchObject({ status: 503 });
    expect(one.calls).toHaveLength(3);
    expect(events.map(({ reason }) => reason)).toEqual([
      "500 server_error",
      "500 server_error",
      "503 overloaded",
    ]);
  });

  it("is not repeated where the upstream asks for more time than there is", async () => {
    const one = await upstream(answers(429, {}, { "retry-after": "3600" }));
    await expect(router({ edits: [one] }, { retries: 5 }).imageEdit(request)).rejects.toMatchObject({
      status: 429,
    });
    expect(one.calls).toHaveLength(1);
  });

  it("by a refused connection names no address", async () => {
    const gone = await upstream(hangs);
    const made = router({ edits: [gone] }, { retries: 0 });
    await gone.stop();
    const error: unknown = await made.imageEdit(request).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UpstreamConnectionError);
    expect((error as Error).message).toBe("No complete answer from the upstream: connection refused.");
  });
});

describe("the budget of retries", () => {
  const often = (failing: number, of: number): Step[] =>
    Array.from({ length: of }, (_, index) => (index < failing ? serverError : answers(200, editedImage)));
  const none = { percent: 0, perMinute: 0 };

  it("refuses none that goes to a deployment which works", async () => {
    // Four of ten calls fail, which takes nobody out.
    const flapping = await upstream(...Array.from({ length: 10 }, () => often(2, 5)).flat());
    const well = await upstream(answers(200, editedImage));
    const made = router({ edits: [flapping, well] }, { retryBudget: none, strategy: "simple-shuffle" });
    let edits = 0;
    // Who has not served yet is no one to rely on.
    while (well.calls.length === 0) {
      await made.imageEdit(request).catch(() => undefined);
      edits += 1;
    }
    for (; edits < 60; edits += 1) await made.imageEdit(request);
    expect(flapping.calls.length).toBeGreaterThan(5);
  });

  it("holds where nobody works any more, however well they did before", async () => {
    const failsLater = (): Step[] => [
      ...Array.from({ length: 50 }, () => answers(200, editedImage)),
      serverError,
    ];
    const group = [await upstream(...failsLater()), await upstream(...failsLater())];
    const made = router({ edits: group }, { retries: 1, retryBudget: none, health: { disabled: true } });
    const calls = (): number => group.reduce((sum, { calls: of }) => sum + of.length, 0);
    while (calls() < 120) await made.imageEdit(request).catch(() => undefined);
    const before = calls();
    for (let count = 0; count < 40; count += 1) await made.imageEdit(request).catch(() => undefined);
    expect(calls()).toBe(before + 40);
  });
});

describe("a group of which more fail than may be left alone", () => {
  it("serves every edit all the same, and hardly ever calls those that fail", async () => {
    const dead = [await upstream(serverError), await upstream(serverError), await upstream(serverError)];
    const live = await upstream(answers(200, editedImage));
    const made = router(
      { edits: [...dead, live] },
      { retries: 3, retryBudget: { percent: 0, perMinute: 60 } },
    );
    for (let count = 0; count < 300; count += 1) await made.imageEdit(request);
    const failed = dead.map(({ calls }) => calls.length);
    expect(failed.reduce((sum, each) => sum + each)).toBeLessThanOrEqual(30);
    expect(live.calls).toHaveLength(300);
  });

  it("calls them again when nobody else is left", async () => {
    const dead = [await upstream(serverError), await upstream(serverError), await upstream(serverError)];
    const made = router({ edits: dead }, { retries: 0 });
    const calls = (): number => dead.reduce((sum, { calls: of }) => sum + of.length, 0);
    for (let count = 0; count < 60; count += 1) {
      await expect(made.imageEdit(request)).rejects.toThrow(UpstreamAnswerError);
      expect(calls()).toBe(count + 1);
    }
  });
});

describe("fallbacks", () => {
  it("serve when the group has failed, in their order", async () => {
    const dead = await upstream(serverError);
    const alsoDead = await upstream(serverError);
    const alive = await upstream(answers(200, editedImage));
    const made = router(
      { edits: [dead], second: [alsoDead], third: [alive] },
      { retries: 0, fallbacks: new Map([["edits", ["second", "third"]]]) },
    );
    const { report } = await made.imageEdit(request);
    expect(report).toMatchObject({ group: "third", fallbacks: 2, retries: 0, requestedModel: "edits" });
    expect(report.attempts).toHaveLength(3);
  });

  it("that fail too leave the client the first group's error", async () => {
    const dead = await upstream(answers(500, { error: { code: "first" } }));
    const other = await upstream(answers(503, { error: { code: "second" } }));
    const made = router(
      { edits: [dead], other: [other] },
      { retries: 0, fallbacks: new Map([["*", ["other"]]]) },
    );
    await expect(made.imageEdit(request)).rejects.toMatchObject({ status: 500, report: { fallbacks: 1 } });
  });

  it("are not asked after an error of the caller's", async () => {
    const refuses = await upstream(answers(400, {}));
    const other = await upstream(answers(200, editedImage));
    const made = router({ edits: [refuses], other: [other] }, { fallbacks: new Map([["edits", ["other"]]]) });
    await expect(made.imageEdit(request)).rejects.toMatchObject({ status: 400 });
    expect(other.calls).toHaveLength(0);
  });

  it("of the request override the configured ones; an unknown one is refused before anything is sent", async () => {
    const dead = await upstream(serverError);
    const alive = await upstream(answers(200, editedImage));
    const made = router({ edits: [dead], alive: [alive] }, { retries: 0 });
    expect((await made.imageEdit({ ...request, fallbacks: ["edits", "alive"] })).report.group).toBe("alive");
    const callsBefore = dead.calls.length;
    await expect(made.imageEdit({ ...request, fallbacks: ["nowhere"] })).rejects.toThrow(UnknownModelError);
    expect(dead.calls).toHaveLength(callsBefore);
  });
});

describe("fields that a fallback's model does not support", () => {
  const asked = { ...request, background: "opaque", quality: "high", extraFields: { style: "x" } };

  async function edited(made: Router): Promise<{ attempts: AttemptEvent[]; passed: PassedOverEvent[] }> {
    const attempts: AttemptEvent[] = [];
    const passed: PassedOverEvent[] = [];
    made.events.on("attempt", (event) => attempts.push(event));
    made.events.on("passedOver", (event) => passed.push(event));
    await made.imageEdit(asked);
    return { attempts, passed };
  }

  async function withOld(more: Partial<DeploymentOptions> = {}, spare = false) {
    const dead = await upstream(serverError);
    const old = await upstream(answers(200, { created: 1, data: [{ url: "https://a.test/b.png" }] }));
    const made = createRouter({
      deployments: [
        { group: "edits", model: "gpt-image-1", apiBase: dead.apiBase, apiKey: "sk-x" },
        { group: "old", model: "dall-e-2", apiBase: old.apiBase, apiKey: "sk-x", ...more },
        ...(spare ? [{ group: "spare", model: "house-model", apiBase: old.apiBase, apiKey: "sk-x" }] : []),
      ],
      retries: 0,
      fallbacks: new Map([["edits", spare ? ["old", "spare"] : ["old"]]]),
    });
    routers.push(made);
    return { made, old };
  }

  it("are left out for it, and for nobody else, where that is wanted", async () => {
    const { made, old } = await withOld({ dropParams: true });
    const { attempts, passed } = await edited(made);
    expect(attempts.map(({ deployment, dropped }) => [deployment.id, dropped])).toEqual([
      ["edits-1", []],
      ["old-1", ["quality", "background"]],
    ]);
    expect(passed).toEqual([]);
    const body = old.calls[0]?.body.toString("latin1");
    expect(body).not.toMatch(/name="(quality|background)"/);
    expect(body).toMatch(/name="style"/);
  });

  it("are no part of its cost: the upstream never knew of them", async () => {
    const images = [
      { quality: "low", usd: "0.10" },
      { quality: "high", usd: "0.02" },
    ];
    const { made } = await withOld({ dropParams: true, prices: new Map([["dall-e-2", { images }]]) });
    const { report } = await made.imageEdit(asked);
    // The dearest that the upstream may have drawn, not the one that was asked for.
    expect(report.cost).toMatchObject({ nanoUsd: 100_000_000n, basis: "images" });
    expect(report.dropped).toEqual(["quality", "background"]);
  });

  it("let the request pass it over, which is told, and go on behind it", async () => {
    const { made } = await withOld({}, true);
    const { attempts, passed } = await edited(made);
    expect(attempts.map(({ deployment }) => deployment.id)).toEqual(["edits-1", "spare-1"]);
    expect(passed).toMatchObject([{ group: "old", refusal: { field: "quality", code: "not_supported" } }]);
  });

  it("leave the client the first group's error where nobody is behind it", async () => {
    const { made, old } = await withOld();
    await expect(made.imageEdit(asked)).rejects.toMatchObject({ status: 500, report: { fallbacks: 0 } });
    expect(old.calls).toHaveLength(0);
  });

  it("are a 400 where the group itself was asked for", async () => {
    const { made, old } = await withOld();
    const error = { status: 400, code: "not_supported", field: "quality" };
    await expect(made.imageEdit({ ...asked, model: "old" })).rejects.toMatchObject(error);
    expect(old.calls).toHaveLength(0);
  });
});

describe("events", () => {
  it("tell an edit's whole story, with the reason of every step", async () => {
    const limited = answers(429, { error: { code: "slow_down" } }, { "retry-after-ms": "5" });
    const flapping = await upstream(limited, serverError);
    const refusing = await upstream(answers(401, { error: { code: "invalid_api_key" } }));
    const alive = await upstream(answers(200, editedImage));
    const made = router(
      { alone: [flapping], locked: [refusing], edits: [alive] },
      { retries: 1, fallbacks: new Map([["alone", ["locked", "edits"]]]) },
    );
    const told: string[] = [];
    made.events.on("attemptStarted", ({ deployment, retry, isProbe }) =>
      told.push(`${deployment.id} started, retry ${String(retry)}${isProbe ? ", probe" : ""}`),
    );
    made.events.on("attempt", ({ deployment, reason, verdict }) =>
      told.push(`${deployment.id} ended: ${reason ?? "ok"} ${verdict?.errorClass ?? ""}`.trimEnd()),
    );
    made.events.on("wait", ({ deployment, waitMs }) => {
      expect(waitMs).toBeGreaterThanOrEqual(5);
      told.push(`wait for ${deployment.id}`);
    });
    made.events.on("fallback", ({ from, to, reason }) => told.push(`${from} to ${to}: ${reason}`));
    made.events.on("cooldownBegan", ({ deployment, cause, durationMs }) =>
      told.push(`${deployment.id} ${cause} for ${String(durationMs)} ms`),
    );
    made.events.on("edit", ({ attempts }) => told.push(`edit after ${String(attempts.length)} attempts`));
    await made.imageEdit({ ...request, model: "alone" });
    expect(told).toEqual([
      "alone-1 started, retry 0",
      "alone-1 ended: 429 slow_down RateLimitError",
      "wait for alone-1",
      "alone-1 started, retry 1",
      "alone-1 ended: 500 server_error InternalServerError",
      "alone to locked: 500 server_error",
      "locked-1 started, retry 0",
      "locked-1 locked out for 600000 ms",
      "locked-1 ended: 401 invalid_api_key AuthenticationError",
      "locked to edits: 401 invalid_api_key",
      "edits-1 started, retry 0",
      "edits-1 ended: ok",
      "edit after 4 attempts",
    ]);
  });

  it("tell of a retry that the group may not make any more", async () => {
    const dead = await upstream(serverError);
    const made = router({ edits: [dead] }, { retries: 2, retryBudget: { percent: 0, perMinute: 1 } });
    const refused = once(made.events, "retryRefused");
    await expect(made.imageEdit(request)).rejects.toMatchObject({ status: 500 });
    expect(dead.calls).toHaveLength(2);
    expect(await refused).toMatchObject([{ group: "edits", reason: "500 server_error" }]);
  });
});

describe("time", () => {
  it("runs out for a deployment that hangs, and another serves", async () => {
    const hanging = await upstream(hangs);
    const alive = await upstream(answers(200, editedImage));
    const { report } = await firstThen(hanging, alive, { timeoutMs: 50 }).imageEdit(request);
    expect(report.attempts.map(({ reason }) => reason)).toEqual(["timeout after 0.05 s", undefined]);
  });

  it("runs out for the whole request", async () => {
    const pass = holdTimeouts();
    let arrive = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const hanging = await upstream(() => arrive());
    const made = router({ edits: [hanging] });
    const edit = made.imageEdit({ ...request, timeoutMs: 600_000 });
    await arrived;
    pass(600_000);
    await expect(edit).rejects.toThrow(DeadlineError);
    expect(hanging.calls).toHaveLength(1);
  });

  it("stops for a caller who aborts, while the call is read to its end", async () => {
    let finish: (() => void) | undefined;
    const slow = await upstream((_request, response) => {
      finish = () => answers(200, editedImage)(_request, response);
    });
    const other = await upstream(answers(200, editedImage));
    const made = router({ edits: [slow], other: [other] }, { fallbacks: new Map([["edits", ["other"]]]) });
    const attempt = once(made.events, "attempt");
    const caller = new AbortController();
    const waiting = made.imageEdit({ ...request, signal: caller.signal });
    while (finish === undefined) await new Promise((resolve) => setImmediate(resolve));
    caller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    finish();
    const [event] = (await attempt) as [AttemptEvent];
    expect(event).toMatchObject({ succeeded: true });
    expect(other.calls).toHaveLength(0);
  });
});

describe("models", () => {
  it("that are not there, not named or not usable are refused before anything is sent", async () => {
    const one = await upstream(answers(200, editedImage));
    const made = router(
      { edits: [one], others: [one] },
      { unusableGroups: new Map([["broken", "KEY is not set"]]) },
    );
    await expect(made.imageEdit({ ...request, model: "typo" })).rejects.toThrow(UnknownModelError);
    await expect(made.imageEdit({ ...request, model: "broken" })).rejects.toThrow(UnusableGroupError);
    const { image, prompt } = request;
    await expect(made.imageEdit({ image, prompt })).rejects.toThrow(MissingModelError);
    expect(one.calls).toHaveLength(0);
  });

  it("of a wildcard group reach the upstream under the name the client used", async () => {
    const one = await upstream(answers(200, editedImage));
    const { report } = await router({ "gpt-image-*": [one] }).imageEdit({ ...request, model: "gpt-image-1" });
    expect(one.calls[0]?.body.toString("latin1")).toContain("\r\n\r\ngpt-image-1\r\n");
    expect(report.cost?.nanoUsd).toBe(12_945_000n);
  });
});

describe("the deployments that are asked", () => {
  it("are chosen by alias, tags and order, and tried level after level", async () => {
    const [first, second, never] = [
      await upstream(serverError),
      await upstream(answers(200, editedImage)),
      await upstream(answers(200, editedImage)),
    ];
    const deployment = (id: string, { apiBase }: ScriptedUpstream, more: object): DeploymentOptions => ({
      id,
      group: "edits",
      apiBase,
      apiKey: "sk-upstream",
      ...more,
    });
    const made = createRouter({
      deployments: [
        deployment("second", second, { tags: ["paid"] }),
        deployment("never", never, { tags: ["free"], order: 0 }),
        deployment("first", first, { tags: ["paid", "eu"], order: 1 }),
      ],
      aliases: new Map([["house", { model: "edits", hidden: true }]]),
      tagFilter: { matchAny: true },
      strategy: "least-busy",
    });
    routers.push(made);
    expect(made.modelNames).toEqual(["edits"]);
    const { report } = await made.imageEdit({ ...request, model: "house", tags: ["paid"] });
    expect(report.attempts.map(({ deployment: { id } }) => id)).toEqual(["first", "second"]);
    expect([report.group, report.requestedModel]).toEqual(["edits", "house"]);
  });

  it("are none where none can take the edit, and nothing is sent", async () => {
    const one = await upstream(answers(200, editedImage));
    const capabilities = { mask: false };
    const made = createRouter({
      deployments: [{ group: "edits", apiBase: one.apiBase, apiKey: "sk-x", capabilities }],
    });
    routers.push(made);
    const mask = Buffer.from("mask");
    await expect(made.imageEdit({ ...request, mask })).rejects.toMatchObject({ status: 400, field: "mask" });
    expect(one.calls).toHaveLength(0);
  });
});

describe("a streamed edit", () => {
  const event = (type: string, more: object = {}): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, b64_json: "AAAA", ...more })}\n\n`;
  const partial = event("image_edit.partial_image", { partial_image_index: 0 });
  const completed = event("image_edit.completed", {
    usage: editedImage.usage,
    size: "1024x1024",
    quality: "low",
  });
  const streams =
    (...pieces: string[]): Step =>
    (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const piece of pieces) response.write(piece);
      response.end();
    };
  const breaksAfter =
    (text: string): Step =>
    (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(text, () => setImmediate(() => response.destroy()));
    };

  it("arrives event by event, and its cost is known at its end", async () => {
    const one = await upstream(streams(partial, completed, "data: [DONE]\n\n"));
    const stream = router({ "gpt-image-*": [one] }).imageEdit({
      ...request,
      model: "gpt-image-1",
      stream: true,
    });
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(types).toEqual(["image_edit.partial_image", "image_edit.completed"]);
    expect((await stream.report).cost?.nanoUsd).toBe(12_945_000n);
    expect(one.calls[0]?.body.toString("latin1")).toContain('name="stream"\r\n\r\ntrue');
  });

  it("of several images costs the sum of them", async () => {
    const one = await upstream(streams(completed, completed));
    const stream = router({ "gpt-image-*": [one] }).imageEdit({
      ...request,
      model: "gpt-image-1",
      stream: true,
    });
    for await (const _event of stream);
    expect(await stream.report).toMatchObject({ images: 2, cost: { nanoUsd: 25_890_000n } });
  });

  it.each([
    ["breaks", breaksAfter(": ping\n\n")],
    ["ends", streams(": ping\n\n")],
    ["fails", streams('event: error\ndata: {"error":{"message":"no"}}\n\n')],
    ["completes with broken JSON", streams('event: image_edit.completed\ndata: {"b64_json":"AAA\n\n')],
  ])("that %s before its first event is served by another deployment", async (_name, step) => {
    const bad = await upstream(step);
    const good = await upstream(streams(completed));
    const stream = firstThen(bad, good).imageEdit({ ...request, stream: true });
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(types).toEqual(["image_edit.completed"]);
    expect((await stream.report).retries).toBe(1);
  });

  it("that breaks after its first event ends with an error, and is not repeated", async () => {
    const bad = await upstream(breaksAfter(partial));
    const made = router({ edits: [bad] });
    const stream = made.imageEdit({ ...request, stream: true });
    const read = async (): Promise<void> => {
      for await (const _event of stream);
    };
    await expect(read()).rejects.toThrow(/stream from the upstream broke/);
    expect(bad.calls).toHaveLength(1);
    expect((await stream.report).attempts).toMatchObject([{ succeeded: false }]);
  });

  it("that breaks after its completed event was paid and is delivered", async () => {
    const one = await upstream(breaksAfter(completed));
    const stream = router({ edits: [one] }).imageEdit({ ...request, stream: true });
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(types).toEqual(["image_edit.completed"]);
  });

  it.each([
    ["breaks", breaksAfter(completed)],
    ["has broken JSON", streams(completed, 'event: image_edit.completed\ndata: {"b64_json":"AAA\n\n')],
  ])("that %s after the first of two pictures delivers it, and ends with an error", async (_name, step) => {
    const one = await upstream(step);
    const stream = router({ "gpt-image-*": [one] }).imageEdit({
      ...request,
      model: "gpt-image-1",
      n: 2,
      stream: true,
    });
    const types: string[] = [];
    const read = async (): Promise<void> => {
      for await (const { type } of stream) types.push(type);
    };
    await expect(read()).rejects.toThrow(/stream from the upstream broke/);
    expect(types).toEqual(["image_edit.completed"]);
    expect(await stream.report).toMatchObject({
      attempts: [{ succeeded: false }],
      images: 1,
      cost: { nanoUsd: 12_945_000n },
    });
  });

  it("loses nothing that came with its end, while its reader took what came before", async () => {
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const one = await upstream((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(partial);
      response.once("finish", finish);
      setImmediate(() => response.end(partial + partial + completed));
    });
    const stream = router({ edits: [one] }).imageEdit({ ...request, stream: true });
    const reader = stream[Symbol.asyncIterator]();
    await finished;
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const types: (string | undefined)[] = [];
    for (let next = await reader.next(); next.done !== true; next = await reader.next()) {
      types.push(next.value.type);
    }
    expect(types.slice(0, 3)).toEqual(Array(3).fill("image_edit.partial_image"));
    expect(types.slice(3)).toEqual(["image_edit.completed"]);
    expect(one.calls).toHaveLength(1);
  });

  it("is not read on while its reader does not take what is there", async () => {
    let written = 0;
    const big = event("image_edit.partial_image", { b64_json: "A".repeat(1024 * 1024) });
    const flood: Step = (_request, response: http.ServerResponse) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const write = (): void => {
        while (written < 200) {
          written += 1;
          if (!response.write(big)) return void response.once("drain", write);
        }
        response.end(completed);
      };
      write();
    };
    const one = await upstream(flood);
    const stream = router({ edits: [one] }).imageEdit({ ...request, stream: true });
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    let before = -1;
    while (before !== written) {
      before = written;
      for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(written).toBeLessThan(100);
    await reader.return?.();
  });
});
