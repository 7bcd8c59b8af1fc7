import type { Change } from './changes.js';

/** How many changes of a tenant are kept. */
const KEPT = 1_000;
/**
 * Two instances may hear two events in another order when both were told at the same moment. So what a client may have
 * missed begins a little before what it heard last from another instance.
 */
const OVERLAP = 100;

/** A change with the id under which clients hear of it. */
export interface Entry {
  readonly id: string;
  readonly key: string;
  readonly change: Change;
}

/** Where a client is: what it heard last, and where that stood. */
interface Place {
  readonly epoch: string;
  readonly position: number;
  /** The same on all instances. */
  readonly name: string;
}

/**
 * The last changes of one tenant. Each has a position, which counts within an epoch: the time in which this instance
 * has heard all that was told. An id says both, and the event, by which other instances find it.
 */
export class Ring {
  readonly #entries: Entry[] = [];
  readonly #names: string[] = [];
  /** The position of the newest one. */
  #last = 0;

  constructor(private readonly epoch: string) {}

  /** @param name of the change, the same on all instances */
  add(change: Change, name: string): Entry {
    this.#last++;
    const entry = { id: this.#idOf(name), key: `${change.name}:${change.key}`, change };
    this.#entries.push(entry);
    this.#names.push(name);
    if (this.#entries.length > KEPT) {
      this.#entries.shift();
      this.#names.shift();
    }
    return entry;
  }

  /** Where somebody is who has heard everything so far. */
  get here(): string {
    return this.#idOf(this.#names.at(-1) ?? '');
  }

  /** What somebody has missed who heard this last; `undefined` when that can't be said. */
  after(id: string): readonly Entry[] | undefined {
    const place = placeOf(id);
    if (!place) return undefined;
    const { epoch, position, name } = place;
    if (epoch === this.epoch) {
      const oldest = this.#last - this.#entries.length + 1;
      return position >= oldest - 1 && position <= this.#last
        ? this.#entries.slice(position + 1 - oldest)
        : undefined;
    }
    const at = name === '' ? -1 : this.#names.lastIndexOf(name);
    return at === -1 ? undefined : this.#entries.slice(Math.max(0, at - OVERLAP));
  }

  #idOf(name: string): string {
    return `${this.epoch}.${this.#last}.${name}`;
  }
}

function placeOf(id: string): Place | undefined {
  const [, epoch, position, name] = /^([\w-]{1,40})\.(\d{1,15})\.([\w-]{0,60})$/.exec(id) ?? [];
  return epoch === undefined || name === undefined
    ? undefined
    : { epoch, position: Number(position), name };
}
