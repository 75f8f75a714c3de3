import {
  bill,
  type FormParts,
  formBody,
  formType,
  goodForm,
  image,
  png,
  recorded,
  type Running,
  start,
  stopAll,
} from "../simulator.test.support.js";

const application = { tenantId: "tenant", clientId: "client", clientSecret: "secret" };
const aiServices = "https://cognitiveservices.azure.com/.default";

let running: Running;
beforeEach(async () => {
  running = await start({
    azure: {
      deployments: { "my-edits": "gpt-image-1", small: "gpt-image-1-mini", "a b/c": "gpt-image-2" },
      applications: [{ ...application, organization: "org-entra" }],
      tokenLifetimeSeconds: 600,
    },
    limits: { "org-two": { requestsPerMinute: 1 } },
  });
});
afterEach(stopAll);

const withoutModel = goodForm.filter(([name]) => name !== "model");
const deploymentPath = (name = "my-edits", version = "?api-version=2025-04-01-preview") =>
  `/openai/deployments/${encodeURIComponent(name)}/images/edits${version}`;
const withKey = { "api-key": "sk-simulator-one" };

function edit(
  path: string,
  headers: Record<string, string> = withKey,
  body: Buffer | FormParts = withoutModel,
): Promise<Response> {
  const bytes = Buffer.isBuffer(body) ? body : formBody(body);
  return fetch(`${running.url}${path}`, {
    method: "POST",
    headers: { "content-type": formType, ...headers },
    body: new Uint8Array(bytes),
  });
}

function askForToken(changes: Record<string, string> = {}, tenant = "tenant"): Promise<Response> {
  const { clientId, clientSecret } = application;
  const form = { client_id: clientId, client_secret: clientSecret, scope: aiServices, ...changes };
  return fetch(`${running.url}/${tenant}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", ...form }),
  });
}

describe("the deployment form", () => {
  it("edits with the deployment's model, and bills and records as OpenAI does", async () => {
    const answer = await edit(deploymentPath());
    expect(answer.status).toBe(200);
    expect((await answer.json()) as object).toMatchObject({ quality: "high", data: [{}] });
    const requestId = answer.headers.get("x-request-id");
    expect(answer.headers.get("apim-request-id")).toBe(requestId);
    expect(answer.headers.get("openai-organization")).toBeNull();
    const { lines } = await bill(running.url);
    expect(lines).toMatchObject([
      { requestId, model: "gpt-image-1", key: "sk-simulator-one", organization: "org-one" },
    ]);
    const [request] = await recorded(running.url);
    expect(request).toMatchObject({
      path: deploymentPath(),
      status: 200,
      billed: true,
      key: "sk-simulator-one",
    });
  });

  it("ignores a model in the body, takes names in need of escapes, and JSON", async () => {
    expect((await edit(deploymentPath(), withKey, [["model", "nobody"], ...withoutModel])).status).toBe(200);
    expect((await edit(deploymentPath("a b/c"))).status).toBe(200);
    const image_url = `data:image/png;base64,${png(8, 8).toString("base64")}`;
    const json = Buffer.from(JSON.stringify({ prompt: "hello", images: [{ image_url }] }));
    expect(
      (await edit(deploymentPath(), { ...withKey, "content-type": "application/json" }, json)).status,
    ).toBe(200);
    expect((await bill(running.url)).lines).toMatchObject([
      { model: "gpt-image-1" },
      { model: "gpt-image-2" },
      { model: "gpt-image-1" },
    ]);
  });

  it("has Azure's default quality of gpt-image-1-mini", async () => {
    expect((await (await edit(deploymentPath("small"))).json()) as object).toMatchObject({
      quality: "medium",
    });
    const chosen = await edit(deploymentPath("small"), withKey, [...withoutModel, ["quality", "low"]]);
    expect((await chosen.json()) as object).toMatchObject({ quality: "low" });
  });

  it.each(["", "?api-version=", "?api-version=2025-03-31", "?api-version=v1", "?api-version=soon"])(
    "is not found with version '%s'",
    async (version) => {
      const answer = await edit(deploymentPath("my-edits", version));
      expect([answer.status, await answer.json()]).toEqual([
        404,
        { error: { code: "404", message: "Resource not found" } },
      ]);
    },
  );
});

describe("the v1 form", () => {
  it.each(["", "?api-version=v1", "?api-version=preview"])(
    "edits with the deployment named in the body (%s)",
    async (version) => {
      const answer = await edit(`/openai/v1/images/edits${version}`, withKey, [
        ["model", "my-edits"],
        ...withoutModel,
      ]);
      expect(answer.status).toBe(200);
      expect((await bill(running.url)).lines).toMatchObject([{ model: "gpt-image-1" }]);
    },
  );

  it("knows no dated version, and no model but deployments", async () => {
    const body: FormParts = [["model", "gpt-image-1"], ...withoutModel];
    expect((await edit("/openai/v1/images/edits?api-version=2025-04-01-preview", withKey, body)).status).toBe(
      404,
    );
    for (const parts of [body, withoutModel]) {
      const answer = await edit("/openai/v1/images/edits", withKey, parts);
      expect(await answer.json()).toMatchObject({ error: { code: "DeploymentNotFound" } });
    }
  });
});

describe("refusals", () => {
  it.each<[string, Record<string, string>, string]>([
    ["no key", {}, "401"],
    ["a wrong key", { "api-key": "sk-wrong" }, "401"],
    ["a key in OpenAI's header", { authorization: "Bearer sk-simulator-one" }, "Unauthorized"],
  ])("401 for %s", async (_, headers, code) => {
    const answer = await edit(deploymentPath(), headers);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({ error: { code, message: expect.any(String) as string } });
    expect(answer.headers.get("apim-request-id")).toMatch(/^req_/);
    expect(answer.headers.get("x-request-id")).toBeNull();
  });

  it("of a deployment, a path, a format and a field are in Azure's shape", async () => {
    const refused = async (path: string, body: FormParts = withoutModel) => {
      const answer = await edit(path, withKey, body);
      return [answer.status, ((await answer.json()) as { error: { code: string } }).error.code];
    };
    expect(await refused(deploymentPath("nobody"))).toEqual([404, "DeploymentNotFound"]);
    expect(await refused(deploymentPath("toString"))).toEqual([404, "DeploymentNotFound"]);
    expect(await refused("/openai/deployments/%zz/images/edits?api-version=2025-05-01")).toEqual([
      404,
      "404",
    ]);
    expect(await refused("/openai/images/edits?api-version=2025-05-01")).toEqual([404, "404"]);
    expect(await refused(deploymentPath(), [...withoutModel, ["output_format", "webp"]])).toEqual([
      400,
      "invalid_value",
    ]);
    expect(
      await refused(deploymentPath(), [
        ["prompt", ""],
        ["image", image()],
      ]),
    ).toEqual([400, "empty_string"]);
  });

  it("of too many requests have the status as their code", async () => {
    const key = { "api-key": "sk-simulator-two" };
    expect((await edit(deploymentPath(), key)).status).toBe(200);
    const answer = await edit(deploymentPath(), key);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "60"]);
    expect(await answer.json()).toMatchObject({ error: { code: "429" } });
  });
});

describe("Entra", () => {
  it("issues a token that is good for its time, and the application pays", async () => {
    const answer = await askForToken();
    expect(answer.status).toBe(200);
    const { access_token, expires_in, token_type } = (await answer.json()) as Record<string, unknown>;
    expect([expires_in, token_type]).toEqual([600, "Bearer"]);
    const bearer = { authorization: `Bearer ${String(access_token)}` };
    expect((await edit(deploymentPath(), bearer)).status).toBe(200);
    expect((await bill(running.url)).lines).toMatchObject([{ key: "client", organization: "org-entra" }]);
    running.clock.advance(599_999);
    expect((await edit(deploymentPath(), bearer)).status).toBe(200);
    running.clock.advance(1);
    const late = await edit(deploymentPath(), bearer);
    expect(await late.json()).toMatchObject({ error: { code: "Unauthorized" } });
  });

  it.each<[Record<string, string>, string, number, string]>([
    [{ client_secret: "wrong" }, "tenant", 401, "invalid_client"],
    [{ client_id: "nobody" }, "tenant", 400, "unauthorized_client"],
    [{}, "another", 400, "unauthorized_client"],
    [{ scope: "https://elsewhere/.default" }, "tenant", 400, "invalid_scope"],
    [{ grant_type: "password" }, "tenant", 400, "unsupported_grant_type"],
  ])("refuses %j of tenant %s", async (changes, tenant, status, error) => {
    const answer = await askForToken(changes, tenant);
    expect([answer.status, await answer.json()]).toMatchObject([status, { error }]);
  });

  it("keeps secrets and tokens out of the record", async () => {
    const { access_token } = (await (await askForToken()).json()) as { access_token: string };
    const record = JSON.stringify(await recorded(running.url));
    expect(record).toContain("/tenant/oauth2/v2.0/token");
    expect(record).not.toContain('"secret"');
    expect(record).not.toContain(access_token);
  });
});

it("a deployment whose model is not served, or never edited at Azure, stops the start", async () => {
  for (const model of ["nobody", "dall-e-2"]) {
    await expect(start({ azure: { deployments: { mine: model } } })).rejects.toThrow(
      `azure.deployments.mine: "${model}" is no model that is served here and edits at Azure`,
    );
  }
});
