import { DeleteSubscription, type Envelope, matchesAnyPattern, RetryDelivery } from '@comanda/contracts';
import { readersOf } from '../world/broker.js';
import { changesOf, type DeliveryRow, type Invariant, must, rowsOf, type SubscriptionRow } from './watch.js';

/**
 * Every subscriber has one delivery of each event that it asked for, which arrived or has failed, and always gets the
 * same bytes. What is asked for again is sent again. A subscription that is deleted keeps no secret, and what waits for
 * it is dropped.
 */
export const everySubscriptionGetsItsEvents: Invariant = ({ workload, stores, receivers }) => {
  const published: Envelope[] = [];
  const deliveries = new Map<string, DeliveryRow>();
  const deleted = new Set<string>();
  /** How often a delivery that was asked for again had arrived before. */
  const askedAgain = new Map<string, number>();
  const leaving = new Set(
    workload.errands
      .flatMap(({ sent }) => sent)
      .filter(({ envelope }) => envelope.type === DeleteSubscription.type)
      .map(({ envelope }) => envelope.subject),
  );
  return {
    committed(commit) {
      published.push(...commit.published);
      if (commit.service !== 'webhook-publisher') return;
      for (const { before, after } of changesOf<DeliveryRow>(commit, 'deliveries')) {
        // Those of a replay are watched by `aReplaySendsEachEventOnce`.
        if (before || !after || after.replayId !== null) continue;
        const what = `${after.subscriptionId} ${after.eventId}`;
        must(
          !deliveries.has(what),
          'one-delivery-per-subscriber',
          () => `two deliveries of the event ${after.eventId} to ${after.subscriptionId}`,
        );
        deliveries.set(what, after);
      }
      for (const [at, { type }] of commit.tasks.entries()) {
        const decision = commit.committed.decisions[at];
        if (type !== RetryDelivery.type || decision?.kind !== 'done' || !decision.reply?.ok) continue;
        const { deliveryId, subscriptionId, eventId } = RetryDelivery.result.parse(decision.reply.result);
        askedAgain.set(deliveryId, receivers.got.get(`${subscriptionId} ${eventId}`)?.length ?? 0);
      }
      for (const { after } of changesOf<SubscriptionRow>(commit, 'subscriptions')) {
        if (!after) continue;
        if (after.deleted === 1) deleted.add(after.subscriptionId);
        const off = after.deleted === 1 && after.enabled === 0 && after.secrets === null;
        const on = after.deleted === 0 && after.enabled === 1 && after.secrets !== null;
        must(
          on || off,
          'a-deleted-subscription-gets-nothing',
          () => `the subscription ${after.subscriptionId} is neither on with a secret nor off without one`,
        );
      }
    },
    atRest() {
      must(
        [...leaving].every((subscriptionId) => deleted.has(subscriptionId)),
        'a-deleted-subscription-gets-nothing',
        () => `${leaving.size} subscriptions were to be deleted, ${deleted.size} are`,
      );
      const expected = new Map<string, string>(
        published
          .filter(({ type }) => readersOf(type).includes('webhook-publisher'))
          .flatMap(({ id, type, tenantid }) =>
            workload.subscriptions
              .filter(
                ({ tenantId, eventTypes }) => tenantId === tenantid && matchesAnyPattern(eventTypes, type),
              )
              .map(({ subscriptionId }) => [`${subscriptionId} ${id}`, subscriptionId] as const),
          ),
      );
      for (const [what, subscriptionId] of expected)
        must(
          deliveries.has(what) || leaving.has(subscriptionId),
          'every-subscription-gets-its-events',
          () => `no delivery for subscription and event ${what}`,
        );
      for (const what of deliveries.keys())
        must(
          expected.has(what),
          'every-subscription-gets-its-events',
          () => `a delivery that nobody asked for: subscription and event ${what}`,
        );
      for (const { subscriptionId, eventId, status, deliveryId } of rowsOf<DeliveryRow>(
        stores['webhook-publisher'],
        'deliveries',
      )) {
        const got = receivers.got.get(`${subscriptionId} ${eventId}`) ?? [];
        must(
          status === 'FAILED' ||
            (status === 'DELIVERED' && got.length > 0) ||
            (status === 'DROPPED' && deleted.has(subscriptionId)),
          'every-subscription-gets-its-events',
          () => `delivery ${deliveryId} is ${status} and arrived ${got.length} times`,
        );
        must(
          status !== 'DELIVERED' || got.length > (askedAgain.get(deliveryId) ?? 0),
          'asked-again-is-sent-again',
          () => `delivery ${deliveryId} was asked for again, and nothing was sent since`,
        );
        must(
          new Set(got).size <= 1,
          'every-subscription-gets-its-events',
          () => `the attempts of delivery ${deliveryId} differ`,
        );
      }
    },
  };
};
