import { accept, TakeTextReport } from '@comanda/contracts';
import { type Context, type Effect, on, respond } from '@comanda/messaging';
import { isTest } from '../domain/is-test.js';
import { hasFailed, isFurther, whyFailed, whyGone } from '../domain/sent-text.js';
import { droppedRow } from '../effects/attempt-row.js';
import { endDelivery } from '../effects/end-delivery.js';
import {
  type AttemptRow,
  attempts,
  type Delivery,
  deliveries,
  notifications,
  type SentText,
  type Subscription,
  sentTexts,
  subscriptions,
} from '../storage/tables.js';

/**
 * Twilio told what became of a text. One that did not arrive fails its delivery or notification, unless another text of it may
 * still arrive; the carrier has tried for hours, so it is not sent again. Of one that was never sent, or whose history is gone,
 * nothing is kept.
 */
export const takeTextReport = on(TakeTextReport, 'take text report', {
  needs: ({ tenantid, data: { deliveryId, orderId } }) => ({
    notification: orderId === undefined ? [] : [notifications.lock(tenantid, orderId, deliveryId)],
    delivery: orderId === undefined ? [deliveries.lock(tenantid, deliveryId)] : [],
  }),
  // Only who holds the delivery or the notification writes its texts.
  thenNeeds: ({ tenantid, data: { deliveryId } }, { delivery: [delivery] }) => ({
    texts: sentTexts.lockAll({ tenantId: tenantid, deliveryId }),
    subscription: delivery ? [subscriptions.lock(tenantid, delivery.subscriptionId)] : [],
    made: attempts.readAll({ tenantId: tenantid, deliveryId }),
  }),
  decide: ({ tenantid, data }, rows, context) => {
    const { deliveryId, sid, status, errorCode = null } = data;
    const [notification] = rows.notification;
    const [delivery] = rows.delivery;
    const answer = respond(accept({}));
    const text: SentText = { tenantId: tenantid, deliveryId, sid, status, errorCode, at: context.now };
    const known = rows.texts.find((one) => one.sid === sid);
    if ((!notification && !delivery) || !isFurther(text, known)) return [answer];
    const taken = [sentTexts.put(text), answer];
    if (!hasFailed(text) || !rows.texts.every((one) => one.sid === sid || hasFailed(one))) return taken;
    if (notification?.status === 'DELIVERED')
      return [...taken, notifications.put({ ...notification, status: 'FAILED', reason: whyFailed(text) })];
    const [subscription] = rows.subscription;
    // One that waits has its attempt under way, which will find the report.
    if (delivery?.status !== 'DELIVERED' || !subscription) return taken;
    // A test says nothing of its subscription.
    if (isTest(delivery)) return [...taken, deliveries.put({ ...delivery, status: 'FAILED' })];
    return [...taken, ...failed(text, { delivery, subscription, attempts: rows.made.length }, context)];
  },
});

/** A report as the last thing that was heard of a delivery. */
function failed(
  text: SentText,
  about: { readonly delivery: Delivery; readonly subscription: Subscription; readonly attempts: number },
  context: Context,
): Effect[] {
  const { tenantId, deliveryId, at } = text;
  const attempt: AttemptRow = {
    ...droppedRow({ tenantId, deliveryId, attemptId: context.newId(), at }, ''),
    error: whyFailed(text),
  };
  const why = whyGone(text);
  const step =
    why === undefined
      ? ({ kind: 'failed', reason: 'undelivered' } as const)
      : ({ kind: 'disable', reason: 'gone', why } as const);
  return endDelivery(step, { ...about, attempt, manual: false }, context);
}
