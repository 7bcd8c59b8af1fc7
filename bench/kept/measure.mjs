import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startComanda } from '../comanda/start.mjs';
import { completedUnderLoad } from '../measure/load.mjs';
import { withProcessorTime } from '../measure/processor-time.mjs';
import { vhost } from '../measure/vhost.mjs';

const WARM_UP_SECONDS = 5;
const KEPT_SECONDS = 900;

/**
 * P1 of a platform that keeps nothing of what is confirmed, and of one that keeps it for a restore. Both run at the same
 * time, each with a vhost of its own, and are measured in turns, of which each begins with the other one.
 *
 * @param surroundings servers, an empty folder, and `running`, which takes whatever is to be stopped at the end
 * @returns the figures of each turn
 */
export async function measureKept(surroundings) {
  const { rabbit, redis, directory, running, say, seconds, connections, turns } = surroundings;
  const subjects = {};
  for (const [name, kept] of Object.entries({ without: 0, kept: KEPT_SECONDS })) {
    say(`Starting Comanda, OUTBOX_KEPT_SECONDS=${kept}`);
    const data = join(directory, name);
    mkdirSync(data);
    const settings = { OUTBOX_KEPT_SECONDS: String(kept) };
    const rabbitUrl = await vhost(rabbit, name);
    subjects[name] = await startComanda({ rabbitUrl, redisUrl: redis.url, directory: data, settings });
    running.push(subjects[name]);
  }
  const figures = [];
  for (let turn = 0; turn <= turns; turn += 1) {
    const inTurn = Object.entries(subjects);
    if (turn % 2 === 1) inTurn.reverse();
    const load = { connections, seconds: turn === 0 ? WARM_UP_SECONDS : Math.ceil(seconds / turns) };
    const of = {};
    for (const [name, subject] of inTurn) {
      say(turn === 0 ? `warming up: ${name}` : `P1, turn ${turn} of ${turns}: ${name}`);
      of[name] = await withProcessorTime(() => completedUnderLoad(subject, load));
    }
    if (turn > 0) figures.push(of);
  }
  return figures;
}
