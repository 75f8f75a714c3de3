import type dns from "node:dns";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { FetchImageError, ImageFetcher } from "./fetch-image.js";
import { isPublicAddress, isPublicName } from "./public-address.js";

const picture = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(100_000, 7)]);
const limits = { maxBytes: 1_000_000, timeoutMs: 10_000 };
const never = new AbortController().signal;

let server: http.Server;
let asked: http.IncomingMessage[];
let answer: (response: http.ServerResponse) => void;
beforeEach(async () => {
  asked = [];
  answer = (response) => response.end(picture);
  server = http.createServer((request, response) => {
    asked.push(request);
    answer(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const port = (): string => String((server.address() as AddressInfo).port);
const own = (): string => `http://127.0.0.1:${port()}`;

async function fetched(url: string, apiBase: string, fetcher = new ImageFetcher(limits)): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await fetcher.fetch(url, { apiBase }, never, (bytes) => void pieces.push(bytes));
  return Buffer.concat(pieces);
}

test("the upstream's own host may be anywhere; it gets no key", async () => {
  expect(await fetched(`${own()}/files/a.png`, `${own()}/v1`)).toEqual(picture);
  expect(asked.map(({ url }) => url)).toEqual(["/files/a.png"]);
  expect(asked[0]?.headers).not.toHaveProperty("authorization");
});

test.each([
  ["http://127.0.0.1:PORT/a", "not public"],
  ["http://localhost:PORT/a", "not public"],
  ["http://[::1]:PORT/a", "not public"],
  ["http://[::ffff:127.0.0.1]:PORT/a", "not public"],
  ["http://2130706433:PORT/a", "not public"], // 127.0.0.1 as one number
  ["http://0x7f.1:PORT/a", "not public"],
  ["http://169.254.169.254/latest/meta-data", "not public"],
  ["file:///etc/passwd", "not of the web"],
  ["ftp://host/a", "not of the web"],
  ["a.png", "none"],
])("%s is not fetched for an upstream elsewhere", async (url, reason) => {
  const failure = fetched(url.replace("PORT", port()), "https://api.openai.com/v1");
  await expect(failure).rejects.toThrow(FetchImageError);
  await expect(failure).rejects.toThrow(reason);
  expect(asked).toHaveLength(0);
});

test.each(["http://127.0.0.1:1/v1", "https://127.0.0.1:PORT/v1"])(
  "another port or scheme than the upstream's is another host: %s",
  async (apiBase) => {
    await expect(fetched(`${own()}/a`, apiBase.replace("PORT", port()))).rejects.toThrow("not public");
    expect(asked).toHaveLength(0);
  },
);

test("a public name that leads to a private address is not connected to, not even where only one of several does", async () => {
  const lookup = ((_name: string, _options: object, callback: (...found: unknown[]) => void) => {
    callback(null, [
      { address: "93.184.216.34", family: 4 },
      { address: "127.0.0.1", family: 4 },
    ]);
  }) as unknown as typeof dns.lookup;
  const fetcher = new ImageFetcher(limits, lookup);
  await expect(fetched(`http://pictures.example:${port()}/a`, own(), fetcher)).rejects.toThrow("not public");
  expect(asked).toHaveLength(0);
});

test.each<[string, (response: http.ServerResponse) => void, string]>([
  ["a refusal", (response) => response.writeHead(403).end("no"), "status 403"],
  ["a redirect", (response) => response.writeHead(302, { location: `${own()}/b` }).end(), "status 302"],
  ["a page", (response) => response.end("<html><body>Sign in</body></html>"), "no image"],
  ["nothing", (response) => response.end(), "no image"],
  ["too much", (response) => response.end(Buffer.concat([picture, Buffer.alloc(1_000_000)])), "too large"],
  [
    "a part of it",
    (response) => {
      response.writeHead(200, { "content-length": picture.length });
      response.write(picture.subarray(0, 50_000), () => response.destroy());
    },
    "broke",
  ],
])("%s is no image", async (_what, give, reason) => {
  answer = give;
  await expect(fetched(`${own()}/a`, own())).rejects.toThrow(reason);
  expect(asked).toHaveLength(1);
});

test("a host that says nothing is waited for no longer than allowed", async () => {
  answer = () => undefined;
  const fetcher = new ImageFetcher({ ...limits, timeoutMs: 50 });
  await expect(fetched(`${own()}/a`, own(), fetcher)).rejects.toThrow("in time");
});

test("a host that does not answer at all", async () => {
  const gone = own();
  server.close();
  await expect(fetched(`${gone}/a`, gone)).rejects.toThrow("cannot be reached");
});

test("nobody waits any more", async () => {
  const waiting = new AbortController();
  answer = () => waiting.abort(new Error("gone"));
  const fetching = new ImageFetcher(limits).fetch(
    `${own()}/a`,
    { apiBase: own() },
    waiting.signal,
    () => undefined,
  );
  await expect(fetching).rejects.toThrow("gone");
});

test.each([
  ["8.8.8.8", true],
  ["2606:4700::1111", true],
  ["::ffff:8.8.8.8", true],
  ["10.1.2.3", false],
  ["100.100.0.1", false],
  ["172.31.255.255", false],
  ["172.32.0.1", true],
  ["192.168.0.1", false],
  ["0.0.0.0", false],
  ["255.255.255.255", false],
  ["::", false],
  ["::1", false],
  ["::ffff:192.168.0.1", false],
  ["::7f00:1", false],
  ["::ffff:0:127.0.0.1", false],
  ["64:ff9b::a00:1", false],
  ["64:ff9b:1::a00:1", false],
  ["100::1", false],
  ["2001:db8::1", false],
  ["3fff::1", false],
  ["5f00::1", false],
  ["2002:a00:1::", false],
  ["fd00::1", false],
  ["fe80::1", false],
  ["ff02::1", false],
  ["localhost", false],
])("%s is of the public internet: %s", (address, isPublic) => {
  expect(isPublicAddress(address)).toBe(isPublic);
});

test.each([
  ["example.com", true],
  ["a.b.example.com.", true],
  ["localhost.example.com", true],
  ["internal.example.com", true],
  ["localhost", false],
  ["app.localhost", false],
  ["printer.local", false],
  ["metadata.google.internal", false],
  ["metadata.google.internal.", false],
  ["nas.home.arpa", false],
  ["database", false],
  ["database.", false],
])("%s may be a public name: %s", (name, isPublic) => {
  expect(isPublicName(name)).toBe(isPublic);
});
