import { z } from 'zod';
import { html } from './html.js';
import { type Messages, message, reasonLine } from './message.js';

const Failing = z.object({ subscriptionId: z.string(), reason: z.string() });

const failingLines = ({ subscriptionId, reason }: z.output<typeof Failing>) => [
  {
    en: html`Subscription <code>${subscriptionId}</code>`,
    es: html`Suscripción <code>${subscriptionId}</code>`,
  },
  reasonLine(reason),
];

export const webhookMessages: Messages = {
  'webhook.deliveryFailed': message(
    Failing,
    { icon: '📪', en: 'Webhook not delivered', es: 'Webhook no entregado' },
    failingLines,
  ),
  'webhook.subscriptionDisabled': message(
    Failing,
    { icon: '🔕', en: 'Subscription disabled', es: 'Suscripción desactivada' },
    failingLines,
  ),
  'webhook.test': message(z.unknown(), { icon: '🔔', en: 'Test message', es: 'Mensaje de prueba' }, () => [
    { en: html`Notifications from Comanda arrive here.`, es: html`Aquí llegan los avisos de Comanda.` },
  ]),
};
