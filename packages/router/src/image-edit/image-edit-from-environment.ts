import { type Router, createRouter } from "../router.js";
import type { ImageEditAnswer, ImageEditStream } from "./image-edit.js";
import type { ImageEditOptions } from "./image-edit-options.js";

/**
 * Edits images with `OPENAI_API_KEY` alone; `OPENAI_BASE_URL` and `OPENAI_ORG_ID` are honoured. Whoever has several keys, or
 * many edits, makes a router with `createRouter` and calls its `imageEdit`: that one keeps its connections.
 *
 * @example
 * const { data, report } = await imageEdit({ model: "gpt-image-1", image: "photo.png", prompt: "Add a red hat" });
 * @throws Error without `OPENAI_API_KEY`; RouterError, InvalidRequestError, or the signal's reason
 */
export function imageEdit(options: ImageEditOptions & { readonly stream?: false }): Promise<ImageEditAnswer>;
export function imageEdit(options: ImageEditOptions & { readonly stream: true }): ImageEditStream;
export function imageEdit({
  stream = false,
  ...options
}: ImageEditOptions & { readonly stream?: boolean }): Promise<ImageEditAnswer> | ImageEditStream {
  const router = routerFromEnvironment(process.env);
  const close = (): void => {
    router.close();
  };
  if (!stream) return router.imageEdit(options).finally(close);
  const events = router.imageEdit({ ...options, stream });
  events.report.then(close, close);
  return events;
}

function routerFromEnvironment(environment: NodeJS.ProcessEnv): Router {
  const apiKey = environment["OPENAI_API_KEY"];
  if (apiKey === undefined || apiKey === "") {
    throw new Error("Set OPENAI_API_KEY, or make a router with createRouter({ deployments: [...] }).");
  }
  const organization = environment["OPENAI_ORG_ID"];
  const apiBase = environment["OPENAI_BASE_URL"];
  return createRouter({
    deployments: [
      {
        id: "openai",
        group: "*",
        apiKey,
        ...(apiBase === undefined ? {} : { apiBase }),
        ...(organization === undefined ? {} : { organization }),
      },
    ],
  });
}
