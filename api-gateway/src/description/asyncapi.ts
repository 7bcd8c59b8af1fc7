import { Envelope, EVENTS, type EventType, SENT_EVENTS } from '@comanda/contracts';
import { STREAM_CHANNELS, STREAM_OPERATIONS, STREAM_SERVER } from './asyncapi-streams.js';
import { type JsonSchema, schemaOf } from './draft-7.js';
import { createdAt } from './examples.js';

const id = '0192d1a4-9000-7000-8000-00000000e001';
const correlationId = '0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0ff';
const text: JsonSchema = { type: 'string' };

/** `order.refundRequested` is `OrderRefundRequested`. */
const nameOf = ({ type }: EventType): string =>
  type
    .split('.')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

/** The fields that subscribers get. */
const shown = <Value>(
  { internal }: EventType,
  fields: Readonly<Record<string, Value>>,
): Record<string, Value> =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => !internal.includes(field)));

/** What subscribers get of an event's data: no internal field is required, so the list of required ones stays. */
function shownOf(event: EventType): JsonSchema {
  const { properties = {}, ...schema } = schemaOf(event.data);
  return { ...schema, properties: shown(event, properties) };
}

const eventMessage = (event: EventType) => ({
  name: event.type,
  title: nameOf(event),
  summary: event.summary,
  contentType: 'application/cloudevents+json',
  payload: {
    allOf: [
      { $ref: '#/components/schemas/Envelope' },
      {
        type: 'object',
        properties: { type: { const: event.type }, data: { $ref: `#/components/schemas/${nameOf(event)}` } },
      },
    ],
  },
  examples: [
    {
      payload: {
        ...{ specversion: '1.0', id, type: event.type, source: event.publisher, time: createdAt },
        ...{ subject: id, datacontenttype: 'application/json', dataschema: event.dataschema },
        ...{ tenantid: 'default', correlationid: correlationId, sequence: 1, data: event.example },
      },
    },
  ],
});

const webhookMessage = (event: EventType) => ({
  name: event.type,
  title: `${nameOf(event)} for subscribers`,
  summary: event.summary,
  contentType: 'application/json',
  headers: { $ref: '#/components/schemas/WebhookHeaders' },
  payload: {
    type: 'object',
    required: ['id', 'type', 'timestamp', 'tenantId', 'apiVersion', 'data'],
    properties: {
      id: { type: 'string', format: 'uuid' },
      type: { const: event.type },
      timestamp: { type: 'string', format: 'date-time' },
      tenantId: text,
      subject: text,
      subjectType: { const: event.aggregate },
      sequence: { type: 'integer', minimum: 1 },
      correlationId: text,
      apiVersion: { const: 'v1' },
      data: shownOf(event),
    },
  },
  examples: [
    {
      headers: { 'webhook-id': id, 'webhook-timestamp': '1769860800', 'webhook-signature': 'v1,c2lnbmVk' },
      payload: {
        ...{ id, type: event.type, timestamp: createdAt, tenantId: 'default', subject: id },
        ...{ subjectType: event.aggregate, sequence: 1, correlationId, apiVersion: 'v1' },
        data: shown(event, Object(event.example)),
      },
    },
  ],
});

const refs = (prefix: string, events: readonly EventType[]) =>
  Object.fromEntries(
    events.map((event) => [nameOf(event), { $ref: `#/components/messages/${prefix}${nameOf(event)}` }]),
  );

/** The AsyncAPI 3 document of what is told: events between the services, webhooks, and streams. */
export function asyncApiDocument(): object {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Comanda',
      version: '1',
      description:
        'What Comanda tells: events between its services, by RabbitMQ, the same events as signed webhooks, and streams. What it is asked stands in `/docs-json`.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    defaultContentType: 'application/json',
    servers: {
      broker: {
        host: 'localhost:5672',
        protocol: 'amqp',
        description: 'RabbitMQ, which only our services reach',
      },
      ...STREAM_SERVER,
    },
    channels: {
      ...Object.fromEntries(
        EVENTS.map((event) => [
          nameOf(event),
          {
            address: event.type,
            description: `${event.summary} Its \`sequence\` counts the events of one ${event.aggregate}.`,
            servers: [{ $ref: '#/servers/broker' }],
            messages: refs('', [event]),
            bindings: {
              amqp: {
                is: 'routingKey',
                exchange: { name: 'comanda.events', type: 'topic', durable: true, autoDelete: false },
              },
            },
          },
        ]),
      ),
      webhooks: {
        address: null,
        description:
          'POST to the target of a subscription, at least once, signed as Standard Webhooks say. Any 2xx takes it.',
        messages: refs('Webhook', SENT_EVENTS),
      },
      ...STREAM_CHANNELS,
    },
    operations: {
      ...Object.fromEntries(
        EVENTS.map((event) => [
          `publish${nameOf(event)}`,
          {
            action: 'send',
            channel: { $ref: `#/channels/${nameOf(event)}` },
            summary: `${event.publisher} tells ${event.consumers.join(', ')}`,
          },
        ]),
      ),
      sendWebhook: {
        action: 'send',
        channel: { $ref: '#/channels/webhooks' },
        summary: 'webhook-publisher tells the subscribers',
      },
      ...STREAM_OPERATIONS,
    },
    components: {
      schemas: {
        Envelope: schemaOf(Envelope),
        WebhookHeaders: {
          type: 'object',
          required: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
          properties: {
            'webhook-id': { ...text, description: 'The id of the event; of a repeated one the same' },
            'webhook-timestamp': { ...text, description: 'Seconds since 1970, of this attempt' },
            'webhook-signature': { ...text, description: 'A `v1,` for each secret that holds' },
          },
        },
        ...Object.fromEntries(EVENTS.map((event) => [nameOf(event), schemaOf(event.data)])),
      },
      messages: {
        ...Object.fromEntries(EVENTS.map((event) => [nameOf(event), eventMessage(event)])),
        ...Object.fromEntries(SENT_EVENTS.map((event) => [`Webhook${nameOf(event)}`, webhookMessage(event)])),
      },
    },
  };
}
