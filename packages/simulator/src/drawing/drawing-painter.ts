import { seededRandom, seedOf } from "../random.js";
import { RefusedError } from "../validation/refusal.js";
import { refusals } from "../validation/refusals.js";
import type { Dimensions, ValidEdit } from "../validation/valid-edit.js";
import { type Canvas, coarsened, decode, type Encoding, encode, layOver, type Placed } from "./canvas.js";
import { caption } from "./caption.js";
import { type EditableArea, editableArea } from "./editable-area.js";
import { Lettering } from "./lettering.js";
import { type Base64, base64Of, type Painter } from "./painter.js";
import { recolour } from "./recolour.js";

/**
 * Really edits: the first image is brought to the asked size, its editable area recoloured, the prompt written on
 * it, and every further image shown small along its lower edge. The same edit gives the same bytes for the same seed,
 * whatever was drawn before.
 */
export class DrawingPainter implements Painter {
  readonly #lettering = new Lettering();

  constructor(private readonly seed: number) {}

  async paint(edit: ValidEdit): Promise<readonly Base64[]> {
    const [first, ...others] = await Promise.all(
      edit.images.map((image, index) =>
        decoded(image.bytes, index === 0 ? edit.size : thumbnailSize(edit.size), index + 1),
      ),
    );
    if (first === undefined) throw new Error("an edit without an image");
    const area = await editableArea(edit, first).catch(() => {
      throw new RefusedError(refusals.maskNotPng());
    });
    const thumbnails = arranged(others, area);
    const pictures: Base64[] = [];
    // One after the other: each takes as much memory as its pixels, and ten at once would be no faster.
    for (let index = 0; index < edit.count; index += 1) {
      pictures.push(base64Of(await this.#draw(edit, index, first, area, thumbnails)));
    }
    return pictures;
  }

  async paintStages(edit: ValidEdit, finished: Base64): Promise<readonly Base64[]> {
    const file = Buffer.from(finished.toString("latin1"), "base64");
    const stages = Array.from({ length: edit.partialImages }, async (_, stage) => {
      const factor = 8 * 2 ** (edit.partialImages - 1 - stage);
      return base64Of(await coarsened(file, edit.size, factor, encodingOf(edit)));
    });
    return Promise.all(stages);
  }

  async #draw(
    edit: ValidEdit,
    index: number,
    original: Canvas,
    area: EditableArea,
    thumbnails: readonly Placed[],
  ): Promise<Buffer> {
    const canvas: Canvas = { ...original, pixels: Buffer.from(original.pixels) };
    const random = seededRandom(seedOf(this.seed, edit.model.id, edit.prompt, index));
    recolour(canvas, area, edit.background === "transparent", random);
    for (const thumbnail of thumbnails) layOver(canvas, thumbnail, area.isEditable);
    const note = `${edit.model.id} · ${edit.quality} · ${index + 1} of ${edit.count}`;
    const plate = await caption(this.#lettering, edit.prompt, note, area);
    if (plate !== undefined) layOver(canvas, plate, area.isEditable);
    return encode(canvas, encodingOf(edit));
  }
}

function encodingOf(edit: ValidEdit): Encoding {
  return { format: edit.outputFormat, compression: edit.outputCompression, background: edit.background };
}

/** A file whose header is right may still be broken further on. */
async function decoded(file: Buffer, size: Dimensions, number: number): Promise<Canvas> {
  try {
    return await decode(file, size);
  } catch {
    throw new RefusedError(refusals.unreadableImage("image", number));
  }
}

function thumbnailSize({ width, height }: Dimensions): Dimensions {
  const side = Math.max(8, Math.round(Math.min(width, height) / 10));
  return { width: side, height: side };
}

/** In a row along the lower edge of the area, from its left. */
function arranged(thumbnails: readonly Canvas[], area: EditableArea): Placed[] {
  return thumbnails.map((thumbnail, index) => {
    const gap = Math.ceil(thumbnail.width / 10);
    return {
      ...thumbnail,
      left: area.left + gap + index * (thumbnail.width + gap),
      top: area.top + area.height - gap - thumbnail.height,
    };
  });
}
