import { type Books, BooksWrong, checkBooks } from '../support/books.js';
import type { Installation } from '../support/installation.js';
import type { Adjusted, Diary, Placed } from './load/diary.js';

export interface Verdict {
  readonly violations: readonly string[];
  /** What the books say, when there is nothing wrong with them. */
  readonly books?: Books;
}

/** Waits for rest, and then holds everything that was promised against everything that is written down. */
export async function verdictOn(
  installation: Installation,
  diary: Diary,
  patienceMs: number,
): Promise<Verdict> {
  const { books, wrong } = await booksOf(installation, diary, patienceMs);
  return {
    violations: [
      ...diary.surprises,
      ...wrong,
      ...endsWrong(installation, diary),
      ...adjustmentsWrong(installation, diary),
      ...bytesWrong(installation),
    ],
    ...(books && { books }),
  };
}

/** The invariants over all databases, the queues and the witness's mail. No dead letter is explained by any fault. */
async function booksOf(
  installation: Installation,
  { accepted, perhaps }: Diary,
  patienceMs: number,
): Promise<{ books?: Books; wrong: readonly string[] }> {
  try {
    const orders = { accepted: [...accepted.keys()], perhaps: [...perhaps.keys()] };
    return { books: await checkBooks(installation, { ...orders, patienceMs }), wrong: [] };
  } catch (error) {
    return { wrong: error instanceof BooksWrong ? error.entries : [String(error)] };
  }
}

/** Each order has ended as what was wished allows, and one whose cancellation was accepted is not confirmed. */
function endsWrong(installation: Installation, { accepted, perhaps }: Diary): string[] {
  const rows = installation.rows<{ order_id: string; status: string; failure_code: string | null }>(
    'orders',
    'SELECT order_id, status, failure_code FROM orders',
  );
  return rows.flatMap(({ order_id, status, failure_code }) => {
    const placed = accepted.get(order_id) ?? perhaps.get(order_id);
    if (!placed || mayEnd(placed, status, failure_code)) return [];
    const { wish, cancelled } = placed;
    return [
      `order ${order_id} ("${wish.name}", cancelled: ${cancelled}) ended ${status} (${failure_code}), may end ${wish.ends.join(' or ')}`,
    ];
  });
}

function mayEnd({ wish, cancelled }: Placed, status: string, code: string | null): boolean {
  if (status === 'CANCELLED')
    return cancelled === 'no' ? code === 'RESERVATION_EXPIRED' || code === 'RESERVATION_LOST' : code !== null;
  if (status === 'CONFIRMED' && cancelled === 'yes') return false;
  return wish.ends.includes(status === 'REJECTED' ? `${status} ${code}` : status);
}

/** An adjustment that was answered was made exactly once; one that was not, at most once. */
const TIMES_MADE: Record<Adjusted['outcome'], (times: number, delta: number) => boolean> = {
  done: (times) => times === 1,
  accepted: (times, delta) => times === 1 || (delta < 0 && times === 0),
  refused: (times) => times === 0,
  perhaps: (times) => times === 0 || times === 1,
};

function adjustmentsWrong(installation: Installation, { adjusted }: Diary): string[] {
  const movements = installation.rows<{ product_id: string; reason: string; delta: number; n: number }>(
    'products',
    `SELECT product_id, reason, delta, count(*) AS n FROM movements WHERE order_id IS NULL AND reason LIKE 'chaos %'
     GROUP BY product_id, reason, delta`,
  );
  const made = new Map(movements.map((row) => [`${row.product_id}/${row.reason}/${row.delta}`, row.n]));
  return adjusted.flatMap(({ productId, reason, delta, outcome }) => {
    const times = made.get(`${productId}/${reason}/${delta}`) ?? 0;
    return TIMES_MADE[outcome](times, delta)
      ? []
      : [`${delta} of product ${productId} ("${reason}", ${outcome}) were put on the shelf ${times} times`];
  });
}

/** Every attempt for an event carries the same bytes. */
function bytesWrong({ witness }: Installation): string[] {
  const bodies = new Map<string, string>();
  return witness.receiver.attempts.flatMap(({ id, body }) => {
    const first = bodies.get(id) ?? body;
    bodies.set(id, first);
    return first === body ? [] : [`event ${id} was sent with different bytes: ${first} and ${body}`];
  });
}
