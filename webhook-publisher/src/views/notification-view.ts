import { type Contact, NotificationView, viewOf } from '@comanda/contracts';
import { masked, targetOn } from '../domain/contact.js';
import type { AttemptRow, Notification, SentText } from '../storage/tables.js';
import { textReports } from './text-reports.js';

/**
 * A notification as its customer and staff see it. What was answered may tell about the servers of the shop, so it is for
 * staff.
 *
 * @param contact `undefined` once it is erased
 */
export function notificationView(
  row: Notification,
  contact: Contact | undefined,
  { attempts, texts }: { readonly attempts: readonly AttemptRow[]; readonly texts: readonly SentText[] },
  { forStaff }: { readonly forStaff: boolean },
): NotificationView {
  const target = contact && targetOn(row.channel, contact);
  return viewOf(NotificationView, {
    ...row,
    at: row.createdAt,
    target: target === undefined ? null : masked(target),
    ...textReports(texts),
    attempts: attempts.map(({ at, statusCode, error, responseBody }) => ({
      at,
      ...(statusCode !== null && { statusCode }),
      ...(forStaff && { detail: error ?? responseBody ?? '' }),
    })),
  });
}
