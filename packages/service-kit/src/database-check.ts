import { messageOf } from '@comanda/kit';
import { type Database, statement } from '@comanda/storage';
import type { HealthCheck } from './health-check.js';

/** Questions meanwhile get the answer that is there: a flood of questions is one query a second. */
const REMEMBERED_MS = 1_000;

/**
 * Without its own database a service can't do its work.
 *
 * @param clock milliseconds that only grow
 */
export function databaseCheck(
  database: Pick<Database, 'read'>,
  clock: () => number = () => performance.now(),
): HealthCheck {
  let answer: Promise<string | undefined> | undefined;
  let asksAgainAt = 0;
  const ask = async (): Promise<string | undefined> => {
    try {
      await database.read(statement('SELECT 1'));
      return undefined;
    } catch (error) {
      return messageOf(error);
    } finally {
      asksAgainAt = clock() + REMEMBERED_MS;
    }
  };
  return {
    name: 'database',
    needed: true,
    unhealthyReason: () => {
      if (answer === undefined || clock() >= asksAgainAt) {
        // While it is asked nobody asks besides.
        asksAgainAt = Number.POSITIVE_INFINITY;
        answer = ask();
      }
      return answer;
    },
  };
}
