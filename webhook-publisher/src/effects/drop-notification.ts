import type { Effect } from '@comanda/messaging';
import { attempts, type Notification, notifications } from '../storage/tables.js';
import { droppedRow } from './attempt-row.js';

/** Why; for people. */
export const ERASED = 'the contact was erased';

/** A notification that is not sent, and why; its history says so, too. */
export const dropNotification = (
  notification: Notification,
  reason: string,
  { attemptId, now }: { readonly attemptId: string; readonly now: string },
): Effect[] => {
  const { tenantId, notificationId: deliveryId } = notification;
  return [
    notifications.put({ ...notification, status: 'DROPPED', reason, nextAttemptAt: null }),
    attempts.append(droppedRow({ tenantId, deliveryId, attemptId, at: now }, reason)),
  ];
};
