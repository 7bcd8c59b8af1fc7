import { CONSUMING_SERVICES, type ConsumingService } from '@comanda/contracts';
import { type Fault, holds } from './invariant.js';

const waits = ({ name, alias }: ConsumingService): Fault => ({
  find: `SELECT message_id AS messageId, format('%s is in the outbox of ${name} since %s', type, created_at) AS detail
    FROM ${alias}.outbox WHERE created_at <= @settled`,
});

export const theOutboxIsPublished = holds({
  id: 'the-outbox-is-published',
  promise: 5,
  title: 'What was committed is published',
  reads: CONSUMING_SERVICES.map(({ alias }) => alias),
  checked: `SELECT ${CONSUMING_SERVICES.map(({ alias }) => `(SELECT count(*) FROM ${alias}.outbox)`).join(' + ')} AS n`,
  faults: CONSUMING_SERVICES.map(waits),
});
