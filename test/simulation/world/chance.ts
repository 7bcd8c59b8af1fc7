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

/** Four digits each: ids are made so often that counting digits shows. */
const HEX = Array.from({ length: 0x10000 }, (_, number) => number.toString(16).padStart(4, '0'));
const hex = (number: number): string => HEX[number] ?? '';

/** A stream of chance that a seed determines (mulberry32): whoever draws the same things gets the same answers. */
export class Chance {
  #state: number;
  /** The beginning of ids of the millisecond that was asked for last. */
  #prefix = '';
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

  /** A UUIDv7: ordered by the time and, within a millisecond, by `nth`. */
  id(ms: number, nth: number): string {
    if (ms !== this.#ms) {
      const time = ms.toString(16).padStart(12, '0');
      this.#ms = ms;
      this.#prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
    }
    const [high, low] = [this.below(2 ** 30), this.below(2 ** 32)];
    const rest = `${hex(high & 0xffff)}${hex(low >>> 16)}${hex(low & 0xffff)}`;
    return `${this.#prefix}${hex(nth & 0xfff).slice(1)}-${hex(0x8000 | (high >>> 16))}-${rest}`;
  }
}
