/** Ids and times wherever they stand in a text: a column of their own, a JSON document, a JSON document in one. */
const ID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const TIME = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';
const EVERY_ID = new RegExp(ID, 'g');
const EVERY_ID_OR_TIME = new RegExp(`${ID}|${TIME}`, 'g');
const VERSION_AT = 14;

/** One copy of the sample: the original is number 0, and in the others everything happened so much earlier. */
export interface Copy {
  readonly number: number;
  readonly shiftMs: number;
}

/** A text as a copy has it: literals with the values of slots between them. */
export type Pattern = readonly (string | number)[];

export const idsOf = (text: string): readonly string[] => text.match(EVERY_ID) ?? [];

/**
 * What differs between the copies: every id that the sample made, and every time. The same id is the same slot wherever
 * it stands, so what belongs together in the original belongs together in each copy.
 */
export class Slots {
  readonly #slots = new Map<string, number>();
  readonly #values: ((copy: Copy) => string)[] = [];

  /** @param kept ids from before the sample, which its copies share */
  constructor(private readonly kept: ReadonlySet<string>) {}

  /** Whether there is an id in it that the sample made. */
  isNew(text: string): boolean {
    return idsOf(text).some((id) => !this.kept.has(id));
  }

  /** The slots in a text; `undefined` when there are none, so that every copy has the text as it is. */
  patternOf(text: string): Pattern | undefined {
    const pattern: (string | number)[] = [];
    let end = 0;
    for (const { 0: found, index } of text.matchAll(EVERY_ID_OR_TIME)) {
      if (this.kept.has(found)) continue;
      pattern.push(text.slice(end, index), this.#slotOf(found));
      end = index + found.length;
    }
    return pattern.length > 0 ? [...pattern, text.slice(end)] : undefined;
  }

  /** What a copy has in each slot. */
  valuesOf(copy: Copy): string[] {
    return this.#values.map((valueIn) => valueIn(copy));
  }

  #slotOf(found: string): number {
    const known = this.#slots.get(found);
    if (known !== undefined) return known;
    const slot = this.#values.push(inCopies(found)) - 1;
    this.#slots.set(found, slot);
    return slot;
  }
}

function inCopies(found: string): (copy: Copy) => string {
  if (found.includes('T')) {
    const time = Date.parse(found);
    return ({ shiftMs }) => new Date(time - shiftMs).toISOString();
  }
  return found[VERSION_AT] === '7' ? timeOrdered(found) : derived(found);
}

/** UUIDv7 begins with its time; the copies have other times, and so other ids. */
function timeOrdered(id: string): (copy: Copy) => string {
  const time = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  const rest = id.slice(13);
  return ({ shiftMs }) => {
    const hex = (time - shiftMs).toString(16).padStart(12, '0');
    return `${hex.slice(0, 8)}-${hex.slice(8)}${rest}`;
  };
}

/** Any other one is random or a hash, and so are those of the copies. */
function derived(id: string): (copy: Copy) => string {
  const [a = 0, b = 0, c = 0] = [id.slice(0, 8), id.slice(24, 32), id.slice(28)].map((hex) =>
    Number.parseInt(hex, 16),
  );
  const middle = id.slice(8, 24);
  return ({ number }) =>
    number === 0 ? id : mixed(a, number) + middle + mixed(b, number ^ a).slice(0, 4) + mixed(c, number ^ b);
}

/** The finalizer of MurmurHash3: every bit of the number changes half of the bits. */
function mixed(seed: number, number: number): string {
  let hash = seed ^ Math.imul(number, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, '0');
}
