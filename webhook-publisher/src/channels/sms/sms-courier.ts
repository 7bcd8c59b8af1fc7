import type { Courier } from '../courier.js';
import type { TwilioClient } from './twilio-client.js';

/** Texts for customers. */
export const smsCourier = (twilio: Pick<TwilioClient, 'send'>): Courier<string> => ({
  send: ({ to, id, tenantId, orderId, content }) =>
    twilio.send({ to, text: content, about: { tenant: tenantId, delivery: id, order: orderId } }),
});
