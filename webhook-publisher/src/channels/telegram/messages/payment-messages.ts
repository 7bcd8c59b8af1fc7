import { type Language, moneyText } from '@comanda/contracts';
import { z } from 'zod';
import { html } from './html.js';
import { type Messages, message, orderLine } from './message.js';

const Money = z.object({ amount: z.int(), currency: z.string() });
const Why = z.object({ orderId: z.string(), code: z.string(), reason: z.string() });

/** Payments, and money that went back, did not go back, or is wanted back. */
export const paymentMessages: Messages = {
  'payment.completed': message(
    Money.extend({ orderId: z.string() }),
    { icon: '💳', en: 'Payment completed', es: 'Pago completado' },
    ({ orderId, ...money }) => [orderLine(orderId), moneyLine(money)],
  ),
  'payment.failed': message(
    Why,
    { icon: '💳', en: 'Payment failed', es: 'Pago fallido' },
    ({ orderId, ...why }) => [orderLine(orderId), whyLine(why)],
  ),
  'payment.refunded': message(
    z.object({ orderId: z.string(), ...Money.partial().shape }),
    { icon: '💸', en: 'Refunded', es: 'Reembolsado' },
    ({ orderId, amount, currency }) => [
      orderLine(orderId),
      // Without its currency, people would misread a number of minor units.
      ...(amount !== undefined && currency !== undefined ? [moneyLine({ amount, currency })] : []),
    ],
  ),
  'payment.refundFailed': message(
    Why.extend(Money.partial().shape).extend({ willRetry: z.boolean().optional() }),
    { icon: '⚠️', en: 'Refund failed', es: 'Reembolso fallido' },
    ({ orderId, amount, currency, code, reason, willRetry }) => [
      orderLine(orderId),
      ...(amount !== undefined && currency !== undefined ? [moneyLine({ amount, currency })] : []),
      whyLine({ code, reason }),
      ...(willRetry
        ? [
            {
              en: html`It is owed: we try again.`,
              es: html`Se debe: lo intentamos de nuevo.`,
            },
          ]
        : []),
    ],
  ),
  'payment.disputed': message(
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
    en: html`<b>Opened</b>: answer it at the payment provider in time.`,
    es: html`<b>Abierta</b>: respóndala a tiempo en el proveedor de pagos.`,
  },
  won: { en: html`<b>Won</b>: the money stays.`, es: html`<b>Ganada</b>: el dinero se queda.` },
  lost: { en: html`<b>Lost</b>: the money is gone.`, es: html`<b>Perdida</b>: el dinero se ha ido.` },
};

const moneyLine = ({ amount, currency }: z.output<typeof Money>) => {
  const text = (language: Language) => html`${moneyText(amount, currency, language)}`;
  return { en: text('en'), es: text('es') };
};

const whyLine = ({ code, reason }: Pick<z.output<typeof Why>, 'code' | 'reason'>) => ({
  en: html`Reason: ${reason} (${code})`,
  es: html`Motivo: ${reason} (${code})`,
});
