import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { type Deployment, InvalidRequestError } from "@darkroom/router";
import { Response } from "undici";
import type { ByteBudget } from "@darkroom/router";
import { uploadMemory } from "./upload-memory.js";
import { type Upload, receiveUpload } from "./receive-upload.js";
import { refusePolitely } from "./refuse-politely.js";
import type { Timers } from "@darkroom/router";
import { UploadError } from "./upload-errors.js";
import {
  type CompleteUploadSettings,
  completeUploadSettings,
  type UploadSettings,
} from "./upload-settings.js";

export const mebibyte = 1024 * 1024;

const testSettings: UploadSettings = {
  maxRequestBytes: 64 * mebibyte,
  memoryBudgetBytes: 512 * mebibyte,
  waitMs: 30_000,
  timeoutMs: 600_000,
  minimumBytesPerSecond: 4096,
};

export const deployment: Deployment = {
  id: "first",
  group: "edits",
  model: "other-model",
  apiBase: "https://api.openai.com/v1",
  apiKey: "sk-test",
  weight: 1,
};

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A part as an independent reader finds it in what would be sent upstream. */
export type PartSeen = readonly [
  name: string,
  value: string | readonly [fileName: string, type: string, hash: string],
];

async function partsSentUpstream(upload: Upload): Promise<readonly PartSeen[]> {
  const sent = new Response(Buffer.concat(upload.body.bodyFor(deployment)), {
    headers: { "content-type": upload.body.contentType },
  });
  return Promise.all(
    [...(await sent.formData())].map(async ([name, value]): Promise<PartSeen> => {
      if (typeof value === "string") return [name, value];
      return [name, [value.name, value.type, sha256(new Uint8Array(await value.arrayBuffer()))]];
    }),
  );
}

interface Options {
  readonly settings?: Partial<UploadSettings>;
  readonly timers?: Timers;
  /** Refuse before anything is read. */
  readonly refuse?: boolean;
  /** Called with each upload before it is answered. */
  readonly onUpload?: (upload: Upload) => Promise<void> | void;
}

/** A real server that receives uploads and answers what it would send upstream. */
export class UploadTestServer {
  readonly errors: unknown[] = [];
  readonly budget: ByteBudget;
  readonly #server: http.Server;
  readonly #options: Options;
  readonly settings: CompleteUploadSettings;

  constructor(options: Options = {}) {
    this.#options = options;
    this.settings = completeUploadSettings({ ...testSettings, ...options.settings });
    this.budget = uploadMemory(this.settings, options.timers);
    const handle = (request: http.IncomingMessage, response: http.ServerResponse) => {
      void this.#handle(request, response);
    };
    this.#server = http.createServer(handle).on("checkContinue", handle);
  }

  async listen(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  /** A bare connection, for what no client library would send. */
  async connect(): Promise<Socket> {
    const socket = connect(this.port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    return socket;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    try {
      if (this.#options.refuse) throw new InvalidRequestError("No such key.", { code: "invalid_api_key" });
      const upload = await receiveUpload(request, response, this.settings, this.budget, this.#options.timers);
      try {
        await this.#options.onUpload?.(upload);
        const { model, parameters, controls, bytes } = upload;
        const isForm = upload.body.contentType.startsWith("multipart");
        const parts = isForm
          ? await partsSentUpstream(upload)
          : Buffer.concat(upload.body.bodyFor(deployment)).toString();
        const answer = { created: 1, data: [], model, parameters, controls, bytes, parts };
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(answer));
      } finally {
        upload.memory.release();
      }
    } catch (error) {
      this.errors.push(error);
      if (!(error instanceof InvalidRequestError || error instanceof UploadError)) {
        response.destroy();
        return;
      }
      const field = error instanceof InvalidRequestError ? error.field : undefined;
      const body = JSON.stringify({ error: { message: error.message, param: field, code: error.code } });
      await refusePolitely(request, response, {
        status: error.status,
        headers: { "content-type": "application/json" },
        body: Buffer.from(body),
      });
    }
  }
}

/** Resolves as soon as `holds`; looks after every turn of the event loop. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => setImmediate(resolve));
}
