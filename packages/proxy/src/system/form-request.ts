import http, { type OutgoingHttpHeaders } from "node:http";

/** One part of a form, to be sent exactly as it stands here. */
export interface FormPart {
  readonly name: string;
  readonly content: Buffer | string;
  /** What makes it a file. Written into the header as it is, so that a test decides how quotes are escaped. */
  readonly fileName?: string;
  readonly type?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly trailers: Readonly<NodeJS.Dict<string>>;
  readonly body: Buffer;
}

/** What an edit answers, and what every failure does. */
export interface AnsweredEdit {
  readonly created?: number;
  readonly data?: readonly { readonly b64_json?: string; readonly url?: string }[];
  readonly usage?: { readonly total_tokens: number };
  readonly error?: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

export interface PostOptions {
  readonly headers?: OutgoingHttpHeaders;
  /** Called with each piece of the answer as it arrives. */
  readonly onBytes?: (bytes: Buffer) => void;
  /** Breaks the connection off. */
  readonly signal?: AbortSignal;
}

const boundary = "----boundary-of-a-test";

/** The content type of what `formBytes` makes. */
export const formType = `multipart/form-data; boundary=${boundary}`;

/** The bytes of a form; there is no library between a test and the wire. */
export function formBytes(parts: readonly FormPart[]): Buffer {
  const pieces = parts.flatMap(({ name, content, fileName, type }) => {
    const file = fileName === undefined ? "" : `; filename="${fileName}"`;
    const typeLine = type === undefined ? "" : `Content-Type: ${type}\r\n`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n${typeLine}\r\n`;
    return [Buffer.from(head), Buffer.from(content), Buffer.from("\r\n")];
  });
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

/** Posts a form to the edits route of a gateway (or of a simulator). */
export function postForm(
  url: string,
  parts: readonly FormPart[],
  options: PostOptions = {},
): Promise<Answer> {
  const headers = { "content-type": formType, ...options.headers };
  return post(`${url}/v1/images/edits`, formBytes(parts), { ...options, headers });
}

export function postJson(url: string, value: unknown, options: PostOptions = {}): Promise<Answer> {
  const headers = { "content-type": "application/json", ...options.headers };
  return post(`${url}/v1/images/edits`, Buffer.from(JSON.stringify(value)), { ...options, headers });
}

/** Posts over a connection of its own and reads the answer to its end, trailers included. */
export function post(url: string, body: Buffer, options: PostOptions): Promise<Answer> {
  return send(url, { ...options, method: "POST", body });
}

export interface SendOptions extends PostOptions {
  readonly method?: string;
  readonly body?: Buffer;
}

/** One request over a connection of its own; unlike `fetch` it sends any header, and waits as long as it takes. */
export function send(
  url: string,
  { method = "GET", headers = {}, body, onBytes, signal }: SendOptions = {},
): Promise<Answer> {
  const isCounted = body !== undefined && headers["transfer-encoding"] === undefined;
  const length = isCounted ? { "content-length": String(body.length) } : {};
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      {
        method,
        agent: false,
        headers: { ...length, ...headers },
        ...(signal === undefined ? {} : { signal }),
      },
      (answer) => {
        const pieces: Buffer[] = [];
        answer.on("data", (bytes: Buffer) => {
          pieces.push(bytes);
          onBytes?.(bytes);
        });
        answer.once("error", reject);
        answer.once("end", () => {
          const { statusCode = 0, headers: answered, trailers } = answer;
          resolve({ status: statusCode, headers: answered, trailers, body: Buffer.concat(pieces) });
        });
      },
    );
    request.once("error", reject);
    request.end(body);
  });
}

export function editIn({ body }: Pick<Answer, "body">): AnsweredEdit {
  return JSON.parse(body.toString("utf8")) as AnsweredEdit;
}
