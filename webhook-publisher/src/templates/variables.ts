import {
  type ContactLocale,
  moneyText,
  NO_CURRENCY,
  OrderCancelled,
  OrderConfirmed,
  OrderRejected,
  oneLine,
  PaymentRefunded,
} from '@comanda/contracts';
import type { z } from 'zod';
import type { CustomerEventType } from '../domain/telling.js';

export type Locale = z.output<typeof ContactLocale>;
/** What a template may name: texts, and what is so or not. */
export type Variables = Readonly<Record<string, string | boolean>>;

const order = ({ orderId }: { orderId: string }) => ({
  orderId,
  /** What people can read out of a short message: the end of a UUID is its random part. */
  shortId: orderId.slice(-8),
});

const Cancelled = OrderCancelled.data.pick({ orderId: true, by: true });
const Rejected = OrderRejected.data.pick({ orderId: true, code: true });
const Confirmed = OrderConfirmed.data.pick({ orderId: true, totalAmount: true, currency: true });
const Refunded = PaymentRefunded.data.pick({ orderId: true, amount: true, currency: true });

/** How the template of each event gets its variables. A new one is a line here, and in docs/templates.md. */
const OF: Readonly<Record<CustomerEventType, (data: unknown, locale: Locale) => Variables>> = {
  [OrderConfirmed.type]: (data, locale) => {
    const { totalAmount, currency, ...rest } = Confirmed.parse(data);
    return { ...order(rest), total: moneyText(totalAmount, currency, locale) };
  },
  [OrderRejected.type]: (data) => {
    const { code, ...rest } = Rejected.parse(data);
    return { ...order(rest), outOfStock: code === 'OUT_OF_STOCK' };
  },
  [OrderCancelled.type]: (data) => {
    const { by, ...rest } = Cancelled.parse(data);
    return { ...order(rest), byCustomer: by === 'customer', byShop: by !== 'customer' };
  },
  [PaymentRefunded.type]: (data, locale) => {
    const { amount, currency = NO_CURRENCY, ...rest } = Refunded.parse(data);
    return { ...order(rest), amount: moneyText(amount, currency, locale) };
  },
};

/** The variables of one event, each a single line. */
export function variablesOf(type: CustomerEventType, data: unknown, locale: Locale): Variables {
  const variables = OF[type](data, locale);
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      typeof value === 'string' ? oneLine(value) : value,
    ]),
  );
}

const EXAMPLES: Readonly<Record<CustomerEventType, object>> = {
  [OrderConfirmed.type]: OrderConfirmed.example,
  [OrderRejected.type]: OrderRejected.example,
  [OrderCancelled.type]: OrderCancelled.example,
  [PaymentRefunded.type]: PaymentRefunded.example,
};

/** The variables of the example of an event: what its templates may name, and what a preview shows. */
export const exampleOf = (type: CustomerEventType, locale: Locale): Variables =>
  variablesOf(type, EXAMPLES[type], locale);
