import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Platform } from '@comanda/local-infra';
import { Installation } from '../support/installation.js';
import { Edge } from './edge.js';
import type { LoadOptions } from './options.js';
import { rolling } from './rolling.js';

const MOST_SHOWN = 20;

/** What is done to the processes. */
export interface Rounds {
  readonly rounds: number;
  /** The folder with the services that are there at first; this repository when left out. */
  readonly root?: string;
  /** As in `RollingOptions`. */
  readonly renew?: (platform: Platform, name: string, round: number) => Promise<string>;
}

/**
 * Every process is restarted, twice unless something else is said, while customers order at this rate, for these minutes
 * at least.
 *
 * @returns what went wrong, one line each
 */
export async function rollingDrill(
  { minutes, rate, instances }: LoadOptions,
  say: (line: string) => void,
  { rounds, root, renew }: Rounds = { rounds: 2 },
): Promise<string[]> {
  const endsAt = Date.now() + minutes * 60_000;
  const folder = mkdtempSync(join(tmpdir(), 'comanda-drill-'));
  say(`starting ${instances} of each service, on one PostgreSQL, behind nginx`);
  const installation = await Installation.start({
    onPostgres: true,
    ownBroker: true,
    ...(root !== undefined && { root }),
    env: { TRUSTED_PROXIES: '127.0.0.1' },
    instances: {
      ...{ gateway: instances, products: instances, orders: instances },
      ...{ payments: instances, webhooks: instances },
    },
  });
  let edge: Edge | undefined;
  try {
    edge = await Edge.start(installation, folder);
    const { platform } = installation;
    const processes = [...platform.services.keys()];
    const report = await rolling(installation, edge, {
      processes,
      rate,
      // Each of them orders ten times a second at most.
      clients: Math.max(4, Math.ceil(rate / 10)),
      between: rate,
      rounds,
      ...(renew && { renew: (name: string, round: number) => renew(platform, name, round) }),
      afterwards: () => pause(Math.max(0, endsAt - Date.now())),
      say,
    });
    say(
      `${rounds * processes.length} restarts, ${report.requests} requests, ${report.accepted} orders; the stream of one order was opened ${report.connections} times`,
    );
    const gap = JSON.stringify(report.heard) !== JSON.stringify(report.timeline);
    return [
      ...report.failed.slice(0, MOST_SHOWN),
      ...(report.failed.length > MOST_SHOWN ? [`${report.failed.length} requests failed in all`] : []),
      ...(gap ? [`the stream said ${report.heard.join(' ')}, and not ${report.timeline.join(' ')}`] : []),
    ];
  } finally {
    await edge?.stop();
    await installation.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
