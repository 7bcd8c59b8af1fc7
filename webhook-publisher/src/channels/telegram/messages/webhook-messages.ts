import { z } from 'zod';
import { html } from './html.js';
import { type Messages, message, reasonLine } from './message.js';

const Failing = z.object({
  subscriptionId: z.string(),
  reason: z.string(),
  target: z.string().optional(),
  eventType: z.string().optional(),
  attempts: z.int().optional(),
  statusCode: z.int().optional(),
  answer: z.string().optional(),
  error: z.string().optional(),
});
const Moved = Failing.extend({ target: z.string(), previousTarget: z.string() });
type Failing = z.output<typeof Failing>;

/** An event of an earlier build says only which subscription, and why. */
const failingLines = ({ subscriptionId, reason, ...last }: Failing) => [
  last.target === undefined
    ? {
        en: html`Subscription <code>${subscriptionId}</code>`,
        es: html`Suscripción <code>${subscriptionId}</code>`,
      }
    : { en: html`To <code>${last.target}</code>`, es: html`A <code>${last.target}</code>` },
  ...(last.eventType === undefined
    ? []
    : [
        {
          en: html`<code>${last.eventType}</code>, ${last.attempts ?? 0} attempts`,
          es: html`<code>${last.eventType}</code>, ${last.attempts ?? 0} intentos`,
        },
      ]),
  reasonLine(reason),
  ...lastAnswer(last),
];

function lastAnswer({ statusCode, answer, error }: Omit<Failing, 'subscriptionId' | 'reason'>) {
  const said = [...(statusCode === undefined ? [] : [`HTTP ${statusCode}`]), answer ?? error ?? '']
    .filter((part) => part.trim() !== '')
    .join(': ');
  return said === '' ? [] : [{ en: html`Last answer: ${said}`, es: html`Última respuesta: ${said}` }];
}

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
  'webhook.subscriptionMoved': message(
    Moved,
    { icon: '🚚', en: 'Subscription moved', es: 'Suscripción trasladada' },
    ({ previousTarget, target, reason, ...last }) => [
      {
        en: html`From <code>${previousTarget}</code> to <code>${target}</code>`,
        es: html`De <code>${previousTarget}</code> a <code>${target}</code>`,
      },
      reasonLine(reason),
      ...lastAnswer(last),
    ],
  ),
  'webhook.test': message(z.unknown(), { icon: '🔔', en: 'Test message', es: 'Mensaje de prueba' }, () => [
    { en: html`Notifications from Comanda arrive here.`, es: html`Aquí llegan los avisos de Comanda.` },
  ]),
};
