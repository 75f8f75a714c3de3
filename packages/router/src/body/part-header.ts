import { imageType, imageTypeLength } from "./image-type.js";
import { type Part, partStart } from "./part.js";

/** Types that say nothing about a file. `text/plain` is also what a parser reports when there was no type at all. */
const uselessTypes: ReadonlySet<string> = new Set(["", "application/octet-stream", "text/plain"]);

/**
 * A name in quotes, as raw UTF-8. Clients disagree on escapes: browsers, undici and curl write `%22` and leave
 * backslashes alone, Go and older curl write `\"` and `\\`. Percent escapes are therefore kept as they came, a
 * quote gets its backslash, and a backslash is doubled only where a reader would take it for an escape.
 * A line break would end the header, so it is percent-encoded as in the HTML standard.
 */
function quoted(name: string): string {
  const escaped = name
    .replace(/\\(?=[\\"]|$)|"/g, "\\$&")
    .replace(/\r/g, "%0D")
    .replace(/\n/g, "%0A");
  return `"${escaped}"`;
}

/** What the part's type should be: the client's, or the one its first bytes show where the client's says nothing. */
export function typeAtUpstream(part: Part): string | undefined {
  if (part.fileName === undefined) return part.contentType;
  const type = part.contentType ?? "";
  if (!uselessTypes.has(type.toLowerCase())) return type;
  return imageType(partStart(part, imageTypeLength)) ?? part.contentType;
}

/** The header lines of a part sent as `name`, up to and with the empty line that ends them. */
export function partHeader(part: Part, name: string): Buffer {
  const file = part.fileName === undefined ? "" : `; filename=${quoted(part.fileName)}`;
  const type = typeAtUpstream(part);
  const typeLine = type === undefined || type === "" ? "" : `Content-Type: ${type}\r\n`;
  return Buffer.from(
    `Content-Disposition: form-data; name=${quoted(name)}${file}\r\n${typeLine}\r\n`,
    "utf8",
  );
}
