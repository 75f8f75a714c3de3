import { connect } from "node:net";
import type { Clock } from "./clock.js";
import { readConfiguration, type WrittenConfiguration } from "./configuration.js";
import { flatPng } from "./drawing/flat-png.js";
import type { RecordedRequest } from "./record.js";
import { Simulator } from "./simulator.js";

/** A clock that stands still until a test moves it. Sleeping takes no time, unless the test holds the sleepers. */
export class ManualClock implements Clock {
  #nowMs = Date.parse("2026-11-23T12:00:00.000Z");
  readonly sleptMs: number[] = [];

  now(): number {
    return this.#nowMs;
  }

  /** Once true, sleepers sleep until `wake`. */
  holding = false;
  #sleepers: (() => void)[] = [];

  sleep(durationMs: number): Promise<void> {
    this.sleptMs.push(durationMs);
    return this.holding ? new Promise((resolve) => this.#sleepers.push(resolve)) : Promise.resolve();
  }

  get sleepers(): number {
    return this.#sleepers.length;
  }

  wake(): void {
    for (const wake of this.#sleepers.splice(0)) wake();
  }

  advance(durationMs: number): void {
    this.#nowMs += durationMs;
  }
}

export interface Running {
  readonly url: string;
  readonly clock: ManualClock;
  readonly simulator: Simulator;
}

const running: Simulator[] = [];

/** A simulator on a free port, without drawing and without latency unless the configuration says otherwise. */
export async function start(configuration: WrittenConfiguration = {}): Promise<Running> {
  const clock = new ManualClock();
  const written = { port: 0, draw: false, latency: { meanMs: 0, jitterMs: 0 }, ...configuration };
  const simulator = new Simulator(readConfiguration(written), clock, {
    request: () => undefined,
    failure: (line) => {
      throw new Error(line);
    },
  });
  running.push(simulator);
  return { url: await simulator.listen(), clock, simulator };
}

/** For `afterEach`. */
export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
}

export function png(width: number, height: number, opacity = 255): Buffer {
  return flatPng({ width, height, palette: [[200, 30, 40, opacity]], colourAt: () => 0 });
}

export interface FilePart {
  readonly bytes: Buffer;
  readonly type?: string;
  readonly fileName?: string;
}

export type FormParts = readonly (readonly [name: string, value: string | FilePart])[];

export const image = (bytes = png(64, 64), type = "image/png"): FilePart => ({ bytes, type });

/** The parts of a form that every model but dall-e-2 accepts. */
export const goodForm: FormParts = [
  ["model", "gpt-image-1"],
  ["prompt", "hello"],
  ["image", image()],
];

/** A multipart body made by hand, so that a test decides every byte of it. */
export function formBody(parts: FormParts, boundary = "darkroom-boundary"): Buffer {
  const pieces = parts.flatMap(([name, value]) => {
    if (typeof value === "string") {
      return [
        Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`),
      ];
    }
    const type = value.type === undefined ? "" : `Content-Type: ${value.type}\r\n`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${value.fileName ?? "picture.png"}"\r\n${type}\r\n`;
    return [Buffer.from(head), value.bytes, Buffer.from("\r\n")];
  });
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

export const formType = "multipart/form-data; boundary=darkroom-boundary";

export function postForm(url: string, parts: FormParts, key = "sk-simulator-one"): Promise<Response> {
  return post(url, formBody(parts), formType, key);
}

export function postJson(url: string, body: unknown, key = "sk-simulator-one"): Promise<Response> {
  return post(url, Buffer.from(JSON.stringify(body)), "application/json", key);
}

export function post(url: string, body: Buffer, type: string, key: string): Promise<Response> {
  return fetch(`${url}/v1/images/edits`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": type },
    body: new Uint8Array(body),
  });
}

export async function addFault(url: string, rule: unknown): Promise<Response> {
  return fetch(`${url}/_simulator/faults`, { method: "POST", body: JSON.stringify(rule) });
}

export interface ToldBill {
  readonly lines: readonly {
    readonly requestId: string;
    readonly nanoUsd: string;
    readonly amounts: readonly string[];
    readonly usage: unknown;
    readonly images: number;
  }[];
  readonly totals: {
    readonly keys: Readonly<Record<string, { requests: number; images: number; nanoUsd: string }>>;
    readonly overall: { requests: number; images: number; nanoUsd: string };
  };
}

export async function bill(url: string): Promise<ToldBill> {
  return (await (await fetch(`${url}/_simulator/bill`)).json()) as ToldBill;
}

export async function recorded(url: string): Promise<readonly RecordedRequest[]> {
  const answer = (await (await fetch(`${url}/_simulator/requests`)).json()) as {
    requests: RecordedRequest[];
  };
  return answer.requests;
}

export interface RawAnswer {
  /** Every byte that came before the connection ended. */
  readonly bytes: Buffer;
  /** The error code that ended it, such as ECONNRESET; undefined when it ended in order. */
  readonly error: string | undefined;
}

/** Sends bytes over a plain socket and reads until the connection ends, however it ends. */
export function exchangeRaw(
  url: string,
  request: Buffer,
  beforeClose?: (socket: { destroy(): void }) => void,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let error: string | undefined;
    const socket = connect(Number(port), hostname, () => socket.write(request));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", (problem: NodeJS.ErrnoException) => {
      error = problem.code;
    });
    socket.on("close", () => resolve({ bytes: Buffer.concat(chunks), error }));
    beforeClose?.(socket);
  });
}

/** The bytes of a whole request with a form, as they go over the wire. */
export function rawRequest(parts: FormParts = goodForm, key = "sk-simulator-one"): Buffer {
  const body = formBody(parts);
  const head = `POST /v1/images/edits HTTP/1.1\r\nhost: simulator\r\nauthorization: Bearer ${key}\r\ncontent-type: ${formType}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

const patienceMs = 4000; // less than jest's, so that a test says what it waited for

/** Waits until a condition holds, by asking again and again; gives up when it never does. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${holds.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
