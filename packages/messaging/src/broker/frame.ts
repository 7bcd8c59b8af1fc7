import { CONTENT_TYPE, FRAME_CONTENT_TYPE } from '@comanda/contracts';
import type { Delivery, Outgoing } from './transport.js';
import { Unprocessable } from './unprocessable.js';
import { jsonOf, outgoing } from './wire.js';

/** A frame has at most so many events, and so many bytes; one event that alone has more goes alone. */
export const MAX_FRAME_EVENTS = 100;
export const MAX_FRAME_BYTES = 256 * 1024;

/** More events in one message are not read, whoever sent them: each might become a message of its own. */
export const MAX_EVENTS_READ = 1_000;

/** The header of a frame that says how many events are in it. */
const EVENTS = 'events';

/** An event as it is to be sent. */
export interface Sent {
  readonly messageId: string;
  readonly type: string;
  readonly body: string;
}

/** Groups events by their type, each group small enough for one message. Within a group their order holds. */
export function grouped<E extends Sent>(events: readonly E[]): readonly (readonly [E, ...E[]])[] {
  const groups: [E, ...E[]][] = [];
  const open = new Map<string, { group: [E, ...E[]]; bytes: number }>();
  for (const event of events) {
    const bytes = Buffer.byteLength(event.body) + 1; // with a comma or bracket
    const last = open.get(event.type);
    if (last && last.group.length < MAX_FRAME_EVENTS && last.bytes + bytes < MAX_FRAME_BYTES) {
      last.group.push(event);
      last.bytes += bytes;
    } else {
      const group: [E, ...E[]] = [event];
      groups.push(group);
      open.set(event.type, { group, bytes });
    }
  }
  return groups;
}

/** A group as one message: a frame, which gets an id of its own, or the one event as it is. */
export function framed([first, ...others]: readonly [Sent, ...Sent[]], newId: () => string): Outgoing {
  if (others.length === 0) return outgoing(first);
  const body = `[${[first, ...others].map((event) => event.body).join(',')}]`;
  return outgoing(
    { messageId: newId(), type: first.type, body },
    { contentType: FRAME_CONTENT_TYPE, headers: { [EVENTS]: 1 + others.length } },
  );
}

/** One event of a delivery: as JSON, and as the delivery that it is, or would be if it had not come in a frame. */
export interface Single {
  readonly json: unknown;
  readonly delivery: Delivery;
}

/**
 * What is in a delivery: the events of a frame, each with its own id and bytes, or the one that it is. So what becomes of
 * an event does not depend on how it came. Throws `Unprocessable` when the delivery can't be read as a whole.
 */
export function singlesOf(delivery: Delivery): readonly Single[] {
  const json = jsonOf(delivery.content);
  if (!Array.isArray(json)) return [{ json, delivery }];
  if (json.length === 0) throw new Unprocessable('the frame is empty');
  if (json.length > MAX_EVENTS_READ)
    throw new Unprocessable(`${json.length} events in one message are more than ${MAX_EVENTS_READ}`);
  let elements: readonly Buffer[] | undefined;
  return json.map((element: unknown, at) => ({
    json: element,
    delivery: {
      fields: delivery.fields,
      properties: propertiesOf(delivery, element),
      // Only an event that goes on its way alone needs its bytes.
      get content() {
        elements ??= elementsOf(delivery.content);
        return elements[at] ?? delivery.content;
      },
    },
  }));
}

function propertiesOf({ properties }: Delivery, element: unknown): Delivery['properties'] {
  const { [EVENTS]: _, ...headers } = properties.headers ?? {};
  const { id, type } = { ...Object(element) } as { id?: unknown; type?: unknown };
  return {
    ...properties,
    headers,
    contentType: CONTENT_TYPE,
    messageId: typeof id === 'string' ? id : undefined,
    type: typeof type === 'string' ? type : properties.type,
  };
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const OPENING: ReadonlySet<number> = new Set(Buffer.from('[{'));
const CLOSING: ReadonlySet<number> = new Set(Buffer.from(']}'));

/** The bytes of each element of a JSON array. (Parsed and written again, a number or a repeated key might differ.) */
function elementsOf(array: Buffer): readonly Buffer[] {
  const elements: Buffer[] = [];
  let start = array.indexOf('[') + 1;
  let depth = 0;
  for (let at = start; depth >= 0; at++) {
    const byte = array[at] ?? 0;
    if (byte === QUOTE) at = endOfString(array, at);
    else if (OPENING.has(byte)) depth++;
    else if (CLOSING.has(byte)) depth--;
    if (depth < 0 || (depth === 0 && byte === COMMA)) {
      elements.push(array.subarray(start, at));
      start = at + 1;
    }
  }
  return elements;
}

function endOfString(json: Buffer, opening: number): number {
  let at = opening + 1;
  while (json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at;
}
