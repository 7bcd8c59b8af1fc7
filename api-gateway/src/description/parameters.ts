import {
  createdAt,
  customerId,
  deliveryId,
  eventId,
  nextCursor,
  orderId,
  productId,
  replayId,
  subscriptionId,
  updatedAt,
} from './examples.js';

interface Parameter {
  /** What is said of it where its schema says nothing. */
  readonly description: string;
  /** Where its schema has a name, the example is that of the schema. */
  readonly example?: unknown;
}

/** The parameters in paths, queries and headers, each of which means the same wherever it stands. */
export const PARAMETERS: Readonly<Record<string, Parameter>> = {
  accountId: { description: 'The account', example: customerId },
  active: { description: 'Only what is for sale, or only what is not', example: true },
  createdAfter: { description: 'Only what was created later', example: createdAt },
  createdBefore: { description: 'Only what was created earlier', example: updatedAt },
  cursor: { description: '`nextCursor` of the page before', example: nextCursor },
  deliveryId: { description: 'The delivery', example: deliveryId },
  dryRun: { description: 'Say what would happen, and change nothing', example: true },
  eventType: { description: 'Only what tells of this event', example: 'order.created' },
  eventId: { description: 'Only what is about this event', example: eventId },
  'If-None-Match': { description: 'The `ETag` of what is there already', example: '"3q2-7wAAAAA"' },
  invitationId: { description: 'The invitation', example: '0192d1a4-b000-7000-8000-00000000a001' },
  keyId: { description: 'The API key', example: '0192d1a4-b000-7000-8000-00000000a002' },
  replayId: { description: 'The replay', example: replayId },
  since: { description: 'From then on', example: createdAt },
  until: { description: 'Before then', example: '2026-02-01T00:00:00.000Z' },
  role: { description: 'Only accounts of this role', example: 'staff' },
  'Idempotency-Key': { description: 'Names the request', example: '7f0c2a3e-order-of-table-4' },
  'Last-Event-ID': { description: 'What was heard last', example: eventId },
  lastEventId: { description: 'What was heard last', example: eventId },
  limit: { description: 'How many at most', example: 20 },
  messageId: { description: 'The message', example: eventId },
  orderId: { description: 'The order', example: orderId },
  productId: { description: 'The product', example: productId },
  q: { description: 'Part of the name', example: 'espr' },
  queue: { description: 'Only what failed in this queue', example: 'webhooks_queue' },
  sessionId: { description: 'The session', example: '1f7d2c9e-5b1a-8e64-9d3f-6a0b4c8e2d10' },
  status: { description: 'Only what stands so' },
  'Stripe-Signature': {
    description: 'What Stripe signed the body with',
    example: 't=1769860800,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd',
  },
  subscriptionId: { description: 'The subscription', example: subscriptionId },
  ticket: { description: 'A ticket', example: 'o2tuWkkJ9Bv0c8LQ1yqXcVhWmZ4rSfXG6aYx0PzE7nA' },
  topics: { description: 'What to listen to', example: 'orders,products' },
  type: { description: 'Only messages of this type', example: 'order.created' },
  'X-Twilio-Signature': {
    description: 'What Twilio signed the URL and the fields with',
    example: 'RSOYDt4T1cUTdK1PDd93/VVr8B8=',
  },
};
