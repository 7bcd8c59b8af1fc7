import { defineWork, type Job, type Pace } from '@comanda/messaging';
import type { Database } from '@comanda/storage';
import type { Endpoints } from '../channels/endpoints.js';
import type { Sender } from '../channels/sender.js';
import type { AttemptResult } from '../domain/attempt-result.js';
import { hourOf } from '../domain/delivery-hour.js';
import { type NextStep, nextStep, stepsPassed } from '../domain/delivery-outcome.js';
import { isTest } from '../domain/is-test.js';
import { asReported } from '../domain/sent-text.js';
import { originOf } from '../domain/target-origin.js';
import { attemptRow, droppedRow } from '../effects/attempt-row.js';
import { countAttempt } from '../effects/count-attempt.js';
import { countFailure, dropDelivery, endDelivery } from '../effects/end-delivery.js';
import { endTest } from '../effects/end-test.js';
import { moveSubscription } from '../effects/move-subscription.js';
import { rememberText, textOf } from '../effects/remember-text.js';
import { BY_HAND, DELIVER, DeliverPayload, scheduleDelivery } from '../effects/schedule-delivery.js';
import { deliveries, deliveryHours, events, subscriptions } from '../storage/tables.js';
import { waitedMs } from './waited.js';

/** How many deliveries that people asked for run at once. */
const PLACES_BY_HAND = 16;

export interface DeliverOptions {
  readonly database: Pick<Database, 'of'>;
  readonly sender: Pick<Sender, 'send'>;
  /** By subscription. */
  readonly pace: Pace & Pick<Endpoints, 'heldSince'>;
  readonly scheduleSeconds: readonly number[];
  readonly leaseSeconds: number;
  readonly clock: () => Date;
}

type Ran =
  | { readonly kind: 'dropped'; readonly at: string; readonly reason: string }
  | {
      readonly kind: 'sent';
      readonly at: string;
      /** How long it had to wait because its endpoint was left alone. */
      readonly waitedMs: number;
      readonly target: string;
      readonly result: AttemptResult;
    };

/**
 * Sends an event to a subscriber, or several in one message where its channel folds them, records the result, and decides
 * whether to retry.
 */
export const deliver = (options: DeliverOptions) => {
  const { pace, scheduleSeconds } = options;
  return defineWork({
    kind: DELIVER,
    payload: DeliverPayload,
    leaseSeconds: options.leaseSeconds,
    concurrency: 2_048,
    pace: {
      places: (key) => (key === BY_HAND ? PLACES_BY_HAND : pace.places(key)),
      pausedUntil: (key) => (key === BY_HAND ? undefined : pace.pausedUntil(key)),
      together: (key) => (key === BY_HAND ? 1 : (pace.together?.(key) ?? 1)),
    },
    run: async (job) => (await send([job], options))(job),
    together: async (jobs) => jobs.map(await send(jobs, options)),
    needs: (job) => ({
      delivery: deliveries.lock(job.tenantId, job.id),
      subscription: subscriptions.lock(job.tenantId, subscriptionOf(job)),
    }),
    // Only who holds the subscription makes the row of an hour.
    thenNeeds: (job, ran) => ({
      hour: deliveryHours.lock(job.tenantId, subscriptionOf(job), hourOf(ran.at)),
      texts: textOf(
        { tenantId: job.tenantId, deliveryId: job.id },
        ran.kind === 'sent' ? ran.result : undefined,
      ),
    }),
    decide({ id, tenantId, payload }, ran, { delivery, subscription, hour, texts: [sent] }, context) {
      if (!delivery || !subscription) throw new Error(`delivery ${id} or its subscription is gone`);
      const key = { tenantId, deliveryId: id, attemptId: context.newId() };
      const about = { delivery, subscription, manual: payload.manual };
      if (ran.kind === 'dropped') {
        const attempt = droppedRow({ ...key, at: ran.at }, ran.reason);
        if (isTest(delivery)) return endTest(delivery, attempt, 'dropped');
        const dropped = { ...about, attempt, attempts: payload.failures };
        return [
          ...countAttempt(attempt, subscription.subscriptionId, hour, 'dropped'),
          ...dropDelivery(dropped, ran.reason, context),
        ];
      }
      const skipped = payload.skipped + stepsPassed(ran.waitedMs, { ...payload, scheduleSeconds });
      const result = asReported(ran.result, sent);
      const step = nextStep(result, {
        ...payload,
        skipped,
        scheduleSeconds,
        now: Date.parse(context.now),
        random: () => context.random(),
      });
      const again = (dueAt: number, changed: Partial<DeliverPayload>) => {
        const at = new Date(dueAt).toISOString();
        return scheduleDelivery(delivery, at, { ...payload, skipped, wantedAt: at, ...changed });
      };
      // It goes on waiting since then.
      if (step.kind === 'postpone') return again(step.dueAt, payload);
      const attempt = attemptRow({ ...key, at: ran.at, origin: originOf(ran.target) }, result);
      const text = rememberText(key, ran.result, sent, context.now);
      if (isTest(delivery)) return [...endTest(delivery, attempt, step.kind), ...text];
      // What an old target answered says nothing about the new one, which gets the event now.
      const isElsewhere = subscription.target !== ran.target;
      const goesOn = isElsewhere && step.kind !== 'delivered' && step.kind !== 'follow';
      const made = [
        ...countAttempt(attempt, subscription.subscriptionId, hour, goesOn ? undefined : endOf(step)),
        ...text,
      ];
      if (goesOn) return [...made, ...again(Date.parse(context.now), {})];
      const failures = payload.failures + 1;
      const attempted = { ...about, attempt, attempts: failures };
      if (step.kind === 'retry')
        return [...made, ...countFailure(attempted, context), ...again(step.dueAt, { failures })];
      if (step.kind !== 'follow') return [...made, ...endDelivery(step, attempted, context)];
      // Whoever changed the target meanwhile knows better.
      const moves = !isElsewhere && step.target !== ran.target;
      return [
        ...made,
        ...(moves ? moveSubscription(step.target, attempted, context) : []),
        ...again(Date.parse(context.now), { moved: true }),
      ];
    },
  });
};

/** What becomes of the delivery; nothing when it goes on. */
function endOf({ kind }: NextStep): 'delivered' | 'failed' | undefined {
  if (kind === 'delivered') return 'delivered';
  return kind === 'failed' || kind === 'disable' ? 'failed' : undefined;
}

type DeliverJob = Job<DeliverPayload>;

const subscriptionOf = ({ key, payload }: DeliverJob): string => payload.subscriptionId ?? key;

/** Makes one attempt for all these jobs, which are one subscription's, and says for each what that was to it. */
async function send(
  jobs: readonly [DeliverJob, ...DeliverJob[]],
  { database, sender, pace, clock }: DeliverOptions,
): Promise<(job: DeliverJob) => Ran> {
  const [first, ...more] = jobs;
  const { tenantId, payload } = first;
  const reader = database.of(tenantId);
  const eventOf = async (job: DeliverJob) => {
    const event = await reader.find(events.read(tenantId, job.payload.eventId));
    if (!event) throw new Error(`delivery ${job.id} has no event`);
    return { ...event, deliveryId: job.id };
  };
  const [subscription, ...stored] = await Promise.all([
    reader.find(subscriptions.read(tenantId, subscriptionOf(first))),
    eventOf(first),
    ...more.map(eventOf),
  ]);
  if (!subscription) throw new Error(`delivery ${first.id} has no subscription`);
  const at = clock().toISOString();
  if (subscription.deleted) return () => ({ kind: 'dropped', at, reason: 'the subscription was deleted' });
  if (!subscription.enabled && !payload.manual)
    return () => ({
      kind: 'dropped',
      at,
      reason: `the subscription is disabled: ${subscription.disabledReason ?? 'by hand'}`,
    });
  const { target, subscriptionId } = subscription;
  const heldSince = pace.heldSince(subscriptionId, target);
  const result = await sender.send(subscription, stored, { force: payload.manual });
  return ({ payload: { manual, wantedAt } }) => ({
    kind: 'sent',
    at,
    waitedMs: manual ? 0 : waitedMs(at, wantedAt, heldSince),
    target,
    result,
  });
}
