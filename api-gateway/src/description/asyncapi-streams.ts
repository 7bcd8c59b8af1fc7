import { FINAL_STATUSES, LIVE_EVENTS, type LiveEventName, TimelineStep } from '@comanda/contracts';
import { z } from 'zod';
import { schemaOf } from './draft-7.js';
import {
  currency,
  deliveryId,
  eventId,
  orderId,
  productId,
  subscriptionId,
  totalAmount,
  updatedAt,
} from './examples.js';

interface StreamEvent {
  readonly summary: string;
  readonly data: z.ZodType;
  readonly example: unknown;
}

const NOTHING = z.strictObject({});
const EXAMPLES: Readonly<Record<LiveEventName, unknown>> = {
  ORDER_UPDATED: { orderId, status: 'CONFIRMED', totalAmount, currency, updatedAt },
  STOCK_CHANGED: { productIds: [productId] },
  SUBSCRIPTION_UPDATED: { subscriptionId },
  DELIVERY_FAILED: { subscriptionId, deliveryId },
};

/** By its name in the stream (`event:`). */
const OF_AN_ORDER: Readonly<Record<string, StreamEvent>> = {
  step: {
    summary: 'A step of the timeline. Its id is that of the step, and good at every instance.',
    data: TimelineStep,
    example: {
      ...{ at: updatedAt, service: 'orders-service', type: 'order.confirmed', messageId: eventId },
      ...{ causationId: eventId, detail: { status: 'CONFIRMED' } },
    },
  },
  end: {
    summary: 'The order has a status that no other follows, and the stream ends.',
    data: z.object({ status: z.enum([...FINAL_STATUSES]) }),
    example: { status: 'FULFILLED' },
  },
};
const LIVE: Readonly<Record<string, StreamEvent>> = {
  ...Object.fromEntries(
    Object.entries(LIVE_EVENTS).map(([name, { summary, data }]) => [
      name,
      { summary, data, example: EXAMPLES[name as LiveEventName] },
    ]),
  ),
  READY: { summary: 'It begins here: fetch what you show.', data: NOTHING, example: {} },
  REFETCH: {
    summary: 'Something may have been missed: fetch anew what you show.',
    data: NOTHING,
    example: {},
  },
};

const message = ([name, { summary, data, example }]: [string, StreamEvent]) => ({
  name,
  title: name,
  summary,
  contentType: 'application/json',
  payload: schemaOf(data),
  examples: [{ payload: example }],
});

const messagesOf = (events: Readonly<Record<string, StreamEvent>>) =>
  Object.fromEntries(Object.entries(events).map((event) => [event[0], message(event)]));

const get = (channel: string, summary: string) => ({
  action: 'send',
  channel: { $ref: `#/channels/${channel}` },
  summary,
  bindings: { http: { method: 'GET' } },
});

/** The streams of server-sent events: `data` is the payload, `event` the name of the message. */
export const STREAM_SERVER = {
  gateway: { host: 'localhost:3000', protocol: 'http', description: 'api-gateway' },
};
const servers = [{ $ref: '#/servers/gateway' }];
export const STREAM_CHANNELS = {
  orderStream: {
    address: '/api/v1/orders/{orderId}/stream',
    description: 'Server-sent events: the steps of one order, for its customer and staff.',
    parameters: { orderId: { description: 'The id of the order' } },
    servers,
    messages: messagesOf(OF_AN_ORDER),
  },
  live: {
    address: '/api/v1/live',
    description: 'Server-sent events: what changes in the tenant, by topics, for staff.',
    servers,
    messages: messagesOf(LIVE),
  },
};
export const STREAM_OPERATIONS = {
  streamOrder: get('orderStream', 'api-gateway tells who follows an order'),
  streamLiveChanges: get('live', 'api-gateway tells staff'),
};
