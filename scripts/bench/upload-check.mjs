/**
 * Checks a multipart upload as it arrives: every field once and with the wanted value, the picture byte for byte. A gateway
 * may order and write the parts as it likes. The picture is known, so no boundary is looked for in it: comparing costs the
 * upstream a hundredth of what receiving does, and every upload can be checked under load.
 */
const endOfHead = Buffer.from("\r\n\r\n");
const nothing = Buffer.alloc(0);
/** Heads and small fields never come to this. */
const mostBegunBytes = 256 * 1024;

export class UploadCheck {
  #image;
  #wanted;
  #delimiter;
  #fields = [];
  /** The field whose value is being read; undefined: a part's head is. */
  #field;
  /** How much of the picture has arrived; undefined: it has not begun. */
  #imageOffset;
  #begun = nothing;
  #fault;

  /**
   * @param {{ image: Buffer, fields: Record<string, string> }} wanted
   * @param {string} boundary
   */
  constructor({ image, fields }, boundary) {
    this.#image = image;
    this.#wanted = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
    this.#delimiter = `--${boundary}`;
  }

  /** @param {Buffer} bytes */
  push(bytes) {
    if (this.#fault !== undefined) return;
    const rest = this.#isInImage ? this.#compare(bytes) : bytes;
    if (rest.length === 0) return;
    this.#begun = this.#begun.length === 0 ? rest : Buffer.concat([this.#begun, rest]);
    while (this.#fault === undefined && this.#readOn()) {
      if (this.#isInImage) this.#begun = this.#compare(this.#begun);
    }
    if (this.#begun.length > mostBegunBytes) this.#fault = "a part that is no part of the upload";
    // What is kept must not be overwritten by the next read.
    this.#begun = Buffer.from(this.#begun);
  }

  /** The upload is over: what is wrong with it, if anything. */
  fault() {
    if (this.#fault !== undefined) return this.#fault;
    if (this.#imageOffset !== this.#image.length) return `${this.#imageOffset ?? "no"} bytes of the picture`;
    if (this.#begun.toString("latin1").trim() !== `${this.#delimiter}--`) return "no closing boundary";
    const fields = this.#fields.join(" & ");
    return this.#fields.sort().join() === this.#wanted.sort().join() ? undefined : `the fields ${fields}`;
  }

  get #isInImage() {
    return this.#imageOffset !== undefined && this.#imageOffset < this.#image.length;
  }

  /** @returns {Buffer} what follows the picture */
  #compare(bytes) {
    const piece = bytes.subarray(0, this.#image.length - this.#imageOffset);
    const end = this.#imageOffset + piece.length;
    if (piece.compare(this.#image, this.#imageOffset, end) !== 0) {
      this.#fault = `other bytes than the picture's within ${this.#imageOffset} to ${end}`;
      return nothing;
    }
    this.#imageOffset = end;
    return bytes.subarray(piece.length);
  }

  /** Reads one head or value; false: more bytes are needed. */
  #readOn() {
    return this.#field === undefined ? this.#readHead() : this.#readValue(this.#field);
  }

  #readHead() {
    const end = this.#begun.indexOf(endOfHead);
    if (end < 0) return false;
    const head = this.#begun.toString("latin1", 0, end);
    this.#begun = this.#begun.subarray(end + endOfHead.length);
    if (!head.trimStart().startsWith(`${this.#delimiter}\r\n`)) {
      this.#fault = "bytes between the parts";
      return false;
    }
    const name = /[; ]name="([^"]*)"/i.exec(head)?.[1] ?? "";
    if (!/[; ]filename=/i.test(head)) this.#field = name;
    else if (this.#imageOffset !== undefined) this.#fault = "a second file";
    else if (name !== "image" || !isPhoto(head))
      this.#fault = `a file with the head ${JSON.stringify(head.trim())}`;
    else this.#imageOffset = 0;
    return true;
  }

  #readValue(name) {
    const end = this.#begun.indexOf(`\r\n${this.#delimiter}`);
    if (end < 0) return false;
    this.#fields.push(`${name}=${this.#begun.toString("utf8", 0, end)}`);
    this.#begun = this.#begun.subarray(end + 2);
    this.#field = undefined;
    return true;
  }
}

function isPhoto(head) {
  return head.includes('filename="photo.png"') && /\r\ncontent-type: *image\/png(\r|$)/i.test(head);
}
