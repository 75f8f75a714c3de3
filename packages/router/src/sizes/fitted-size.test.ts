import fc from "fast-check";
import type { Deployment } from "../deployments/deployment.js";
import type { EditRequest } from "../request.js";
import { drawnSizes } from "./drawn-sizes.js";
import { type FittedSize, fittedSize } from "./fitted-size.js";

const deployment = (model: string, more: Partial<Deployment> = {}): Deployment => ({
  id: "one",
  group: "edits",
  apiBase: "https://api.openai.com/v1",
  apiKey: "sk-one",
  weight: 1,
  model,
  ...more,
});

function fitted(
  size: string | undefined,
  to: Deployment,
  sizeFit: EditRequest["sizeFit"] = "always",
  stream = false,
): FittedSize | undefined {
  return fittedSize({ sizeFit, parameters: { n: 1, stream, ...(size === undefined ? {} : { size }) } }, to);
}

test.each([
  ["gpt-image-1", "512x512", "1024x1024"],
  ["gpt-image-1", "256x512", "1024x1536"],
  ["gpt-image-1", "1200x800", "1536x1024"],
  ["gpt-image-1", "1100x1000", "1536x1024"], // the square does not cover it
  ["openai/gpt-image-1.5", "1x1024", "1024x1536"],
  ["gpt-image-1-mini", "1024x1024", undefined],
  ["chatgpt-image-latest", "800x600", "1536x1024"],
  ["dall-e-2", "300x200", "512x512"],
  ["dall-e-2", "256x256", undefined],
  ["dall-e-2", "1025x100", undefined], // nothing is enlarged: the upstream refuses it
  ["gpt-image-2", "512x512", "816x816"],
  ["gpt-image-2", "1000x1000", "1008x1008"],
  ["gpt-image-2.6-flare", "1536x1024", undefined],
  ["gpt-image-2", "4000x4000", undefined],
  ["a-model-of-tomorrow", "512x512", undefined],
  ["gpt-image-1", "auto", undefined],
  ["gpt-image-1", undefined, undefined],
])("%s is asked for %s as %s", (model, asked, drawn) => {
  expect(fitted(asked, deployment(model))).toEqual(drawn === undefined ? undefined : { asked, drawn });
});

test("only where it is wanted: by the request, or by the deployment where the request leaves it to that", () => {
  const plain = deployment("gpt-image-1");
  const configured = deployment("gpt-image-1", { sizeFit: true });
  expect(fittedSize({ parameters: { n: 1, stream: false, size: "512x512" } }, configured)).toBeUndefined();
  expect(fitted("512x512", plain, "as configured")).toBeUndefined();
  expect(fitted("512x512", configured, "as configured")?.drawn).toBe("1024x1024");
  expect(fitted("512x512", configured, "always", true)).toBeUndefined();
});

test("the base model decides, where a deployment's name says nothing", () => {
  expect(fitted("512x512", deployment("our-own", { baseModel: "gpt-image-1" }))?.drawn).toBe("1024x1024");
});

test("of gpt-image-2 it keeps to every rule and covers what was asked for", () => {
  const rule = drawnSizes("gpt-image-2");
  if (rule?.kind !== "free") throw new Error("gpt-image-2 draws any size");
  const edge = fc.integer({ min: 1, max: 5000 });
  fc.assert(
    fc.property(edge, edge, (width, height) => {
      const drawn = fitted(`${String(width)}x${String(height)}`, deployment("gpt-image-2"))?.drawn;
      if (drawn === undefined) return;
      const [w = 0, h = 0] = drawn.split("x").map(Number);
      expect([w % 16, h % 16]).toEqual([0, 0]);
      expect(w).toBeGreaterThanOrEqual(width);
      expect(h).toBeGreaterThanOrEqual(height);
      expect(Math.max(w, h)).toBeLessThanOrEqual(Math.min(3840, 3 * Math.min(w, h)));
      expect(w * h).toBeGreaterThanOrEqual(655_360);
      expect(w * h).toBeLessThanOrEqual(8_294_400);
    }),
    { numRuns: 2000 },
  );
});
