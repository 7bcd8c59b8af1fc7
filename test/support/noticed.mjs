import { listenForStop } from '../../scripts/dist/stop-signals.js';
import { allServersOrEnd, say } from './long-run.mjs';

/**
 * Does something to an installation under load, says what clients noticed, and ends the process: with 0 when it was nothing.
 *
 * @param {(say: (line: string) => void) => Promise<readonly string[]>} drill gives what clients noticed, one line each
 * @param words what is said at the end
 */
export async function noticed(drill, { well, ill } = { well: 'Nobody noticed.', ill: 'Clients noticed.' }) {
  await allServersOrEnd();
  void listenForStop(() => process.exit(130)).first.then(() => process.exit(130));
  const wrong = await drill(say);
  for (const line of wrong) process.stdout.write(`${line}\n`);
  process.stdout.write(`${wrong.length === 0 ? well : ill}\n`);
  process.exit(wrong.length === 0 ? 0 : 1);
}
