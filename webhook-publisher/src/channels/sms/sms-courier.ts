import type { Courier } from '../courier.js';
import type { TwilioClient } from './twilio-client.js';

/** Texts for customers. */
export const smsCourier = (twilio: Pick<TwilioClient, 'send'>): Courier<string> => ({
  send: ({ to, content }) => twilio.send({ to, text: content }),
});
