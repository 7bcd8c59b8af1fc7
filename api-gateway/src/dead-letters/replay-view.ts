import { StoredText, Word } from '@comanda/contracts';
import type { NotOne, Outcome } from '@comanda/operations';
import { z } from 'zod';
import { eventId } from '../description/examples.js';
import { named } from '../description/named.js';
import { Problem } from '../problems/problem.js';

export const ReplayView = named(
  'Replay',
  z.object({
    messageId: Word,
    queue: Word.describe('Where it is put back: there alone'),
    type: Word.optional(),
    service: Word,
    handler: Word.optional(),
    dryRun: z.boolean(),
    copies: z.number().int().describe('How many of the same message; one effect all the same'),
    fits: z.boolean().describe("Whether the service's schemas take it now; its database has the last word"),
    detail: StoredText,
  }),
  {
    messageId: eventId,
    queue: 'webhooks_queue',
    type: 'order.created',
    service: 'webhook-publisher',
    handler: 'publish event',
    dryRun: false,
    copies: 1,
    fits: true,
    detail: 'Put back into webhooks_queue, for webhook-publisher alone: its schemas take it.',
  },
);

/** What an id led to, or the problem that it led to none, or to more than one. */
export function onlyOne<T extends object>(found: T | NotOne): T {
  if (!isNotOne(found)) return found;
  if (found.kind === 'none')
    throw new Problem(404, 'NOT_FOUND', 'There is no such dead letter, or no longer.');
  throw new Problem(
    409,
    'SEVERAL_QUEUES',
    `This message is dead in several queues. Say which: ?queue=${found.queues.join(' or ?queue=')}`,
  );
}

const isNotOne = (found: object): found is NotOne =>
  'kind' in found && (found.kind === 'none' || found.kind === 'several');

/** Throws a 409 problem when it is not put back. */
export function replayView(outcome: Outcome, dryRun: boolean): z.infer<typeof ReplayView> {
  if (outcome.kind === 'refused') throw new Problem(409, outcome.blocker.code, outcome.blocker.detail);
  if (outcome.kind !== 'replayed') throw new Error(`a replay cannot end as ${outcome.kind}`);
  const { messageId, queue, type, service, handler, copies } = outcome.deadLetter;
  const { fits, detail } = outcome.preview;
  return {
    messageId,
    queue,
    ...(type !== undefined && { type }),
    service,
    ...(handler !== undefined && { handler }),
    dryRun,
    copies,
    fits,
    detail: `${dryRun ? 'Would be put' : 'Put'} back into ${queue}, for ${service} alone: ${detail}.`,
  };
}
