import { Housekeeper } from '@comanda/operations';
import type { Database, Retention } from '@comanda/storage';
import { strictLogger } from '@comanda/test-kit';

/** Removes what these retentions let go at this time, as a service does every hour. */
export const cleanOnce = (database: Database, retentions: readonly Retention[], now: Date): Promise<void> =>
  new Housekeeper({
    database,
    retentions,
    everySeconds: 3600,
    clock: () => now,
    logger: strictLogger,
  }).clean();
