import { join } from 'node:path';
import {
  type Counted,
  countMessages,
  databasesIn,
  deadLettersTakenIn,
  openAuditSource,
  withDeadLettersTakenIn,
} from '@comanda/auditor';
import type { Installation } from './installation.js';

export { countMessages } from '@comanda/auditor';

/** How many messages are dead, by the queue that dead letters come from, whether a service has taken them in or not. */
export async function countDeadLetters(installation: Installation): Promise<Counted['dead']> {
  await installation.refresh();
  const counted = await countMessages(installation.brokerUrl);
  const source = await openAuditSource(databasesIn(join(installation.directory, 'data')));
  try {
    return withDeadLettersTakenIn(counted, await deadLettersTakenIn(source)).dead;
  } finally {
    source.close();
  }
}
