import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { EntraApplication } from "./credential.js";
import { EntraError, issueToken } from "./issue-token.js";

const agent = new http.Agent();
const asked: { url: string | undefined; type: string | undefined; form: URLSearchParams }[] = [];
let status: number;
let answer: string;
let server: http.Server;
let application: EntraApplication;

beforeEach(async () => {
  asked.length = 0;
  server = http.createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.once("end", () => {
      const form = new URLSearchParams(Buffer.concat(pieces).toString());
      asked.push({ url: request.url, type: request.headers["content-type"], form });
      response.writeHead(status, { "content-type": "application/json" }).end(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  application = {
    tenantId: "a/tenant",
    clientId: "client",
    clientSecret: "s&cret=%",
    authorityHost: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`,
  };
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const issue = (more: Partial<EntraApplication> = {}) => issueToken({ ...application, ...more }, () => agent);

test.each(["3599", 3599])("asks as OAuth says, and is told for how long (%j)", async (expires_in) => {
  status = 200;
  answer = JSON.stringify({ token_type: "Bearer", expires_in, access_token: "ey.a-b_c.d" });
  expect(await issue()).toEqual({ value: "ey.a-b_c.d", lifetimeMs: 3_599_000 });
  expect(asked[0]?.url).toBe("/a%2Ftenant/oauth2/v2.0/token");
  expect(asked[0]?.type).toBe("application/x-www-form-urlencoded");
  expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
    grant_type: "client_credentials",
    client_id: "client",
    client_secret: "s&cret=%",
    scope: "https://cognitiveservices.azure.com/.default",
  });
  await issue({ scope: "api://ours/.default" });
  expect(asked[1]?.form.get("scope")).toBe("api://ours/.default");
});

test.each([
  [
    401,
    '{"error":"invalid_client","error_description":"AADSTS7000215: client s&cret=%"}',
    "401 invalid_client",
  ],
  [400, '{"error":{"code":"x"}}', "400"],
  [503, "<html>", "503"],
  [200, "<html>", "an answer without one"],
  [200, '{"access_token":"two\\r\\nlines","expires_in":3599}', "an answer without one"],
  [200, '{"access_token":"ey"}', "an answer that does not say for how long it is good"],
  [200, '{"access_token":"ey","expires_in":0}', "an answer that does not say for how long it is good"],
  [200, `{"access_token":"${"x".repeat(70_000)}","expires_in":1}`, "an answer that is too long"],
])("%d %s is no token", async (told, body, reason) => {
  status = told;
  answer = body;
  const error: unknown = await issue().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(EntraError);
  expect((error as Error).message).toBe(`no token from Microsoft Entra: ${reason}`);
});

test("an issuer that is not there is no token", async () => {
  await expect(issue({ authorityHost: "http://127.0.0.1:1" })).rejects.toThrow(
    "no token from Microsoft Entra: connection failed (ECONNREFUSED)",
  );
});
