import { once } from "node:events";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import type { DeploymentOptions } from "../deployments/deployment-options.js";
import { DeadlineError, UpstreamConnectionError } from "../errors.js";
import type { RouterOptions } from "../options.js";
import { holdTimeouts } from "../retries/held-timeouts.test.support.js";
import { type Router, createRouter } from "../router.js";
import type { ConnectionSettings } from "./connections.js";
import { editedImage } from "./scripted-upstream.test.support.js";

/** An upstream that answers when a test says so, and counts who is connected. */
class PatientUpstream {
  readonly waiting: http.ServerResponse[] = [];
  connections = 0;
  most = 0;
  readonly #server = http.createServer((request, response) => {
    request.resume().once("end", () => {
      this.most = Math.max(this.most, this.waiting.push(response));
      this.#arrived?.();
    });
  });
  #arrived: (() => void) | undefined;

  async listen(): Promise<this> {
    this.#server.on("connection", () => (this.connections += 1)).listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Answers the oldest call; waits for one if there is none. */
  async answer(): Promise<void> {
    while (this.waiting.length === 0) await new Promise<void>((resolve) => (this.#arrived = resolve));
    this.waiting.shift()?.end(JSON.stringify(editedImage));
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const routers: Router[] = [];
const closing: { close(): unknown }[] = [];
let upstream: PatientUpstream;

beforeEach(async () => {
  upstream = await new PatientUpstream().listen();
});
afterEach(() => {
  import.meta.jest.useRealTimers();
  for (const router of routers.splice(0)) router.close();
  for (const one of closing.splice(0)) one.close();
  upstream.close();
});

function routerOver(
  deployments: readonly Partial<DeploymentOptions>[],
  connections: ConnectionSettings = {},
  options: Partial<RouterOptions> = {},
): Router {
  const apiBase = `http://127.0.0.1:${String(upstream.port)}`;
  const router = createRouter({
    ...options,
    connections,
    retries: 0,
    deployments: deployments.map((one, index) => ({ group: String(index), apiBase, apiKey: "sk-1", ...one })),
  });
  routers.push(router);
  return router;
}

const edit = (router: Router, model = "0") =>
  router.imageEdit({ image: Buffer.from("picture"), prompt: "Add a red hat", model });

/** Long enough for whatever could be sent to have been sent. */
const settled = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe("the most connections", () => {
  it("of a deployment are never exceeded: further edits wait, and all are served", async () => {
    const router = routerOver([{ maxConnections: 2 }]);
    const edits = Array.from({ length: 7 }, () => edit(router));
    for (let number = 0; number < 7; number += 1) {
      await upstream.answer();
      await settled();
    }
    await Promise.all(edits);
    expect(upstream.most).toBe(2);
    expect(upstream.connections).toBe(2);
  });

  it("of a host are those of all its deployments; one with a limit of its own stands apart", async () => {
    const router = routerOver([{}, {}, { maxConnections: 1 }], { maxPerHost: 1 });
    const edits = ["0", "1", "2", "2"].map((model) => edit(router, model));
    await upstream.answer();
    await settled();
    expect(upstream.most).toBe(2);
    for (let number = 1; number < 4; number += 1) await upstream.answer();
    await Promise.all(edits);
    expect(upstream.most).toBe(2);
  });

  it("make nobody wait beyond the deadline, and who gave up takes no place", async () => {
    const router = routerOver([{ maxConnections: 1 }]);
    const first = edit(router);
    const impatient = router.imageEdit({ image: Buffer.from("x"), prompt: "x", model: "0", timeoutMs: 30 });
    await expect(impatient).rejects.toThrow(DeadlineError);
    await upstream.answer();
    await first;
    const last = edit(router);
    await upstream.answer();
    await last;
    expect(upstream.connections).toBe(1);
  });
});

describe("a proxy of the deployment's own", () => {
  const listening = async (server: net.Server): Promise<string> => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(server);
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  };

  it("that never answers holds an edit no longer than its deadline", async () => {
    const pass = holdTimeouts();
    let ask = (_line: string | undefined): void => undefined;
    const asked = new Promise<string | undefined>((resolve) => (ask = resolve));
    const silent = net.createServer((socket) => {
      closing.push({ close: () => socket.destroy() });
      socket.on("data", (bytes) => ask(bytes.toString().split("\r\n")[0]));
    });
    const router = routerOver(
      [{ apiBase: "https://upstream.test/v1", outboundProxy: await listening(silent) }],
      {},
      { timeoutMs: 600_000 },
    );
    const waiting = edit(router);
    expect(await asked).toBe("CONNECT upstream.test:443 HTTP/1.1");
    pass(600_000);
    await expect(waiting).rejects.toThrow(DeadlineError);
  });

  it("that is not there fails every edit, those that waited for a connection too", async () => {
    const router = routerOver([{ outboundProxy: "http://127.0.0.1:1", maxConnections: 1 }]);
    const outcomes = await Promise.allSettled([edit(router), edit(router), edit(router)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    const [first] = outcomes as PromiseRejectedResult[];
    expect(first?.reason).toBeInstanceOf(UpstreamConnectionError);
  });

  it("that is no proxy, and one that refuses, are failed attempts", async () => {
    const web = http.createServer((_request, response) => response.end("hello"));
    const refuses = http.createServer().on("connect", (_request, socket) => {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
    });
    // A web server without CONNECT closes the connection.
    const router = routerOver([
      { outboundProxy: await listening(web) },
      { outboundProxy: await listening(refuses) },
    ]);
    await expect(edit(router)).rejects.toThrow("No complete answer from the upstream: connection reset.");
    await expect(edit(router, "1")).rejects.toThrow("the proxy refused with status 407");
    expect(upstream.connections).toBe(0);
  });
});
