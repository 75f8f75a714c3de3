import { MultipartBody } from "../body/multipart-body.js";
import { NotCapableError } from "../errors.js";
import type { EditRequest } from "../request.js";
import type { Failure } from "../retries/failure.js";
import type { Capabilities } from "./capabilities.js";
import type { Deployment } from "./deployment.js";
import { Groups } from "./groups.js";
import { GroupsToTry } from "./groups-to-try.js";

const deployment = (group: string, capabilities: Capabilities = {}): Deployment => ({
  id: group,
  group,
  model: "gpt-image-2",
  apiBase: "https://upstream.test/v1",
  apiKey: "sk-one",
  capabilities,
});

const refusedContent: Failure = {
  kind: "answer",
  head: { status: 400, headers: {} },
  body: [],
  error: { code: "moderation_blocked" },
  bodySent: true,
  reason: "400 moderation_blocked",
};

function toTry(
  deployments: readonly Deployment[],
  passedOver: string[] = [],
  given: Partial<EditRequest> = {},
): GroupsToTry {
  const body = MultipartBody.of([
    { name: "image", fileName: "image.png", content: [Buffer.from("png")] },
    { name: "mask", fileName: "mask.png", content: [Buffer.from("png")] },
  ]);
  const request: EditRequest = { id: "one", model: "first", parameters: body.parameters, body, ...given };
  const options = {
    fallbacks: new Map([["first", ["spare"]]]),
    contentPolicyFallbacks: new Map([["first", ["strict"]]]),
  };
  return new GroupsToTry(new Groups(deployments), request, options, ({ name }) => passedOver.push(name));
}

test("who refuses the content after the first group was passed over has the last word where nobody else can serve", () => {
  const passedOver: string[] = [];
  const noMasks = { mask: false };
  const groups = toTry(
    [deployment("first", noMasks), deployment("spare"), deployment("strict", noMasks)],
    passedOver,
  );
  expect(groups.next()?.name).toBe("spare");
  expect(groups.next(refusedContent)).toBeUndefined();
  expect(passedOver).toEqual(["first", "strict"]);
});

test("a request that no group can serve is refused for what the first one lacks", () => {
  const noMasks = { mask: false };
  const none = [deployment("first", noMasks), deployment("spare", noMasks), deployment("strict")];
  expect(() => toTry(none)).toThrow(NotCapableError);
});

test("a fallback that whoever asks may not use is none for them, whoever has named it", () => {
  const all = [deployment("first"), deployment("spare"), deployment("strict")];
  const mayFallBackTo = (group: string): boolean => group === "strict";
  const configured = toTry(all, [], { mayFallBackTo });
  expect(configured.next()?.name).toBe("first");
  expect(configured.next()).toBeUndefined();
  const named = toTry(all, [], { mayFallBackTo, fallbacks: ["spare", "strict"] });
  expect([named.next()?.name, named.next()?.name, named.next()]).toEqual(["first", "strict", undefined]);
});
