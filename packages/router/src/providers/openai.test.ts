import { openai } from "./openai.js";

const deployment = { id: "one", group: "edits", model: "gpt-image-2", apiBase: "", weight: 1 };

test.each([
  ["https://api.openai.com/v1", "https://api.openai.com/v1/images/edits"],
  ["https://api.openai.com/v1/", "https://api.openai.com/v1/images/edits"],
  ["https://api.openai.com", "https://api.openai.com/v1/images/edits"],
  ["http://localhost:4000/", "http://localhost:4000/v1/images/edits"],
  ["https://host.test/team/openai", "https://host.test/team/openai/images/edits"],
  ["https://host.test/v1beta//", "https://host.test/v1beta/images/edits"],
  ["https://host.test/v1?tenant=7", "https://host.test/v1/images/edits?tenant=7"],
])("edits of %s go to %s", (apiBase, expected) => {
  expect(openai.editUrl({ ...deployment, apiBase }).href).toBe(expected);
});

test("key, organisation and project stand in OpenAI's headers", () => {
  expect(openai.headers({ ...deployment, apiKey: "sk-1", organization: "org-1", project: "proj_1" })).toEqual(
    {
      authorization: "Bearer sk-1",
      "openai-organization": "org-1",
      "openai-project": "proj_1",
    },
  );
});
