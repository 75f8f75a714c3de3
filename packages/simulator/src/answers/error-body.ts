/** The four keys of OpenAI's error envelope, laid out as OpenAI's own answers are. */
export interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

export function errorBody({ message, type, param, code }: ErrorBody): Buffer {
  return Buffer.from(JSON.stringify({ error: { message, type, param, code } }, null, 2));
}

/** Azure's own envelope has two keys. Its code is a word or the status, always as text. */
export function azureErrorBody({ message, code, status }: ErrorBody & { readonly status: number }): Buffer {
  return Buffer.from(JSON.stringify({ error: { code: code ?? String(status), message } }));
}
