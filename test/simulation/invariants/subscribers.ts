import { DeleteSubscription, type Envelope, matchesAnyPattern } from '@comanda/contracts';
import { readersOf } from '../world/broker.js';
import { changesOf, type DeliveryRow, type Invariant, must, rowsOf, type SubscriptionRow } from './watch.js';

/**
 * Every subscriber has one delivery of each event that it asked for, which arrived or has failed, and always gets the
 * same bytes. A subscription that is deleted keeps no secret, and what waits for it is dropped.
 */
export const everySubscriberIsTold: Invariant = ({ workload, stores, receivers }) => {
  const told: Envelope[] = [];
  const deliveries = new Map<string, DeliveryRow>();
  const deleted = new Set<string>();
  const leaving = new Set(
    workload.errands
      .flatMap(({ sent }) => sent)
      .filter(({ envelope }) => envelope.type === DeleteSubscription.type)
      .map(({ envelope }) => envelope.subject),
  );
  return {
    committed(commit) {
      told.push(...commit.told);
      if (commit.service !== 'webhook-publisher') return;
      for (const { before, after } of changesOf<DeliveryRow>(commit, 'deliveries')) {
        if (before || !after) continue;
        const what = `${after.subscriptionId} ${after.eventId}`;
        must(
          !deliveries.has(what),
          'one-delivery-per-subscriber',
          () => `two deliveries of the event ${after.eventId} to ${after.subscriptionId}`,
        );
        deliveries.set(what, after);
      }
      for (const { after } of changesOf<SubscriptionRow>(commit, 'subscriptions')) {
        if (!after) continue;
        if (after.deleted === 1) deleted.add(after.subscriptionId);
        const off = after.deleted === 1 && after.enabled === 0 && after.secrets === null;
        const on = after.deleted === 0 && after.enabled === 1 && after.secrets !== null;
        must(
          on || off,
          'deleted-means-off',
          () => `the subscription ${after.subscriptionId} is neither on with a secret nor off without one`,
        );
      }
    },
    atRest() {
      must(
        [...leaving].every((subscriptionId) => deleted.has(subscriptionId)),
        'deleted-means-off',
        () => `${leaving.size} subscriptions were to be deleted, ${deleted.size} are`,
      );
      const expected = new Map<string, string>(
        told
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
          'every-subscriber-is-told',
          () => `no delivery for subscription and event ${what}`,
        );
      for (const what of deliveries.keys())
        must(
          expected.has(what),
          'every-subscriber-is-told',
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
          'every-subscriber-is-told',
          () => `delivery ${deliveryId} is ${status} and arrived ${got.length} times`,
        );
        must(
          new Set(got).size <= 1,
          'every-subscriber-is-told',
          () => `the attempts of delivery ${deliveryId} differ`,
        );
      }
    },
  };
};
