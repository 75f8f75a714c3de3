import type { Readable } from "node:stream";
import { InvalidRequestError, type Part } from "@darkroom/router";
import type { Request, Response } from "express";
import multer from "multer";
import type { PartOutline } from "./part-outline.js";
import { exactFieldBytes, hasFileName } from "./sent-bytes.js";
import type { CompleteUploadSettings } from "./upload-settings.js";

/** A part that is still being filled. */
type ArrivingPart = Part & { readonly content: Buffer[] };

interface FileInfo {
  readonly filename?: string;
  readonly mimeType: string;
}

interface FieldInfo {
  readonly valueTruncated: boolean;
  readonly mimeType: string;
}

/** Busboy, as far as this file knows it. */
type FormParser = NodeJS.WritableStream & {
  prependListener(event: "file", listener: (name: string, stream: Readable, info: FileInfo) => void): void;
  on(
    event: "field",
    listener: (name: string, value: string | undefined, info: FieldInfo) => void,
  ): FormParser;
};

/** Multer's option of 2.5 that its type declarations lack. */
interface StreamHandler {
  streamHandler(request: Request, parser: FormParser): void;
}

function invalidForm(message: string, field?: string): InvalidRequestError {
  return new InvalidRequestError(message, {
    code: "invalid_multipart",
    ...(field === undefined ? {} : { field }),
  });
}

function asInvalidRequest(error: unknown): unknown {
  if (error instanceof multer.MulterError) return invalidForm(`${error.message}.`, error.field);
  // Busboy's own are plain errors: "Unexpected end of form", "Malformed part header".
  if (error instanceof Error && Object.getPrototypeOf(error) === Error.prototype) {
    return invalidForm(`The form is malformed: ${error.message}.`);
  }
  return error;
}

/**
 * Parses a form with multer. Files are kept as the buffers that arrived, by a storage engine of ours. Multer's
 * `req.body` would lose the order of fields and files and take brackets in names apart, so fields are taken
 * from its parser, in place of multer's own listener; there is one parser, and it alone decides what is a part.
 * @param source destroyed with an error of its own, it rejects with that error
 * @param outline what the parser's findings are held against
 * @throws InvalidRequestError with the field's name
 */
export async function parseForm(
  source: Readable,
  contentType: string,
  outline: PartOutline,
  settings: CompleteUploadSettings,
): Promise<readonly Part[]> {
  const parts: ArrivingPart[] = [];
  const received: Buffer[] = [];
  const arriving = new WeakMap<Readable, ArrivingPart>();
  /** What the parser reads in a field; the bytes are taken when all have arrived. */
  const texts = new Map<Part, string>();
  const refuse = (error: Error) => void source.destroy(error);

  const add = (part: ArrivingPart): void => {
    if (part.name.length > settings.maxNameLength) refuse(invalidForm("The name of a part is too long."));
    if (parts.push(part) > settings.maxParts) refuse(invalidForm("The form has too many parts."));
  };

  const onFile = (name: string | undefined, stream: Readable, info: FileInfo): void => {
    if (name === undefined) return refuse(invalidForm("A part of the form has no name."));
    const { filename, mimeType } = info;
    const content: Buffer[] = [];
    const part = {
      name,
      contentType: mimeType,
      content,
      ...(filename === undefined ? {} : { fileName: filename }),
    };
    add(part);
    arriving.set(stream, part);
    // Multer drops files without a name before they reach its storage.
    if (!filename) stream.on("data", (chunk: Buffer) => content.push(chunk));
  };

  const onField = (name: string | undefined, value: string | undefined, info: FieldInfo): void => {
    if (name === undefined) return refuse(invalidForm("A part of the form has no name."));
    if (value === undefined) return refuse(invalidForm(`The charset of '${name}' is not supported.`, name));
    if (info.valueTruncated) return refuse(invalidForm(`'${name}' is too long.`, name));
    const contentType = info.mimeType === "text/plain" ? {} : { contentType: info.mimeType };
    const part = { name, content: [], ...contentType };
    texts.set(part, value);
    add(part);
  };

  const storage: multer.StorageEngine = {
    _handleFile(_request, file, done) {
      const content = arriving.get(file.stream)?.content;
      file.stream.on("data", (chunk: Buffer) => content?.push(chunk));
      file.stream.on("end", () => done(null, {}));
    },
    _removeFile(_request, _file, done) {
      done(null);
    },
  };

  const options: multer.Options & StreamHandler = {
    storage,
    preservePath: true,
    defParamCharset: "utf8",
    limits: {
      // Beyond our own limits, which answer before multer has read the body to its end.
      parts: settings.maxParts + 1,
      fieldNameSize: 2 * settings.maxNameLength,
      fieldSize: settings.maxFieldBytes,
    },
    streamHandler(_request, parser) {
      parser.removeAllListeners("field");
      parser.prependListener("file", onFile);
      parser.on("field", onField);
      parser.on("error", refuse);
      source.on("data", (chunk: Buffer) => {
        received.push(chunk);
        try {
          outline.push(chunk);
        } catch (error) {
          refuse(error as Error);
        }
      });
      source.pipe(parser);
    },
  };

  await runMulter(options, source, contentType);
  if (outline.spans.length !== parts.length) {
    throw invalidForm("A part of the form has no usable 'Content-Disposition: form-data; name=…' line.");
  }
  return parts.map((part, index) => {
    const span = outline.spans[index];
    const text = texts.get(part);
    const content = text === undefined ? part.content : [exactFieldBytes(text, span, received)];
    const isNamelessFile = part.fileName === undefined && hasFileName(span, received);
    return { ...part, content, ...(isNamelessFile ? { fileName: "" } : {}) };
  });
}

/** Multer asks of a request only its headers and the events of a stream. */
async function runMulter(options: multer.Options, source: Readable, contentType: string): Promise<void> {
  const request = Object.assign(source, {
    headers: { "content-type": contentType, "transfer-encoding": "chunked" },
  }) as unknown as Request;
  await new Promise<void>((resolve, reject) => {
    multer(options).any()(request, {} as unknown as Response, (error?: unknown) => {
      if (error) reject(asInvalidRequest(error));
      else resolve();
    });
  });
}
