import type { ConsumeMessage } from 'amqplib';
import { SERVICE_QUEUES } from '../broker/topology.js';
import { messageIdOf } from '../runtime/failure.js';
import { contentOf } from './content.js';
import { typeOf } from './letter.js';

/** Which letters are meant; each field narrows. */
export interface Wanted {
  readonly queue?: string | undefined;
  readonly type?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly messageId?: string | undefined;
}

/** The queues to look into. */
export const queuesOf = ({ queue }: Wanted): readonly string[] =>
  queue === undefined ? SERVICE_QUEUES : [queue];

/** What is cheap is asked first: most letters need not be read. */
export function isWanted(delivery: ConsumeMessage, { messageId, type, tenantId }: Wanted): boolean {
  if (messageId !== undefined && messageIdOf(delivery) !== messageId) return false;
  if (type === undefined && tenantId === undefined) return true;
  const named = typeOf(delivery);
  if (type !== undefined && named !== undefined && named !== type) return false;
  const told = contentOf(delivery.content);
  return (
    (type === undefined || (named ?? told.type) === type) &&
    (tenantId === undefined || told.tenantid === tenantId)
  );
}
