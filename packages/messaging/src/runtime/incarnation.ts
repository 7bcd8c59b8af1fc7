import { randomUUID } from 'node:crypto';
import { type Logger, until } from '@comanda/kit';
import { type Database, statement } from '@comanda/storage';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { latestSettled } from './redis-fast-path.js';

/** For how long a start waits for a Redis that does not answer. */
const REDIS_WITHIN_MS = 1_000;

const READ = statement('SELECT id FROM incarnation');
/**
 * One statement, and so one moment: a reader that sees a message from after a new incarnation sees that incarnation,
 * too.
 */
const LOOK_UP = statement({
  sqlite: `SELECT (SELECT id FROM incarnation) AS id, count(*) AS known FROM inbox
    WHERE message_id IN (SELECT value FROM json_each($1))`,
  postgres: `SELECT (SELECT id FROM incarnation) AS id, count(*) AS known FROM inbox
    WHERE message_id IN (SELECT value FROM jsonb_array_elements_text($1::jsonb) AS e(value))`,
});
const RENEW = statement('UPDATE incarnation SET id = $1 WHERE id = $2 RETURNING id');

const BEGIN = statement('UPDATE incarnation SET id = $1');

const Incarnation = z.object({ id: z.string() });
const LookedUp = z.object({ id: z.string(), known: z.coerce.number() });

export interface IncarnationOptions {
  readonly service: string;
  readonly database: Pick<Database, 'read' | 'transaction'>;
  readonly redis: Redis;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Which life of its database a service is in; to be asked at its start, before it takes a message. What Redis remembers
 * as done belongs to one incarnation. When Redis remembers a message that the inbox does not know, the database was
 * restored from a backup, and a new incarnation begins; also when Redis can't be asked, because nobody could tell
 * afterwards. See docs/decisions/25-incarnations.md.
 */
export async function incarnationOf(options: IncarnationOptions): Promise<string> {
  const { service, database, redis, logger } = options;
  for (;;) {
    const { id } = Incarnation.parse((await database.read(READ))[0]);
    const latest = await asked(redis, service, id);
    if (latest !== undefined) {
      const now = LookedUp.parse((await database.read(LOOK_UP, [...latest]))[0]);
      // Another instance, which starts at the same moment, was first: what it found holds for us.
      if (now.id !== id) continue;
      if (now.known === latest.size) return id;
    }
    const renewed = randomUUID();
    const [row] = await database.transaction((transaction) => transaction.run(RENEW, renewed, id));
    if (row === undefined) continue;
    if (latest === undefined)
      logger.info({ incarnation: renewed }, 'Redis could not be asked what it remembers: it is forgotten');
    else
      logger.warn(
        { incarnation: renewed, former: id },
        'the database is older than what Redis remembers of it, so it was restored: what it has not handled in this ' +
          'life is handled again',
      );
    return renewed;
  }
}

/** Begins a new incarnation, where it is known that a database was restored; its service does not run. */
export async function beginIncarnation(database: Pick<Database, 'transaction'>): Promise<void> {
  await database.transaction((transaction) => transaction.run(BEGIN, randomUUID()));
}

/** What each instance settled last in this incarnation; undefined when Redis does not answer. */
async function asked(
  redis: Redis,
  service: string,
  incarnation: string,
): Promise<ReadonlySet<string> | undefined> {
  try {
    await until('Redis answers', () => redis.status === 'ready' || redis.status === 'reconnecting', {
      timeoutMs: REDIS_WITHIN_MS,
    });
    return await latestSettled(redis, service, incarnation);
  } catch {
    return undefined;
  }
}
