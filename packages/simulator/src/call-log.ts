/** What is needed to hold a client's calls against limits: one line of numbers for each edit that arrived. */
export interface Call {
  readonly organization: string;
  /** Null where the body was not understood. */
  readonly model: string | null;
  /** When the headers had arrived, in milliseconds since 1970, with fractions. */
  readonly arrivedAtMs: number;
  /** When the last byte of the answer was handed over, or the connection was gone; null: it is under way. */
  readonly endedAtMs: number | null;
  /** Null where none was answered. */
  readonly status: number | null;
  /** Asked for, and null as long as nobody knows; so are the next two. */
  readonly images: number | null;
  readonly inputImages: number | null;
  readonly tokens: number | null;
}

const times = 2;
const counts = 6;
const unknown = -1;
const fewest = 1024;
const callsInBatch = 1000;

/** The last calls, at most so many, in 40 bytes each: a drill makes millions. */
export class CallLog {
  #times = new Float64Array(0);
  #counts = new Int32Array(0);
  /** Of calls, in the order of their arrival. */
  #oldest = 0;
  #next = 0;
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(private readonly capacity: number) {}

  /** How many have had to make room. */
  dropped = 0;

  /** @returns the call's number, to say more of it by */
  begin(organization: string, arrivedAtMs: number): number {
    this.#makeRoom();
    const call = this.#next++;
    const at = this.#slotOf(call);
    this.#times.set([arrivedAtMs, unknown], at * times);
    this.#counts.fill(unknown, at * counts, (at + 1) * counts);
    this.#counts[at * counts] = this.#numberOf(organization);
    return call;
  }

  /** What it asks for is understood. */
  understood(call: number, model: string, images: number, inputImages: number, tokens: number): void {
    if (call < this.#oldest) return;
    this.#counts.set([this.#numberOf(model), images, inputImages, tokens], this.#slotOf(call) * counts + 1);
  }

  end(call: number, endedAtMs: number, status: number | null): void {
    if (call < this.#oldest) return;
    const at = this.#slotOf(call);
    this.#times[at * times + 1] = endedAtMs;
    this.#counts[at * counts + 5] = status ?? unknown;
  }

  clear(): void {
    this.#oldest = this.#next;
    this.dropped = 0;
  }

  /** Those of this moment, oldest first, as lines of JSON, many at a time. */
  *lines(): Generator<string> {
    const end = this.#next;
    for (let call = this.#oldest; call < end; ) {
      let batch = "";
      const batchEnd = Math.min(end, call + callsInBatch);
      for (; call < batchEnd; call += 1)
        if (call >= this.#oldest) batch += `${JSON.stringify(this.#read(call))}\n`;
      yield batch;
    }
  }

  #read(call: number): Call {
    const at = this.#slotOf(call);
    const [arrivedAtMs = unknown, endedAtMs = unknown] = this.#times.subarray(at * times, (at + 1) * times);
    const [organization = unknown, model = unknown, images, inputImages, tokens, status] =
      this.#counts.subarray(at * counts, (at + 1) * counts);
    return {
      organization: this.#names[organization] ?? "",
      model: this.#names[model] ?? null,
      arrivedAtMs,
      endedAtMs: known(endedAtMs),
      status: known(status),
      images: known(images),
      inputImages: known(inputImages),
      tokens: known(tokens),
    };
  }

  #makeRoom(): void {
    const held = this.#next - this.#oldest;
    const size = this.#times.length / times;
    if (held < size) return;
    if (size >= this.capacity) {
      this.#oldest += 1;
      this.dropped += 1;
      return;
    }
    const larger = Math.min(this.capacity, Math.max(fewest, 2 * size));
    const kept = { times: new Float64Array(larger * times), counts: new Int32Array(larger * counts) };
    for (let call = this.#oldest; call < this.#next; call += 1) {
      const [from, to] = [call % size, call % larger];
      kept.times.set(this.#times.subarray(from * times, (from + 1) * times), to * times);
      kept.counts.set(this.#counts.subarray(from * counts, (from + 1) * counts), to * counts);
    }
    this.#times = kept.times;
    this.#counts = kept.counts;
  }

  #slotOf(call: number): number {
    return call % (this.#times.length / times);
  }

  #numberOf(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#names.push(name) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  }
}

function known(value: number | undefined): number | null {
  return value === undefined || value === unknown ? null : value;
}
