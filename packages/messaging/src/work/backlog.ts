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

  add(job: WorkRow): void {
    const line = this.#lines.get(job.key);
    if (line) line.waiting.push(job);
    else this.#lines.set(job.key, { waiting: [job], running: 0 });
    this.#size++;
  }

  /** The next job, which from now on counts as running, of a key of which one more may run. */
  next(mayRun: (key: string, running: number) => boolean): WorkRow | undefined {
    for (const [key, line] of this.#lines) {
      if (line.waiting.length === 0 || !mayRun(key, line.running)) continue;
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

  /** Takes out at most so many of those that wait of this key, as far as they may go together with one that runs. */
  join(key: string, most: number, may: (job: WorkRow) => boolean): WorkRow[] {
    const line = this.#lines.get(key);
    if (!line || most <= 0) return [];
    const taken = line.waiting.filter(may).slice(0, most);
    const left = line.waiting.filter((job) => !taken.includes(job));
    line.waiting.splice(0, line.waiting.length, ...left);
    this.#size -= taken.length;
    return taken;
  }

  /** A job that `next` gave has ended. */
  ended({ key }: WorkRow): void {
    const line = this.#lines.get(key);
    if (!line) return;
    line.running--;
    this.#forgetEmpty(key, line);
  }

  /** Takes out what waits of this key. */
  take(key: string): WorkRow[] {
    const line = this.#lines.get(key);
    if (!line) return [];
    const taken = line.waiting.splice(0);
    this.#size -= taken.length;
    this.#forgetEmpty(key, line);
    return taken;
  }

  /** Takes out all that wait. */
  clear(): WorkRow[] {
    return [...this.#lines.keys()].flatMap((key) => this.take(key));
  }

  #forgetEmpty(key: string, { running, waiting }: Line): void {
    if (running === 0 && waiting.length === 0) this.#lines.delete(key);
  }
}
