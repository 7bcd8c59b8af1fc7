import type { CommandType, EventType, QueryType } from './define.js';
import * as orderEvents from './events/orders.js';
import * as paymentEvents from './events/payments.js';
import * as productEvents from './events/products.js';
import * as webhookEvents from './events/webhooks.js';
import { DEAD_LETTER_REQUESTS } from './requests/dead-letters.js';
import * as deliveryProofRequests from './requests/delivery-proofs.js';
import * as notificationRequests from './requests/notifications.js';
import * as orderRequests from './requests/orders.js';
import * as paymentRequests from './requests/payments.js';
import * as priceListRequests from './requests/price-list.js';
import * as productRequests from './requests/products.js';
import * as replayRequests from './requests/replays.js';
import * as statsRequests from './requests/subscription-stats.js';
import * as textReportRequests from './requests/text-reports.js';
import * as webhookRequests from './requests/webhooks.js';
import type { ServiceName } from './services.js';
import { WebhookTest } from './webhook-test.js';

const kindOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
const isEvent = (value: unknown): value is EventType => kindOf(value) === 'event';
const isCommand = (value: unknown): value is CommandType => kindOf(value) === 'command';
const isQuery = (value: unknown): value is QueryType => kindOf(value) === 'query';

const requests = [
  orderRequests,
  priceListRequests,
  productRequests,
  paymentRequests,
  webhookRequests,
  deliveryProofRequests,
  replayRequests,
  statsRequests,
  notificationRequests,
  textReportRequests,
  ...DEAD_LETTER_REQUESTS,
].flatMap((module) => Object.values<unknown>(module));

/** Every event, by the service that publishes it. Adding one to `events/` adds it here. */
export const EVENTS: readonly EventType[] = [orderEvents, productEvents, paymentEvents, webhookEvents]
  .flatMap((module) => Object.values<unknown>(module))
  .filter(isEvent);

/** All that subscribers get: events that webhook-publisher hears, and what it makes itself. */
export const SENT_EVENTS: readonly EventType[] = [
  ...EVENTS.filter(({ consumers }) => consumers.includes('webhook-publisher')),
  WebhookTest,
];

export const COMMANDS: readonly CommandType[] = requests.filter(isCommand);
export const QUERIES: readonly QueryType[] = requests.filter(isQuery);
export const EVENT_TYPES: readonly string[] = EVENTS.map((event) => event.type);

/** The types that a service's queue carries: the events that it handles, and its commands. */
export const typesFor = (service: ServiceName): string[] => [
  ...EVENTS.filter(({ consumers }) => consumers.includes(service)).map(({ type }) => type),
  ...COMMANDS.filter(({ to }) => to === service).map(({ type }) => type),
];
