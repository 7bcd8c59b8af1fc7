import type { ConsumeMessage } from 'amqplib';
import { z } from 'zod';

/** What a dead letter is made of: all that is needed to show how it died, and to replay it. */
export type DeadMessage = Pick<ConsumeMessage, 'properties' | 'content'>;

/** The properties that a message keeps when it is published again. Strangers may have written them. */
export const Properties = z
  .object({
    messageId: z.unknown(),
    contentType: z.unknown(),
    contentEncoding: z.unknown(),
    type: z.unknown(),
    timestamp: z.unknown(),
    appId: z.unknown(),
    correlationId: z.unknown(),
    replyTo: z.unknown(),
    headers: z.record(z.string(), z.unknown()),
  })
  .partial();
export type Properties = z.infer<typeof Properties>;

/** A message as it can be written into a JSON document. */
export const StoredMessage = z.object({ properties: Properties, bodyBase64: z.string() });
export type StoredMessage = z.infer<typeof StoredMessage>;

/**
 * The broker counts how often it delivered a message, and sorts the headers when it adds the count. The same dead letter
 * delivered again is the same dead letter.
 */
const COUNTS_OF_THIS_DELIVERY = new Set(['x-delivery-count', 'x-acquired-count']);

export function storedMessage({ properties, content }: DeadMessage): StoredMessage {
  const headers = Object.entries(properties.headers ?? {})
    .filter(([name]) => !COUNTS_OF_THIS_DELIVERY.has(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    properties: Properties.parse(withBytesAsText({ ...properties, headers: Object.fromEntries(headers) })),
    bodyBase64: content.toString('base64'),
  };
}

export function messageFrom({ properties, bodyBase64 }: StoredMessage): DeadMessage {
  return {
    // amqplib's type has further properties, which a message does not keep when it is published again.
    properties: withTextAsBytes(properties) as DeadMessage['properties'],
    content: Buffer.from(bodyBase64, 'base64'),
  };
}

/** A header of bytes; amqplib tags its own special values with the same key. */
interface Bytes {
  readonly '!': 'bytes';
  readonly value: string;
}

function withBytesAsText(value: unknown): unknown {
  if (!Buffer.isBuffer(value)) return mapped(value, withBytesAsText);
  return { '!': 'bytes', value: value.toString('base64') } satisfies Bytes;
}

const withTextAsBytes = (value: unknown): unknown =>
  isBytes(value) ? Buffer.from(value.value, 'base64') : mapped(value, withTextAsBytes);

const isBytes = (value: unknown): value is Bytes =>
  typeof value === 'object' &&
  value !== null &&
  '!' in value &&
  value['!'] === 'bytes' &&
  'value' in value &&
  typeof value.value === 'string';

function mapped(value: unknown, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, change(entry)]));
}
