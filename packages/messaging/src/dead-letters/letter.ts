import type { ConsumeMessage } from 'amqplib';
import { z } from 'zod';
import { serviceOf } from '../broker/topology.js';
import { HEADERS, messageIdOf } from '../runtime/failure.js';
import { HistoryEntry } from '../runtime/history.js';
import { contentOf } from './content.js';
import { deathOf } from './death.js';
import { obstacleTo, type ReplayRules } from './obstacle.js';

/** A message that could not be handled, as it is shown. Its headers and body may have been written by strangers. */
export const DeadLetter = z.object({
  messageId: z.string().describe('Its message id; `unnamed-...`, made of its content, when it has none'),
  queue: z.string().describe('The queue in which it failed, and to which a replay puts it back'),
  type: z.string().optional(),
  service: z.string(),
  handler: z.string().optional(),
  cause: z.string(),
  stack: z.string().optional(),
  attempts: z.array(HistoryEntry).describe('Oldest first: each failure, and each time it was put back'),
  diedAt: z.iso.datetime().optional(),
  correlationId: z.string().optional(),
  tenantId: z.string(),
  source: z.string().optional(),
  size: z.number().int().describe('Bytes of its body'),
  replayable: z.boolean(),
  obstacle: z.string().optional().describe('Why it would not be put back'),
  copies: z.number().int().describe('How often the same message died there at the same time'),
  body: z.unknown().optional().describe('Its body, when that is JSON and not too large to be shown'),
  bodyBase64: z.string().optional().describe('Its body, when that is not JSON'),
});
export type DeadLetter = z.infer<typeof DeadLetter>;

/** @param bodyLimit a body of more bytes is left out */
export function readLetter(
  queue: string,
  delivery: ConsumeMessage,
  bodyLimit: number,
  rules: ReplayRules,
): DeadLetter {
  const { properties, content } = delivery;
  const header = (name: string) => textOf(properties.headers?.[name]);
  const { body, bodyBase64, ...told } = contentOf(content);
  const death = deathOf(queue, delivery);
  const obstacle = obstacleTo(death.at, told, rules);
  const shown = content.length <= bodyLimit;
  return {
    messageId: messageIdOf(delivery),
    queue,
    ...known('type', typeOf(delivery) ?? told.type),
    service: header(HEADERS.service) ?? serviceOf(queue),
    ...known('handler', header(HEADERS.handler)),
    cause: death.cause,
    ...known('stack', header(HEADERS.stack)),
    attempts: [...death.attempts],
    ...known('diedAt', death.at),
    ...known('correlationId', told.correlationid ?? textOf(properties.correlationId)),
    tenantId: told.tenantid,
    ...known('source', told.source),
    size: content.length,
    replayable: obstacle === undefined,
    ...known('obstacle', obstacle?.detail),
    copies: 1,
    ...known('body', shown ? body : undefined),
    ...known('bodyBase64', shown ? bodyBase64 : undefined),
  };
}

/** The type that its publisher named; for letters without one the body has to be read. */
export const typeOf = ({ properties }: ConsumeMessage): string | undefined => textOf(properties.type);

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A field that is there only when its value is. */
const known = <K extends string, V>(name: K, value: V | undefined): { [name in K]?: V } =>
  (value === undefined ? {} : { [name]: value }) as { [name in K]?: V };
