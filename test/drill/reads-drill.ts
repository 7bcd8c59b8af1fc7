import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkBooks } from '../support/books.js';
import { Installation } from '../support/installation.js';
import { Edge } from './edge.js';
import type { LoadOptions } from './options.js';
import { SteadyLoad } from './steady-load.js';

const READS = 10_000;

/**
 * So many orders, each of them read right after its 202 at the next gateway: half of them with Redis, by which gateways
 * tell each other what they have accepted, half without. The other services are one instance each.
 *
 * @returns what went wrong, one line each
 */
export async function readsDrill(
  { rate, instances }: LoadOptions,
  say: (line: string) => void,
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'comanda-drill-'));
  say(`starting ${instances} gateways behind nginx`);
  const installation = await Installation.start({
    ownBroker: true,
    env: { TRUSTED_PROXIES: '127.0.0.1' },
    instances: { gateway: instances },
  });
  let edge: Edge | undefined;
  try {
    edge = await Edge.start(installation, folder);
    const load = SteadyLoad.start(edge, installation, { rate, clients: Math.max(4, Math.ceil(rate / 10)) });
    for (const [redis, begin] of [
      ['there', async () => undefined],
      ['away', () => installation.redis.kill()],
    ] as const) {
      await begin();
      for (let part = 1; part <= 10; part += 1) {
        await load.more(READS / 20);
        say(
          `Redis is ${redis}: ${load.accepted.length} orders accepted and read, ${load.failed.length} failed`,
        );
      }
    }
    await load.stop();
    await installation.redis.start();
    await checkBooks(installation, { unknown: load.open });
    const often = Map.groupBy(load.failed, (why) => why);
    return [...often].map(([why, times]) => `${times.length} x ${why}`);
  } finally {
    await edge?.stop();
    await installation.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
