import { orderOf } from '../support/api.js';
import { BooksWrong, checkBooks } from '../support/books.js';
import { Installation } from '../support/installation.js';
import { Answers, fuzzRound } from './fuzz.js';
import { Heap, INSPECTABLE } from './heap.js';
import { setStage } from './stage.js';

export interface Campaign {
  readonly seed: number;
  readonly perRoute: number;
  /** Whether there is to be another round, before each; there are two at least. */
  readonly more: (rounds: number) => boolean;
  readonly say: (line: string) => void;
  /** Where no test shares one. */
  readonly ownBroker?: boolean;
}

export interface Report {
  /** What went wrong, a line for each: answers, logs, books, memory. */
  readonly wrong: readonly string[];
  readonly answers: Answers;
}

/** What a gateway may remember of later requests than those that filled its memories: less than a leak of one of each. */
const FLAT_BYTES = 2 * 1024 * 1024;

/** What the second half of the rounds left in the memory of the gateway, besides what the first had left. */
export function leakIn(heaps: readonly number[]): string[] {
  const half = heaps[Math.floor((heaps.length - 1) / 2)] ?? 0;
  return (heaps.at(-1) ?? 0) - half < FLAT_BYTES
    ? []
    : [`the heap grows: ${heaps.join(', ')} bytes after each round`];
}

/** A whole platform of its own, fuzzed; then it must still do its work, and its books must add up. */
export async function campaign({ seed, perRoute, more, say, ownBroker = false }: Campaign): Promise<Report> {
  const lines: string[] = [];
  const installation = await Installation.start({
    env: INSPECTABLE,
    ownBroker,
    onLine: (process, line) => lines.push(`${process} ${line}`),
  });
  try {
    const stage = await setStage(installation);
    const gateway = installation.platform.services.get('gateway');
    if (!gateway) throw new Error('there is no gateway');
    const heap = await Heap.open(gateway);
    const answers = new Answers();
    const wrong: string[] = [];
    /** Bytes in use in the gateway after each round, without garbage. */
    const heaps: number[] = [];
    try {
      for (let round = 0; round < 2 || more(round); round++) {
        const found = await fuzzRound(stage, { seed: seed + round, perRoute, sweep: round === 0 }, answers);
        wrong.push(...found);
        heaps.push(await heap.used());
        say(
          `seed ${seed + round}: ${answers.count} requests so far, ${found.length} findings, heap ${heaps.at(-1)}`,
        );
      }
    } finally {
      heap.close();
      await stage.close();
    }
    wrong.push(
      ...leakIn(heaps),
      ...(await orderAfterwards(installation)),
      ...lines.filter((line) => /"level":[56]0|unhandledRejection|uncaughtException/.test(line)),
      ...(await booksOf(installation, answers)),
    );
    return { wrong, answers };
  } finally {
    await installation.stop();
  }
}

/** Of a product that the fuzz has not sold out. */
async function orderAfterwards(installation: Installation): Promise<string[]> {
  const productId = await installation.product('AFTERWARDS', { stock: 5 });
  const { status } = await installation.placed(orderOf(productId));
  return status === 'CONFIRMED' ? [] : [`an order that was placed afterwards is ${status}`];
}

/** Bytes that were cut off may have placed an order whose answer nobody read. */
async function booksOf(installation: Installation, { accepted }: Answers): Promise<readonly string[]> {
  const orders = installation.rows<{ id: string }>('orders', 'SELECT order_id AS id FROM orders');
  try {
    await checkBooks(installation, {
      accepted: [...new Set([...installation.accepted, ...accepted])],
      perhaps: orders.map(({ id }) => id),
    });
    return [];
  } catch (error) {
    if (error instanceof BooksWrong) return error.entries;
    throw error;
  }
}
