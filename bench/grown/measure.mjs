import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startComanda } from '../comanda/start.mjs';
import { hundredths } from '../measure/figures.mjs';
import { completedUnderLoad } from '../measure/load.mjs';
import { withProcessorTime } from '../measure/processor-time.mjs';
import { vhost } from '../measure/vhost.mjs';
import { grow } from './grow.mjs';
import { queryLatencies } from './queries.mjs';

const TURNS = 5;
const WARM_UP_SECONDS = 5;

/**
 * What an order costs on databases that are empty and on such that hold a million orders, and how long a person waits for
 * a query on these. Both platforms run at the same time, each with a vhost of its own, and are measured in turns.
 *
 * @param surroundings servers, an empty folder, and `running`, which takes whatever is to be stopped at the end
 */
export async function measureGrown({ rabbit, redis, directory, running, say, orders, seconds, connections }) {
  const places = {};
  for (const name of ['empty', 'grown']) {
    const data = join(directory, name);
    mkdirSync(data);
    places[name] = { directory: data, redisUrl: redis.url, rabbitUrl: await vhost(rabbit, name) };
  }
  const start = async (name, more = {}) => {
    say(`Starting Comanda on databases that are ${name}`);
    const subject = await startComanda({ ...places[name], ...more });
    running.push(subject);
    return subject;
  };
  const first = await start('grown');
  const growth = await grow(first, { ...places.grown, orders, say });
  running.splice(running.indexOf(first), 1);
  const subjects = {
    empty: await start('empty'),
    grown: await start('grown', { webhookPort: first.webhookPort }),
  };
  const turns = { empty: [], grown: [] };
  for (let turn = 0; turn <= TURNS; turn += 1)
    for (const [name, subject] of Object.entries(subjects)) {
      say(turn === 0 ? `warming up: ${name}` : `P7, turn ${turn} of ${TURNS}: ${name}`);
      const load = { connections, seconds: turn === 0 ? WARM_UP_SECONDS : Math.ceil(seconds / TURNS) };
      const figures = await withProcessorTime(() => completedUnderLoad(subject, load));
      if (turn > 0) turns[name].push(figures);
    }
  say('Queries on the databases that are grown');
  const queries = await queryLatencies(subjects.grown, places.grown.directory);
  return { growth, empty: middle(turns.empty), grown: middle(turns.grown), turns, queries };
}

/** The turn in the middle: one that something else disturbed counts for nothing. */
function middle(turns) {
  const sorted = turns
    .map(({ msPerOrder: byProcess, completedPerSecond }) => {
      const msPerOrder = Object.values(byProcess).reduce((sum, ms) => sum + ms, 0);
      return { msPerOrder: hundredths(msPerOrder), completedPerSecond, byProcess };
    })
    .sort((one, other) => one.msPerOrder - other.msPerOrder);
  return sorted[Math.floor(sorted.length / 2)];
}
