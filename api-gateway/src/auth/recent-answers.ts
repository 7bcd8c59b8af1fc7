import { BoundedMap } from '@comanda/kit';

const MAX_REMEMBERED = 10_000;

export interface Asked<Answer> {
  readonly answer: Promise<Answer>;
  /** It is not asked for again before this moment, in milliseconds since 1970. */
  readonly until: number;
}

/** Answers that count for a while, so that many requests are one question to the database. */
export class RecentAnswers<Answer> {
  readonly #asked = new BoundedMap<string, Asked<Answer>>(MAX_REMEMBERED);

  constructor(
    private readonly freshMs: number,
    private readonly clock: () => number,
  ) {}

  get(about: string, ask: () => Promise<Answer>): Asked<Answer> {
    const now = this.clock();
    const known = this.#asked.get(about);
    if (known && now < known.until) return known;
    // Requests that come meanwhile wait for the same answer. It is as old as the question.
    const asked = { answer: ask(), until: now + this.freshMs };
    this.#asked.set(about, asked);
    asked.answer.catch(() => {
      if (this.#asked.get(about) === asked) this.#asked.delete(about);
    });
    return asked;
  }
}
