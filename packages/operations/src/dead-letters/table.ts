import { createHash } from 'node:crypto';
import { messageIdOf } from '@comanda/messaging';
import { type RowOf, table } from '@comanda/storage';
import { z } from 'zod';
import { contentOf } from './content.js';
import { deathOf } from './death.js';
import { type DeadMessage, Properties, storedMessage } from './message.js';

const columns = {
  tenantId: z.string(),
  messageId: z.string(),
  /**
   * A digest of the message with its history: shows whether a dead letter is this one, or the same message dead again.
   */
  death: z.string(),
  /** RFC 3339 UTC; '' when it is unknown. */
  diedAt: z.string(),
  type: z.string().nullable(),
  cause: z.string(),
  correlationId: z.string().nullable(),
  source: z.string().nullable(),
  /** Its caller waits for the answer until then. */
  expiresAt: z.string().nullable(),
  size: z.number(),
  copies: z.number(),
  properties: Properties,
  bodyBase64: z.string(),
  /** When it was replayed or discarded; null as long as it is dead. */
  leftAt: z.string().nullable(),
};

/** One row for each message that is dead, or was lately. */
export const deadLetters = table('dead_letters', ['tenantId', 'messageId'], columns);
export type DeadLetterRow = RowOf<typeof columns>;

/** The row of a dead letter that was just taken out of its queue. */
export function rowOf(queue: string, message: DeadMessage): DeadLetterRow {
  const { properties, bodyBase64 } = storedMessage(message);
  const { tenantid, type, correlationid, source, expirytime } = contentOf(message.content);
  const { at, cause } = deathOf(queue, message);
  return {
    tenantId: tenantid,
    messageId: messageIdOf(message),
    death: createHash('sha256')
      .update(JSON.stringify(properties))
      .update(message.content)
      .digest('base64url'),
    diedAt: at ?? '',
    type: textOf(properties.type) ?? type ?? null,
    cause,
    correlationId: correlationid ?? textOf(properties.correlationId) ?? null,
    source: source ?? null,
    expiresAt: expirytime ?? null,
    size: message.content.length,
    copies: 1,
    properties,
    bodyBase64,
    leftAt: null,
  };
}

/**
 * What is left of a dead letter that was replayed or discarded: enough to know it when the broker delivers it again.
 */
export const emptied = (row: DeadLetterRow, leftAt: string): DeadLetterRow => ({
  ...row,
  properties: {},
  bodyBase64: '',
  leftAt,
});

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
