import type { Logger } from '@comanda/kit';
import { defineWork, type Job, type Pace } from '@comanda/messaging';
import type { Database } from '@comanda/storage';
import { z } from 'zod';
import { type Couriers, SET_UP_BY } from '../channels/courier.js';
import type { Endpoints } from '../channels/endpoints.js';
import type { AttemptResult } from '../domain/attempt-result.js';
import { contactIn, targetOn } from '../domain/contact.js';
import { nextStep, stepsPassed } from '../domain/delivery-outcome.js';
import { asReported } from '../domain/sent-text.js';
import { isForCustomer } from '../domain/telling.js';
import { withheld } from '../domain/withheld.js';
import { attemptRow } from '../effects/attempt-row.js';
import { dropNotification, ERASED } from '../effects/drop-notification.js';
import { endNotification } from '../effects/end-notification.js';
import { rememberText, textOf } from '../effects/remember-text.js';
import { NOTIFY, NotifyPayload, scheduleNotification } from '../effects/schedule-notification.js';
import type { SecretVault } from '../storage/secret-vault.js';
import { attempts, contacts, events, type Notification, notifications } from '../storage/tables.js';
import type { Templates } from '../templates/template-files.js';
import { type Locale, variablesOf } from '../templates/variables.js';
import { waitedMs } from './waited.js';

export interface NotifyOptions {
  readonly database: Pick<Database, 'of'>;
  readonly couriers: Couriers;
  readonly templates: Pick<Templates, 'email' | 'sms'>;
  readonly vault: Pick<SecretVault, 'open'>;
  /** By channel: all its messages take the same way out. */
  readonly pace: Pace & Pick<Endpoints, 'heldSince' | 'run'>;
  readonly scheduleSeconds: readonly number[];
  readonly leaseSeconds: number;
  readonly clock: () => Date;
  readonly logger: Pick<Logger, 'warn'>;
}

type Ran =
  | { readonly kind: 'dropped'; readonly reason: string }
  | {
      readonly kind: 'sent';
      readonly at: string;
      /** How long it had to wait because its channel was left alone. */
      readonly waitedMs: number;
      readonly result: AttemptResult;
    };

const Body = z.object({ data: z.unknown() });
type StoredEvent = Pick<ReturnType<typeof events.decode>, 'body' | 'createdAt'>;

/** Tells one customer of one event on one channel, records the result, and decides whether to try again: as deliveries do. */
export const notify = (options: NotifyOptions) => {
  const { pace, scheduleSeconds } = options;
  return defineWork({
    kind: NOTIFY,
    payload: NotifyPayload,
    leaseSeconds: options.leaseSeconds,
    concurrency: 256,
    pace,
    run: (job) => tell(job, options),
    needs: ({ tenantId, id, payload }) => ({
      notification: notifications.lock(tenantId, payload.orderId, id),
    }),
    thenNeeds: ({ tenantId, id }, ran) => ({
      texts: textOf({ tenantId, deliveryId: id }, ran.kind === 'sent' ? ran.result : undefined),
    }),
    decide({ id, tenantId, payload }, ran, { notification, texts: [text] }, context) {
      if (!notification) throw new Error(`notification ${id} is gone`);
      const attemptId = context.newId();
      if (ran.kind === 'dropped')
        return dropNotification(notification, ran.reason, { attemptId, now: context.now });
      const skipped = payload.skipped + stepsPassed(ran.waitedMs, { ...payload, scheduleSeconds });
      const result = asReported(ran.result, text);
      const step = nextStep(result, {
        ...{ failures: payload.failures, skipped, scheduleSeconds },
        moved: false,
        now: Date.parse(context.now),
        random: () => context.random(),
      });
      const again = (dueAt: number, failures: number) => {
        const at = new Date(dueAt).toISOString();
        return scheduleNotification(notification, at, { ...payload, failures, skipped, wantedAt: at });
      };
      if (step.kind === 'postpone') {
        const at = new Date(step.dueAt).toISOString();
        // It goes on waiting since then.
        return scheduleNotification(notification, at, payload);
      }
      const about = { tenantId, deliveryId: id };
      const made = [
        attempts.append(attemptRow({ ...about, attemptId, at: ran.at, origin: null }, result)),
        ...rememberText(about, ran.result, text, context.now),
      ];
      if (step.kind === 'retry') return [...made, ...again(step.dueAt, payload.failures + 1)];
      return [...made, endNotification(step, notification)];
    },
  });
};

async function tell(job: Job<NotifyPayload>, options: NotifyOptions): Promise<Ran> {
  const { database, vault, pace, clock } = options;
  const { id, tenantId, payload } = job;
  const reader = database.of(tenantId);
  const notification = await reader.find(notifications.read(tenantId, payload.orderId, id));
  if (!notification) throw new Error(`notification ${id} is not there`);
  const { orderId, eventId, channel } = notification;
  const [contact, event] = await Promise.all([
    reader.find(contacts.read(tenantId, orderId)),
    reader.find(events.read(tenantId, eventId)),
  ]);
  if (!contact || contact.sealed === null) return { kind: 'dropped', reason: ERASED };
  if (!event) throw new Error(`notification ${id} has no event`);
  const to = targetOn(channel, contactIn(vault.open(contact.sealed, { tenantId, contactOf: orderId })));
  if (to === undefined) throw new Error(`notification ${id} goes where the contact has no address`);
  const attempt = attemptOn(notification, { to, locale: contact.locale, event }, options);
  if (!attempt) return { kind: 'dropped', reason: `${channel} is not set up (${SET_UP_BY[channel]})` };
  const at = clock().toISOString();
  const waited = waitedMs(at, payload.wantedAt, pace.heldSince(channel));
  const result = withheld(await pace.run(channel, attempt), to);
  if (result.kind === 'failure' && result.cause !== undefined)
    options.logger.warn({ tenantId, orderId, eventId, cause: result.cause }, `not told: ${result.detail}`);
  return { kind: 'sent', at, waitedMs: waited, result };
}

/** The attempt on the notification's channel; `undefined` when that is not set up. */
function attemptOn(
  { tenantId, notificationId: id, orderId, eventType, channel }: Notification,
  { to, locale, event }: { readonly to: string; readonly locale: Locale; readonly event: StoredEvent },
  { couriers, templates }: NotifyOptions,
): (() => Promise<AttemptResult>) | undefined {
  if (!isForCustomer(eventType)) throw new Error(`customers are not told of ${eventType}`);
  const variables = variablesOf(eventType, Body.parse(JSON.parse(event.body)).data, locale);
  const about = [tenantId, eventType, locale, variables] as const;
  const message = { to, id, tenantId, orderId, date: new Date(event.createdAt) };
  switch (channel) {
    case 'email': {
      const courier = couriers.email;
      return courier && (() => courier.send({ ...message, content: templates.email(...about) }));
    }
    case 'sms': {
      const courier = couriers.sms;
      return courier && (() => courier.send({ ...message, content: templates.sms(...about) }));
    }
  }
}
