import { type Language, moneyText } from '@comanda/contracts';
import { z } from 'zod';
import { html } from './html.js';
import { type Messages, message, orderLine, reasonLine } from './message.js';

const orderId = z.string();
const Money = z.object({ orderId, amount: z.int(), currency: z.string().optional() });

/** Charges of orders, and what went back of them. */
export const paymentMessages: Messages = {
  'payment.completed': message(
    Money,
    { icon: '💳', en: 'Payment completed', es: 'Pago completado' },
    (payment) => [
      orderLine(payment.orderId),
      { en: html`${amount(payment, 'en')} paid`, es: html`${amount(payment, 'es')} pagados` },
    ],
  ),
  'payment.failed': message(
    z.object({ orderId, reason: z.string() }),
    { icon: '💳', en: 'Payment failed', es: 'Pago fallido' },
    (payment) => [orderLine(payment.orderId), reasonLine(payment.reason)],
  ),
  'payment.refunded': message(Money, { icon: '💸', en: 'Refunded', es: 'Reembolsado' }, (refund) => [
    orderLine(refund.orderId),
    {
      en: html`${amount(refund, 'en')} went back`,
      es: html`Se devolvió: ${amount(refund, 'es')}`,
    },
  ]),
  'payment.disputed': message(
    Money.extend({ status: z.string(), reason: z.string() }),
    { icon: '⚖️', en: 'Payment disputed', es: 'Pago en disputa' },
    (dispute) => [
      orderLine(dispute.orderId),
      {
        en: html`${amount(dispute, 'en')}, ${dispute.status}`,
        es: html`${amount(dispute, 'es')}, ${DISPUTE_ES[dispute.status] ?? dispute.status}`,
      },
      reasonLine(dispute.reason),
    ],
  ),
};

const DISPUTE_ES: Readonly<Record<string, string>> = { opened: 'abierta', won: 'ganada', lost: 'perdida' };

/** Without its currency, people would misread a number of minor units. */
function amount({ amount, currency }: z.output<typeof Money>, language: Language): string {
  if (currency !== undefined) return moneyText(amount, currency, language);
  return language === 'en' ? 'part or all of the payment' : 'parte o todo el pago';
}
