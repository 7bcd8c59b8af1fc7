import { z } from 'zod';
import { html } from './html.js';
import { type MessageTemplate, template } from './message-template.js';
import { formatMoney } from './money-text.js';

const orderId = z.string();
const money = { totalAmount: z.int(), currency: z.string() };

const created = z.object({ orderId, ...money, items: z.array(z.object({ quantity: z.int() })) });
const confirmed = z.object({ orderId, ...money });
const rejected = z.object({ orderId, reason: z.string() });
const cancelled = z.object({ orderId, reason: z.string(), by: z.string() });
const fulfilled = z.object({ orderId });
const refundRequested = z.object({
  orderId,
  amount: z.int(),
  currency: z.string().optional(),
  reason: z.string(),
});

const pieces = (items: readonly { readonly quantity: number }[]): number =>
  items.reduce((sum, item) => sum + item.quantity, 0);

export const orderTemplates: Readonly<Record<string, MessageTemplate>> = {
  'order.created': template(
    created,
    {
      en: (order) => [
        html`🧾 <b>New order</b>`,
        html`Order <code>${order.orderId}</code>`,
        html`${pieces(order.items)} items, ${formatMoney(order.totalAmount, order.currency, 'en')}`,
      ],
      es: (order) => [
        html`🧾 <b>Pedido nuevo</b>`,
        html`Pedido <code>${order.orderId}</code>`,
        html`${pieces(order.items)} artículos, ${formatMoney(order.totalAmount, order.currency, 'es')}`,
      ],
    },
    {
      en: { one: 'new order', many: 'new orders' },
      es: { one: 'pedido nuevo', many: 'pedidos nuevos' },
    },
  ),
  'order.confirmed': template(
    confirmed,
    {
      en: (order) => [
        html`✅ <b>Order confirmed</b>`,
        html`Order <code>${order.orderId}</code>`,
        html`${formatMoney(order.totalAmount, order.currency, 'en')} paid`,
      ],
      es: (order) => [
        html`✅ <b>Pedido confirmado</b>`,
        html`Pedido <code>${order.orderId}</code>`,
        html`${formatMoney(order.totalAmount, order.currency, 'es')} pagados`,
      ],
    },
    {
      en: { one: 'order confirmed', many: 'orders confirmed' },
      es: { one: 'pedido confirmado', many: 'pedidos confirmados' },
    },
  ),
  'order.rejected': template(
    rejected,
    {
      en: (order) => [
        html`❌ <b>Order rejected</b>`,
        html`Order <code>${order.orderId}</code>`,
        html`Reason: ${order.reason}`,
      ],
      es: (order) => [
        html`❌ <b>Pedido rechazado</b>`,
        html`Pedido <code>${order.orderId}</code>`,
        html`Motivo: ${order.reason}`,
      ],
    },
    {
      en: { one: 'order rejected', many: 'orders rejected' },
      es: { one: 'pedido rechazado', many: 'pedidos rechazados' },
    },
  ),
  'order.cancelled': template(
    cancelled,
    {
      en: (order) => [
        html`🚫 <b>Order cancelled</b>`,
        html`Order <code>${order.orderId}</code>, by ${order.by}`,
        html`Reason: ${order.reason}`,
      ],
      es: (order) => [
        html`🚫 <b>Pedido cancelado</b>`,
        html`Pedido <code>${order.orderId}</code>, por ${order.by}`,
        html`Motivo: ${order.reason}`,
      ],
    },
    {
      en: { one: 'order cancelled', many: 'orders cancelled' },
      es: { one: 'pedido cancelado', many: 'pedidos cancelados' },
    },
  ),
  'order.fulfilled': template(
    fulfilled,
    {
      en: (order) => [html`🛍️ <b>Order fulfilled</b>`, html`Order <code>${order.orderId}</code>`],
      es: (order) => [html`🛍️ <b>Pedido entregado</b>`, html`Pedido <code>${order.orderId}</code>`],
    },
    {
      en: { one: 'order fulfilled', many: 'orders fulfilled' },
      es: { one: 'pedido entregado', many: 'pedidos entregados' },
    },
  ),
  'order.refundRequested': template(
    refundRequested,
    {
      en: (refund) => [
        html`↩️ <b>Refund requested</b>`,
        html`Order <code>${refund.orderId}</code>`,
        html`${amount(refund, 'en')}, reason: ${refund.reason}`,
      ],
      es: (refund) => [
        html`↩️ <b>Reembolso solicitado</b>`,
        html`Pedido <code>${refund.orderId}</code>`,
        html`${amount(refund, 'es')}, motivo: ${refund.reason}`,
      ],
    },
    {
      en: { one: 'refund requested', many: 'refunds requested' },
      es: { one: 'reembolso solicitado', many: 'reembolsos solicitados' },
    },
  ),
};

function amount(refund: z.output<typeof refundRequested>, language: 'en' | 'es'): string {
  if (refund.currency !== undefined) return formatMoney(refund.amount, refund.currency, language);
  // Without its currency a number of minor units would be read as something else.
  return language === 'en' ? 'part or all of the payment' : 'parte o todo el pago';
}
