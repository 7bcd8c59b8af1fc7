import { z } from 'zod';
import { html } from './html.js';
import { type MessageTemplate, template } from './message-template.js';

const unhealthyReason = z.object({ subscriptionId: z.string(), reason: z.string() });

export const webhookTemplates: Readonly<Record<string, MessageTemplate>> = {
  'webhook.deliveryFailed': template(
    unhealthyReason,
    {
      en: (it) => [
        html`📪 <b>Webhook not delivered</b>`,
        html`Subscription <code>${it.subscriptionId}</code>`,
        html`Reason: ${it.reason}`,
      ],
      es: (it) => [
        html`📪 <b>Webhook no entregado</b>`,
        html`Suscripción <code>${it.subscriptionId}</code>`,
        html`Motivo: ${it.reason}`,
      ],
    },
    {
      en: { one: 'webhook not delivered', many: 'webhooks not delivered' },
      es: { one: 'webhook no entregado', many: 'webhooks no entregados' },
    },
  ),
  'webhook.subscriptionDisabled': template(
    unhealthyReason,
    {
      en: (it) => [
        html`🔕 <b>Subscription disabled</b>`,
        html`Subscription <code>${it.subscriptionId}</code>`,
        html`Reason: ${it.reason}`,
      ],
      es: (it) => [
        html`🔕 <b>Suscripción desactivada</b>`,
        html`Suscripción <code>${it.subscriptionId}</code>`,
        html`Motivo: ${it.reason}`,
      ],
    },
    {
      en: { one: 'subscription disabled', many: 'subscriptions disabled' },
      es: { one: 'suscripción desactivada', many: 'suscripciones desactivadas' },
    },
  ),
  'webhook.test': template(
    z.unknown(),
    {
      en: () => [html`🔔 <b>Test message</b>`, html`Notifications from Comanda arrive here.`],
      es: () => [html`🔔 <b>Mensaje de prueba</b>`, html`Aquí llegan los avisos de Comanda.`],
    },
    {
      en: { one: 'test message', many: 'test messages' },
      es: { one: 'mensaje de prueba', many: 'mensajes de prueba' },
    },
  ),
};
