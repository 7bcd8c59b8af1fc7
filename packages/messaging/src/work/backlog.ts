import type { WorkRow } from '@comanda/storage';

interface Line {
  readonly waiting: WorkRow[];
  running: number;
}

/**
 * Jobs that are leased to this process and wait for a place, in one line for each key, and how many of each key run.
 * The lines take turns, so a key with many jobs does not make the others wait.
 */
export class Backlog {
  readonly #lines = new Map<string, Line>();
  #size = 0;

  /** How many jobs wait. */
  get size(): number {
    return this.#size;
  }

  /** How many jobs of this key wait or run. */
  held(key: string): number {
    const line = this.#lines.get(key);
    return line ? line.waiting.length + line.running : 0;
  }

  keys(): string[] {
    return [...this.#lines.keys()];
  }

  add(job: WorkRow): void {
    const line = this.#lines.get(job.key);
    if (line) line.waiting.push(job);
    else this.#lines.set(job.key, { waiting: [job], running: 0 });
    this.#size++;
  }

  /** The next job, which from now on counts as running, of a key of which fewer than `perKey` run. */
  next(perKey = Number.POSITIVE_INFINITY): WorkRow | undefined {
    for (const [key, line] of this.#lines) {
      if (line.running >= perKey) continue;
      const job = line.waiting.shift();
      if (!job) continue;
      line.running++;
      this.#size--;
      // To the end of the map: the other keys are next.
      this.#lines.delete(key);
      this.#lines.set(key, line);
      return job;
    }
    return undefined;
  }

  /** A job that `next` gave has ended. */
  ended({ key }: WorkRow): void {
    const line = this.#lines.get(key);
    if (!line) return;
    line.running--;
    if (line.running === 0 && line.waiting.length === 0) this.#lines.delete(key);
  }

  /** Takes out all that wait. */
  clear(): WorkRow[] {
    const all = [...this.#lines.values()].flatMap(({ waiting }) => waiting.splice(0));
    this.#size = 0;
    return all;
  }
}
