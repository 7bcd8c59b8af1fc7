import { createHash } from 'node:crypto';
import { CONTENT_TYPE, Envelope, type Message, type MessageType } from '@comanda/contracts';
import { utf8Of } from '@comanda/kit';
import type { MessageProperties, Options } from 'amqplib';
import { z } from 'zod';
import { EXCHANGE } from './topology.js';
import type { Delivery, Outgoing } from './transport.js';
import { Unprocessable } from './unprocessable.js';

/** A CloudEvent as an AMQP message: structured JSON in the body, id and type repeated where tools look for them. */
export function outgoing(
  message: { messageId: string; type: string; body: string },
  options?: Options.Publish,
): Outgoing {
  return {
    exchange: EXCHANGE,
    routingKey: message.type,
    messageId: message.messageId,
    body: Buffer.from(message.body),
    options: { contentType: CONTENT_TYPE, type: message.type, ...options },
  };
}

/** The largest message that is read: room for an import of ten thousand lines, a bound for everything else. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Parses the body of one message, without the payload's own schema. Throws `Unprocessable` with what is wrong. */
export const incoming = (body: Buffer): Envelope => envelopeOf(jsonOf(body));

/** A body as JSON. Throws `Unprocessable` when it is none, or too large to be read. */
export function jsonOf(body: Buffer): unknown {
  if (body.length > MAX_BODY_BYTES)
    throw new Unprocessable(`${body.length} bytes are more than ${MAX_BODY_BYTES}`);
  const text = utf8Of(body);
  if (text === undefined) throw new Unprocessable('the body is not UTF-8');
  try {
    return JSON.parse(text);
  } catch {
    throw new Unprocessable('the body is not JSON');
  }
}

const Correlated = z.object({ correlationid: Envelope.shape.correlationid });

/** The correlation id of a message, for a line of the log about it; `undefined` where the body names none. */
export function correlationIdIn(body: Buffer): string | undefined {
  try {
    return Correlated.safeParse(jsonOf(body)).data?.correlationid;
  } catch {
    return undefined; // it can't be read, which is what the line is about
  }
}

/** Throws `Unprocessable` with what is wrong. */
export function envelopeOf(json: unknown): Envelope {
  const envelope = Envelope.safeParse(json);
  if (!envelope.success) throw new Unprocessable(`the envelope is not valid: ${issuesOf(envelope.error)}`);
  return envelope.data;
}

/** The envelope with its payload parsed by the schema of its type and version. Throws `Unprocessable` as well. */
export function parsed(type: MessageType, envelope: Envelope): Message<unknown> {
  if (envelope.dataschema !== type.dataschema)
    throw new Unprocessable(`version ${envelope.dataschema} is not known here, ${type.dataschema} is`);
  const data = type.data.safeParse(envelope.data);
  if (!data.success) throw new Unprocessable(`data does not fit ${type.dataschema}: ${issuesOf(data.error)}`);
  return { ...envelope, data: data.data };
}

/** A zod error as one line: each path with what is wrong there. */
export const issuesOf = (error: { issues: readonly { path: PropertyKey[]; message: string }[] }): string =>
  error.issues.map(({ path, message }) => `${path.join('.') || '(all)'}: ${message}`).join('; ');

/** The same message for another queue. */
export function republishedTo(
  delivery: Pick<Delivery, 'properties' | 'content'>,
  queue: string,
  headers: Record<string, string>,
): Outgoing {
  const { messageId, headers: own } = delivery.properties;
  return {
    exchange: '',
    routingKey: queue,
    body: delivery.content,
    messageId: messageId ? String(messageId) : messageIdOf(delivery),
    options: { ...kept(delivery.properties), headers: { ...withoutRouting(own), ...headers } },
  };
}

const KEPT = [
  'contentType',
  'contentEncoding',
  'type',
  'timestamp',
  'appId',
  'correlationId',
  'replyTo',
] as const satisfies readonly (keyof MessageProperties & keyof Options.Publish)[];

const kept = (properties: MessageProperties): Pick<Options.Publish, (typeof KEPT)[number]> =>
  Object.fromEntries(KEPT.map((name) => [name, properties[name]]));

/** CC and BCC lead copies to further queues. That was done when the message was published first. */
const withoutRouting = ({ CC: _, BCC: __, ...headers }: Record<string, unknown> = {}) => headers;

/** A message's id; one that has none, or none that can be written into a URL, is known by its content. */
export function messageIdOf({ properties, content }: Pick<Delivery, 'properties' | 'content'>): string {
  const { messageId } = properties;
  if (typeof messageId === 'string' && /^[\x21-\x7e]{1,100}$/.test(messageId)) return messageId;
  return `unnamed-${createHash('sha256').update(content).digest('hex').slice(0, 32)}`;
}
