import { z } from 'zod';
import { defineEvent } from './define.js';
import { Id } from './ids.js';

/**
 * What staff have sent to one subscription to see whether it arrives. It has the shape of an event, and no service tells it
 * to another: it is not among `EVENTS`, and no subscription asks for it.
 */
export const WebhookTest = defineEvent('webhook.test', {
  publisher: 'webhook-publisher',
  aggregate: 'test',
  consumers: [],
  summary:
    'Somebody wants to see whether webhooks arrive. It comes to the one subscription that is tested, whatever this asks for, also while it is disabled, and is sent once.',
  data: z.object({ testId: Id.describe('The same as `subject`'), subscriptionId: Id }),
  example: {
    testId: '0192d1a4-a200-7000-8000-00000000d003',
    subscriptionId: '0192d1a4-a000-7000-8000-00000000d001',
  },
});
