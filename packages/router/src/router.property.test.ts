import fc from "fast-check";
import type { Deployment } from "./deployments/deployment.js";
import { completed } from "./deployments/deployment-options.js";
import { RouterError } from "./errors.js";
import { editForm } from "./image-edit/edit-form.js";
import { WholeAnswer } from "./image-edit/whole-answer.js";
import { Router } from "./router.js";
import {
  ScriptedUpstream,
  type Step,
  answers,
  editedImage,
} from "./upstream/scripted-upstream.test.support.js";

/** How an upstream may behave. None of it is ambiguous or the caller's fault: every other deployment may be tried. */
const behaviours = {
  well: answers(200, editedImage),
  failing: answers(500, { error: { type: "server_error" } }),
  limited: answers(429, { error: { code: "rate_limit_exceeded" } }, { "retry-after": "20" }),
  "locked out": answers(401, { error: { code: "invalid_api_key" } }),
} satisfies Record<string, Step>;

type Behaviour = keyof typeof behaviours;

/** A deployment changes, time passes, or some edits come at once. */
const command = fc.oneof(
  fc.record({
    kind: fc.constant("change" as const),
    index: fc.nat(3),
    to: fc.constantFrom(...(Object.keys(behaviours) as Behaviour[])),
  }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.oneof(fc.nat(30_000), fc.nat(1_300_000)) }),
  fc.record({ kind: fc.constant("edits" as const), count: fc.integer({ min: 1, max: 4 }) }),
);

/** How the group is made: a level for each of its deployments, and how often an edit is tried again. */
const making = fc.record({
  orders: fc.tuple(fc.nat(1), fc.nat(1), fc.nat(1)),
  retries: fc.nat(3),
  hasFallback: fc.boolean(),
});

/** Three deployments of the group, and the only one of its fallback. */
const size = 4;
const now: Behaviour[] = [];
const upstreams: ScriptedUpstream[] = [];

beforeAll(async () => {
  for (let index = 0; index < size; index += 1) {
    const step: Step = (request, response) => {
      behaviours[now[index] ?? "well"](request, response);
    };
    upstreams.push(await ScriptedUpstream.start(step));
  }
});

afterAll(() => Promise.all(upstreams.map((upstream) => upstream.stop())));

/** Shorter than the guess at the end of a probe: what cannot be called at once is not waited for. */
const timeoutMs = 1_000;

async function served(router: Router, id: string): Promise<boolean> {
  const body = await editForm({ image: Buffer.from("picture"), prompt: "Add a red hat" }, "edits");
  const request = { id, model: "edits", parameters: body.parameters, body, timeoutMs };
  return router.edit(request, new WholeAnswer()).then(
    () => true,
    (error: unknown) => {
      expect(error).toBeInstanceOf(RouterError);
      return false;
    },
  );
}

/** The deployments that have the same group and order. */
function levelsOf(deployments: readonly Deployment[]): Deployment[][] {
  const levels = new Map<string, Deployment[]>();
  for (const deployment of deployments) {
    const key = `${deployment.group} ${String(deployment.order)}`;
    levels.set(key, [...(levels.get(key) ?? []), deployment]);
  }
  return [...levels.values()];
}

/** One edit as its events tell it: whom it called, and who could not be called when it came. */
interface Story {
  readonly called: Set<Deployment>;
  readonly out: Set<Deployment>;
}

test("an edit fails only if nobody could serve it, and nobody is called while cooling but by one probe", async () => {
  await fc.assert(
    fc.asyncProperty(making, fc.array(command, { maxLength: 25, size: "max" }), async (made, commands) => {
      now.splice(0, size, ...Array.from({ length: size }, () => "well" as const));
      let nowMs = 0;
      const all = completed(
        upstreams.map(({ apiBase }, index) => ({
          group: index < 3 ? "edits" : "spare",
          order: made.orders[index] ?? 0,
          apiBase,
          apiKey: "sk-x",
        })),
      );
      const deployments = made.hasFallback ? all : all.slice(0, 3);
      const fallbacks = new Map(made.hasFallback ? [["edits", ["spare"]]] : []);
      // Chance is held: what is called again is called at once, and a longer wait than the request's time is none.
      const router = new Router(
        { deployments, fallbacks, retries: made.retries, retryBudget: { perMinute: 10_000 } },
        () => 0,
        () => nowMs,
      );
      const coolingUntilMs = new Map<Deployment, number>();
      const probes = new Set<Deployment>();
      const stories = new Map<string, Story>();

      router.events.on("cooldownBegan", ({ deployment, durationMs }) => {
        coolingUntilMs.set(deployment, nowMs + durationMs);
        // Whoever has not been called yet may find it out.
        for (const { out } of stories.values()) out.add(deployment);
      });
      router.events.on("attemptStarted", ({ requestId, deployment, isProbe }) => {
        expect(nowMs).toBeGreaterThanOrEqual(coolingUntilMs.get(deployment) ?? 0);
        if (isProbe) {
          expect(probes.has(deployment)).toBe(false);
          probes.add(deployment);
          for (const { out } of stories.values()) out.add(deployment);
        }
        stories.get(requestId)?.called.add(deployment);
      });
      router.events.on("attempt", ({ deployment }) => probes.delete(deployment));

      const editOnce = async (number: number): Promise<void> => {
        const id = `edit-${String(number)}`;
        const cooling = deployments.filter((it) => nowMs < (coolingUntilMs.get(it) ?? 0));
        const out = new Set([...cooling, ...probes]);
        const story: Story = { called: new Set(), out };
        stories.set(id, story);
        const isServed = await served(router, id);
        stories.delete(id);
        if (isServed) return;
        for (const [index, deployment] of deployments.entries()) {
          if (story.called.has(deployment)) expect(now[index]).not.toBe("well");
        }
        for (const level of levelsOf(deployments)) {
          const called = level.filter((deployment) => story.called.has(deployment)).length;
          const left = level.filter((deployment) => !story.called.has(deployment));
          // With fewer retries than deployments not all get their turn, but somebody of every level does.
          if (called === 0 || made.retries >= 2) for (const each of left) expect(story.out).toContain(each);
        }
      };

      let edits = 0;
      for (const each of commands) {
        if (each.kind === "change") now[each.index] = each.to;
        else if (each.kind === "pass") nowMs += each.ms;
        else {
          const batch = Array.from({ length: each.count }, () => editOnce((edits += 1)));
          await Promise.all(batch);
        }
      }
      router.close();
    }),
    { numRuns: 100 },
  );
});
