import type { Change } from './changes.js';

/** How many changes of a tenant are kept. */
const KEPT = 1_000;
/**
 * Two instances may hear what two services tell at the same moment in another order. So what a client has heard at
 * another instance may lack what this one heard from other services so shortly before.
 */
const SAME_MOMENT_MS = 100;

/** A change with the id under which clients hear of it. */
export interface Entry {
  readonly id: string;
  readonly key: string;
  readonly change: Change;
}

/** Where a change comes from. Name and source are the same on all instances. */
export interface Origin {
  readonly name: string;
  readonly source: string;
  /** When it came here. */
  readonly at: number;
}

interface Kept extends Origin {
  readonly entry: Entry;
}

/**
 * The last changes of one tenant. Each has a position, which counts within an epoch: the time in which this instance
 * has heard all that was told. An id says both, and the name of the change, by which other instances find it.
 */
export class Ring {
  readonly #kept: Kept[] = [];
  /** The position of the newest one. */
  #last = 0;

  constructor(private readonly epoch: string) {}

  add(change: Change, origin: Origin): Entry {
    this.#last++;
    const entry = { id: this.#idOf(origin.name), key: `${change.name}:${change.key}`, change };
    this.#kept.push({ ...origin, entry });
    if (this.#kept.length > KEPT) this.#kept.shift();
    return entry;
  }

  /** Where somebody is who has heard everything so far. */
  get here(): string {
    return this.#idOf(this.#kept.at(-1)?.name ?? '');
  }

  /** What somebody has missed who heard this last; `undefined` when that can't be said. */
  after(id: string): readonly Entry[] | undefined {
    const place = placeOf(id);
    if (!place) return undefined;
    if (place.epoch !== this.epoch) return this.#afterNamed(place.name);
    const oldest = this.#last - this.#kept.length + 1;
    if (place.position < oldest - 1 || place.position > this.#last) return undefined;
    return this.#kept.slice(place.position + 1 - oldest).map(({ entry }) => entry);
  }

  /** Of one who heard it at another instance, or before an interruption here. */
  #afterNamed(name: string): readonly Entry[] | undefined {
    const at = this.#kept.findLastIndex((one) => one.name === name);
    const found = this.#kept[at];
    if (!found) return undefined;
    const perhaps = this.#kept
      .slice(0, at)
      .filter(
        (one, position) =>
          one.source !== found.source &&
          one.at >= found.at - SAME_MOMENT_MS &&
          !this.#kept.slice(position + 1, at + 1).some((later) => replaces(later.entry, one.entry)),
      );
    return [...perhaps, ...this.#kept.slice(at + 1)].map(({ entry }) => entry);
  }

  #idOf(name: string): string {
    return `${this.epoch}.${this.#last}.${name}`;
  }
}

/** Products are gathered under one key, so a later change need not be of the same ones. */
const replaces = (later: Entry, one: Entry): boolean =>
  later.key === one.key && one.change.name !== 'STOCK_CHANGED';

function placeOf(id: string): { epoch: string; position: number; name: string } | undefined {
  const [, epoch, position, name] = /^([\w-]{1,40})\.(\d{1,15})\.([\w-]{0,60})$/.exec(id) ?? [];
  return epoch === undefined || name === undefined ? undefined : { epoch, position: Number(position), name };
}
