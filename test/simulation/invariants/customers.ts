import {
  type Envelope,
  EraseContact,
  OrderCancelled,
  OrderConfirmed,
  OrderRejected,
  PaymentRefunded,
  RememberContact,
} from '@comanda/contracts';
import { type ContactRow, changesOf, type Invariant, must, type NotificationRow, rowsOf } from './watch.js';

const FOR_CUSTOMERS: ReadonlySet<string> = new Set(
  [OrderConfirmed, OrderRejected, OrderCancelled, PaymentRefunded].map(({ type }) => type),
);

/**
 * Who left a contact is told of each end and refund of the order, once on each channel, however messages overtake each
 * other; who had it erased, of nothing afterwards.
 */
export const customersHearOnce: Invariant = ({ workload, stores, receivers }) => {
  const published: Envelope[] = [];
  const commands = workload.errands.flatMap(({ sent }) => sent.map(({ envelope }) => envelope));
  const placesOf = (type: string) =>
    new Set(
      commands.filter((one) => one.type === type).map(({ tenantid, subject }) => `${tenantid} ${subject}`),
    );
  const [left, leaving] = [placesOf(RememberContact.type), placesOf(EraseContact.type)];
  return {
    committed(commit) {
      published.push(...commit.published.filter(({ type }) => FOR_CUSTOMERS.has(type)));
      if (commit.service !== 'webhook-publisher') return;
      for (const { before, after } of changesOf<ContactRow>(commit, 'contacts'))
        must(
          !before || before.erasedAt === null || (after !== undefined && after.sealed === null),
          'an-erased-contact-stays-erased',
          () => `the contact of ${before?.orderId} came back`,
        );
    },
    atRest() {
      const contacts = new Map(
        rowsOf<ContactRow>(stores['webhook-publisher'], 'contacts').map((row) => [
          `${row.tenantId} ${row.orderId}`,
          row,
        ]),
      );
      const notifications = new Map(
        rowsOf<NotificationRow>(stores['webhook-publisher'], 'notifications').map((row) => [
          `${row.eventId} ${row.channel}`,
          row,
        ]),
      );
      const expected = new Set<string>();
      for (const place of left) {
        const contact = contacts.get(place);
        must(
          contact !== undefined && (contact.sealed !== null || leaving.has(place)),
          'customers-hear-once',
          () => `the contact of ${place} is not there`,
        );
        if (contact?.sealed == null) continue;
        const channels: string[] = JSON.parse(contact.channels);
        for (const { id, tenantid, data } of published)
          if (`${tenantid} ${(data as { orderId: string }).orderId}` === place)
            for (const channel of channels) expected.add(`${id} ${channel}`);
      }
      for (const what of expected)
        must(notifications.has(what), 'customers-hear-once', () => `nobody is told of ${what}`);
      for (const [what, { tenantId, orderId, notificationId, status }] of notifications) {
        const erased = leaving.has(`${tenantId} ${orderId}`);
        must(
          expected.has(what) || erased,
          'customers-hear-once',
          () => `somebody is told of ${what} who left no contact`,
        );
        const got = receivers.got.get(` ${notificationId}`) ?? [];
        must(
          status === 'FAILED' ||
            (status === 'DELIVERED' && got.length > 0) ||
            (status === 'DROPPED' && erased),
          'customers-hear-once',
          () => `the notification ${what} is ${status} and arrived ${got.length} times`,
        );
        must(
          new Set(got).size <= 1,
          'customers-hear-once',
          () => `the attempts of the notification ${what} differ`,
        );
      }
    },
  };
};
