import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startComanda } from '../comanda/start.mjs';
import { completedUnderLoad, readsAtRate } from '../measure/load.mjs';
import { vhost } from '../measure/vhost.mjs';

const TURNS = 3;
/** Enough for full pages. */
const PRODUCTS = 200;
const FILL_SECONDS = 2;

/**
 * How long reads take at a steady rate, each beside the read of one order's status. All are measured in turns.
 *
 * @param surroundings servers, an empty folder, and `running`, which takes whatever is to be stopped at the end
 * @returns for each read the turn with the middle p99
 */
export async function measureReads({
  rabbit,
  redis,
  directory,
  running,
  say,
  paceSeconds,
  perSecond,
  connections,
}) {
  say('Starting Comanda');
  const data = join(directory, 'reads');
  mkdirSync(data);
  const rabbitUrl = await vhost(rabbit, 'reads');
  const subject = await startComanda({ rabbitUrl, redisUrl: redis.url, directory: data, products: PRODUCTS });
  running.push(subject);
  say('Placing orders to read');
  await completedUnderLoad(subject, { connections, seconds: FILL_SECONDS });
  const targets = await subject.reads();
  const turns = Object.fromEntries(Object.keys(targets).map((name) => [name, []]));
  const seconds = Math.max(2, Math.ceil(paceSeconds / TURNS));
  for (let turn = 1; turn <= TURNS; turn += 1)
    for (const [name, target] of Object.entries(targets)) {
      say(`turn ${turn} of ${TURNS}, ${perSecond} a second for ${seconds} s: ${name}`);
      turns[name].push(await readsAtRate(target, { perSecond, seconds }));
    }
  return Object.fromEntries(Object.entries(turns).map(([name, of]) => [name, middle(of)]));
}

/** One that something else disturbed counts for nothing. */
const middle = (turns) => turns.toSorted((one, other) => one.p99 - other.p99)[Math.floor(turns.length / 2)];
