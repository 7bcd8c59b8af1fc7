import { defineWork, type Job } from '@comanda/messaging';
import type { Database } from '@comanda/storage';
import type { Sender } from '../channels/sender.js';
import type { AttemptResult } from '../domain/attempt-result.js';
import { nextStep } from '../domain/delivery-outcome.js';
import { attemptRow, droppedRow } from '../effects/attempt-row.js';
import { dropDelivery, endDelivery } from '../effects/end-delivery.js';
import { moveSubscription } from '../effects/move-subscription.js';
import { DELIVER, DeliverPayload, scheduleDelivery } from '../effects/schedule-delivery.js';
import { attempts, deliveries, events, subscriptions } from '../storage/tables.js';

/** How many attempts run or wait at the endpoint; `EndpointLimits` lets fewer run at once. */
export const MAX_PER_SUBSCRIPTION = 128;

export interface DeliverOptions {
  readonly database: Pick<Database, 'of'>;
  readonly sender: Pick<Sender, 'send'>;
  readonly scheduleSeconds: readonly number[];
  readonly leaseSeconds: number;
  readonly clock: () => Date;
}

type Ran =
  | { readonly kind: 'dropped'; readonly reason: string }
  | { readonly kind: 'sent'; readonly at: string; readonly target: string; readonly result: AttemptResult };

/** Sends one event to one subscriber, records the result, and decides whether to retry. */
export const deliver = (options: DeliverOptions) =>
  defineWork({
    kind: DELIVER,
    payload: DeliverPayload,
    leaseSeconds: options.leaseSeconds,
    concurrency: 2_048,
    perKey: MAX_PER_SUBSCRIPTION,
    run: (job) => send(job, options),
    needs: ({ id, tenantId, key: subscriptionId }) => ({
      delivery: deliveries.lock(tenantId, id),
      subscription: subscriptions.lock(tenantId, subscriptionId),
    }),
    decide({ id, tenantId, payload }, ran, { delivery, subscription }, context) {
      if (!delivery || !subscription) throw new Error(`delivery ${id} or its subscription is gone`);
      const key = { tenantId, deliveryId: id, attemptId: context.newId() };
      const about = { delivery, subscription, manual: payload.manual };
      if (ran.kind === 'dropped') {
        const attempt = droppedRow({ ...key, at: context.now }, ran.reason);
        return dropDelivery({ ...about, attempt, attempts: payload.failures }, ran.reason, context);
      }
      const step = nextStep(ran.result, {
        ...payload,
        scheduleSeconds: options.scheduleSeconds,
        now: Date.parse(context.now),
        random: () => context.random(),
      });
      const again = (dueAt: number, changed: Partial<DeliverPayload> = {}) =>
        scheduleDelivery(delivery, new Date(dueAt).toISOString(), { ...payload, ...changed });
      if (step.kind === 'postpone') return again(step.dueAt);
      const attempt = attemptRow({ ...key, at: ran.at }, ran.result);
      const made = attempts.append(attempt);
      if (step.kind === 'retry') return [made, ...again(step.dueAt, { failures: payload.failures + 1 })];
      const attempted = { ...about, attempt, attempts: payload.failures + 1 };
      if (step.kind !== 'follow') return [made, ...endDelivery(step, attempted, context)];
      // Whoever changed the target meanwhile knows better.
      const moves = subscription.target === ran.target && step.target !== ran.target;
      return [
        made,
        ...(moves ? moveSubscription(step.target, attempted, context) : []),
        ...again(Date.parse(context.now), { moved: true }),
      ];
    },
  });

async function send(
  { id, tenantId, key: subscriptionId, payload }: Job<DeliverPayload>,
  { database, sender, clock }: DeliverOptions,
): Promise<Ran> {
  const reader = database.of(tenantId);
  const [subscription, event] = await Promise.all([
    reader.find(subscriptions.read(tenantId, subscriptionId)),
    reader.find(events.read(tenantId, payload.eventId)),
  ]);
  if (!subscription || !event) throw new Error(`delivery ${id} has no subscription or no event`);
  if (subscription.deleted) return { kind: 'dropped', reason: 'the subscription was deleted' };
  if (!subscription.enabled && !payload.manual)
    return {
      kind: 'dropped',
      reason: `the subscription is disabled: ${subscription.disabledReason ?? 'by hand'}`,
    };
  const at = clock().toISOString();
  const { target } = subscription;
  return {
    kind: 'sent',
    at,
    target,
    result: await sender.send(subscription, event, { force: payload.manual }),
  };
}
