import { z } from 'zod';
import { code, line } from './line.js';
import { reasonLine, type Wordings, wording } from './message.js';

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
        en: line`Subscription ${code(subscriptionId)}`,
        es: line`Suscripción ${code(subscriptionId)}`,
      }
    : { en: line`To ${code(last.target)}`, es: line`A ${code(last.target)}` },
  ...(last.eventType === undefined
    ? []
    : [
        {
          en: line`${code(last.eventType)}, ${last.attempts ?? 0} attempts`,
          es: line`${code(last.eventType)}, ${last.attempts ?? 0} intentos`,
        },
      ]),
  reasonLine(reason),
  ...lastAnswer(last),
];

function lastAnswer({ statusCode, answer, error }: Omit<Failing, 'subscriptionId' | 'reason'>) {
  const said = [...(statusCode === undefined ? [] : [`HTTP ${statusCode}`]), answer ?? error ?? '']
    .filter((part) => part.trim() !== '')
    .join(': ');
  return said === '' ? [] : [{ en: line`Last answer: ${said}`, es: line`Última respuesta: ${said}` }];
}

export const webhookMessages: Wordings = {
  'webhook.deliveryFailed': wording(
    Failing,
    { icon: '📪', en: 'Webhook not delivered', es: 'Webhook no entregado' },
    failingLines,
  ),
  'webhook.subscriptionDisabled': wording(
    Failing,
    { icon: '🔕', en: 'Subscription disabled', es: 'Suscripción desactivada' },
    failingLines,
  ),
  'webhook.subscriptionMoved': wording(
    Moved,
    { icon: '🚚', en: 'Subscription moved', es: 'Suscripción trasladada' },
    ({ previousTarget, target, reason, ...last }) => [
      {
        en: line`From ${code(previousTarget)} to ${code(target)}`,
        es: line`De ${code(previousTarget)} a ${code(target)}`,
      },
      reasonLine(reason),
      ...lastAnswer(last),
    ],
  ),
  'webhook.test': wording(z.unknown(), { icon: '🔔', en: 'Test message', es: 'Mensaje de prueba' }, () => [
    { en: line`Notifications from Comanda arrive here.`, es: line`Aquí llegan los avisos de Comanda.` },
  ]),
};
