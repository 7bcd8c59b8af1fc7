import { type Envelope, matchesAnyPattern } from '@comanda/contracts';
import { readersOf } from '../world/broker.js';
import { changesOf, type DeliveryRow, type Invariant, must, rowsOf } from './watch.js';

/** Whoever asked for an event has one delivery of it, which was made or has failed; and always gets the same bytes. */
export const everySubscriberIsTold: Invariant = ({ workload, stores, receivers }) => {
  const told: Envelope[] = [];
  const deliveries = new Map<string, DeliveryRow>();
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
    },
    atRest() {
      const wanted = told
        .filter(({ type }) => readersOf(type).includes('webhook-publisher'))
        .flatMap(({ id, type, tenantid }) =>
          workload.subscriptions
            .filter(
              ({ tenantId, eventTypes }) => tenantId === tenantid && matchesAnyPattern(eventTypes, type),
            )
            .map(({ subscriptionId }) => `${subscriptionId} ${id}`),
        );
      for (const what of wanted)
        must(
          deliveries.has(what),
          'every-subscriber-is-told',
          () => `no delivery for subscription and event ${what}`,
        );
      must(
        wanted.length === deliveries.size,
        'every-subscriber-is-told',
        () => `${wanted.length} deliveries are due, ${deliveries.size} are there`,
      );
      for (const { subscriptionId, eventId, status, deliveryId } of rowsOf<DeliveryRow>(
        stores['webhook-publisher'],
        'deliveries',
      )) {
        const got = receivers.got.get(`${subscriptionId} ${eventId}`) ?? [];
        must(
          status === 'FAILED' || (status === 'DELIVERED' && got.length > 0),
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
