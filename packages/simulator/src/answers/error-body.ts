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
