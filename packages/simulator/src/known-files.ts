import { type FlatPicture, flatPng } from "./drawing/flat-png.js";

/** The built-in pictures that a configured file id may stand for. */
export const pictureNames = ["square", "landscape", "portrait", "mask"] as const;
export type PictureName = (typeof pictureNames)[number];

export interface KnownFile {
  readonly id: string;
  readonly organization: string;
  readonly picture: PictureName;
}

/** Files "uploaded" by configuration. As with OpenAI, a file is known to its own organisation only. */
export class KnownFiles {
  readonly #made = new Map<PictureName, Buffer>();

  constructor(private readonly files: readonly KnownFile[]) {}

  read(id: string, organization: string): Buffer | undefined {
    const file = this.files.find((known) => known.id === id && known.organization === organization);
    if (file === undefined) return undefined;
    const bytes = this.#made.get(file.picture) ?? flatPng(pictures[file.picture]);
    this.#made.set(file.picture, bytes);
    return bytes;
  }
}

const checkered = (width: number, height: number): FlatPicture => ({
  width,
  height,
  palette: [
    [58, 110, 165, 255],
    [232, 196, 104, 255],
  ],
  colourAt: (x, y) => ((x >> 6) + (y >> 6)) & 1,
});

const pictures: Readonly<Record<PictureName, FlatPicture>> = {
  square: checkered(1024, 1024),
  landscape: checkered(1536, 1024),
  portrait: checkered(1024, 1536),
  // Goes with `square`: the middle quarter is transparent, that is, to be edited.
  mask: {
    width: 1024,
    height: 1024,
    palette: [
      [0, 0, 0, 255],
      [0, 0, 0, 0],
    ],
    colourAt: (x, y) => (x >= 256 && x < 768 && y >= 256 && y < 768 ? 1 : 0),
  },
};
