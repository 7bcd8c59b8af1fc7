import { type Language, moneyText } from '@comanda/contracts';
import { z } from 'zod';
import { bold, line } from './line.js';
import { orderLine, type Wordings, wording } from './message.js';

const Money = z.object({ amount: z.int(), currency: z.string() });
const Why = z.object({ orderId: z.string(), code: z.string(), reason: z.string() });

/** Payments, and money that went back, did not go back, or is wanted back. */
export const paymentMessages: Wordings = {
  'payment.completed': wording(
    Money.extend({ orderId: z.string() }),
    { icon: '💳', en: 'Payment completed', es: 'Pago completado' },
    ({ orderId, ...money }) => [orderLine(orderId), moneyLine(money)],
  ),
  'payment.failed': wording(
    Why,
    { icon: '💳', en: 'Payment failed', es: 'Pago fallido' },
    ({ orderId, ...why }) => [orderLine(orderId), whyLine(why)],
  ),
  'payment.refunded': wording(
    z.object({ orderId: z.string(), ...Money.partial().shape }),
    { icon: '💸', en: 'Refunded', es: 'Reembolsado' },
    ({ orderId, amount, currency }) => [
      orderLine(orderId),
      // Without its currency, people would misread a number of minor units.
      ...(amount !== undefined && currency !== undefined ? [moneyLine({ amount, currency })] : []),
    ],
  ),
  'payment.refundFailed': wording(
    Why.extend(Money.partial().shape).extend({ willRetry: z.boolean().optional() }),
    { icon: '⚠️', en: 'Refund failed', es: 'Reembolso fallido' },
    ({ orderId, amount, currency, code, reason, willRetry }) => [
      orderLine(orderId),
      ...(amount !== undefined && currency !== undefined ? [moneyLine({ amount, currency })] : []),
      whyLine({ code, reason }),
      ...(willRetry
        ? [
            {
              en: line`It is owed: we try again.`,
              es: line`Se debe: lo intentamos de nuevo.`,
            },
          ]
        : []),
    ],
  ),
  'payment.disputed': wording(
    Why.extend(Money.shape).extend({ status: z.enum(['opened', 'won', 'lost']) }),
    { icon: '🚨', en: 'Payment disputed', es: 'Pago disputado' },
    ({ orderId, amount, currency, status, code, reason }) => [
      orderLine(orderId),
      moneyLine({ amount, currency }),
      DISPUTE[status],
      whyLine({ code, reason }),
    ],
  ),
};

const DISPUTE = {
  opened: {
    en: line`${bold('Opened')}: answer it at the payment provider in time.`,
    es: line`${bold('Abierta')}: respóndala a tiempo en el proveedor de pagos.`,
  },
  won: { en: line`${bold('Won')}: the money stays.`, es: line`${bold('Ganada')}: el dinero se queda.` },
  lost: { en: line`${bold('Lost')}: the money is gone.`, es: line`${bold('Perdida')}: el dinero se ha ido.` },
};

const moneyLine = ({ amount, currency }: z.output<typeof Money>) => {
  const text = (language: Language) => line`${moneyText(amount, currency, language)}`;
  return { en: text('en'), es: text('es') };
};

const whyLine = ({ code, reason }: Pick<z.output<typeof Why>, 'code' | 'reason'>) => ({
  en: line`Reason: ${reason} (${code})`,
  es: line`Motivo: ${reason} (${code})`,
});
