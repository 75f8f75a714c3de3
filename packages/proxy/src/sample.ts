import { fileURLToPath } from "node:url";

/** The picture that ships with Darkroom, so that the first edit needs nothing else. */
export const samplePhoto = fileURLToPath(new URL("../samples/photo.png", import.meta.url));
