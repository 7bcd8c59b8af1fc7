import {
  type ContactChannel,
  derivedId,
  OrderCancelled,
  OrderConfirmed,
  OrderRejected,
  PaymentRefunded,
} from '@comanda/contracts';

/** What customers are told of. */
export const CUSTOMER_EVENTS = [OrderConfirmed, OrderRejected, OrderCancelled, PaymentRefunded] as const;
export type CustomerEventType = (typeof CUSTOMER_EVENTS)[number]['type'];

const CUSTOMER_EVENT_TYPES: ReadonlySet<string> = new Set(CUSTOMER_EVENTS.map(({ type }) => type));
export const isForCustomer = (type: string): type is CustomerEventType => CUSTOMER_EVENT_TYPES.has(type);

/** An event and a channel name one notification, however often the event comes. */
export const notificationIdOf = (eventId: string, channel: ContactChannel): string =>
  derivedId('notification', eventId, channel);

interface KnownContact {
  readonly sealed: string | null;
  readonly erasedAt: string | null;
}

/**
 * What an event means for the customer of its order.
 * - `tell`: the contact is there
 * - `wait`: the contact may be on its way. The event of an order says so itself; that of a refund can't, and refunds are
 *   rare enough to keep each.
 * - `nothing`: customers are not told of it, or this one is not to be told
 */
export function tellingOf(
  { type, hasContact }: { readonly type: string; readonly hasContact: boolean },
  contact: KnownContact | undefined,
): 'tell' | 'wait' | 'nothing' {
  if (!isForCustomer(type) || (contact && contact.erasedAt !== null)) return 'nothing';
  if (contact && contact.sealed !== null) return 'tell';
  return hasContact || type === PaymentRefunded.type ? 'wait' : 'nothing';
}
