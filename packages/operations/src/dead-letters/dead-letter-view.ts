import type { DeadLetter } from '@comanda/contracts';
import { HEADERS, serviceOf } from '@comanda/messaging';
import { contentOf } from './content.js';
import { deathOf } from './death.js';
import { messageFrom } from './message.js';
import { type ReplayRules, replayBlocker } from './replay-blocker.js';
import type { DeadLetterRow } from './table.js';

/** A dead letter as it is shown; its body only when the row has it. */
export function deadLetterView(queue: string, row: DeadLetterRow, rules: ReplayRules): DeadLetter {
  const { messageId, tenantId, type, cause, diedAt, correlationId, source, size, copies } = row;
  const message = messageFrom(row);
  const header = (name: string): string | undefined => {
    const value: unknown = message.properties.headers?.[name];
    return typeof value === 'string' ? value : undefined;
  };
  const handler = header(HEADERS.handler);
  const stack = header(HEADERS.stack);
  const blocker = replayBlocker(row, rules);
  const { body, bodyBase64 } = message.content.length === size ? contentOf(message.content) : {};
  return {
    messageId,
    queue,
    ...(type !== null && { type }),
    service: header(HEADERS.service) ?? serviceOf(queue),
    ...(handler !== undefined && { handler }),
    cause,
    ...(stack !== undefined && { stack }),
    attempts: [...deathOf(queue, message).attempts],
    ...(diedAt !== '' && { diedAt }),
    ...(correlationId !== null && { correlationId }),
    tenantId,
    ...(source !== null && { source }),
    size,
    replayable: blocker === undefined,
    ...(blocker && { obstacle: blocker.detail }),
    copies,
    ...(body !== undefined && { body }),
    ...(bodyBase64 !== undefined && { bodyBase64 }),
  };
}
