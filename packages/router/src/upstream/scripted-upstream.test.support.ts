import http from "node:http";
import type { AddressInfo } from "node:net";

/** How one call is answered; what it does not answer hangs. */
export type Step = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** One call as it arrived. */
export interface ReceivedCall {
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** For tests: a real HTTP server that answers its calls by a script, the last step again and again. */
export class ScriptedUpstream {
  readonly calls: ReceivedCall[] = [];
  readonly #server: http.Server;

  private constructor(private readonly script: readonly Step[]) {
    this.#server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        this.calls.push({ url: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) });
        const step = this.script[Math.min(this.calls.length, this.script.length) - 1];
        step?.(request, response);
      });
    });
  }

  static async start(...script: Step[]): Promise<ScriptedUpstream> {
    const upstream = new ScriptedUpstream(script);
    await new Promise<void>((resolve) => upstream.#server.listen(0, "127.0.0.1", resolve));
    return upstream;
  }

  get apiBase(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/v1`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

export function answers(status: number, body: unknown, headers: http.OutgoingHttpHeaders = {}): Step {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

export const editedImage = {
  created: 1,
  data: [{ b64_json: "aGVsbG8=" }],
  size: "1024x1024",
  quality: "low",
  usage: {
    total_tokens: 491,
    input_tokens: 219,
    output_tokens: 272,
    input_tokens_details: { text_tokens: 25, image_tokens: 194 },
  },
};
