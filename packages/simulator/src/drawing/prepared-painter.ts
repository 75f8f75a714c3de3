import type { ValidEdit } from "../validation/valid-edit.js";
import { flatPng } from "./flat-png.js";
import { type Base64, base64Of, type Painter } from "./painter.js";

/**
 * Draws nothing: the same PNG for every edit of a size, made once. For load tests, where the simulator must cost
 * as little as it can. The picture has the asked dimensions, but is a PNG whatever format was asked for.
 */
export class PreparedPainter implements Painter {
  readonly #prepared = new Map<string, Base64>();

  constructor(private readonly answerBytes: number) {}

  paint(edit: ValidEdit): Promise<readonly Base64[]> {
    return Promise.resolve(new Array<Base64>(edit.count).fill(this.#pictureFor(edit)));
  }

  paintStages(edit: ValidEdit, finished: Base64): Promise<readonly Base64[]> {
    return Promise.resolve(new Array<Base64>(edit.partialImages).fill(finished));
  }

  #pictureFor({ size: { width, height } }: ValidEdit): Base64 {
    const name = `${width}x${height}`;
    const known = this.#prepared.get(name);
    if (known !== undefined) return known;
    const palette = [[96, 125, 139, 255]] as const;
    const made = base64Of(
      flatPng({ width, height, palette, colourAt: () => 0, paddedToBytes: this.answerBytes }),
    );
    this.#prepared.set(name, made);
    return made;
  }
}
