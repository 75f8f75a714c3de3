import { type Reach, reachOf } from "./reach.js";

test.each<[unknown, Reach]>([
  [{ code: "insufficient_quota", type: "insufficient_quota" }, "organization"],
  [{ code: null, type: "insufficient_quota" }, "organization"],
  [{ code: "billing_hard_limit_reached", type: "image_generation_user_error" }, "organization"],
  [{ code: "rate_limit_exceeded", type: "images" }, "quota"],
  [{ code: null, type: "rate_limit_error" }, "quota"],
  [{ code: "429" }, "quota"],
  [{ code: 429 }, "quota"],
  [{ code: "invalid_api_key" }, "deployment"],
  [{ code: "server_error" }, "deployment"],
  ["Too many requests", "deployment"],
  [undefined, "deployment"],
])("%p reaches the %s", (error, expected) => {
  expect(reachOf(error)).toBe(expected);
});
