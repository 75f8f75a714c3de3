import type { InputImage } from "@darkroom/cost-calculator";
import type { Account } from "./admission/account.js";
import type { ImageForm } from "./answer/answer-layout.js";
import type { Deployment } from "./deployments/deployment.js";
import type { MemoryLease } from "./memory/memory-lease.js";

/** What an edit asks for, as far as cost and routing need to know; text as the client sent it. */
export interface EditParameters {
  readonly size?: string;
  readonly quality?: string;
  /** Number of images asked for; 1 when the client did not say. */
  readonly n: number;
  readonly stream: boolean;
  /** How many intermediate images a stream may bring. */
  readonly partialImages?: number;
  readonly inputFidelity?: string;
  /** How the client wants its images; the upstream may know one way only. */
  readonly responseFormat?: ImageForm;
}

/** What an edit sends, as far as its cost depends on it. */
export interface EditInputs {
  /** Length of the prompt in UTF-8. */
  readonly promptBytes: number;
  readonly images: readonly InputImage[];
  readonly mask?: InputImage;
}

/** What of a body decides where it can go. A JSON body is parsed for it, so it is asked only where it matters. */
export interface EditContents {
  readonly isJson: boolean;
  /** Number of images. */
  readonly images: number;
  readonly hasMask: boolean;
  /** The first place where a file is named by its id, such as `images[0].file_id`. */
  readonly fileId: string | undefined;
}

/** The body of an edit: one value that can be sent to any deployment, again and again. */
export interface EditBody {
  /** The value of `content-type` on the wire, boundary included. */
  readonly contentType: string;
  /**
   * The body as `deployment` must receive it. The buffers are shared between calls: never write to them.
   * @param size put in the place of the one that the client sent
   */
  bodyFor(deployment: Deployment, size?: string): readonly Buffer[];
  /** Names of the fields the client sent that `deployment` refuses and that `bodyFor` therefore leaves out. */
  droppedFor(deployment: Deployment): readonly string[];
  /** Names of the fields the client sent that `deployment` does not support and nobody wants left out: it cannot serve the edit. */
  unsupportedBy(deployment: Deployment): readonly string[];
  readonly contents: EditContents;
  /** Reads the headers of the images when it is first called, and not before. */
  inputs(): EditInputs;
}

/** One edit, as the router takes it. */
export interface EditRequest {
  /** Unique; shown to clients as `x-request-id`. */
  readonly id: string;
  /** The model group, an alias of one, or a name that a wildcard group matches. */
  readonly model: string;
  readonly parameters: EditParameters;
  readonly body: EditBody;
  /** Where the body's buffers lie: every connection that may still send them holds it. */
  readonly memory?: MemoryLease;
  /** Client headers that may go upstream, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What chooses deployments, where the router filters by tags. */
  readonly tags?: readonly string[] | undefined;
  /** Who asks: an opaque id. Of those who wait, every caller gets a turn. */
  readonly caller?: string | undefined;
  /** Who pays and is limited; absent: nobody. */
  readonly account?: Account | undefined;
  /** Of those who wait, a lower one comes first; absent: as configured. */
  readonly priority?: number | undefined;
  /** Overrides of the router's settings for this request. */
  readonly retries?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly fallbacks?: readonly string[] | undefined;
  /** Groups that whoever asks may not use are no fallbacks for them, whoever has named these. */
  readonly mayFallBackTo?: ((group: string) => boolean) | undefined;
  /** The group that was asked for is passed over as if it had failed, so that an operator sees its fallbacks serve. */
  readonly rehearsesFallbacks?: boolean | undefined;
  /**
   * Whether a size that the model does not draw is asked for as the next one that it does: for every deployment, for those
   * with `sizeFit`, or never. Only for a sink that scales the images to the size the client asked for.
   */
  readonly sizeFit?: "always" | "as configured" | undefined;
}
