import { type Language, moneyText } from '@comanda/contracts';
import { z } from 'zod';
import { code, line } from './line.js';
import { orderLine, reasonLine, type Wordings, wording } from './message.js';

const orderId = z.string();
const reason = z.string();
const Total = z.object({ orderId, totalAmount: z.int(), currency: z.string() });
const Refund = z.object({ orderId, amount: z.int(), currency: z.string().optional(), reason });

/** Orders, and the refunds that are requested of them. */
export const orderMessages: Wordings = {
  'order.created': wording(
    Total.extend({ items: z.array(z.object({ quantity: z.int() })) }),
    { icon: '🧾', en: 'New order', es: 'Pedido nuevo' },
    (order) => {
      const pieces = order.items.reduce((sum, { quantity }) => sum + quantity, 0);
      return [
        orderLine(order.orderId),
        {
          en: line`${pieces} items, ${total(order, 'en')}`,
          es: line`${pieces} artículos, ${total(order, 'es')}`,
        },
      ];
    },
  ),
  'order.confirmed': wording(
    Total,
    { icon: '✅', en: 'Order confirmed', es: 'Pedido confirmado' },
    (order) => [
      orderLine(order.orderId),
      { en: line`${total(order, 'en')} paid`, es: line`${total(order, 'es')} pagados` },
    ],
  ),
  'order.rejected': wording(
    z.object({ orderId, reason }),
    { icon: '❌', en: 'Order rejected', es: 'Pedido rechazado' },
    (order) => [orderLine(order.orderId), reasonLine(order.reason)],
  ),
  'order.cancelled': wording(
    z.object({ orderId, reason, by: z.string() }),
    { icon: '🚫', en: 'Order cancelled', es: 'Pedido cancelado' },
    (order) => [
      {
        en: line`Order ${code(order.orderId)}, by ${order.by}`,
        es: line`Pedido ${code(order.orderId)}, por ${order.by}`,
      },
      reasonLine(order.reason),
    ],
  ),
  'order.fulfilled': wording(
    z.object({ orderId }),
    { icon: '🛍️', en: 'Order fulfilled', es: 'Pedido entregado' },
    (order) => [orderLine(order.orderId)],
  ),
  'order.refundRequested': wording(
    Refund,
    { icon: '↩️', en: 'Refund requested', es: 'Reembolso solicitado' },
    (refund) => [
      orderLine(refund.orderId),
      {
        en: line`${refunded(refund, 'en')}, reason: ${refund.reason}`,
        es: line`${refunded(refund, 'es')}, motivo: ${refund.reason}`,
      },
    ],
  ),
};

const total = ({ totalAmount, currency }: z.output<typeof Total>, language: Language): string =>
  moneyText(totalAmount, currency, language);

function refunded({ amount, currency }: z.output<typeof Refund>, language: Language): string {
  if (currency !== undefined) return moneyText(amount, currency, language);
  // Without its currency, people would misread a number of minor units.
  return language === 'en' ? 'part or all of the payment' : 'parte o todo el pago';
}
