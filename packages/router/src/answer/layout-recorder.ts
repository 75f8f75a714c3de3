import type { Span } from "../body/edit-list.js";
import { type AnswerLayout, type ImageForm, type ImageMember, isImageForm } from "./answer-layout.js";

/** Notes where the images of an answer stand while it is scanned. All places count from the answer's first byte. */
export class LayoutRecorder {
  readonly #images: Partial<Record<ImageForm, ImageMember>>[] = [];
  /** The one that is read. */
  #image: Partial<Record<ImageForm, ImageMember>> | undefined;
  /** Its member that is read, if that is one for an image. */
  #form: ImageForm | undefined;
  /** Where the text began whose place is wanted. */
  #textStart: number | undefined;
  #size: Span | undefined;

  get layout(): AnswerLayout {
    return { images: this.#images, ...(this.#size === undefined ? {} : { size: this.#size }) };
  }

  get isInImage(): boolean {
    return this.#image !== undefined;
  }

  beginImage(): void {
    this.#image = {};
    this.#images.push(this.#image);
  }

  endImage(): void {
    this.#image = undefined;
    this.#form = undefined;
  }

  /** A member of the image begins. */
  beginMember(): void {
    this.#form = undefined;
  }

  /** @param place with the quotes */
  endName(name: string, place: Span): void {
    if (this.#image === undefined || !isImageForm(name)) return;
    this.#form = name;
    this.#image[name] = { name: place };
  }

  /** A text that is a member's value, or the top-level `size`, begins behind its quote. */
  beginText(start: number): void {
    this.#textStart = start;
  }

  /** Whether the text that begins is a member's value. */
  get isMemberWanted(): boolean {
    return this.#form !== undefined;
  }

  /** Some text has ended. */
  endText(end: number): void {
    if (this.#textStart === undefined) return;
    const text = { start: this.#textStart, end };
    this.#textStart = undefined;
    const member = this.#form && this.#image?.[this.#form];
    if (this.#image === undefined) this.#size = text;
    else if (this.#form !== undefined && member !== undefined) this.#image[this.#form] = { ...member, text };
  }
}
