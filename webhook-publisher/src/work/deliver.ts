import { DeliveryFailed, SubscriptionDisabled } from '@comanda/contracts';
import { type Context, defineWork, type Effect, emit, schedule } from '@comanda/messaging';
import { type Database, selectList } from '@comanda/storage';
import { z } from 'zod';
import type { AttemptResult } from '../domain/attempt-result.js';
import { type NextStep, nextStep } from '../domain/delivery-outcome.js';
import { mustDisable, recordOutcome } from '../domain/failing-subscription.js';
import { attempts, deliveries, events, subscriptions } from '../storage/tables.js';
import { DELIVER } from './kinds.js';
import type { Sender } from './sender.js';

/** Running or waiting for one of the endpoint's places (see `EndpointLimits`), which are fewer. */
export const AT_ONCE_PER_SUBSCRIPTION = 128;

const DELIVERY_WITH_EVENT = `SELECT ${selectList(subscriptions.columns, 's')}, e.event_id AS "eventId", e.type, e.order_id AS "orderId", e.body
  FROM deliveries d
  JOIN subscriptions s ON s.tenant_id = d.tenant_id AND s.subscription_id = d.subscription_id
  JOIN events e ON e.tenant_id = d.tenant_id AND e.event_id = d.event_id
  WHERE d.tenant_id = ?1 ->> 0 AND d.delivery_id = ?1 ->> 1`;

const Payload = z.object({ attempt: z.number().int().min(1), manual: z.boolean() });

export interface DeliverOptions {
  readonly database: Pick<Database, 'of'>;
  readonly sender: Pick<Sender, 'send'>;
  readonly scheduleSeconds: readonly number[];
  readonly leaseSeconds: number;
  /** Spreads the retries, uniform in [0, 1). */
  readonly random?: () => number;
}

type Ran =
  | { readonly kind: 'dropped'; readonly reason: string }
  | { readonly kind: 'sent'; readonly at: string; readonly result: AttemptResult };

/** Sends one event to one subscriber, writes down what came of it, and decides whether to try again. */
export const deliver = ({
  database,
  sender,
  scheduleSeconds,
  leaseSeconds,
  random = Math.random,
}: DeliverOptions) =>
  defineWork({
    kind: DELIVER,
    payload: Payload,
    leaseSeconds,
    concurrency: 2_048,
    perKey: AT_ONCE_PER_SUBSCRIPTION,
    async run({ id, tenantId, payload }): Promise<Ran> {
      const [row] = await database.of(tenantId).read(DELIVERY_WITH_EVENT, [tenantId, id]);
      if (!row) throw new Error(`there is no delivery ${id}`);
      const subscription = subscriptions.decode(row);
      if (subscription.deleted) return { kind: 'dropped', reason: 'the subscription was deleted' };
      if (!subscription.enabled && !payload.manual)
        return {
          kind: 'dropped',
          reason: `the subscription is disabled: ${subscription.disabledReason ?? 'by hand'}`,
        };
      const event = events.decode({ ...row, tenantId, createdAt: subscription.createdAt });
      const at = new Date().toISOString();
      return { kind: 'sent', at, result: await sender.send(subscription, event, { force: payload.manual }) };
    },
    needs: ({ id, tenantId }) => ({ delivery: deliveries.lock(tenantId, id) }),
    thenNeeds: ({ tenantId }, _ran, { delivery }) => ({
      subscription: subscriptions.lock(tenantId, delivery?.subscriptionId ?? ''),
    }),
    decide({ id, tenantId, payload }, runJob, { delivery, subscription }, context) {
      if (!delivery || !subscription) throw new Error(`delivery ${id} or its subscription is gone`);
      const failure = {
        tenantId,
        deliveryId: id,
        attemptId: context.newId(),
        at: context.now,
        statusCode: null,
        durationMs: 0,
        responseBody: null,
      };
      if (runJob.kind === 'dropped') {
        return [
          deliveries.put({ ...delivery, status: 'DROPPED', nextAttemptAt: null }),
          attempts.append({ ...failure, error: `not sent: ${runJob.reason}` }),
        ];
      }
      const now = Date.parse(context.now);
      const step = nextStep(runJob.result, {
        attempt: payload.attempt,
        scheduleSeconds,
        now,
        random,
      });
      if (step.kind === 'postpone') return again(delivery, step.dueAt, payload);
      const noted = attempts.append({ ...failure, at: runJob.at, ...told(runJob.result) });
      if (step.kind === 'retry')
        return [noted, ...again(delivery, step.dueAt, { ...payload, attempt: payload.attempt + 1 })];
      const status = step.kind === 'delivered' ? 'DELIVERED' : 'FAILED';
      return [
        noted,
        deliveries.put({ ...delivery, status, nextAttemptAt: null }),
        ...ended(delivery, subscription, step, context),
      ];
    },
  });

type Delivery = Parameters<typeof deliveries.put>[0];
type Subscription = Parameters<typeof subscriptions.put>[0];

function again(delivery: Delivery, dueAtMs: number, payload: z.output<typeof Payload>): Effect[] {
  const dueAt = new Date(dueAtMs).toISOString();
  return [
    deliveries.put({ ...delivery, status: 'PENDING', nextAttemptAt: dueAt }),
    schedule({
      work: DELIVER,
      id: delivery.deliveryId,
      dueAt,
      payload,
      key: delivery.subscriptionId,
    }),
  ];
}

/** What an attempt was answered, for the history. */
function told(result: AttemptResult): {
  statusCode: number | null;
  durationMs: number;
  responseBody: string | null;
  error: string | null;
} {
  switch (result.kind) {
    case 'response':
      return {
        statusCode: result.status,
        durationMs: result.durationMs,
        responseBody: result.body,
        error: null,
      };
    case 'refused':
      return {
        statusCode: result.status,
        durationMs: result.durationMs,
        responseBody: result.detail,
        error: null,
      };
    case 'failure':
      return {
        statusCode: null,
        durationMs: result.durationMs,
        responseBody: null,
        error: `${result.reason}: ${result.detail}`,
      };
    case 'not-attempted':
      return { statusCode: null, durationMs: 0, responseBody: null, error: result.detail };
  }
}

/** What the end of a delivery means for its subscription, and what is told of it. */
function ended(
  delivery: Delivery,
  subscription: Subscription,
  step: Exclude<NextStep, { kind: 'retry' | 'postpone' }>,
  context: Context,
): Effect[] {
  const now = Date.parse(context.now);
  const streak = recordOutcome(
    subscription.failingSince === null ? {} : { failingSince: subscription.failingSince },
    step.kind === 'delivered',
    now,
  );
  const changed = { ...subscription, failingSince: streak.failingSince ?? null };
  if (step.kind === 'delivered')
    return subscription.failingSince === null ? [] : [subscriptions.put(changed)];

  const { subscriptionId } = subscription;
  const why =
    step.kind === 'disable'
      ? 'The endpoint answered 410 Gone'
      : mustDisable(streak, now)
        ? 'Nothing but failures for 5 days'
        : undefined;
  const told: Effect[] = [];
  const tell = (data: { reason: string }, event: typeof DeliveryFailed | typeof SubscriptionDisabled) => {
    const fields = {
      id: context.newId(),
      subject: subscriptionId,
      sequence: subscription.sequence + told.length + 1,
    };
    told.push(emit(event, { ...fields, data: { subscriptionId, deliveryId: delivery.deliveryId, ...data } }));
  };
  // What is told about failures must not itself be told of when it fails, or one dead endpoint would keep us busy.
  if (!delivery.eventType.startsWith('webhook.')) tell({ reason: step.reason }, DeliveryFailed);
  if (why !== undefined && subscription.enabled) tell({ reason: why }, SubscriptionDisabled);
  const off = why === undefined ? {} : { enabled: false, disabledReason: why };
  return [subscriptions.put({ ...changed, ...off, sequence: subscription.sequence + told.length }), ...told];
}
