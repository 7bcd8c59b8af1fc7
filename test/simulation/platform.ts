import type { Handler, WorkKind } from '@comanda/messaging';
import { orderHandlers } from '@comanda/orders-service';
import {
  ask,
  charge,
  type FindByReference,
  type PaymentProvider,
  paymentHandlers,
  payments,
  reconcile,
  refund,
} from '@comanda/payments-service';
import { expireReservation, productHandlers } from '@comanda/products-service';
import {
  deliver,
  deliveries,
  events,
  notify,
  openChannels,
  type ReplayedEvents,
  replay,
  Templates,
  webhookHandlers,
} from '@comanda/webhook-publisher';
import { VAULT as vault } from './vault.js';
import type { Workload } from './workload.js';
import type { Reader } from './world/broker.js';
import type { MemoryStore } from './world/memory-store.js';
import type { Receivers } from './world/receivers.js';

const templates = Templates.read(undefined);

/** They make the secrets of subscriptions; what is sent goes to the simulated receivers. */
const channels = openChannels(
  {
    COMANDA_DEMO: false,
    WEBHOOK_TIMEOUT_MS: 10_000,
    TELEGRAM_API_ROOT: 'https://api.telegram.org',
    TELEGRAM_COMMANDS: false,
    SLACK_WEBHOOK_ROOT: 'http://127.0.0.1:1',
    TWILIO_API_BASE: 'http://127.0.0.1:1',
  },
  { vault, clock: () => new Date(0) },
);

/** What a service reacts to, and the due work that it does. */
export interface Parts {
  readonly handlers: readonly Handler[];
  readonly work: readonly WorkKind[];
}

/** The four services as they are, around what is simulated. */
export function partsOf(outside: {
  readonly workload: Workload;
  readonly stores: Readonly<Record<Reader, MemoryStore>>;
  readonly provider: PaymentProvider;
  readonly receivers: Receivers;
  readonly clock: () => Date;
}): Record<Reader, Parts> {
  const { workload, stores, provider, receivers, clock } = outside;
  const books = stores['payments-service'];
  return {
    'orders-service': { handlers: orderHandlers, work: [] },
    'products-service': {
      handlers: productHandlers({ reservationTtlSeconds: workload.ttlSeconds }),
      work: [expireReservation],
    },
    'payments-service': {
      handlers: paymentHandlers({ provider: provider.name }),
      work: [
        charge(provider, books, clock),
        ask(provider, books),
        refund(provider, books),
        reconcile(provider, findIn(books)),
      ],
    },
    'webhook-publisher': {
      handlers: webhookHandlers(channels, vault, { maxSubscriptions: 100 }),
      work: [
        deliver({
          database: stores['webhook-publisher'],
          sender: receivers,
          pace: receivers,
          scheduleSeconds: [1, 2, 4, 8, 16],
          leaseSeconds: 30,
          clock,
        }),
        replay({
          database: stores['webhook-publisher'],
          events: replayedIn(stores['webhook-publisher']),
          keptDays: 90,
          clock,
          // So slow that most replays take several pages.
          pace: { perSecond: 2, maxWaiting: 5, lookAt: 4 },
        }),
        notify({
          database: stores['webhook-publisher'],
          couriers: receivers.couriers,
          templates,
          vault,
          pace: receivers,
          scheduleSeconds: [1, 2, 4, 8, 16],
          leaseSeconds: 30,
          clock,
          logger: { warn: () => undefined },
        }),
      ],
    },
  };
}

/** What production finds by an index. */
const findIn =
  (books: MemoryStore): FindByReference =>
  async (provider, reference) => {
    for (const row of books.rows(payments.name).values())
      if (row.reference === reference && row.provider === provider) return payments.decode(row);
    return undefined;
  };

const replayedIn = (store: MemoryStore): ReplayedEvents => ({
  next: async ({ tenantId, subscriptionId, position }, before, limit) => {
    const made = deliveries
      .decodeAll([...store.rows(deliveries.name).values()])
      .filter((row) => row.tenantId === tenantId && row.subscriptionId === subscriptionId);
    const statuses = Map.groupBy(made, ({ eventId }) => eventId);
    return events
      .decodeAll([...store.rows(events.name).values()])
      .filter((row) => row.tenantId === tenantId && row.eventId > position && row.eventId < before)
      .sort((one, other) => (one.eventId < other.eventId ? -1 : 1))
      .slice(0, limit)
      .map(({ eventId, type, orderId }) => {
        const those = statuses.get(eventId) ?? [];
        const hasFailed =
          those.length > 0 && those.every(({ status }) => status === 'FAILED' || status === 'DROPPED');
        return { eventId, type, orderId, hasFailed };
      });
  },
  waiting: async ({ tenantId, subscriptionId }, most) => {
    const line = [...store.rows('work').values()].filter(
      (row) => row.kind === 'deliver' && row.key === subscriptionId && row.tenantId === tenantId,
    );
    return Math.min(line.length, most);
  },
});
