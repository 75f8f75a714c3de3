import type { Edit, ImageForm, ImageMembers } from "@darkroom/router";
import { formOf } from "./asked-form.js";

/**
 * What gives an image's member its new text, and its new name where it has one. A member of the other form, with null, takes
 * the old name.
 */
export function memberEdits(image: ImageMembers, form: ImageForm, text: readonly Buffer[]): Edit[] {
  const given = formOf(image);
  const member = given && image[given];
  if (given === undefined || member?.text === undefined) return [];
  const [first = Buffer.alloc(0), ...others] = text;
  const { end } = member.text;
  const edits: Edit[] = [
    { ...member.text, replacement: first },
    ...others.map((replacement) => ({ start: end, end, replacement })),
  ];
  if (form === given) return edits;
  const other = image[form];
  return [
    { ...member.name, replacement: Buffer.from(`"${form}"`) },
    ...edits,
    ...(other === undefined ? [] : [{ ...other.name, replacement: Buffer.from(`"${given}"`) }]),
  ];
}
