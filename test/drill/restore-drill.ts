import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../chaos/random.js';
import { Installation } from '../support/installation.js';
import type { RestoreOptions } from './options.js';
import { heldByTheBroker } from './restore/held.js';
import { Rounds } from './restore/rounds.js';

/**
 * All is lost and restored: once with what only the broker had, then so often in the middle of load, at moments that a seed
 * chooses.
 *
 * @returns what went wrong, one line each
 */
export async function restoreDrill(options: RestoreOptions, say: (line: string) => void): Promise<string[]> {
  const { rounds, on, seed = randomInt(2 ** 32) } = options;
  say(`${rounds} rounds on ${on}, --seed ${seed}`);
  const folder = mkdtempSync(join(tmpdir(), 'comanda-drill-'));
  const installation = await Installation.start({
    onPostgres: on === 'postgres',
    ownBroker: true,
    env: { OUTBOX_KEPT_SECONDS: '900', PRODUCT_LOOK_UP_MS: '100', HOUSEKEEPING_EVERY_SECONDS: '3600' },
  });
  try {
    const heldFolder = join(folder, 'held');
    mkdirSync(heldFolder);
    const held = await heldByTheBroker(installation, heldFolder);
    say(
      `held by the broker: ${held.commands.length} commands and ${held.events.length} events, all named by the audit without republish; ` +
        `${held.republished.trim()}; then ${held.violations} violations, ${held.listed.length} orders of after the backup listed`,
    );
    const random = new Random(seed);
    const restores = new Rounds(installation, folder, random, [...held.there], held.later);
    const wrong: string[] = [];
    for (let round = 1; round <= rounds; round++) {
      const { before, after, lost, keysOfTheFuture, republished, wrong: found } = await restores.next(round);
      say(
        `round ${round}: ${before} orders, backup, ${after} orders, all lost; ${keysOfTheFuture} processed keys in Redis; ` +
          `${republished}; ${lost} orders listed; ${found.length} things wrong`,
      );
      wrong.push(...found.map((line) => `round ${round}: ${line}`));
    }
    return wrong;
  } finally {
    await installation.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
