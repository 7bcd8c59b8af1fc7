import { checkBooks } from '../support/books.js';
import type { Installation } from '../support/installation.js';
import type { Edge } from './edge.js';
import { SteadyLoad, type SteadyLoadOptions } from './steady-load.js';
import { WatchedOrder } from './watched-order.js';

export interface RollingOptions extends SteadyLoadOptions {
  /** How many orders are placed between two restarts. */
  readonly between: number;
  /** Which processes are restarted, in this order. */
  readonly processes: readonly string[];
  /** Restarts each so often; once when left out. */
  readonly rounds?: number;
  /**
   * What is done to one, in the first round (0) and in those after it; it is restarted when left out.
   *
   * @returns what was done, for people
   */
  readonly renew?: (name: string, round: number) => Promise<string>;
  /** Awaited after the restarts, while the load goes on. */
  readonly afterwards?: () => Promise<void>;
  readonly say?: (line: string) => void;
}

export interface RollingReport {
  readonly requests: number;
  readonly accepted: number;
  /** How many orders may be there whose answers were never received. */
  readonly open: number;
  /** Why each request that failed did. */
  readonly failed: readonly string[];
  /** How often the stream of the watched order was opened. */
  readonly connections: number;
  /** The steps of the watched order: as its stream told them, and as they are. */
  readonly heard: readonly string[];
  readonly timeline: readonly string[];
}

/**
 * Restarts the processes of an installation, one after the other, under load; at the end the books are right.
 *
 * @throws BooksWrong
 */
export async function rolling(
  installation: Installation,
  edge: Edge,
  {
    between,
    processes,
    rounds = 1,
    renew = restarted(installation),
    afterwards,
    say,
    ...options
  }: RollingOptions,
): Promise<RollingReport> {
  const watched = await WatchedOrder.place(edge, installation);
  const load = SteadyLoad.start(edge, installation, options);
  try {
    for (let round = 0; round < rounds; round++)
      for (const name of processes) {
        await load.more(between);
        await watched.happens();
        const done = await renew(name, round);
        say?.(`${name} was ${done}; ${load.requests} requests, ${load.failed.length} failed`);
      }
    await load.more(between);
    await afterwards?.();
    await load.stop();
    const timeline = await watched.end();
    await checkBooks(installation, { unknown: load.open });
    return {
      timeline,
      requests: load.requests,
      accepted: load.accepted.length,
      open: load.open,
      failed: [...load.failed, ...watched.failed],
      connections: watched.connections,
      heard: watched.steps,
    };
  } finally {
    await load.stop();
    await watched.stop();
  }
}

const restarted =
  ({ platform }: Installation) =>
  async (name: string): Promise<string> => {
    await platform.restart(name);
    return 'restarted';
  };
