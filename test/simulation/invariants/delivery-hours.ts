import {
  type AttemptRow,
  add,
  type DeliveryHourRow,
  type DeliveryRow,
  type Invariant,
  must,
  rowsOf,
} from './watch.js';

const NAME = 'hours-add-up';

/** The hours of a subscription count each attempt of its history once, and what was not sent as no attempt. */
export const hoursAddUp: Invariant = ({ stores }) => {
  const publisher = stores['webhook-publisher'];
  return {
    atRest() {
      const subscriptionOf = new Map(
        rowsOf<DeliveryRow>(publisher, 'deliveries').map((row) => [row.deliveryId, row.subscriptionId]),
      );
      const counts = new Map<string, number>();
      for (const { deliveryId, error } of rowsOf<AttemptRow>(publisher, 'attempts')) {
        const subscriptionId = subscriptionOf.get(deliveryId);
        // Customers are told in attempts, too, and have no subscription.
        if (subscriptionId === undefined) continue;
        const kind = error?.startsWith('not sent') ? 'dropped' : 'attempts';
        add(counts, `${kind} ${subscriptionId}`, 1);
      }
      for (const { subscriptionId, attempts, dropped } of rowsOf<DeliveryHourRow>(
        publisher,
        'delivery_hours',
      )) {
        add(counts, `attempts ${subscriptionId}`, -attempts);
        add(counts, `dropped ${subscriptionId}`, -dropped);
      }
      for (const [what, left] of counts)
        must(left === 0, NAME, () => `the history has ${left} more than the hours: ${what}`);
    },
  };
};
