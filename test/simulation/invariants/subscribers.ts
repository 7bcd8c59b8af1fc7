import { EVENTS, RetryDelivery } from '@comanda/contracts';
import { Wanted } from './wanted.js';
import { changesOf, type DeliveryRow, type Invariant, must, rowsOf } from './watch.js';

const EVENT_TYPES: ReadonlySet<string> = new Set(EVENTS.map(({ type }) => type));

/**
 * An event gets one delivery for each subscription that wants it when webhook-publisher handles it, and none for another. Its
 * place among the commands that change subscriptions decides: those that were committed before it, or stand before it in its
 * batch. Whether anybody wants an event at all is asked when its batch begins.
 */
export const everyEventGoesToThoseWhoWantIt: Invariant = ({ workload }) => {
  const wanted = new Wanted(workload);
  const delivered = new Set<string>();
  return {
    committed({ service, tasks, committed, ...commit }) {
      if (service !== 'webhook-publisher') return;
      const made = new Map<string, Set<string>>();
      for (const { before, after } of changesOf<DeliveryRow>(commit, 'deliveries')) {
        // Those of a replay are watched by `aReplaySendsEachEventOnce`.
        if (before || !after || after.replayId !== null) continue;
        const { subscriptionId, eventId } = after;
        const what = `${subscriptionId} ${eventId}`;
        must(
          !delivered.has(what),
          'one-delivery-per-subscriber',
          () => `two deliveries of the event ${eventId} to ${subscriptionId}`,
        );
        delivered.add(what);
        made.set(eventId, (made.get(eventId) ?? new Set()).add(subscriptionId));
      }
      for (const [at, { type, cause }] of tasks.entries())
        must(
          committed.decisions[at]?.kind !== 'not-wanted' || wanted.by(cause.tenantid, type).length === 0,
          'every-subscription-gets-its-events',
          () => `${type} ${cause.id} counts as wanted by nobody, and somebody wants it`,
        );
      for (const [at, task] of tasks.entries()) {
        const decision = committed.decisions[at];
        wanted.follow(task, decision);
        const { type, cause } = task;
        if (decision?.kind !== 'done' || !EVENT_TYPES.has(type)) continue;
        const wish = wanted.by(cause.tenantid, type);
        const got = made.get(cause.id);
        made.delete(cause.id);
        must(
          wish.length === (got?.size ?? 0) && wish.every((subscriptionId) => got?.has(subscriptionId)),
          'every-subscription-gets-its-events',
          () =>
            `${type} ${cause.id} is for ${wish.join() || 'nobody'} and went to ${[...(got ?? [])].join() || 'nobody'}`,
        );
      }
      must(
        made.size === 0,
        'every-subscription-gets-its-events',
        () => `there are deliveries of ${[...made.keys()].join()}, which was not handled`,
      );
    },
  };
};

/**
 * A delivery arrived or has failed, and always had the same bytes; it was dropped only where its subscription was deleted or
 * off meanwhile. What is asked for again is sent again, and nothing is sent without a delivery.
 */
export const everyDeliveryEnds: Invariant = ({ workload, stores, receivers }) => {
  const wanted = new Wanted(workload);
  let commits = 0;
  /** In which commit each delivery was made. */
  const madeIn = new Map<string, number>();
  /** Until which commit a subscription was off, or is. */
  const offUntil = new Map<string, number>();
  /** How often a delivery that was asked for again had arrived before. */
  const askedAgain = new Map<string, number>();
  return {
    committed(commit) {
      if (commit.service !== 'webhook-publisher') return;
      commits += 1;
      for (const { before, after } of changesOf<DeliveryRow>(commit, 'deliveries'))
        if (!before && after) madeIn.set(after.deliveryId, commits);
      for (const [at, task] of commit.tasks.entries()) {
        const decision = commit.committed.decisions[at];
        const done = wanted.follow(task, decision);
        if (done && !wanted.isOn(done.subscriptionId)) offUntil.set(done.subscriptionId, Infinity);
        else if (done && offUntil.get(done.subscriptionId) === Infinity)
          offUntil.set(done.subscriptionId, commits);
        if (task.type !== RetryDelivery.type || decision?.kind !== 'done' || !decision.reply?.ok) continue;
        const { deliveryId, subscriptionId, eventId } = RetryDelivery.result.parse(decision.reply.result);
        askedAgain.set(deliveryId, receivers.got.get(`${subscriptionId} ${eventId}`)?.length ?? 0);
      }
    },
    atRest() {
      const deliveries = rowsOf<DeliveryRow>(stores['webhook-publisher'], 'deliveries');
      for (const { subscriptionId, eventId, status, deliveryId } of deliveries) {
        const got = receivers.got.get(`${subscriptionId} ${eventId}`) ?? [];
        const wasOff = (offUntil.get(subscriptionId) ?? 0) >= (madeIn.get(deliveryId) ?? 0);
        must(
          status === 'FAILED' ||
            (status === 'DELIVERED' && got.length > 0) ||
            (status === 'DROPPED' && wasOff),
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
