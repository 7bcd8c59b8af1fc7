import { READERS } from './events.js';
import { type Fault, holds } from './invariant.js';

const waits = ({ service, database }: (typeof READERS)[number]): Fault => ({
  find: `SELECT message_id AS messageId, format('%s is in the outbox of ${service} since %s', type, created_at) AS detail
    FROM ${database}.outbox WHERE created_at <= @settled`,
});

export const theOutboxIsPublished = holds({
  id: 'the-outbox-is-published',
  promise: 5,
  title: 'What was committed is published',
  reads: READERS.map(({ database }) => database),
  checked: `SELECT ${READERS.map(({ database }) => `(SELECT count(*) FROM ${database}.outbox)`).join(' + ')} AS n`,
  faults: READERS.map(waits),
});
