import { customerOf } from "./customer.js";

const settings = { headerNames: ["X-Our-User", "x-old-user"] };

type Body = Readonly<Record<string, unknown>>;
const customer = (headers: Record<string, string>, body: Body = {}) =>
  customerOf(headers, (field) => body[field], settings);

const headers = [
  ["x-litellm-customer-id", "h1"],
  ["x-litellm-end-user-id", "h2"],
  ["x-our-user", "h3"],
  ["x-old-user", "h4"],
] as const;
const fields: readonly (readonly [string, unknown, string])[] = [
  ["user", "b1", "b1"],
  ["litellm_metadata", '{"user":"b2"}', "b2"],
  ["metadata", { user_id: "b3" }, "b3"],
  ["safety_identifier", "b4", "b4"],
];

it("takes the first one in LiteLLM's order", () => {
  for (let from = 0; from < headers.length; from += 1) {
    const body = Object.fromEntries(fields.map(([name, value]) => [name, value]));
    expect(customer(Object.fromEntries(headers.slice(from)), body)).toBe(headers[from]?.[1]);
  }
  for (let from = 0; from < fields.length; from += 1) {
    const body = Object.fromEntries(fields.slice(from).map(([name, value]) => [name, value]));
    expect(customer({}, body)).toBe(fields[from]?.[2]);
  }
  expect(customer({})).toBeUndefined();
});

it("reads metadata of a form, however it is written", () => {
  expect(customer({}, { metadata: '{"user_id":"zoe"}' })).toBe("zoe");
  expect(customer({}, { "metadata[user_id]": "zoe" })).toBe("zoe");
  expect(customer({}, { "litellm_metadata[user]": "zoe" })).toBe("zoe");
  expect(customer({}, { metadata: "a note", safety_identifier: "zoe" })).toBe("zoe");
});

it("passes over what is empty or no id", () => {
  expect(customer({ "x-litellm-customer-id": " " }, { user: "", metadata: { user_id: 7 } })).toBe("7");
  expect(customer({}, { user: ["a"], safety_identifier: "zoe" })).toBe("zoe");
});

it("refuses an id that nobody could keep", () => {
  expect(() => customer({}, { user: "x".repeat(257) })).toThrow(RangeError);
  for (const user of ["a\u0000b", "a\nb", "a\ud800"])
    expect(() => customer({}, { user })).toThrow(RangeError);
});

it("is the same in a header as in a body, in any script", () => {
  for (const id of ["zoë", "\u65e5\u672c", "zoe"]) {
    const sent = Buffer.from(id, "utf8").toString("latin1");
    expect(customer({ "x-litellm-customer-id": sent })).toBe(id);
  }
  // What is no UTF-8 stays as it is.
  expect(customer({ "x-litellm-customer-id": "zo\u00eb" })).toBe("zo\u00eb");
});
