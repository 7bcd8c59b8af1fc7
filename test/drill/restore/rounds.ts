import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Random } from '../../chaos/random.js';
import { BooksWrong, checkBooks } from '../../support/books.js';
import type { Installation } from '../../support/installation.js';
import { Load } from '../../support/load.js';
import { operatorsOf } from './commands.js';

const MOST_ORDERS = 120;

export interface Round {
  /** Orders that were answered 202 before the backup was begun, in all rounds. */
  readonly before: number;
  /** Those that were answered 202 after that and before all was lost; of them, those that are not there. */
  readonly after: number;
  readonly lost: number;
  /** How many messages Redis remembers as done, of the life that was lost and of those before, when it is restored. */
  readonly keysOfTheFuture: number;
  readonly republished: string;
  /** What is wrong, a line each. */
  readonly wrong: readonly string[];
}

/** Restores under load, of which each goes on where the former one ended. */
export class Rounds {
  /** The orders that were lost in former rounds; clients know them for ever. */
  readonly #lost: Set<string>;
  readonly #known: Set<string>;

  constructor(
    private readonly installation: Installation,
    private readonly folder: string,
    private readonly random: Random,
    known: readonly string[] = [],
    lost: readonly string[] = [],
  ) {
    this.#known = new Set(known);
    this.#lost = new Set(lost);
  }

  /** Backed up at one random moment of load, killed at another, restored; the load goes on and must end well. */
  async next(round: number): Promise<Round> {
    const { installation, random } = this;
    const operators = operatorsOf(installation);
    const directory = join(this.folder, `backup-${round}`);
    const load = Load.start(installation, { clients: 5, pauseMs: random.between(0, 40) });
    await load.more(random.between(5, MOST_ORDERS));
    const before = new Set(load.accepted.keys());
    await operators.backUp(directory);
    await load.more(random.between(1, MOST_ORDERS));
    let after: string[] = [];
    let republished = '';
    let keysOfTheFuture = 0;
    await installation.loseAll(async () => {
      after = [...load.accepted.keys()].filter((id) => !before.has(id));
      await operators.restore(directory);
      keysOfTheFuture = await processedKeys(installation.redis.url);
      republished = (await operators.republish()).trim();
    });
    await load.more(random.between(5, 20));
    await load.stop();

    const wrong = [...load.surprises];
    const perhaps = new Set([...after, ...load.perhaps.keys()]);
    const certain = [...this.#known, ...load.accepted.keys()].filter((id) => !perhaps.has(id));
    wrong.push(...(await booksOf(installation, certain, [...perhaps])));
    const there = this.#there();
    const all = [...this.#known, ...this.#lost, ...load.accepted.keys()];
    const audited = await operators.audit(all, join(this.folder, 'accepted'));
    const lost = after.filter((id) => !there.has(id));
    wrong.push(...compare(audited.missingOrders, [...this.#lost, ...lost]));
    if (audited.violations > 0)
      wrong.push(JSON.stringify(audited.invariants.filter(({ count }) => count > 0)));
    for (const id of lost) this.#lost.add(id);
    for (const id of there) this.#known.add(id);
    if (keysOfTheFuture === 0) wrong.push('Redis remembers nothing of what was lost');
    const counts = { before: before.size, after: after.length, lost: lost.length, keysOfTheFuture };
    return { ...counts, republished, wrong };
  }

  #there(): ReadonlySet<string> {
    const orders = this.installation.rows<{ order_id: string }>('orders', 'SELECT order_id FROM orders');
    return new Set(orders.map(({ order_id }) => order_id));
  }
}

async function processedKeys(url: string): Promise<number> {
  const redis = new Redis(url);
  try {
    return (await redis.keys('tests:processed:*')).length;
  } finally {
    redis.disconnect();
  }
}

async function booksOf(
  installation: Installation,
  accepted: readonly string[],
  perhaps: readonly string[],
): Promise<readonly string[]> {
  try {
    await checkBooks(installation, { accepted, perhaps });
    return [];
  } catch (error) {
    return error instanceof BooksWrong ? error.entries : [String(error)];
  }
}

/** The audit lists what is lost, and nothing else. */
function compare(listed: readonly string[], lost: readonly string[]): string[] {
  const [one, other] = [new Set(listed), new Set(lost)];
  return [
    ...listed
      .filter((id) => !other.has(id))
      .map((id) => `it was accepted before the backup, and is not there: ${id}`),
    ...lost.filter((id) => !one.has(id)).map((id) => `the audit does not list the lost order ${id}`),
  ];
}
