import { z } from 'zod';
import { html } from './html.js';
import { type MessageTemplate, template } from './message-template.js';

const refundFailed = z.object({ orderId: z.string(), code: z.string(), reason: z.string() });

export const paymentTemplates: Readonly<Record<string, MessageTemplate>> = {
  'payment.refundFailed': template(
    refundFailed,
    {
      en: (refund) => [
        html`⚠️ <b>Refund failed</b>`,
        html`Order <code>${refund.orderId}</code>`,
        html`Reason: ${refund.reason} (${refund.code})`,
      ],
      es: (refund) => [
        html`⚠️ <b>Reembolso fallido</b>`,
        html`Pedido <code>${refund.orderId}</code>`,
        html`Motivo: ${refund.reason} (${refund.code})`,
      ],
    },
    {
      en: { one: 'refund failed', many: 'refunds failed' },
      es: { one: 'reembolso fallido', many: 'reembolsos fallidos' },
    },
  ),
};
