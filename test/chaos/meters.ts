import type { Platform } from '@comanda/local-infra';

/** Short, because what an instance has counted dies with it. */
const EVERY_MS = 1_000;
const TIMEOUT_MS = 2_000;

/** The counters that are watched: a name, and a part of its labels. */
const COUNTERS = {
  duplicatesRecognised: ['comanda_messages_handled_total', 'outcome="duplicate"'],
  retried: ['comanda_messages_handled_total', 'outcome="retried"'],
  lateResultsRefused: ['comanda_work_total', 'outcome="lost-lease"'],
} as const;
export type Counted = Readonly<Record<keyof typeof COUNTERS, number>>;

/**
 * Reads the counters of every instance again and again, and adds them up over the lives of each. What was counted
 * in the second before a kill -9 is not known, so the sums say "at least".
 */
export class Meters {
  readonly #timer: NodeJS.Timeout;
  /** By instance and counter: what it said last, and the sum of its former lives. */
  readonly #seen = new Map<string, { last: number; before: number }>();

  constructor(private readonly platform: Platform) {
    this.#timer = setInterval(() => void this.read(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async read(): Promise<void> {
    await Promise.all([...this.platform.operatorUrls].map(([instance, url]) => this.#readOne(instance, url)));
  }

  get sums(): Counted {
    const sum = (counter: string) =>
      [...this.#seen]
        .filter(([key]) => key.endsWith(`/${counter}`))
        .reduce((total, [, { last, before }]) => total + last + before, 0);
    return {
      duplicatesRecognised: sum('duplicatesRecognised'),
      retried: sum('retried'),
      lateResultsRefused: sum('lateResultsRefused'),
    };
  }

  async #readOne(instance: string, url: string): Promise<void> {
    const page = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).then(
      (response) => response.text(),
      () => undefined, // felled or paused
    );
    if (page === undefined) return;
    for (const [counter, [metric, label]] of Object.entries(COUNTERS)) {
      const now = page
        .split('\n')
        .filter((line) => line.startsWith(`${metric}{`) && line.includes(label))
        .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
      const seen = this.#seen.get(`${instance}/${counter}`) ?? { last: 0, before: 0 };
      const before = now < seen.last ? seen.before + seen.last : seen.before;
      this.#seen.set(`${instance}/${counter}`, { last: now, before });
    }
  }
}
