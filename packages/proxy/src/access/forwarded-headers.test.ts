import { forwardedHeaders } from "./forwarded-headers.js";

const headers = {
  authorization: "Bearer sk-client",
  "api-key": "sk-client",
  "openai-organization": "org-client",
  "x-api-key": "sk-client",
  "x-litellm-api-key": "sk-client",
  "x-our-key": "sk-client",
  "x-stainless-lang": "js",
  "x-forwarded-for": "10.0.0.1",
  "x-trace": "abc",
  "user-agent": "client",
  cookie: "a=b",
};

describe("a client's headers", () => {
  it("stay here unless forwarding is on", () => {
    expect(forwardedHeaders({ forwardClientHeaders: false })(headers)).toEqual({});
  });

  it("go upstream where they are custom ones, but never a key, an organisation or the way here", () => {
    const forward = forwardedHeaders({ forwardClientHeaders: true, keyHeaderName: "X-Our-Key" });
    expect(forward(headers)).toEqual({ "x-trace": "abc" });
  });
});
