import { accept, EraseContact } from '@comanda/contracts';
import { cancel, on, respond } from '@comanda/messaging';
import { dropNotification, ERASED } from '../effects/drop-notification.js';
import { NOTIFY } from '../effects/schedule-notification.js';
import { contacts, notifications } from '../storage/tables.js';

/**
 * Also before there is a contact: the command that brings it may be under way, and must not undo this. The gateway has asked
 * whose order it is.
 */
export const eraseContact = on(EraseContact, 'erase contact', {
  needs: ({ tenantid, data }) => ({
    known: contacts.lock(tenantid, data.orderId),
    ofOrder: notifications.lockAll({ tenantId: tenantid, orderId: data.orderId }),
  }),
  decide: ({ tenantid, data: { orderId } }, { known, ofOrder }, { now, newId }) => {
    const answer = respond(accept({ orderId }));
    if (known && known.erasedAt !== null) return [answer];
    const before = known ?? { tenantId: tenantid, orderId, locale: 'en' as const, createdAt: now };
    return [
      contacts.put({ ...before, sealed: null, channels: [], waiting: [], keptFrom: now, erasedAt: now }),
      ...ofOrder
        .filter(({ status }) => status === 'PENDING')
        .flatMap((one) => [
          ...dropNotification(one, ERASED, { attemptId: newId(), now }),
          cancel(NOTIFY, one.notificationId),
        ]),
      answer,
    ];
  },
});
