import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres } from '@comanda/local-infra';
import { startComanda } from '../comanda/start.mjs';
import { completedUnderLoad } from '../measure/load.mjs';
import { vhost } from '../measure/vhost.mjs';
import { startTutorial } from '../tutorial/run.mjs';

const PRODUCTS = 1_000;
const WARM_UP_SECONDS = 5;

/**
 * Orders completed per second for one product and for a thousand, on both databases, beside the tutorial, which has one
 * product and SQLite only. All run at the same time, each with a vhost of its own, and are measured in turns.
 *
 * @param surroundings servers, an empty folder, and `running`, which takes whatever is to be stopped at the end
 * @returns for each load the figures of `completedUnderLoad` by subject
 */
export async function measureDatabases({ rabbit, redis, directory, running, say, seconds, connections }) {
  const start = async (name, begin, more = {}) => {
    say(`Starting ${name}`);
    const data = join(directory, name);
    mkdirSync(data);
    const rabbitUrl = await vhost(rabbit, name);
    const subject = await begin({ rabbitUrl, redisUrl: redis.url, directory: data, ...more });
    running.push(subject);
    return subject;
  };
  say('Starting PostgreSQL');
  // Started by root it runs as another user, who must be able to get there.
  chmodSync(directory, 0o755);
  // As it is in production: a commit is on the disk.
  const postgres = await startPostgres({ directory: join(directory, 'server'), fsync: true });
  running.push({ stop: () => postgres.discard() });
  const tutorial = await start('tutorial', startTutorial);
  const sqlite = await start('sqlite', startComanda, { products: PRODUCTS });
  const postgresql = await start('postgresql', startComanda, {
    products: PRODUCTS,
    postgresUrl: postgres.url,
  });

  const loads = {
    'one product': { tutorial, sqlite, postgresql },
    [`${PRODUCTS} products`]: { sqlite: ofMany(sqlite), postgresql: ofMany(postgresql) },
  };
  const figures = {};
  for (const [load, subjects] of Object.entries(loads)) {
    figures[load] = {};
    for (const [name, subject] of Object.entries(subjects)) {
      say(`${load}, ${connections} connections for ${seconds} s: ${name}`);
      await completedUnderLoad(subject, { seconds: WARM_UP_SECONDS, connections });
      figures[load][name] = await completedUnderLoad(subject, { seconds, connections });
    }
  }
  return figures;
}

/** The same subject, whose orders are for one product after the other. */
const ofMany = (subject) => ({ ...subject, order: subject.orderOfMany });
