import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import { Problem } from '../problems/problem.js';

/** A hash takes a core and 19 MiB for 20 ms: more at once would only take them from everything else. */
const AT_ONCE = 2;
const WAITING = 20;

const turns = bulkhead(AT_ONCE, WAITING);

/** Does work that hashes a password when it is its turn. Throws a 429 problem when too many wait already. */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await turns.execute(work);
  } catch (error) {
    if (!(error instanceof BulkheadRejectedError)) throw error;
    throw new Problem(
      429,
      'TOO_MANY_LOG_INS',
      'Too many log in or register at this moment. Try again in 1 s.',
      {
        headers: { 'retry-after': '1' },
      },
    );
  }
}
