import { enveloped, errorIn, headOfError } from "./error-event.js";
import { EventReader } from "./server-sent-events.js";

function errorOf(text: string): object | undefined {
  const [event] = new EventReader().push(Buffer.from(`${text}\n\n`));
  if (event === undefined) throw new Error("the text is no event");
  return errorIn(event);
}

const said = { message: "No.", type: "server_error", param: null, code: "odd" };
const unreadable = { message: expect.stringContaining("cannot be read"), type: "server_error" };

describe("an event tells an error", () => {
  test.each<[string, string, object]>([
    ["in its envelope", `event: error\ndata: ${JSON.stringify({ error: said })}`, said],
    ["bare", `event: error\ndata: ${JSON.stringify(said)}`, said],
    ["without a name", `data: ${JSON.stringify({ error: said })}`, said],
    ["under another name", `event: image_edit.completed\ndata: ${JSON.stringify({ error: said })}`, said],
    ["by the type of its data", 'data: {"type":"error","message":"No."}', { type: "error", message: "No." }],
    ["as a text", 'data: {"error":"No."}', unreadable],
    ["that is no JSON", "event: error\ndata: No.", unreadable],
    ["that says nothing", "event: error\ndata: {}", unreadable],
    ["without data", "event: error", unreadable],
    ["too long to be one", `event: error\ndata: {"message":"${"o".repeat(70_000)}"}`, unreadable],
  ])("%s", (_, text, error) => {
    expect(errorOf(text)).toEqual(expect.objectContaining(error));
  });

  test.each(['data: {"error":null}', "data: [DONE]", ": error"])("%s does not", (text) => {
    expect(errorOf(text)).toBeUndefined();
  });
});

test("an error in its envelope stays as it came, a bare one gets its envelope", () => {
  const texts = [{ error: said }, said].map((data) => `event: error\ndata: ${JSON.stringify(data)}\n\n`);
  const events = texts.flatMap((text) => new EventReader().push(Buffer.from(text)));
  const told = events.map((event) => Buffer.concat(enveloped(event, errorIn(event) ?? {})).toString());
  const wrapped = `event: error\ndata: ${JSON.stringify({ type: "error", error: said })}\n\n`;
  expect(told).toEqual([texts[0], wrapped]);
});

test.each([
  [{ code: "moderation_blocked", type: "image_generation_user_error" }, 400],
  [{ code: "invalid_value", type: "invalid_request_error", param: "size" }, 400],
  [{ code: "billing_hard_limit_reached" }, 429],
  [{ code: "rate_limit_exceeded", type: "requests" }, 429],
  [{ code: "invalid_api_key", type: "invalid_request_error" }, 401],
  [{ code: "unsupported_country_region_territory" }, 403],
  [{ code: "model_not_found", type: "invalid_request_error" }, 404],
  [{ code: "server_is_overloaded" }, 503],
  [{ code: null, type: "server_error" }, 500],
  [{}, 500],
])("%j would have had status %d", (error, status) => {
  const stream = { status: 200, headers: { "content-type": "text/event-stream", "x-request-id": "req_1" } };
  const headers = { "content-type": "application/json", "x-request-id": "req_1" };
  expect(headOfError(error, stream)).toEqual({ status, headers });
});
