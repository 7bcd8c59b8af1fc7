/** One number of 32 bits out of several: well spread, and always the same. (The finaliser of MurmurHash3.) */
export function mix(...numbers: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const number of numbers) {
    hash = Math.imul(hash ^ number, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

const HEX = Buffer.from('0123456789abcdef');
/** Where the digits of an id stand that chance chooses: all but those of the time, the version, the count and the variant. */
const RANDOM = [20, 21, 22, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35];

/** A stream of chance that a seed determines (mulberry32): the same draws give the same answers. */
export class Chance {
  #state: number;
  /** The id that was made last. They are made so often that putting them together from pieces shows. */
  readonly #id = Buffer.from('00000000-0000-7000-8000-000000000000');
  #ms = -1;

  constructor(...seed: readonly number[]) {
    this.#state = mix(...seed);
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let value = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  likely(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly [T, ...T[]] | readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new Error('there is nothing to pick from');
    return picked;
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.below(256)));
  }

  /** A UUIDv7: ordered by the time and, within a millisecond, by `nth`. */
  id(ms: number, nth: number): string {
    const id = this.#id;
    if (ms !== this.#ms) {
      const time = ms.toString(16).padStart(12, '0');
      this.#ms = ms;
      id.write(`${time.slice(0, 8)}-${time.slice(8)}`, 'latin1');
    }
    for (let at = 17, shift = 0; at > 14; at--, shift += 4) id[at] = HEX[(nth >> shift) & 15] ?? 0;
    let bits = 0;
    for (const [nth, at] of RANDOM.entries()) {
      if (nth % 8 === 0) bits = this.below(2 ** 32);
      id[at] = HEX[bits & 15] ?? 0;
      bits >>>= 4;
    }
    return id.toString('latin1');
  }
}
